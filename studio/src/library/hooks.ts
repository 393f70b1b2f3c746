// What the library asks the server for. Keys begin with 'library', so that an event about a clip renews them all.

import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { api, call } from '../api/client';
import type { Reading } from '../api/types';
import { asked, type Query, written } from './query';

const MOST = 100; // clips of one answer

export function useClips(query: Query) {
  return useInfiniteQuery({
    queryKey: ['library', 'clips', query],
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      call(
        api.GET('/v1/library', {
          params: { query: { ...asked(query), limit: MOST, ...(pageParam ? { after: pageParam } : {}) } },
        }),
      ),
    getNextPageParam: (page) => (page.has_more ? (page.last_id ?? undefined) : undefined),
    placeholderData: keepPreviousData,
  });
}

/** Asks for the next page; undefined when there is none, one is on its way, or the last one failed. */
export function nextOf(clips: ReturnType<typeof useClips>): (() => void) | undefined {
  const { hasNextPage, isFetching, isFetchNextPageError, fetchNextPage } = clips;
  return hasNextPage && !isFetching && !isFetchNextPageError ? () => void fetchNextPage() : undefined;
}

export function useRecentClips() {
  return useQuery({
    queryKey: ['library', 'recent'],
    queryFn: () => call(api.GET('/v1/library', { params: { query: { limit: MOST } } })),
  });
}

/** Clips near in meaning to what is looked for, without those that are found exactly. */
export function useNear(query: Query, on: boolean) {
  const words = [query.words, ...query.tokens.map((token) => token.value)].join(' ').trim();
  return useQuery({
    queryKey: ['library', 'near', words, query.tokens.map(written)],
    queryFn: () => call(api.GET('/v1/library/near', { params: { query: { q: words, limit: 8 } } })),
    enabled: on && words !== '',
    placeholderData: keepPreviousData,
  });
}

/** How many clips a search finds, in all its pages. */
export function useCount(query: Query) {
  return useQuery({
    queryKey: ['library', 'count', query],
    queryFn: () => call(api.GET('/v1/library/count', { params: { query: asked(query) } })),
    placeholderData: keepPreviousData,
  });
}

/** How loud a clip's sound is from its beginning to its end; undefined while that is not known, or there is none. */
export function usePeaks(id: string, on: boolean) {
  const { data } = useQuery({
    queryKey: ['peaks', id],
    queryFn: () => call(api.GET('/v1/library/{clip_id}/peaks', { params: { path: { clip_id: id } } })),
    enabled: on,
    staleTime: Infinity,
  });
  return data?.peaks;
}

export const clipQuery = (id: string) => ({
  queryKey: ['library', 'clip', id],
  queryFn: () => call(api.GET('/v1/library/{clip_id}', { params: { path: { clip_id: id } } })),
});

export function useClip(id: string | undefined) {
  return useQuery({ ...clipQuery(id ?? ''), enabled: !!id });
}

export function useLineage(id: string) {
  return useQuery({
    queryKey: ['library', 'lineage', id],
    queryFn: () => call(api.GET('/v1/library/{clip_id}/lineage', { params: { path: { clip_id: id } } })),
  });
}

export const recipeQuery = (id: string) => ({
  queryKey: ['recipe', id],
  queryFn: () => call(api.GET('/v1/library/{clip_id}/recipe', { params: { path: { clip_id: id } } })),
  staleTime: Infinity,
});

export function useRecipe(id: string | undefined) {
  return useQuery({ ...recipeQuery(id ?? ''), enabled: !!id });
}

export function useScore(id: string) {
  return useQuery({
    queryKey: ['library', 'score', id],
    queryFn: () => call(api.GET('/v1/library/{clip_id}/score', { params: { path: { clip_id: id } } })),
    staleTime: Infinity,
    refetchInterval: ({ state }) => (state.data?.state === 'waiting' ? 5_000 : false), // where no event comes
  });
}

export function useReading(prompt: string | undefined) {
  return useQuery<Reading>({
    queryKey: ['reading', prompt],
    queryFn: () => call(api.POST('/v1/reading', { body: { prompt: prompt! } })),
    enabled: !!prompt?.trim(),
    staleTime: Infinity,
  });
}

export function useProjects(trashed = false) {
  return useQuery({
    queryKey: ['library', 'projects', trashed],
    queryFn: () => call(api.GET('/v1/library/projects', { params: { query: { trashed } } })),
  });
}
