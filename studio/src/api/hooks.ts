// What several pages ask. Keys of the cache: ['account'], ['door'], ['credits'], ['cards'], ['videos'], ['video', id],
// ['library', ...], ['projects', ...]. Events keep them fresh (see events.ts).
import { keepPreviousData, QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, ApiError, call } from './client';
import type { Account, Page, Video } from './types';

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // Wrong requests stay wrong; only a server that is away is asked again.
      retry: (times, error) => times < 3 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 502),
      refetchOnWindowFocus: true,
    },
  },
});

/** Who am I? Error with status 401: nobody yet. */
export function useAccount() {
  return useQuery({ queryKey: ['account'], queryFn: () => call(api.GET('/v1/account')), staleTime: 60_000 });
}

/** What a page may know before anybody has signed in. */
export function useDoor() {
  return useQuery({ queryKey: ['door'], queryFn: () => call(api.GET('/v1/account/door')), staleTime: 300_000 });
}

export function useCredits() {
  return useQuery({ queryKey: ['credits'], queryFn: () => call(api.GET('/v1/credits')) });
}

/** The models; each says whether it is the server's default. */
export function useCards() {
  return useQuery({
    queryKey: ['cards'],
    queryFn: async () => (await call(api.GET('/v1/models'))).data,
    staleTime: 300_000,
  });
}

/** The newest videos, in every state. */
export function useVideos(limit = 60) {
  return useQuery({
    queryKey: ['videos'],
    queryFn: () => call(api.GET('/v1/videos', { params: { query: { limit } } })) as Promise<Page<Video>>,
    placeholderData: keepPreviousData,
  });
}

export function useVideo(id: string | undefined) {
  return useQuery({
    queryKey: ['video', id],
    enabled: Boolean(id),
    queryFn: () => call(api.GET('/v1/videos/{video_id}', { params: { path: { video_id: id ?? '' } } })),
  });
}

export function useProjects() {
  return useQuery({
    queryKey: ['projects'],
    queryFn: async () => (await call(api.GET('/v1/library/projects'))).data,
  });
}

/** Stop a video; what was held comes back. */
export function useCancel() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => call(api.POST('/v1/videos/{video_id}/cancel', { params: { path: { video_id: id } } })),
    onSuccess: (video) => {
      keepVideo(cache, video);
      void cache.invalidateQueries({ queryKey: ['credits'] });
    },
  });
}

/** Change the studio's own settings of the account (language, timezone, ...): those not named stay. */
export function useSettings() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (changes: Record<string, unknown>) => {
      const account = cache.getQueryData<Account>(['account']);
      return call(api.PATCH('/v1/account', { body: { settings: { ...account?.settings, ...changes } } }));
    },
    onSuccess: (account) => cache.setQueryData(['account'], account),
  });
}

/** Put a video where the pages read it: the newest first, one that is there is replaced. */
export function keepVideo(cache: QueryClient, video: Video) {
  cache.setQueryData(['video', video.id], video);
  cache.setQueryData<Page<Video>>(['videos'], (old) => {
    if (!old) return old;
    const there = old.data.some((one) => one.id === video.id);
    const data = there ? old.data.map((one) => (one.id === video.id ? video : one)) : [video, ...old.data];
    return { ...old, data };
  });
}
