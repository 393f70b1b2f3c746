// The countdown of a film's leader: a crosshair, a wedge that sweeps, a number. The text beside it says the same, so it is
// hidden from screen readers.

import css from './ring.module.css';

interface Props {
  label: string | number;
  share?: number | null; // 0 to 1, of what is done; null: unknown or waiting
  quiet?: boolean;
  size?: number;
}

const [MIDDLE, RADIUS, WEDGE] = [42, 34, 29];

export function LeaderRing({ label, share = null, quiet = false, size = 84 }: Props) {
  const around = 2 * Math.PI * RADIUS;
  const done = share === null ? 0 : Math.min(1, Math.max(0, share));
  return (
    <svg
      className={css.ring}
      data-quiet={quiet || undefined}
      width={size}
      height={size}
      viewBox="0 0 84 84"
      aria-hidden
    >
      <circle className={css.rim} cx={MIDDLE} cy={MIDDLE} r={38} />
      <circle className={css.rim} cx={MIDDLE} cy={MIDDLE} r={RADIUS} />
      <path className={css.cross} d="M42 0v10M42 74v10M0 42h10M74 42h10" />
      {done > 0 && <path className={css.wedge} d={wedge(done)} />}
      <circle
        className={css.sweep}
        cx={MIDDLE}
        cy={MIDDLE}
        r={RADIUS}
        strokeDasharray={around}
        strokeDashoffset={around * (1 - done)}
        transform={`rotate(-90 ${MIDDLE} ${MIDDLE})`}
        style={{ opacity: done > 0 ? 1 : 0 }}
      />
      {share === null && <path className={css.hand} d="M42 10v14" />}
      <text
        className={css.number}
        data-long={String(label).length > 3 || undefined}
        x={MIDDLE}
        y={MIDDLE + 8}
        textAnchor="middle"
      >
        {label}
      </text>
    </svg>
  );
}

/** The part of the disc that is done, from the top to the right. */
export function wedge(share: number): string {
  if (share >= 0.9999) return `M42 ${MIDDLE - WEDGE}a${WEDGE} ${WEDGE} 0 1 1-.01 0z`;
  const angle = 2 * Math.PI * share - Math.PI / 2;
  const x = (MIDDLE + WEDGE * Math.cos(angle)).toFixed(2);
  const y = (MIDDLE + WEDGE * Math.sin(angle)).toFixed(2);
  return `M${MIDDLE} ${MIDDLE}V${MIDDLE - WEDGE}A${WEDGE} ${WEDGE} 0 ${share > 0.5 ? 1 : 0} 1 ${x} ${y}Z`;
}
