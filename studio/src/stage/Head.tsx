// The top of the side: the ring or a mark, and in words the same that it shows.

import { IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Video } from '../api/types';
import { Logo } from '../parts/Logo';
import { countdown, useNow } from './clock';
import { dial, shareOf } from './estimate';
import type { Take } from './jobs';
import { LeaderRing } from './LeaderRing';
import css from './side.module.css';
import { doing, type Story } from './story';
import { told } from './told';

export function Head({ take, video, story }: { take: Take; video: Video; story: Story }) {
  const { t } = useTranslation('stage');
  const now = useNow(video.state === 'running');
  if (video.state === 'queued') {
    const place = video.queue_position;
    return (
      <HeadRow
        ring={<LeaderRing label={place ?? '·'} />}
        title={place ? t('place', { count: place, ordinal: true }) : t('inLine')}
      >
        {take.videos.length > 1 ? t('waiting', { count: take.videos.length }) : ''}
      </HeadRow>
    );
  }
  if (video.state === 'running') {
    const elapsed = Math.max(0, now - (video.started_at ?? now));
    const rest = countdown(video, now);
    return (
      <HeadRow
        ring={<LeaderRing label={rest === null ? '·' : dial(rest)} share={shareOf(video)} />}
        title={rest !== null ? t('left', { span: told(rest) }) : video.late ? t('slow') : doing(video, t)}
        lit
      >
        {elapsed >= 1 && t('soFar', { span: told(Math.floor(elapsed)) })}
      </HeadRow>
    );
  }
  const took = video.started_at && video.finished_at ? video.finished_at - video.started_at : null;
  const said = { cancelled: 'cancelled', failed: 'failed.title', defect: 'done', refused: 'refused' } as const;
  const title = t(said[story.kind as keyof typeof said] ?? 'done');
  return (
    <HeadRow ring={<Mark kind={story.kind} />} title={title} bad={story.bad}>
      {took !== null && t('took', { span: told(took) })}
    </HeadRow>
  );
}

interface HeadProps {
  ring: React.ReactNode;
  title: string;
  lit?: boolean;
  bad?: boolean;
  children?: React.ReactNode;
}

export function HeadRow({ ring, title, lit, bad, children }: HeadProps) {
  return (
    <div className={css.head}>
      <span className={css.ring}>{ring}</span>
      <p>
        <b data-lit={lit || undefined} data-bad={bad || undefined}>
          {title}
        </b>
        <span>{children}</span>
      </p>
    </div>
  );
}

/** In the place of the ring, for what has ended. */
function Mark({ kind }: { kind: Story['kind'] }) {
  const ended = kind === 'done' || kind === 'defect';
  return (
    <span className={css.mark} data-kind={kind}>
      {ended ? <Logo size={34} turned /> : <IconX size={30} stroke={1.6} aria-hidden />}
    </span>
  );
}
