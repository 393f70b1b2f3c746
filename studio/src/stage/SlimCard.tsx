// On a phone: what is showing, as one slim card at the top. Tapping it opens the stage full screen.

import { Modal } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConnection } from '../api/events';
import { useVideos } from '../api/hooks';
import type { Video } from '../api/types';
import { IconButton } from '../parts/Button';
import { useExamplesOpen } from '../start/store';
import { Strip } from '../start/Strip';
import { countdown, useNow } from './clock';
import { dial, shareOf } from './estimate';
import { acts, lead, type Take } from './jobs';
import { LeaderRing } from './LeaderRing';
import { TakePicture } from './Picture';
import { useDecided } from './screen';
import css from './slim.module.css';
import { Stage } from './Stage';
import { doing } from './story';

export default function SlimCard() {
  const { t } = useTranslation('stage');
  const videos = useVideos();
  const list = videos.data?.data ?? [];
  const decided = useDecided((store) => store.batches);
  const all = acts(list, decided);
  const take = lead(all);
  const [open, setOpen] = useState(false);
  const examples = useExamplesOpen(list[0]?.id);
  if (!take || examples) return videos.data && <Strip />;
  const others = all.running.length + all.waiting.length - (take.state === 'ended' ? 0 : 1);
  return (
    <>
      <button type="button" className={css.slim} onClick={() => setOpen(true)}>
        <span className="sr">{t('openStage')}: </span>
        <span className={css.picture}>
          <TakePicture video={take.videos[0]} small />
        </span>
        <Words take={take} others={others} />
        <Ring video={take.videos[0]} />
      </button>
      <Modal opened={open} onClose={() => setOpen(false)} fullScreen withCloseButton={false} padding={0} title={null}>
        <div className={css.top}>
          <IconButton label={t('close')} onClick={() => setOpen(false)}>
            <IconX size={20} stroke={1.8} aria-hidden />
          </IconButton>
        </div>
        <Stage />
      </Modal>
    </>
  );
}

function Words({ take, others }: { take: Take; others: number }) {
  const { t } = useTranslation('stage');
  const lost = useConnection() === 'lost' && take.state !== 'ended';
  const [video] = take.videos;
  const said = lost
    ? t('lost')
    : video.state === 'running'
      ? doing(video, t)
      : video.state === 'queued'
        ? video.queue_position
          ? t('place', { count: video.queue_position, ordinal: true })
          : t('inLine')
        : t(video.state === 'succeeded' ? 'done' : video.state === 'cancelled' ? 'cancelled' : 'failed.title');
  const rest = others > 0 ? ` · ${t('stageRest', { count: others })}` : '';
  return (
    <span className={css.words}>
      <b>{video.prompt}</b>
      <span>
        {said}
        {rest}
      </span>
      {take.state !== 'ended' && <i style={{ '--at': shareOf(video) } as React.CSSProperties} />}
    </span>
  );
}

function Ring({ video }: { video: Video }) {
  const now = useNow(video.state === 'running');
  if (video.state === 'queued') return <LeaderRing label={video.queue_position ?? '·'} size={52} />;
  if (video.state !== 'running') return null;
  const rest = countdown(video, now);
  return <LeaderRing label={rest === null ? '·' : dial(rest)} share={shareOf(video)} size={52} />;
}
