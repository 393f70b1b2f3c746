// The time, once a second, for as long as somebody looks at it, and the countdown of a running job.

import { useEffect, useState } from 'react';
import type { Video } from '../api/types';
import { left } from './estimate';

export function useNow(running: boolean): number {
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    if (!running) return;
    setNow(Date.now() / 1000);
    const timer = setInterval(() => setNow(Date.now() / 1000), 1000);
    return () => clearInterval(timer);
  }, [running]);
  return now;
}

interface Told {
  seconds: number; // as the server said
  at: number;
  shown: number;
}

const MOST_TOLD = 50;
const told = new Map<string, Told>(); // by the job's id: wherever it is shown, the number is the same

/** Seconds left as they are shown now, or null. It only goes down. */
export function countdown(video: Video, now: number): number | null {
  if (video.state !== 'running' || video.seconds_left == null) return null;
  const before = told.get(video.id);
  const at = before && before.seconds === video.seconds_left ? before.at : now;
  const shown = left(video, Math.max(0, now - at), before?.shown ?? null) ?? 1;
  told.set(video.id, { seconds: video.seconds_left, at, shown });
  if (told.size > MOST_TOLD) told.delete(told.keys().next().value!);
  return shown;
}
