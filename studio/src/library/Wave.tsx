// The sound of a clip, as a wave: a bar for each part, and those that were played in the accent.

import css from './wave.module.css';

const HIGH = 100; // of the drawing; it is stretched to its place

export function Wave({ peaks, at }: { peaks: readonly number[]; at: number }) {
  const loudest = Math.max(0.05, ...peaks); // a soft sound is still a wave
  const bars = peaks.map((peak, index) => {
    const half = Math.max(2, (peak / loudest) * (HIGH / 2));
    return `M${index + 0.5} ${HIGH / 2 - half}V${HIGH / 2 + half}`;
  });
  const played = Math.round(at * peaks.length);
  return (
    <svg className={css.wave} viewBox={`0 0 ${peaks.length} ${HIGH}`} preserveAspectRatio="none" aria-hidden>
      <path className={css.ahead} d={bars.slice(played).join('')} />
      <path className={css.played} d={bars.slice(0, played).join('')} />
    </svg>
  );
}
