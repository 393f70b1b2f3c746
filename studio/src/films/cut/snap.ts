// Snapping: to cuts, the playhead and markers, when they are near enough on the screen. Pure.
import { endOf, type Piece } from './timeline';

export const NEAR_PX = 8;

/** All times that something may snap to, in order. `without`: the piece that is moved. */
export function targets(all: readonly Piece[], more: readonly number[], without = ''): number[] {
  const found = new Set([0, ...more]);
  for (const piece of all) {
    if (piece.id === without) continue;
    found.add(piece.start.number);
    found.add(endOf(piece).number);
  }
  return [...found].sort((a, b) => a - b);
}

/** The nearest target of any of these times, and by how much to move; null when none is near. */
export function snap(
  times: readonly number[],
  to: readonly number[],
  perSecond: number,
): { at: number; by: number } | null {
  let best: { at: number; by: number } | null = null;
  for (const time of times) {
    for (const at of to) {
      const by = at - time;
      if (Math.abs(by) * perSecond <= NEAR_PX && (!best || Math.abs(by) < Math.abs(best.by))) best = { at, by };
    }
  }
  return best;
}
