// What is shown of a running job: how far it is and how long it takes still. Both are the server's one estimate; the
// page only lets the time go down between two answers, and never shows a number that rises.

import type { Video } from '../api/types';

type Shown = Pick<Video, 'step' | 'step_count' | 'steps' | 'progress' | 'stage' | 'seconds_left'>;

/** How many steps it will have: what the worker says, or what was asked before one has it. */
export const stepsOf = (video: Pick<Video, 'step_count' | 'steps'>) => video.step_count || video.steps;

/** The step that is being made; beyond the last one while the file is written. */
export const stepNow = (video: Pick<Video, 'step' | 'step_count' | 'steps'>) => video.step + 1;

/** 0 to 1, of what is done. */
export const shareOf = (video: Pick<Video, 'progress'>) => video.progress / 100;

/** Seconds left, whole ones; null when nothing is known. `age`: since the server said so. `before`: what was shown last. */
export function left(video: Pick<Shown, 'seconds_left'>, age: number, before: number | null = null): number | null {
  if (video.seconds_left == null) return null;
  const now = Math.max(1, Math.ceil(video.seconds_left - age));
  return before === null ? now : Math.min(before, now);
}

const SOON = 10; // seconds; "almost there" is never said with more to go

/** Which of three sentences fits a running job: by its share, and by the time that is told beside it. */
export function phase(
  video: Pick<Shown, 'progress' | 'step' | 'step_count' | 'steps'>,
  rest: number | null,
): 'early' | 'middle' | 'late' {
  const share = shareOf(video);
  if (Math.max(share, video.step / (stepsOf(video) || 1)) < 0.34) return 'early';
  return share >= 0.8 && (rest === null || rest <= SOON) ? 'late' : 'middle';
}

/** A time in the ring: "42", from 90 s on "1:30". */
export function dial(seconds: number): string {
  return seconds <= 90 ? String(seconds) : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Which of `count` steps to show when there is room for `most`: evenly spread, the first and the last among them. */
export function shownSteps(count: number, most = 12): number[] {
  if (count <= most) return Array.from({ length: count }, (_, index) => index + 1);
  return Array.from({ length: most }, (_, index) => 1 + Math.round((index * (count - 1)) / (most - 1)));
}
