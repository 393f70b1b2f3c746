/**
 * The time of a preview, 0 to 1 of the clip, in its true pace. It starts by itself where `running` says so and people
 * have not asked for less motion; then it plays only on request.
 */
import { useReducedMotion } from '@mantine/hooks';
import { useCallback, useEffect, useState } from 'react';

const REST_SECONDS = 0.6; // at the end, before it begins again

export function useClock(seconds: number, running = true) {
  const still = useReducedMotion(false, { getInitialValueInEffect: false });
  const [t, setT] = useState(0);
  const [wish, setWish] = useState<boolean | null>(null);
  const playing = (wish ?? (running && !still)) && seconds > 0;
  useEffect(() => {
    if (!playing) return;
    let last = performance.now();
    let gone = t * seconds;
    let frame = requestAnimationFrame(function step(now) {
      if (now - last >= 30) {
        gone += (now - last) / 1000;
        last = now;
        if (gone > seconds + REST_SECONDS) gone = 0;
        setT(Math.min(1, gone / seconds));
      }
      frame = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(frame);
    // `t` is where it starts; later values are its own.
  }, [playing, seconds]);
  const toggle = useCallback(() => setWish(!playing), [playing]);
  const seek = useCallback((to: number) => {
    setWish(false);
    setT(Math.min(1, Math.max(0, to)));
  }, []);
  return { t, playing, toggle, seek };
}
