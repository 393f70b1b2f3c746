// The model picker while it is open, and what the last change of the model did. Gone with a reload.
import { create } from 'zustand';
import type { FormValues } from '../make/form';
import type { Change } from './changes';
import type { Take } from './takes';

/** What a change of the model did, and what undoes it. */
export interface Changed {
  from: string; // ids
  to: string;
  list: Change[];
  before: Pick<FormValues, 'model' | 'mode' | 'remixOf'>;
}

interface PickerState {
  open: boolean;
  chosen: string; // the row that the keys are on: tried on
  pointed: string | null; // the row under the pointer: tried on as long as it is there
  takes: Take[];
  served: boolean;
  words: string;
  cheapest: boolean;
  changed: Changed | null;
  show: (chosen: string, takes?: Take[]) => void;
  close: () => void;
  toggle: (take: Take) => void;
  set: (values: Partial<PickerState>) => void;
}

export const usePicker = create<PickerState>((set) => ({
  open: false,
  chosen: '',
  pointed: null,
  takes: [],
  served: false,
  words: '',
  cheapest: false,
  changed: null,
  show: (chosen, takes = []) => set({ open: true, chosen, pointed: null, takes, words: '' }),
  close: () => set({ open: false, pointed: null }),
  toggle: (take) =>
    set(({ takes }) => ({ takes: takes.includes(take) ? takes.filter((one) => one !== take) : [...takes, take] })),
  set,
}));
