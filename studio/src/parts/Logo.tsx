/** A V drawn by light: the lamp at the foot, the beam, the screen. `turned`: a play mark, when a clip has finished. */
export function Logo({ size = 32, turned = false }: { size?: number; turned?: boolean }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 32 32"
      aria-hidden
      style={{ transform: turned ? 'rotate(-90deg)' : undefined, transition: 'transform 600ms var(--ease)' }}
    >
      <path fill="var(--acc)" fillOpacity=".2" d="M16 26.5 5.2 7.5h21.6z" />
      <path
        fill="none"
        stroke="var(--acc)"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
        d="M5.2 7.5 16 26.5 26.8 7.5M10.2 7.5h11.6"
      />
      <circle fill="var(--acc)" cx="16" cy="26.3" r="2.7" />
    </svg>
  );
}
