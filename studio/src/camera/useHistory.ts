/**
 * Undo and redo of the path. `begin` marks where a drag starts, so that all of it is one step back. The steps are kept
 * while the page is open, so that a look into the library loses none; they go when the value was changed elsewhere.
 */
import { useCallback, useEffect, useState } from 'react';

const MOST = 60;

interface Steps {
  past: unknown[];
  future: unknown[];
  now: unknown; // as it was when this was last on the page
}

const kept = new Map<string, Steps>();

export function useHistory<T>(name: string, value: T, onChange: (value: T) => void) {
  const [steps] = useState<Steps>(() => {
    const found = kept.get(name);
    return found && found.now === value ? found : { past: [], future: [], now: value };
  });
  const [, redraw] = useState(0);
  useEffect(() => {
    steps.now = value;
    kept.set(name, steps);
  }, [name, steps, value]);
  const begin = useCallback(() => {
    steps.past = [...steps.past.slice(1 - MOST), value];
    steps.future = [];
    redraw((n) => n + 1);
  }, [steps, value]);
  const step = (from: 'past' | 'future', to: 'past' | 'future') => {
    const found = steps[from].pop();
    if (found === undefined) return;
    steps[to].push(value);
    onChange(found as T);
    redraw((n) => n + 1);
  };
  return {
    begin,
    set: onChange,
    /** A change that is a step by itself. */
    commit: (next: T) => {
      begin();
      onChange(next);
    },
    undo: () => step('past', 'future'),
    redo: () => step('future', 'past'),
    canUndo: steps.past.length > 0,
    canRedo: steps.future.length > 0,
  };
}
