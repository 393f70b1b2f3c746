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

export const PLACES = [
  { to: '/', word: 'make', icon: <Lamp />, keys: 'g m' },
  { to: '/library', word: 'library', icon: <IconMovie size={size} stroke={stroke} aria-hidden />, keys: 'g l' },
  { to: '/projects', word: 'projects', icon: <IconFolder size={size} stroke={stroke} aria-hidden />, keys: 'g p' },
  { to: '/models', word: 'models', icon: <IconAperture size={size} stroke={stroke} aria-hidden />, keys: 'g o' },
  { to: '/usage', word: 'usage', icon: <IconChartBar size={size} stroke={stroke} aria-hidden />, keys: 'g u' },
] as const;

export const YOU = <IconUser size={size} stroke={stroke} aria-hidden />;
