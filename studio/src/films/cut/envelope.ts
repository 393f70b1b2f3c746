// How loud a sound is at each moment, as the render mixes it (vitascope/media/mixdown.py). Pure.

const DUCK_DB = 9; // lower under speech
const ATTACK = 0.2; // seconds before speech begins
const RELEASE = 0.5; // after it ends
const EDGE = 0.005; // every sound begins and ends so softly that its edges make no click

export interface Shape {
  start: number;
  end: number;
  gain: number; // decibels
  fadeIn: number;
  fadeOut: number;
  duck: boolean;
}

export type Interval = readonly [start: number, end: number];

const unit = (value: number) => Math.min(1, Math.max(0, value));

/** By how much to multiply its samples at this time of the film. */
export function level(shape: Shape, speech: readonly Interval[], time: number): number {
  const rise = unit((time - shape.start) / Math.max(shape.fadeIn, EDGE));
  const fall = unit((shape.end - time) / Math.max(shape.fadeOut, EDGE));
  const own = 10 ** (shape.gain / 20) * Math.sin((Math.PI / 2) * rise) * Math.sin((Math.PI / 2) * fall);
  return shape.duck ? own * lowered(speech, time) : own;
}

/** 1, and less while somebody speaks. */
export function lowered(speech: readonly Interval[], time: number): number {
  let depth = 0;
  for (const [start, end] of speech) {
    const near = Math.min(1 - (start - time) / ATTACK, 1 - (time - end) / RELEASE);
    depth = Math.max(depth, unit(near));
  }
  return 10 ** ((-DUCK_DB * (0.5 - 0.5 * Math.cos(Math.PI * depth))) / 20);
}

/** Where the line of a ducked sound bends, for drawing: [time, 0 or 1]. */
export function bends(speech: readonly Interval[]): [number, 0 | 1][] {
  const found: [number, 0 | 1][] = [];
  for (const [start, end] of [...speech].sort((a, b) => a[0] - b[0])) {
    const last = found.at(-1);
    if (last && start - ATTACK <= last[0]) found.splice(-2, 2, [end, 1], [end + RELEASE, 0]);
    else found.push([start - ATTACK, 0], [start, 1], [end, 1], [end + RELEASE, 0]);
  }
  return found;
}
