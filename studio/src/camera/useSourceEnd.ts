/** Where the camera stood when the clip that is to be continued ended: the server knows, from the clip's recipe. */
import { useQuery } from '@tanstack/react-query';
import { api, call } from '../api/client';
import type { Row } from './pinhole';

export function useSourceEnd(clipId: string | null | undefined): Row | undefined {
  const found = useQuery({
    queryKey: ['camera', 'end', clipId],
    enabled: Boolean(clipId),
    staleTime: Infinity,
    queryFn: async () => {
      const body = { prompt: '.', seconds: 1, camera: 'still', video: { id: clipId ?? '' } };
      const { rows, given_frames } = await call(api.POST('/v1/camera', { body }));
      return rows[given_frames - 1] ?? null;
    },
  });
  return found.data ?? undefined;
}
