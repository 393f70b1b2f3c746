// What happens on the server, as it happens. One stream for the whole page: it keeps the cache fresh, and says whether
// the connection lives. EventSource comes back by itself with the last id it saw; when it gives up, we open a new one.
import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { create } from 'zustand';
import { api, call } from './client';
import { keepVideo } from './hooks';
import { address } from './root';
import type { FilmView } from '../films/types';
import type { Page, Video } from './types';

export type Connection = 'live' | 'lost';

/** One event of the stream: `type` is "job.progress", "clip.trashed" and so on. */
export interface StreamEvent {
  id: number;
  type: string;
  at: number;
  video_id?: string;
  clip_id?: string;
  film_id?: string;
  state?: Video['state'];
  status?: Video['status'];
  step?: number;
  steps?: number;
  preview_url?: string;
}

const KINDS = [
  'job.queued',
  'job.running',
  'job.progress',
  'job.succeeded',
  'job.failed',
  'job.cancelled',
  'job.refunded',
  'clip.trashed',
  'clip.restored',
  'clip.deleted',
  'clip.scored',
  'film.changed',
];
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const HIDDEN_MS = 30_000; // then a tab in the background lets its connection go
const LOST_AFTER_MS = 1_500; // a short gap is not worth a word

const useStream = create<{ connection: Connection }>(() => ({ connection: 'live' }));
const listeners = new Set<(event: StreamEvent) => void>();

export function useConnection(): Connection {
  return useStream((stream) => stream.connection);
}

/** Be told of every event; gives the way to stop. */
export function onEvent(listener: (event: StreamEvent) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Listen, for as long as somebody is signed in. Mounted once, in the shell. */
export function useEvents(accountId: string | undefined) {
  const cache = useQueryClient();
  useEffect(() => (accountId ? listen(cache) : undefined), [accountId, cache]);
}

function listen(cache: QueryClient): () => void {
  let source: EventSource | null = null;
  let last = '';
  let wait = FIRST_WAIT_MS;
  let again = 0;
  let doubt = 0;
  let missed = false;

  const open = () => {
    source = new EventSource(address(last ? `/v1/events?after=${last}` : '/v1/events'));
    source.onopen = () => {
      wait = FIRST_WAIT_MS;
      window.clearTimeout(doubt);
      doubt = 0;
      useStream.setState({ connection: 'live' });
      if (missed) void cache.invalidateQueries();
      missed = false;
    };
    source.onerror = () => {
      missed = true;
      doubt ||= window.setTimeout(() => useStream.setState({ connection: 'lost' }), LOST_AFTER_MS);
      if (source?.readyState !== EventSource.CLOSED) return;
      again = window.setTimeout(open, wait);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    };
    for (const kind of KINDS) source.addEventListener(kind, take);
  };
  const take = (message: MessageEvent<string>) => {
    last = message.lastEventId || last;
    const event = JSON.parse(message.data) as StreamEvent;
    apply(cache, event);
    for (const listener of listeners) listener(event);
  };
  const online = () => {
    if (source?.readyState !== EventSource.CLOSED) return;
    window.clearTimeout(again);
    open();
  };

  // A browser has six connections to a server for all its tabs, and keeps a page that was left for a while.
  const leave = () => {
    window.clearTimeout(again);
    if (source) missed = true;
    source?.close();
    source = null;
  };
  const comeBack = () => {
    window.clearTimeout(resting);
    if (!source) open();
  };
  let resting = 0;
  const look = () => {
    window.clearTimeout(resting);
    if (document.hidden) resting = window.setTimeout(leave, HIDDEN_MS);
    else comeBack();
  };

  open();
  window.addEventListener('online', online);
  window.addEventListener('pagehide', leave);
  window.addEventListener('pageshow', comeBack);
  document.addEventListener('visibilitychange', look);
  return () => {
    window.removeEventListener('online', online);
    window.removeEventListener('pagehide', leave);
    window.removeEventListener('pageshow', comeBack);
    document.removeEventListener('visibilitychange', look);
    window.clearTimeout(resting);
    window.clearTimeout(again);
    window.clearTimeout(doubt);
    source?.close();
  };
}

function apply(cache: QueryClient, event: StreamEvent) {
  if (event.type === 'film.changed') {
    void cache.invalidateQueries({ queryKey: ['film', event.film_id], exact: true });
    void cache.invalidateQueries({ queryKey: ['films'] });
    return;
  }
  if (event.type.startsWith('clip.')) {
    void cache.invalidateQueries({ queryKey: ['library'] });
    void cache.invalidateQueries({ queryKey: ['projects'] });
    void cache.invalidateQueries({ queryKey: ['videos'] });
    if (event.clip_id) void cache.invalidateQueries({ queryKey: ['score', event.clip_id] });
    if (event.type === 'clip.scored') renewFilms(cache, (take) => take.clip_id === event.clip_id);
    return;
  }
  if (!event.video_id) return;
  if (event.type === 'job.progress') patchFilms(cache, event);
  if (event.type === 'job.progress' && patch(cache, event)) return; // its share and its time come with the list
  void refresh(cache, event.video_id);
  renewFilms(cache, (take) => take.video_id === event.video_id);
  void cache.invalidateQueries({ queryKey: ['quote'] }); // the line has changed, and with it how long one waits
  if (event.type === 'job.running') return;
  void cache.invalidateQueries({ queryKey: ['credits'] }); // an order holds its price, wherever it was given
  if (event.type === 'job.queued') return;
  void cache.invalidateQueries({ queryKey: ['account'] });
  void cache.invalidateQueries({ queryKey: ['library'] });
  void cache.invalidateQueries({ queryKey: ['videos'] }); // others in the line have moved up
}

/** A step further, without asking the server; false when the video is not known here yet. */
function patch(cache: QueryClient, event: StreamEvent): boolean {
  const known = cache.getQueryData<Page<Video>>(['videos'])?.data.find((video) => video.id === event.video_id);
  if (!known || known.state !== 'running') return false;
  const step = event.step ?? known.step;
  keepVideo(cache, {
    ...known,
    step,
    step_count: event.steps || known.step_count,
    preview_url: event.preview_url ?? known.preview_url,
  });
  return true;
}

const isFilm = ({ queryKey }: { queryKey: readonly unknown[] }) => queryKey[0] === 'film' && queryKey.length === 2;

/** The open films that have such a take. */
function renewFilms(cache: QueryClient, has: (take: FilmView['takes'][number]) => boolean) {
  for (const [queryKey, film] of cache.getQueriesData<FilmView>({ predicate: isFilm })) {
    if (film?.takes.some(has)) void cache.invalidateQueries({ queryKey, exact: true });
  }
}

/** How far a take has come, in the films that are open. */
function patchFilms(cache: QueryClient, { video_id, step, steps }: StreamEvent) {
  if (!step || !steps) return;
  const progress = Math.min(99, Math.round((100 * step) / steps));
  cache.setQueriesData<FilmView>({ predicate: isFilm }, (film) =>
    film?.takes.some((take) => take.video_id === video_id)
      ? { ...film, takes: film.takes.map((take) => (take.video_id === video_id ? { ...take, progress } : take)) }
      : film,
  );
}

async function refresh(cache: QueryClient, id: string) {
  try {
    keepVideo(cache, await call(api.GET('/v1/videos/{video_id}', { params: { path: { video_id: id } } })));
  } catch {
    void cache.invalidateQueries({ queryKey: ['videos'] }); // it is gone, or the server is away: the list will say
  }
}
