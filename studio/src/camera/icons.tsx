/** The ten camera icons. Each has one part that moves as the camera does, while its chip is looked at or chosen. */
import type { ReactNode } from 'react';
import styles from './icons.module.css';

export type IconName = 'still' | 'push' | 'pull' | 'pan' | 'tilt' | 'orbit' | 'crane' | 'roll' | 'zoom' | 'path';

const PARTS: Record<IconName, ReactNode> = {
  still: (
    <>
      <rect x="3.5" y="6" width="17" height="12" rx="2.5" />
      <circle className={styles.beat} cx="12" cy="12" r="1.6" fill="currentColor" stroke="none" />
    </>
  ),
  push: (
    <>
      <rect className={styles.shrunk} x="9" y="9.5" width="6" height="5" rx="1" />
      <g className={styles.inward}>
        <path d="M3.5 5.5 7 8M20.5 5.5 17 8M3.5 18.5 7 16M20.5 18.5 17 16" />
      </g>
    </>
  ),
  pull: (
    <>
      <rect x="9" y="9.5" width="6" height="5" rx="1" />
      <g className={styles.outward}>
        <path d="M7 5H3.8v3M17 5h3.2v3M7 19H3.8v-3M17 19h3.2v-3" />
      </g>
    </>
  ),
  pan: (
    <>
      <rect className={styles.pan} x="7.5" y="8" width="9" height="8" rx="2" />
      <path d="M4.5 9.5 2 12l2.5 2.5M19.5 9.5 22 12l-2.5 2.5" />
    </>
  ),
  tilt: (
    <>
      <rect className={styles.tilt} x="7" y="8" width="10" height="8" rx="2" />
      <path d="M9.5 4.5 12 2l2.5 2.5M9.5 19.5 12 22l2.5-2.5" />
    </>
  ),
  orbit: (
    <>
      <circle cx="12" cy="11" r="3" />
      <path d="M7.5 8.6C4.6 9.3 2.5 10.6 2.5 12.2c0 2.4 4.2 4.3 9.5 4.3s9.5-1.9 9.5-4.3c0-1.6-2.1-2.9-5-3.6" />
      <circle className={styles.orbit} cx="12" cy="16.5" r="1.7" fill="currentColor" stroke="none" />
    </>
  ),
  crane: (
    <>
      <path d="M3.5 20h7M7 20v-6" />
      <g className={styles.crane}>
        <path d="M7 14 18 6" />
        <rect x="16" y="3.2" width="5" height="4.4" rx="1" />
      </g>
    </>
  ),
  roll: (
    <>
      <rect className={styles.roll} x="6.5" y="8" width="11" height="8" rx="1.6" />
      <path d="M4 8.5a9 9 0 0 1 5.5-5M4 8.5l-.4-3M4 8.5l2.9-.6M20 15.5a9 9 0 0 1-5.5 5" />
    </>
  ),
  zoom: (
    <>
      <circle cx="10.5" cy="10.5" r="7" />
      <path d="m15.7 15.7 5 5" />
      <g className={styles.zoom}>
        <path d="M10.5 7.5v6M7.5 10.5h6" />
      </g>
    </>
  ),
  path: (
    <>
      <path className={styles.path} pathLength={1} d="M4.5 18.5C6 11 9 13.5 12 12s4-6.5 7.5-6.5" />
      <circle cx="4.5" cy="18.5" r="1.9" fill="currentColor" stroke="none" />
      <circle cx="12" cy="12" r="1.9" fill="currentColor" stroke="none" />
      <circle cx="19.5" cy="5.5" r="1.9" fill="currentColor" stroke="none" />
    </>
  ),
};

export function CameraIcon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      className={styles.icon}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.7}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden
    >
      {PARTS[name]}
    </svg>
  );
}
