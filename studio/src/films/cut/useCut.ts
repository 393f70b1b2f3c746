// The cut as it is worked on. Edits go the way of all changes of a film (../edits.ts): they are seen at once, sent one
// after the other, and kept while the server is away.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { filmKey, useFilm } from '../edits';
import { patchOf } from './edits';
import { fraction } from './fraction';
import { timelineOf } from './server';
import { items, type Known, lengthOf, moved, type Piece, pieces } from './timeline';
import type { Cut, FilmDocument, FilmView, TimelineView } from './types';

/** Something with a time in the film, moved along with the picture that it belongs to. */
export type Placed<T> = T & { from: number; to: number };

export interface Work {
  film: FilmView;
  document: FilmDocument; // with what is not saved yet
  known: Known;
  all: Piece[];
  seconds: number;
  timeline: TimelineView | undefined;
  voices: Placed<TimelineView['voices'][number]>[];
  music: Placed<TimelineView['music'][number]>[];
  captions: Placed<TimelineView['captions'][number]>[];
  overlays: Placed<TimelineView['overlays'][number]>[];
  markers: { at: number; name: string }[];
  isSaved: boolean;
  edit: (cut: Cut) => void;
  change: (changes: Record<string, unknown>) => void; // another part of the document
}

export function useCut(given: FilmView): Work {
  const { found } = useFilm(given.id);
  const film = (found?.film as unknown as FilmView | undefined) ?? given;
  const made = film.takes.map((one) => `${one.id}${one.state}`).join();
  const timeline = useQuery({
    queryKey: [...filmKey(film.id), 'timeline', film.version, made],
    queryFn: () => timelineOf(film.id),
    placeholderData: keepPreviousData,
    gcTime: 60_000,
  }).data;
  const { document } = film;
  const known = useMemo(() => knownOf(film, timeline), [film, timeline]);
  const all = useMemo(() => pieces(document, known), [document, known]);
  const parts = useMemo(() => partsOf(timeline, all), [timeline, all]);
  const change = found?.change ?? (() => undefined);
  return {
    film,
    document,
    known,
    all,
    seconds: lengthOf(all).number,
    timeline,
    ...parts,
    isSaved: found?.saved === 'saved',
    edit: (cut) => change(patchOf(cut)),
    change,
  };
}

function knownOf(film: FilmView, timeline: TimelineView | undefined): Known {
  const lengths: Record<string, string> = {};
  const foreign: Record<string, NonNullable<TimelineView['pieces'][number]['media']>> = {};
  const by = new Map(timeline?.pieces.map((piece) => [piece.id, piece]));
  for (const item of items(film.document)) {
    const piece = by.get(item.id);
    if (piece && item.shot && item.seconds == null) lengths[item.shot] = piece.seconds;
    if (piece?.media && !item.shot && item.file) foreign[item.file] = piece.media;
  }
  return { takes: film.takes, lengths, foreign };
}

/** What is heard and read, where it will be once the server has answered. */
function partsOf(timeline: TimelineView | undefined, all: Piece[]) {
  const before = (timeline?.pieces ?? []).map((piece) => ({
    id: piece.id,
    start: fraction(piece.start),
    seconds: fraction(piece.seconds),
  })) as Piece[];
  const place = <T extends { start: string }>(one: T, to: number, goesAlong = true): Placed<T> => {
    const by = goesAlong ? moved(before, all, one.start) : 0;
    return { ...one, from: fraction(one.start).number + by, to: to + by };
  };
  const until = (one: { start: string; seconds: string }) => fraction(one.start).plus(fraction(one.seconds)).number;
  return {
    voices: (timeline?.voices ?? []).map((one) => place(one, until(one))),
    music: (timeline?.music ?? []).map((one) => place(one, until(one), false)),
    overlays: (timeline?.overlays ?? []).map((one) => place(one, fraction(one.end).number, false)),
    captions: (timeline?.captions ?? []).map((one) => place(one, fraction(one.end).number)),
    markers: (timeline?.markers ?? []).map((one) => ({
      at: fraction(one.at).number + moved(before, all, one.at),
      name: one.name,
    })),
  };
}
