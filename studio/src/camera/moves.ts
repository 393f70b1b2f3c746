/**
 * The moves of the world's vocabulary as paths, and several of them at once. One move alone is the same as
 * `vitascope/smallworld/world/camera.py` makes of its words; several add up: what each changes is changed.
 */
import { AZIMUTH, FOV, LOG_DISTANCE, ROLL, type Row, START, TARGET_Z, turned } from './pinhole';

export const MOVE_NAMES = [
  'still',
  'push in',
  'pull out',
  'pan left',
  'pan right',
  'tilt up',
  'tilt down',
  'orbit left',
  'orbit right',
  'crane up',
  'crane down',
  'roll left',
  'roll right',
  'zoom in',
  'zoom out',
] as const;
export type MoveName = (typeof MOVE_NAMES)[number];

/** `strength` 1 is the world's own amount. */
export interface Move {
  name: MoveName;
  slow: boolean;
  strength: number;
}

export type Axis = 'still' | 'push' | 'pan' | 'tilt' | 'orbit' | 'crane' | 'roll' | 'zoom';

export const WEAKEST = 0.5;
export const STRONGEST = 1.5;

/** Change over five seconds, [slow, fast]: `AMOUNTS` of the world. */
const AMOUNTS: Record<Exclude<Axis, 'still'>, readonly [number, number]> = {
  push: [0.35, 0.65],
  pan: [0.26, 0.5],
  tilt: [0.14, 0.24],
  orbit: [0.5, 1.1],
  crane: [0.8, 1.5],
  roll: [0.22, 0.5],
  zoom: [0.35, 0.65],
};

export function axisOf(name: MoveName): Axis {
  const head = name.split(' ')[0];
  return (head === 'pull' ? 'push' : head) as Axis;
}

/** The other way of the same move: "pan left" for "pan right". */
export function reversed(name: MoveName): MoveName {
  const pairs: Record<string, string> = { in: 'out', out: 'in', left: 'right', right: 'left', up: 'down', down: 'up' };
  const [head, way] = name.split(' ');
  if (axisOf(name) === 'push') return name === 'push in' ? 'pull out' : 'push in';
  return way ? (`${head} ${pairs[way]}` as MoveName) : name;
}

/** One row for each frame, from the first one to the last, which is `seconds` later. */
export function rowsOfMoves(moves: readonly Move[], frames: number, seconds: number, start: Row = START): Row[] {
  const step = seconds / 5 / Math.max(1, frames - 1);
  return Array.from({ length: frames }, (_, frame) => rowOfMoves(moves, frame * step, start));
}

/** The row after `u` times five seconds. Turning comes last: it swings the target round wherever the camera is then. */
export function rowOfMoves(moves: readonly Move[], u: number, start: Row = START): Row {
  let row: Row = [...start];
  // Moves that would run into the ground or the sky ease to a halt after five seconds.
  const bounded = u < 1 ? u : 1 + 0.5 * Math.tanh((u - 1) / 0.5);
  let [across, upward] = [0, 0];
  for (const { name, slow, strength } of moves) {
    const axis = axisOf(name);
    if (axis === 'still') continue;
    const amount = AMOUNTS[axis][slow ? 0 : 1] * strength;
    const way = name.split(' ')[1];
    if (axis === 'push') row[LOG_DISTANCE] += bounded * (name === 'push in' ? -amount : amount);
    else if (axis === 'zoom') row[FOV] *= Math.exp(bounded * (way === 'in' ? -amount : amount));
    else if (axis === 'orbit') row[AZIMUTH] += u * (way === 'left' ? -amount : amount);
    else if (axis === 'roll') row[ROLL] += u * (way === 'left' ? amount : -amount);
    else if (axis === 'crane') row[TARGET_Z] += bounded * (way === 'up' ? amount : -0.5 * amount);
    else if (axis === 'pan') across += u * (way === 'left' ? amount : -amount);
    else upward += bounded * (way === 'up' ? -amount : amount);
  }
  if (across !== 0 || upward !== 0) row = turned(row, across, upward);
  return row;
}
