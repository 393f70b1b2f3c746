// What can be done with a take from the stage. What costs credits says so on its button.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { api, ApiError, call, post, told } from '../api/client';
import { keepVideo, useAccount, useCancel } from '../api/hooks';
import type { Quote, Video } from '../api/types';
import { TOO_HIGH } from '../make/send';
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
    mutationFn: ({ video, seed, most }: { video: Video; seed: number | null; most: number | null }) => {
      const body = { ...(seed !== null && { seed }), ...(most !== null && { max_credits: most }) };
      return call(api.POST('/v1/videos/{video_id}/rerun', { params: { path: { video_id: video.id } }, body }));
    },
    onSuccess: made,
    onError: (error) => {
      if (error instanceof ApiError && error.code === TOO_HIGH)
        void cache.invalidateQueries({ queryKey: ['quote', 'again'] });
      failed(error);
    },
  });

  const finish = useMutation({
    mutationFn: (video: Video) =>
      call(
        api.POST('/v1/videos/{video_id}/finish', {
          params: { path: { video_id: video.id } },
          body: { max_credits: video.finish_credits },
        }),
      ),
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

/** What making this video once more costs: null where nothing is counted, undefined while it is not known; and why it
 * has no price.
 */
export function useAgainPrice(video: Video): { credits: number | null | undefined; why: string } {
  const on = useAccount().data?.credits_on ?? false;
  const asked = useQuery({
    queryKey: ['quote', 'again', video.id],
    enabled: on,
    queryFn: ({ signal }) => post<Quote>('/v1/quote', { again: video.id, relation: 'rerun' }, { signal }),
    staleTime: 60_000,
  });
  return { credits: on ? asked.data?.credits : null, why: asked.error ? told(asked.error) : '' };
}

function endOf(video: Video, t: TFunction<'stage'>): string {
  if (video.state !== 'cancelled') return t('cancelling');
  return `${t('cancelled')}. ${video.credits ? t('back', { count: video.credits }) : t('nothingCharged')}`;
}
