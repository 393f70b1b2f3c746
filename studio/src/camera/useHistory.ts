/** Undo and redo of the path. `begin` marks where a drag starts, so that all of it is one step back. */
import { useCallback, useRef, useState } from 'react';

const MOST = 60;

export function useHistory<T>(value: T, onChange: (value: T) => void) {
  const past = useRef<T[]>([]);
  const future = useRef<T[]>([]);
  const [, redraw] = useState(0);
  const begin = useCallback(() => {
    past.current = [...past.current.slice(1 - MOST), value];
    future.current = [];
    redraw((n) => n + 1);
  }, [value]);
  const step = (from: typeof past, to: typeof past) => {
    const found = from.current.pop();
    if (found === undefined) return;
    to.current.push(value);
    onChange(found);
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
    undo: () => step(past, future),
    redo: () => step(future, past),
    canUndo: past.current.length > 0,
    canRedo: future.current.length > 0,
  };
}
