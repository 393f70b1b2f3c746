// What the screen shows, where somebody chose it, and an order that the server refused. Gone with a reload: then the
// screen shows what the server's list says.

import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import type { ApiError } from '../api/client';

interface ScreenState {
  chosen: string | null; // of a take
  step: number | null; // an earlier step looked at; null: the newest
  picked: ReadonlySet<string>; // videos of a group that will be kept
  refused: { error: ApiError; prompt: string } | null;
  choose: (id: string | null) => void;
  look: (step: number | null) => void;
  pick: (id: string, alone?: boolean) => void;
  refuse: (refused: ScreenState['refused']) => void;
}

export const useScreen = create<ScreenState>((set) => ({
  chosen: null,
  step: null,
  picked: new Set(),
  refused: null,
  choose: (chosen) => set({ chosen, step: null, picked: new Set(), refused: null }),
  look: (step) => set({ step }),
  pick: (id, alone) =>
    set(({ picked }) => {
      if (alone) return { picked: new Set([id]) };
      const next = new Set(picked);
      if (!next.delete(id)) next.add(id);
      return { picked: next };
    }),
  refuse: (refused) => set({ refused }),
}));

const MOST_DECIDED = 300;

interface Decided {
  batches: string[];
  decide: (batch: string) => void;
}

/** Groups of which somebody chose what to keep: what is left of them are clips like all others. */
export const useDecided = create<Decided>()(
  persist(
    (set) => ({
      batches: [],
      decide: (batch) => set(({ batches }) => ({ batches: [batch, ...batches].slice(0, MOST_DECIDED) })),
    }),
    { name: 'vitascope.decided', version: 1 },
  ),
);
