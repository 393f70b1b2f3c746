// Which clips are marked: A and B for comparing, any number for moving, zipping or throwing away. Not kept over a reload.

import { create } from 'zustand';
import type { Clip } from '../api/types';

interface Marks {
  pair: Clip[]; // at most two: A, B
  chosen: Map<string, Clip>;
  mark: (clip: Clip) => void;
  compare: (a: Clip, b: Clip) => void;
  unpair: () => void;
  choose: (clip: Clip) => void;
  chooseAll: (clips: Clip[]) => void;
  none: () => void;
}

export const useMarks = create<Marks>((set) => ({
  pair: [],
  chosen: new Map(),
  mark: (clip) =>
    set(({ pair }) => {
      const without = pair.filter((one) => one.id !== clip.id);
      if (without.length < pair.length) return { pair: without };
      return { pair: pair.length < 2 ? [...pair, clip] : [pair[0]!, clip] };
    }),
  compare: (a, b) => set({ pair: [a, b] }),
  unpair: () => set({ pair: [] }),
  choose: (clip) =>
    set(({ chosen }) => {
      const next = new Map(chosen);
      if (!next.delete(clip.id)) next.set(clip.id, clip);
      return { chosen: next };
    }),
  chooseAll: (clips) => set({ chosen: new Map(clips.map((clip) => [clip.id, clip])) }),
  none: () => set({ chosen: new Map() }),
}));

export const letter = (pair: Clip[], id: string) => ['A', 'B'][pair.findIndex((one) => one.id === id)];
