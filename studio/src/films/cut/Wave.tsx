// How loud a sound is over its length, and where music gives way to speech.
import { useEffect, useRef, useState } from 'react';
import { bends, type Interval } from './envelope';
import { decoded, peaks } from './mixer';

const BAR_PX = 3;
const MOST_BARS = 1_200;

interface Props {
  url: string;
  from: number; // seconds into the file
  to: number;
  width: number; // pixels
}

export function Wave({ url, from, to, width }: Props) {
  const [buffer, setBuffer] = useState<AudioBuffer | null>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const file = new URL(url, location.href).pathname;
  const latest = useRef(url);
  latest.current = url;
  useEffect(() => {
    let here = true;
    void decoded(latest.current).then((found) => here && setBuffer(found));
    return () => {
      here = false;
    };
  }, [file]);
  useEffect(() => {
    const at = canvas.current;
    const pen = at?.getContext('2d');
    if (!at || !pen || !buffer) return;
    const count = Math.max(1, Math.min(MOST_BARS, Math.floor(width / BAR_PX)));
    const bars = peaks(buffer, from, to, count);
    const loudest = Math.max(0.05, ...bars); // a soft sound is still a wave
    at.width = count * BAR_PX;
    at.height = 40;
    pen.fillStyle = getComputedStyle(at).color;
    bars.forEach((bar, n) => {
      const high = Math.max(1, (bar / loudest) * 38);
      pen.fillRect(n * BAR_PX, 20 - high / 2, 1.6, high);
    });
  });
  return <canvas ref={canvas} aria-hidden />;
}

/** The line of a ducked sound, with its points. `start`, `end`: of the sound in the film. */
export function Duck({ speech, start, end }: { speech: readonly Interval[]; start: number; end: number }) {
  const points = bends(speech).filter(([time]) => time >= start && time <= end);
  if (!points.length) return null;
  const x = (time: number) => ((time - start) / (end - start)) * 1000;
  const y = (low: 0 | 1) => (low ? 34 : 22);
  const line = [[start, points[0][1]] as const, ...points, [end, 0] as const];
  return (
    <svg viewBox="0 0 1000 48" preserveAspectRatio="none" aria-hidden>
      <polyline
        points={line.map(([time, low]) => `${x(time)},${y(low)}`).join(' ')}
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
