// A picture that comes into focus: a new look fades in over the one before, which stays until the new one is there. One
// that cannot be fetched is never shown. For who wants no motion, a look that moves is shown as its first picture.

import { useReducedMotion } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import css from './screen.module.css';

const FADED_MS = 400; // until the one below is no longer seen

export function Focusing({ src, alt }: { src: string; alt: string }) {
  const [there, setThere] = useState<string[]>([]); // that have come: the last one is on top
  useEffect(() => {
    if (there.length < 2) return;
    const timer = setTimeout(() => setThere((now) => now.slice(-1)), FADED_MS);
    return () => clearTimeout(timer);
  }, [there]);
  const shown = there.includes(src) ? there : [...there, src];
  return (
    <div className={css.focusing} role="img" aria-label={alt}>
      {shown.map((one) => (
        <Look
          key={one}
          src={one}
          seen={there.includes(one)}
          onThere={() => setThere((now) => [...now.filter((other) => other !== one), one])}
        />
      ))}
    </div>
  );
}

function Look({ src, seen, onThere }: { src: string; seen: boolean; onThere: () => void }) {
  const still = useReducedMotion();
  const canvas = useRef<HTMLCanvasElement>(null);
  const draw = (image: HTMLImageElement) => {
    const [board, brush] = [canvas.current, canvas.current?.getContext('2d')];
    if (board && brush) {
      [board.width, board.height] = [image.naturalWidth, image.naturalHeight];
      brush.drawImage(image, 0, 0);
    }
    onThere();
  };
  const dark = { opacity: seen ? 1 : 0 };
  return (
    <>
      <img
        src={src}
        alt=""
        draggable={false}
        style={still ? { display: 'none' } : dark}
        onLoad={(event) => draw(event.currentTarget)}
      />
      {still && <canvas ref={canvas} style={dark} />}
    </>
  );
}
