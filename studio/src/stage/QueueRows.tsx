// What else is on its way: the other running jobs, and those in line with their places.

import { IconClock, IconX } from '@tabler/icons-react';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../parts/Button';
import { useTakeActions } from './actions';
import { countdown, useNow } from './clock';
import type { Take } from './jobs';
import { TakePicture } from './Picture';
import css from './queue.module.css';
import { useScreen } from './screen';
import { doing } from './story';
import { told } from './told';

export function QueueRows({ takes }: { takes: Take[] }) {
  const { t } = useTranslation('stage');
  if (!takes.length) return null;
  return (
    <ul className={css.rows} aria-label={t('queue')}>
      {takes.map((take) => (
        <Row key={take.id} take={take} />
      ))}
    </ul>
  );
}

function Row({ take }: { take: Take }) {
  const { t } = useTranslation('stage');
  const now = useNow(take.state === 'running');
  const choose = useScreen((screen) => screen.choose);
  const { cancel } = useTakeActions();
  const [video] = take.videos;
  const waits = take.state === 'waiting' || !video.preview_url;
  return (
    <li className={css.row}>
      <button
        type="button"
        className={css.open}
        onClick={() => choose(take.id)}
        title={t('show', { prompt: video.prompt })}
      >
        <span className={css.thumb} data-waiting={waits || undefined}>
          {waits ? <IconClock size={18} stroke={1.7} aria-hidden /> : <TakePicture video={video} small />}
        </span>
        <span className={css.words}>
          <b>{video.prompt}</b>
          <span>{said(take, now, t)}</span>
        </span>
      </button>
      <IconButton small label={t('cancelJob', { prompt: video.prompt })} onClick={() => cancel(take.videos)}>
        <IconX size={16} stroke={1.9} aria-hidden />
      </IconButton>
    </li>
  );
}

function said(take: Take, now: number, t: TFunction<'stage'>): string {
  const [video] = take.videos;
  if (take.state === 'running') return running(doing(video, t), countdown(video, now), t);
  const place = video.queue_position;
  const words = [place ? t('place', { count: place, ordinal: true }) : t('inLine')];
  if (video.starts_in != null) words.push(t('startsInShort', { span: told(video.starts_in) }));
  return words.join(' · ');
}

function running(at: string, rest: number | null, t: TFunction<'stage'>): string {
  return rest === null ? at : `${at} · ${t('left', { span: told(rest) })}`;
}
