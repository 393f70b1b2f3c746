// The moments of a finished clip, side by side as on a strip of film. Each leads to its place.

import { useTranslation } from 'react-i18next';
import type { Clip } from '../api/types';
import { local } from '../library/files';
import type { Playing } from '../library/player';
import css from './strip.module.css';

const MOST = 10; // as many as the server puts into one sheet

export function MomentStrip({ clip, playing }: { clip: Clip; playing: Playing }) {
  const { t } = useTranslation('stage');
  const count = Math.min(MOST, clip.frames);
  const sheet = local(clip.spritesheet_url);
  const times = Array.from({ length: count }, (_, index) =>
    count < 2 ? 0 : Math.round((index * (clip.frames - 1)) / (count - 1)) / clip.fps,
  );
  const here = times.filter((time) => time <= playing.time + 1e-3).length - 1;
  return (
    <ol className={css.strip} aria-label={t('moments')} style={{ '--cells': count } as React.CSSProperties}>
      {times.map((time, index) => (
        <li key={index} className={css.cell} data-state={index === here ? 'now' : 'done'}>
          <button
            type="button"
            onClick={() => playing.seek(time + 0.5 / clip.fps)}
            aria-label={t('moment', { seconds: time.toFixed(1) })}
            aria-current={index === here ? 'true' : undefined}
          >
            <svg viewBox={`${index} 0 1 ${clip.height / clip.width}`} preserveAspectRatio="xMidYMid slice" aria-hidden>
              {sheet && <Moment sheet={sheet} count={count} width={clip.width} height={clip.height} index={index} />}
            </svg>
          </button>
        </li>
      ))}
    </ol>
  );
}

interface MomentProps {
  sheet: string;
  count: number;
  width: number;
  height: number;
  index: number;
}

/** One picture cut out of the sheet, which has them side by side without gaps. One unit wide, as high as its shape. */
function Moment({ sheet, count, width, height, index }: MomentProps) {
  const tall = height / width;
  const id = `cut-${index}`;
  return (
    <>
      <clipPath id={id}>
        <rect x={index} y={0} width={1} height={tall} />
      </clipPath>
      <image href={sheet} x={0} y={0} width={count} height={tall} preserveAspectRatio="none" clipPath={`url(#${id})`} />
    </>
  );
}
