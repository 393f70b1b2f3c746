// Videos that play in step: one clock, and each video is set right when it drifts from it. One that is shorter waits on
// its last frame.

import { useReducedMotion } from '@mantine/hooks';
import { useCallback, useEffect, useRef, useState } from 'react';

const DRIFT = 0.08; // seconds

export interface Sync {
  refs: ((element: HTMLVideoElement | null) => void)[];
  time: number;
  playing: boolean;
  loop: boolean;
  rate: number;
  toggle: () => void;
  seek: (seconds: number) => void;
  setLoop: (on: boolean) => void;
  setRate: (rate: number) => void;
}

export interface Length {
  seconds: number;
  fps: number;
}

/** Where a video of this length stands when the clock says `time`: on its last frame at the latest. */
export const placeOf = (time: number, { seconds, fps }: Length) => Math.min(time, Math.max(0, seconds - 0.5 / fps));

const MOST = 4; // videos

/** `key`: of what is shown; something else begins anew. `lengths`: one for each video. */
export function useSync(key: string, lengths: readonly Length[]): Sync {
  const still = useReducedMotion();
  const videos = useRef<(HTMLVideoElement | null)[]>([]);
  const [time, setTime] = useState(0);
  const [playing, setPlaying] = useState(!still);
  const [loop, setLoop] = useState(true);
  const [rate, setRate] = useState(1);
  const clock = useRef(0);
  const latest = useRef(lengths);
  latest.current = lengths;
  const whole = Math.max(0, ...lengths.map(({ seconds }) => seconds));

  const place = useCallback(
    (at: number, moving: boolean) => {
      videos.current.forEach((video, index) => {
        if (!video?.readyState) return;
        const length = latest.current[index] ?? { seconds: 0, fps: 1 };
        const to = placeOf(at, length);
        const runs = moving && at < length.seconds - 0.05;
        if (runs && video.paused) void video.play().catch(() => undefined);
        if (!runs && !video.paused) video.pause();
        if (Math.abs(video.currentTime - to) > (runs ? DRIFT : 0.01)) video.currentTime = to;
        video.playbackRate = rate;
      });
    },
    [rate],
  );

  useEffect(() => {
    clock.current = 0;
    setTime(0);
  }, [key]);

  useEffect(() => {
    if (!playing) {
      place(clock.current, false);
      return;
    }
    let frame = 0;
    let before = performance.now();
    const tick = (now: number) => {
      const ready = videos.current.every((video) => !video || video.readyState >= 2);
      if (ready) clock.current += ((now - before) / 1000) * rate;
      before = now;
      if (clock.current >= whole) {
        clock.current = loop ? 0 : whole;
        if (!loop) setPlaying(false);
      }
      place(clock.current, true);
      setTime(clock.current);
      frame = requestAnimationFrame(tick);
    };
    frame = requestAnimationFrame(tick);
    return () => cancelAnimationFrame(frame);
  }, [playing, loop, rate, whole, place, key]);

  const seek = useCallback(
    (to: number) => {
      setPlaying(false);
      clock.current = Math.min(whole, Math.max(0, to));
      setTime(clock.current);
      place(clock.current, false);
    },
    [place, whole],
  );

  const toggle = useCallback(() => {
    if (!playing && clock.current >= whole - 0.05) clock.current = 0;
    setPlaying(!playing);
  }, [playing, whole]);

  const [refs] = useState(() =>
    Array.from({ length: MOST }, (_, index) => (element: HTMLVideoElement | null) => {
      videos.current[index] = element;
    }),
  );
  return { refs, time, playing, loop, rate, toggle, seek, setLoop, setRate };
}
