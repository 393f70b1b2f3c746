// A clip large, with its own few controls. The picture is fitted into the box; the box never changes.

import { IconPlayerPauseFilled, IconPlayerPlayFilled, IconVolume, IconVolumeOff } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Clip } from '../api/types';
import { tenths } from '../parts/time';
import { language } from '../words';
import { fit, local } from './files';
import { usePeaks } from './hooks';
import { type Playing } from './player';
import css from './player.module.css';
import { Wave } from './Wave';

type Shown = Pick<Clip, 'id' | 'url' | 'thumbnail_url' | 'seconds' | 'prompt' | 'width' | 'height'> & {
  sound?: boolean;
};

export function Player({ clip, playing, children }: { clip: Shown; playing: Playing; children?: React.ReactNode }) {
  const { t } = useTranslation('library');
  const moves = clip.seconds > 0;
  const [loud, setLoud] = useState(false); // browsers play nothing loud by itself
  const peaks = usePeaks(clip.id, moves && !!clip.sound);
  return (
    <div className={css.box}>
      <video
        key={clip.id}
        ref={playing.ref}
        className={css.video}
        src={local(clip.url)}
        poster={local(clip.thumbnail_url)}
        style={{ objectFit: fit(clip) }}
        muted={!loud}
        loop
        playsInline
        preload="auto"
        aria-label={clip.prompt}
        onClick={moves ? playing.toggle : undefined}
      />
      {children}
      {moves && (
        <>
          <button
            type="button"
            className={css.play}
            onClick={playing.toggle}
            aria-label={t(playing.playing ? 'player.pause' : 'player.play')}
          >
            {playing.playing ? <IconPlayerPauseFilled size={15} /> : <IconPlayerPlayFilled size={15} />}
          </button>
          {clip.sound && (
            <button
              type="button"
              className={css.sound}
              onClick={() => setLoud(!loud)}
              aria-label={t(loud ? 'player.muted' : 'player.loud')}
            >
              {loud ? <IconVolume size={16} /> : <IconVolumeOff size={16} />}
            </button>
          )}
          {peaks && peaks.length > 0 && <Wave peaks={peaks} at={Math.min(1, playing.time / clip.seconds)} />}
          <span className={css.time} aria-hidden>
            {playing.time.toFixed(1)} / {tenths(clip.seconds, language())}
          </span>
          <input
            type="range"
            className={css.scrub}
            min={0}
            max={clip.seconds}
            step={0.05}
            value={Math.min(playing.time, clip.seconds)}
            style={{ '--at': `${Math.min(100, (playing.time / clip.seconds) * 100)}%` } as React.CSSProperties}
            onChange={(event) => playing.seek(Number(event.currentTarget.value))}
            aria-label={t('player.scrub')}
            aria-valuetext={t('player.at', { time: playing.time.toFixed(1), seconds: clip.seconds.toFixed(1) })}
          />
        </>
      )}
    </div>
  );
}
