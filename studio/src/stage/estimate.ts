// How long a job will take still. Measured, never guessed: from the server's own estimate, from how long finished jobs
// of the same shape took, or from the steps that are done; null where nothing is known yet.

import type { Video } from '../api/types';

type Timed = Pick<Video, 'model' | 'size' | 'seconds' | 'steps' | 'started_at' | 'finished_at' | 'state'>;

/** The usual seconds of a whole job like this one, by finished ones; null when there is none to compare with. */
export function usual(video: Timed, history: readonly Timed[]): number | null {
  const took = history
    .filter((other) => other.state === 'succeeded' && other.started_at && other.finished_at)
    .filter((other) => other.model === video.model && other.size === video.size)
    .filter((other) => other.seconds === video.seconds && other.steps === video.steps)
    .slice(0, 9)
    .map((other) => other.finished_at! - other.started_at!)
    .sort((a, b) => a - b);
  return took.length ? took[Math.floor(took.length / 2)]! : null;
}

/** Seconds left of a running job, or null. `elapsed`: since it started. `old`: seconds since the server said its own. */
export function left(
  video: Timed & { step: number; step_count: number; seconds_left?: number | null },
  elapsed: number,
  history: readonly Timed[],
  old = 0,
): number | null {
  if (video.seconds_left != null) return Math.max(0, video.seconds_left - old);
  const known = usual(video, history);
  if (known !== null && known > elapsed) return known - elapsed;
  if (video.step < 1 || !video.step_count) return null;
  return Math.max(0, (elapsed / video.step) * (video.step_count - video.step));
}

/** Which of `count` steps to show when there is room for `most`: evenly spread, the first and the last among them. */
export function shownSteps(count: number, most = 12): number[] {
  if (count <= most) return Array.from({ length: count }, (_, index) => index + 1);
  return Array.from({ length: most }, (_, index) => 1 + Math.round((index * (count - 1)) / (most - 1)));
}
