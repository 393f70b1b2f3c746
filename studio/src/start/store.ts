// Whether somebody asked to see the examples again. The first screen shows them by itself as long as nothing was made.

import { create } from 'zustand';

interface Start {
  open: boolean;
  show: (open: boolean) => void;
}

export const useStart = create<Start>((set) => ({ open: false, show: (open) => set({ open }) }));
