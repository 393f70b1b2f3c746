// Play, the place in time, loop and speed, for several videos at once.

import { IconPlayerPauseFilled, IconPlayerPlayFilled, IconRepeat } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../parts/Button';
import { tenths } from '../parts/time';
import { language } from '../words';
import type { Sync } from './sync';
import css from './compare.module.css';

const RATES = [1, 0.5, 0.25];

export function SyncBar({ sync, whole }: { sync: Sync; whole: number }) {
  const { t } = useTranslation('library');
  const time = Math.min(sync.time, whole);
  return (
    <div className={css.foot}>
      <IconButton small label={t(sync.playing ? 'compare.pause' : 'compare.play')} onClick={sync.toggle}>
        {sync.playing ? <IconPlayerPauseFilled size={16} /> : <IconPlayerPlayFilled size={16} />}
      </IconButton>
      <span>{tenths(time, language())}</span>
      <input
        type="range"
        min={0}
        max={whole}
        step={0.02}
        value={time}
        style={{ '--at': `${(time / whole) * 100}%` } as React.CSSProperties}
        onChange={(event) => sync.seek(Number(event.currentTarget.value))}
        aria-label={t('compare.time')}
        aria-valuetext={t('player.at', { time: time.toFixed(1), seconds: whole.toFixed(1) })}
      />
      <span>{tenths(whole, language())}</span>
      <IconButton small label={t('compare.loop')} aria-pressed={sync.loop} onClick={() => sync.setLoop(!sync.loop)}>
        <IconRepeat size={16} stroke={1.9} color={sync.loop ? 'var(--acc)' : undefined} aria-hidden />
      </IconButton>
      <button
        type="button"
        className={css.rate}
        aria-label={`${t('compare.speed')} ${sync.rate}×`}
        onClick={() => sync.setRate(RATES[(RATES.indexOf(sync.rate) + 1) % RATES.length])}
      >
        {sync.rate}×
      </button>
    </div>
  );
}
