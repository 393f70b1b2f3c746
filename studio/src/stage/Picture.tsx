// The picture of one video in whatever state it is: always the same box, filled with what there truly is.

import { IconMovieOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Video } from '../api/types';
import { fitOf, local } from '../library/files';
import { stepNow, stepsOf } from './estimate';
import { Focusing } from './Focusing';
import { LeaderRing } from './LeaderRing';
import { at, usePreviews } from './previews';
import css from './screen.module.css';

export function TakePicture({ video, step = null, small }: { video: Video; step?: number | null; small?: boolean }) {
  const { t } = useTranslation('stage');
  const look = at(usePreviews(video), step);
  const ended = video.state === 'cancelled' || video.state === 'failed';
  if (video.state === 'succeeded')
    return (
      <img
        className={css.still}
        src={local(video.thumbnail_url)}
        alt={video.prompt}
        style={{ objectFit: fitOf(video.size) }}
      />
    );
  if (video.state === 'queued') return <Gate label={video.queue_position ?? '·'} small={small} />;
  if (ended && (!look || video.state === 'failed')) return <Torn bad={video.state === 'failed'} />;
  return (
    <>
      {!ended && <Gate label={video.step ? Math.min(stepNow(video), stepsOf(video)) : '·'} small={small} />}
      {look && (
        <div className={css.fill} data-ended={ended || undefined} data-fit={fitOf(video.size)}>
          <Focusing src={look.url} alt={t(step ? 'previewAt' : 'preview', { step: look.step, prompt: video.prompt })} />
        </div>
      )}
    </>
  );
}

/** Where there is no picture yet. */
function Gate({ label, small }: { label: string | number; small?: boolean }) {
  return <div className={css.gate}>{!small && <LeaderRing label={label} size={112} quiet />}</div>;
}

export function Torn({ bad }: { bad: boolean }) {
  return (
    <div className={css.torn} data-bad={bad || undefined}>
      {bad ? <TornFilm /> : <IconMovieOff size={40} stroke={1.4} aria-hidden />}
    </div>
  );
}

/** A strip of film, torn in the middle. */
function TornFilm() {
  return (
    <svg width="74" height="38" viewBox="0 0 74 38" fill="none" stroke="currentColor" strokeWidth="2" aria-hidden>
      <path d="M30 2H2v34h28l-5-9 6-8-6-8zM44 2h28v34H44l6-9-6-8 6-8z" strokeLinejoin="round" />
      <path d="M8 8h4M17 8h4M8 30h4M17 30h4M53 8h4M62 8h4M53 30h4M62 30h4" strokeLinecap="round" strokeWidth="2.6" />
    </svg>
  );
}
