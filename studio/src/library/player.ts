// A video that plays, as a page holds it: where it is, whether it runs, and what moves it.

import { useReducedMotion } from '@mantine/hooks';
import { useCallback, useEffect, useState } from 'react';

export interface Playing {
  ref: (element: HTMLVideoElement | null) => void;
  time: number;
  playing: boolean;
  toggle: () => void;
  play: (on: boolean) => void;
  seek: (seconds: number) => void;
  step: (frames: number) => void;
}

/** `key`: of the clip; another one starts from its beginning. It plays by itself unless `auto` is false, and never for
 * who wants no motion.
 */
export function usePlaying(key: string | undefined, fps: number, seconds: number, auto = true): Playing {
  const still = useReducedMotion();
  const [element, setElement] = useState<HTMLVideoElement | null>(null);
  const [time, setTime] = useState(0);
  const [playing, setPlaying] = useState(false);

  useEffect(() => {
    if (!element) return;
    let frame = 0;
    const look = () => {
      setTime(element.currentTime);
      frame = requestAnimationFrame(look);
    };
    const onPlay = () => {
      setPlaying(true);
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(look);
    };
    const onPause = () => {
      setPlaying(false);
      cancelAnimationFrame(frame);
      setTime(element.currentTime);
    };
    const onSeeked = () => setTime(element.currentTime);
    const events = { play: onPlay, pause: onPause, seeked: onSeeked };
    for (const [name, heard] of Object.entries(events)) element.addEventListener(name, heard);
    return () => {
      cancelAnimationFrame(frame);
      for (const [name, heard] of Object.entries(events)) element.removeEventListener(name, heard);
    };
  }, [element]);

  useEffect(() => {
    setTime(0);
    if (!element || still || !seconds || !auto) return;
    element.play().catch(() => setPlaying(false)); // a browser may refuse: the button is there
  }, [auto, element, key, seconds, still]);

  const play = useCallback(
    (on: boolean) => {
      if (on) element?.play().catch(() => setPlaying(false));
      else element?.pause();
    },
    [element],
  );
  const toggle = useCallback(() => element && play(element.paused), [element, play]);

  const seek = useCallback(
    (to: number) => {
      if (!element) return;
      element.pause();
      const last = Math.max(0, seconds - 0.5 / fps);
      element.currentTime = Math.min(last, Math.max(0, to));
      setTime(element.currentTime);
    },
    [element, fps, seconds],
  );

  const step = useCallback(
    (frames: number) => element && seek((Math.floor(element.currentTime * fps + 0.01) + frames + 0.5) / fps),
    [element, fps, seek],
  );

  return { ref: setElement, time, playing, toggle, play, seek, step };
}
