// What can be done with a take from the stage. What costs credits says so on its button.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { api, call, told } from '../api/client';
import { keepVideo, useCancel } from '../api/hooks';
import type { Video } from '../api/types';
import { useToast } from '../parts/toast';
import { useScreen } from './screen';

export function useTakeActions() {
  const { t } = useTranslation('stage');
  const toast = useToast();
  const cache = useQueryClient();
  const { choose } = useScreen();
  const failed = (error: unknown) => toast(told(error), { tone: 'bad' });
  const stop = useCancel();

  const made = (video: Video) => {
    keepVideo(cache, video);
    choose(video.id);
    void cache.invalidateQueries({ queryKey: ['credits'] });
  };

  const rerun = useMutation({
    mutationFn: ({ video, seed }: { video: Video; seed: number | null }) => {
      const body = seed === null ? {} : { seed };
      return call(api.POST('/v1/videos/{video_id}/rerun', { params: { path: { video_id: video.id } }, body }));
    },
    onSuccess: made,
    onError: failed,
  });

  const finish = useMutation({
    mutationFn: (video: Video) =>
      call(api.POST('/v1/videos/{video_id}/finish', { params: { path: { video_id: video.id } }, body: {} })),
    onSuccess: made,
    onError: failed,
  });

  const cancel = (videos: readonly Video[]) => {
    for (const video of videos) {
      if (video.state === 'queued' || video.state === 'running') {
        stop.mutate(video.id, { onError: failed, onSuccess: (now) => toast(endOf(now, t)) });
      }
    }
  };

  return { rerun, finish, cancel, cancelling: stop.isPending };
}

function endOf(video: Video, t: TFunction<'stage'>): string {
  if (video.state !== 'cancelled') return t('cancelling');
  return `${t('cancelled')}. ${video.credits ? t('back', { count: video.credits }) : t('nothingCharged')}`;
}
