// How the cut is looked at: what is chosen, how it is zoomed, and the two ways of editing. Nothing of it is of the film.
import { create } from 'zustand';

export const HEAD = 136; // pixels, of the names of the timeline's rows

export type Chosen = { kind: 'piece' | 'cue' | 'voice'; id: string } | null;

interface Desk {
  chosen: Chosen;
  snap: boolean;
  close: boolean; // what follows closes up
  slip: boolean; // dragging a piece slips it
  list: boolean;
  captions: boolean;
  zoom: number; // 0: all of the film, 1: single frames
}

const KEPT = 'vitascope.cut';
const kept = (): Partial<Desk> => {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? '{}') as Partial<Desk>;
  } catch {
    return {};
  }
};

export const useDesk = create<Desk>(() => {
  const { snap = true, close = true, list = false, captions = true } = kept();
  return { chosen: null, snap, close, list, captions, slip: false, zoom: 0 };
});

export const setDesk = (changed: Partial<Desk>) => {
  useDesk.setState(changed);
  const { snap, close, list, captions } = useDesk.getState();
  localStorage.setItem(KEPT, JSON.stringify({ snap, close, list, captions }));
};

export const choose = (kind: 'piece' | 'cue' | 'voice', id: string) => useDesk.setState({ chosen: { kind, id } });

const FRAME_PX = 14; // of one frame, at the closest

/** Pixels a second. `room`: pixels that the whole film may take. */
export function scale(zoom: number, room: number, seconds: number, rate: number): number {
  const far = room / Math.max(1, seconds);
  const near = Math.max(far * 1.01, rate * FRAME_PX);
  return far * (near / far) ** zoom;
}

/** The zoom that shows so many seconds. */
export function zoomFor(shown: number, room: number, seconds: number, rate: number): number {
  const far = room / Math.max(1, seconds);
  const near = Math.max(far * 1.01, rate * FRAME_PX);
  const wanted = Math.max(far, Math.min(near, room / Math.max(0.1, shown)));
  return Math.log(wanted / far) / Math.log(near / far);
}
