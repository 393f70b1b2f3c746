import { IconChartBar, IconFolder, IconMovie, IconAperture, IconUser } from '@tabler/icons-react';

const size = 22;
const stroke = 1.6;

/** The logo as an icon: for Make. */
function Lamp() {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={stroke}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden
    >
      <path d="M4 5.5 12 19 20 5.5M7.6 5.5h8.8" />
      <circle cx="12" cy="19.2" r="1.5" fill="currentColor" />
    </svg>
  );
}

/** A film's clapperboard. */
function Clapper() {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={stroke}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden
    >
      <path d="M4 10.5h16v8a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 18.5z" />
      <path d="m4 10.5-.9-3.6a1.2 1.2 0 0 1 .9-1.45l13.5-3.3a1.2 1.2 0 0 1 1.45.9l.55 2.25z" />
      <path d="m8 4.5 2.6 3.8M13 3.3l2.6 3.7" />
    </svg>
  );
}

export const PLACES = [
  { to: '/', word: 'make', icon: <Lamp />, keys: 'g m' },
  { to: '/films', word: 'films', icon: <Clapper />, keys: 'g f' },
  { to: '/library', word: 'library', icon: <IconMovie size={size} stroke={stroke} aria-hidden />, keys: 'g l' },
  { to: '/projects', word: 'projects', icon: <IconFolder size={size} stroke={stroke} aria-hidden />, keys: 'g p' },
  { to: '/models', word: 'models', icon: <IconAperture size={size} stroke={stroke} aria-hidden />, keys: 'g o' },
  { to: '/usage', word: 'usage', icon: <IconChartBar size={size} stroke={stroke} aria-hidden />, keys: 'g u' },
] as const;

export const YOU = <IconUser size={size} stroke={stroke} aria-hidden />;
