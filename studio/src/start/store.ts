// Whether somebody asked to see the examples again. The first screen shows them by itself as long as nothing was made.

import { useEffect } from 'react';
import { create } from 'zustand';

interface Start {
  open: boolean;
  show: (open: boolean) => void;
}

export const useStart = create<Start>((set) => ({ open: false, show: (open) => set({ open }) }));

/** Whether they are to be shown; a new clip, by its id, takes their place. */
export function useExamplesOpen(newest: string | undefined): boolean {
  const { open, show } = useStart();
  useEffect(() => show(false), [newest, show]);
  return open;
}
