// Changes of a film on their way to the server: shown at once, sent one after the other, kept in this browser while the
// server is away. What somebody else changed meanwhile is never written over: that is asked.
import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo } from 'react';
import { create } from 'zustand';
import { api, ApiError, call, told } from '../api/client';
import { toast } from '../parts/toast';
import { combined, merged, valueAt, without } from './document';
import type { FilmView, Patch } from './types';

export interface Conflict {
  message: string;
  version: number;
  places: { path: string; by: string; mine: unknown; theirs: unknown }[];
}

interface Edits {
  base: number; // the version on which the changes were made
  queue: Patch[]; // the first one is on its way when `sending`
  sending: boolean;
  away: boolean; // the server did not answer
  conflict: Conflict | null;
}

const NONE: Edits = { base: 0, queue: [], sending: false, away: false, conflict: null };
const AGAIN_MS = 4_000;
const KEPT = 'vitascope.film.';

const useStore = create<{ of: Record<string, Edits> }>(() => ({ of: {} }));
const edits = (id: string): Edits => useStore.getState().of[id] ?? NONE;

function put(id: string, changed: Partial<Edits>) {
  const now = { ...edits(id), ...changed };
  useStore.setState(({ of }) => ({ of: { ...of, [id]: now } }));
  if (now.queue.length) localStorage.setItem(KEPT + id, JSON.stringify({ base: now.base, queue: now.queue }));
  else localStorage.removeItem(KEPT + id);
}

/** What was changed here while the server was away, before the page was closed. */
function remember(id: string) {
  const kept = localStorage.getItem(KEPT + id);
  if (!kept || useStore.getState().of[id]) return;
  try {
    const { base, queue } = JSON.parse(kept) as Pick<Edits, 'base' | 'queue'>;
    put(id, { base, queue });
  } catch {
    localStorage.removeItem(KEPT + id);
  }
}

export const filmKey = (id: string) => ['film', id] as const;
const path = (id: string) => ({ path: { film_id: id } });
const read = async (id: string, signal?: AbortSignal) =>
  (await call(api.GET('/v1/films/{film_id}', { params: path(id), signal }))) as unknown as FilmView;

/** Put a film where the pages read it. An answer that was overtaken by a newer version changes nothing. */
export function keepFilm(cache: QueryClient, film: FilmView) {
  void cache.cancelQueries({ queryKey: filmKey(film.id), exact: true });
  cache.setQueryData<FilmView>(filmKey(film.id), (old) => (old && old.version > film.version ? old : film));
  void cache.invalidateQueries({ queryKey: ['films'] });
}

async function send(cache: QueryClient, id: string): Promise<void> {
  const { sending, conflict, queue, base } = edits(id);
  if (sending || conflict || !queue.length) return;
  put(id, { sending: true });
  try {
    const body = { version: base || null, changes: queue[0] };
    const film = (await call(api.PATCH('/v1/films/{film_id}', { params: path(id), body }))) as unknown as FilmView;
    keepFilm(cache, film);
    put(id, { queue: edits(id).queue.slice(1), base: film.version, sending: false, away: false });
    return await send(cache, id);
  } catch (error) {
    put(id, { sending: false });
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 0 || error.status >= 502) {
      put(id, { away: true });
      window.setTimeout(() => void send(cache, id), AGAIN_MS);
    } else if (error.code === 'film_changed') await ask(cache, id, error);
    else {
      toast(told(error), { tone: 'bad' });
      put(id, { queue: edits(id).queue.slice(1), away: false });
      void cache.invalidateQueries({ queryKey: filmKey(id) });
      return send(cache, id);
    }
  }
}

async function ask(cache: QueryClient, id: string, error: ApiError) {
  const film = await read(id).catch(() => null);
  if (!film) return put(id, { away: true });
  keepFilm(cache, film);
  const said = (error.more.conflicts ?? []) as { path: string; by: string }[];
  const [changes] = edits(id).queue;
  const places = said.map(({ path, by }) => ({
    path,
    by,
    mine: valueAt(changes, path),
    theirs: valueAt(film.document, path),
  }));
  put(id, { conflict: { message: error.message, version: film.version, places } });
}

/** `theirs`: the places where the other one's change stays. */
function settle(cache: QueryClient, id: string, theirs: readonly string[]) {
  const { queue, conflict } = edits(id);
  if (!conflict) return;
  const left = queue.map((patch) => theirs.reduce(without, patch)).filter((patch) => Object.keys(patch).length);
  put(id, { queue: left, base: conflict.version, conflict: null });
  void send(cache, id);
}

export type Saved = 'saved' | 'saving' | 'away' | 'conflict';

export interface Film {
  film: FilmView; // with what was changed here and is not sent yet
  saved: Saved;
  conflict: Conflict | null;
  change: (patch: Patch) => void;
  settle: (theirs: readonly string[]) => void;
  back: (way: 'undo' | 'redo') => Promise<void>;
}

/** Undefined until it is here. */
export function useFilm(id: string): { found: Film | undefined; error: unknown; again: () => void } {
  const cache = useQueryClient();
  const mine = useStore((store) => store.of[id] ?? NONE);
  const asked = useQuery({
    queryKey: filmKey(id),
    queryFn: ({ signal }) => read(id, signal),
    structuralSharing: (old, now) =>
      (old as FilmView | undefined) && (old as FilmView).version > (now as FilmView).version ? old : now,
    // Takes of music and voices tell of themselves by film.changed alone; where no event comes this one does.
    refetchInterval: ({ state }) => (state.data?.takes.some((take) => take.state === 'running') ? 5_000 : false),
  });
  useEffect(() => {
    remember(id);
    const go = () => void send(cache, id);
    go();
    window.addEventListener('online', go);
    return () => window.removeEventListener('online', go);
  }, [cache, id]);

  const change = useCallback(
    (patch: Patch) => {
      const { queue, sending, base } = edits(id);
      const last = queue.at(-1);
      const both = last && !(sending && queue.length === 1) ? combined(last, patch) : null;
      const version = cache.getQueryData<FilmView>(filmKey(id))?.version ?? base;
      put(id, {
        queue: both ? [...queue.slice(0, -1), both] : [...queue, patch],
        base: queue.length ? base : version,
      });
      void send(cache, id);
    },
    [cache, id],
  );
  const back = useCallback(
    async (way: 'undo' | 'redo') => {
      await send(cache, id);
      if (edits(id).queue.length) return; // what is not sent yet cannot be taken back
      try {
        const route = way === 'undo' ? '/v1/films/{film_id}/undo' : '/v1/films/{film_id}/redo';
        keepFilm(cache, (await call(api.POST(route, { params: path(id), body: null }))) as unknown as FilmView);
      } catch (error) {
        toast(told(error), { tone: 'bad' });
      }
    },
    [cache, id],
  );
  const film = useMemo(
    () =>
      asked.data && {
        ...asked.data,
        document: mine.queue.reduce((document, patch) => merged(document, patch), asked.data.document),
      },
    [asked.data, mine.queue],
  );
  const { conflict, away } = mine;
  const saved: Saved = conflict ? 'conflict' : !mine.queue.length ? 'saved' : away ? 'away' : 'saving';
  // The same object until something of it changes: the board draws its scenes anew only then.
  const found = useMemo<Film | undefined>(
    () => film && { film, saved, conflict, change, back, settle: (theirs) => settle(cache, id, theirs) },
    [film, saved, conflict, change, back, cache, id],
  );
  return {
    found,
    error: asked.error,
    again: () => void asked.refetch(),
  };
}
