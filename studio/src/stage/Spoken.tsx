// What a screen reader is told, politely: the place in the line, every second step, the end; never each second.

import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { onEvent, type StreamEvent, useConnection } from '../api/events';
import type { Video } from '../api/types';

export function Spoken({ videos, shown }: { videos: readonly Video[]; shown: string | undefined }) {
  const { t } = useTranslation('stage');
  const [text, setText] = useState('');
  const latest = useRef({ videos, shown });
  latest.current = { videos, shown };
  const connection = useConnection();
  const before = useRef(connection);

  useEffect(() => {
    if (before.current !== connection) setText(t(connection === 'lost' ? 'spoken.lost' : 'spoken.live'));
    before.current = connection;
  }, [connection, t]);

  useEffect(() => {
    const hear = (event: StreamEvent) => {
      const video = latest.current.videos.find((one) => one.id === event.video_id);
      const prompt = video?.prompt ?? '';
      if (event.type === 'job.succeeded') setText(t('spoken.succeeded', { prompt }));
      else if (event.type === 'job.failed') setText(t('spoken.failed', { prompt }));
      else if (event.type === 'job.cancelled') setText(t('spoken.cancelled', { prompt }));
      else if (event.type === 'job.queued' && video?.queue_position) {
        setText(t('spoken.queued', { place: video.queue_position }));
      } else if (event.type === 'job.progress' && event.video_id === latest.current.shown && event.step) {
        if (event.step % 2 === 0) setText(t('spoken.step', { step: event.step, steps: event.steps }));
      }
    };
    return onEvent(hear);
  }, [t]);

  return (
    <p className="sr" role="status" aria-live="polite">
      {text}
    </p>
  );
}
