// What else is on its way: the other running jobs, and those in line with their places.

import { IconClock, IconX } from '@tabler/icons-react';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { Video } from '../api/types';
import { IconButton } from '../parts/Button';
import { useTakeActions } from './actions';
import { usual } from './estimate';
import { type Take, stepsOf } from './jobs';
import { TakePicture } from './Picture';
import css from './queue.module.css';
import { useScreen } from './screen';

export function QueueRows({ takes, history }: { takes: Take[]; history: readonly Video[] }) {
  const { t } = useTranslation('stage');
  if (!takes.length) return null;
  return (
    <ul className={css.rows} aria-label={t('queue')}>
      {takes.map((take) => (
        <Row key={take.id} take={take} history={history} />
      ))}
    </ul>
  );
}

function Row({ take, history }: { take: Take; history: readonly Video[] }) {
  const { t } = useTranslation('stage');
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
          <span>{said(take, history, t)}</span>
        </span>
      </button>
      <IconButton small label={t('cancelJob', { prompt: video.prompt })} onClick={() => cancel(take.videos)}>
        <IconX size={16} stroke={1.9} aria-hidden />
      </IconButton>
    </li>
  );
}

function said(take: Take, history: readonly Video[], t: TFunction<'stage'>): string {
  const [video] = take.videos;
  if (take.state === 'running' && !video.step) return t('starting');
  if (take.state === 'running') return t('step', { step: Math.max(1, video.step), steps: stepsOf(video) });
  const place = video.queue_position;
  const each = usual(video, history);
  const wait = video.starts_in ?? (each !== null && place !== null ? each * place : null);
  const words = [place ? t('place', { count: place, ordinal: true }) : t('inLine')];
  if (wait !== null) words.push(t('startsInShort', { seconds: Math.max(1, Math.round(wait)) }));
  return words.join(' · ');
}
