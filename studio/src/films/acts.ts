// What is asked of the server for a film besides changing its document: prices, orders, takes, gates, breakdowns.
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, call, post, told } from '../api/client';
import { useToast } from '../parts/toast';
import { filmKey, keepFilm } from './edits';
import type { FilmDocument, FilmQuote, FilmView, GateName, Patch, Take } from './types';

export interface Wish {
  kinds?: Take['kind'][];
  ids?: string[];
  n?: number;
  stale?: boolean;
  again?: boolean;
}

const of = (id: string) => ({ path: { film_id: id } });

/** What it would cost. Asked anew whenever the film, or something made of it, changes. */
export function useFilmQuote(film: FilmView, wish: Wish, on = true) {
  const made = film.takes.map(({ id, state }) => `${id}${state}`).join();
  return useQuery({
    queryKey: [...filmKey(film.id), 'quote', wish, film.version, made],
    enabled: on,
    queryFn: ({ signal }) =>
      call(
        api.POST('/v1/films/{film_id}/quote', { params: of(film.id), body: wish as never, signal }),
      ) as Promise<FilmQuote>,
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 60_000,
  });
}

export function useTimeline(film: FilmView) {
  const made = film.takes.map(({ id, state }) => `${id}${state}`).join();
  return useQuery({
    queryKey: [...filmKey(film.id), 'timeline', film.version, made],
    queryFn: ({ signal }) => call(api.GET('/v1/films/{film_id}/timeline', { params: of(film.id), signal })),
    placeholderData: keepPreviousData,
    gcTime: 60_000,
  });
}

export interface Proposal {
  form: string;
  document: FilmDocument;
  changes: Patch;
  warnings: { line: number; text: string }[];
  unsaid: string[];
}

export const breakDown = (id: string, source: string) =>
  call(
    api.POST('/v1/films/{film_id}/breakdown', { params: of(id), body: { source, form: '', by: 'rules' } }),
  ) as unknown as Promise<Proposal>;

/** A script is written of an idea, and broken down. The words go to the language model: that was said before. */
export const fromIdea = (id: string, source: string, seconds: number) =>
  call(
    api.POST('/v1/films/{film_id}/breakdown', {
      params: of(id),
      body: { source, form: 'idea', by: 'llm', confirm: true, seconds },
    }),
  ) as unknown as Promise<Proposal>;

/** What the breakdown did not understand of the script that the film has. */
export function useWarnings(film: FilmView) {
  const source = film.document.source?.text ?? '';
  return useQuery({
    queryKey: ['breakdown', film.id, source],
    enabled: source !== '',
    queryFn: async () => (await breakDown(film.id, source)).warnings,
    staleTime: Infinity,
    retry: false,
  }).data;
}

export function useFilmActs(id: string) {
  const cache = useQueryClient();
  const toast = useToast();
  const keep = (film: unknown) => keepFilm(cache, film as FilmView);
  const wrong = { onError: (error: unknown) => toast(told(error), { tone: 'bad' }) };

  const make = useMutation({
    mutationFn: ({ wish, quote, key }: { wish: Wish; quote: FilmQuote; key: string }) =>
      call(
        api.POST('/v1/films/{film_id}/make', {
          params: { ...of(id), header: { 'Idempotency-Key': key } as never },
          body: { ...wish, max_credits: quote.credits_on ? quote.credits : null, version: quote.version } as never,
        }),
      ),
    onSuccess: ({ film }) => {
      keep(film);
      void cache.invalidateQueries({ queryKey: ['credits'] });
      void cache.invalidateQueries({ queryKey: ['videos'] });
    },
    onError: (error: unknown) => {
      toast(told(error), { tone: 'bad' });
      void cache.invalidateQueries({ queryKey: filmKey(id) });
    },
  });
  const gate = useMutation({
    mutationFn: ({ name, approve }: { name: GateName; approve: boolean }) =>
      call(
        api.POST('/v1/films/{film_id}/gates/{name}', {
          params: { path: { film_id: id, name } },
          body: { approve, by: '' },
        }),
      ),
    onSuccess: keep,
    ...wrong,
  });
  const addTake = useMutation({
    mutationFn: async (said: { of: string; kind: Take['kind']; clip?: string; file?: File }) => {
      const upload_id = said.file ? await upload(said.file) : null;
      const body = { of: said.of, kind: said.kind, clip_id: said.clip ?? null, upload_id, choose: true, by: '' };
      return call(api.POST('/v1/films/{film_id}/takes', { params: of(id), body }));
    },
    onSuccess: keep,
    ...wrong,
  });
  const removeTake = useMutation({
    mutationFn: (take_id: string) =>
      call(api.DELETE('/v1/films/{film_id}/takes/{take_id}', { params: { path: { film_id: id, take_id } } })),
    onSettled: () => void cache.invalidateQueries({ queryKey: filmKey(id) }),
    ...wrong,
  });
  const rename = useMutation({
    mutationFn: (said: { id: string; name: string }) =>
      call(api.POST('/v1/films/{film_id}/rename', { params: of(id), body: { ...said, by: '' } })),
    onSuccess: keep,
    ...wrong,
  });
  return { make, gate, addTake, removeTake, rename };
}

/** Sent beforehand; the id that it has from then on. */
export async function upload(file: File): Promise<string> {
  const form = new FormData();
  form.append('content', file, file.name);
  return (await post<{ id: string }>('/replicate/v1/files', form)).id;
}
