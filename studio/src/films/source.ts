// The script beside the board: the source's rows, and which shot each belongs to. Lines carry their place in the
// source; actions are found again by their words. Pure.
import type { Reading } from '../api/types';
import type { Placed } from './document';
import type { FilmDocument } from './types';

export interface Row {
  at: number; // its first character in the source
  text: string;
  kind: 'heading' | 'action' | 'line' | 'cue' | 'other';
  shot: string; // id; empty: of no shot
  first: boolean; // the first row of its shot
}

interface Stretch {
  start: number;
  end: number;
  shot: string;
  kind: 'heading' | 'action' | 'line';
}

export function rows(source: string, shots: readonly Placed[]): Row[] {
  const stretches = found(source, shots);
  const list: Row[] = [];
  let at = 0;
  for (const text of source.split('\n')) {
    const end = at + text.length;
    const here = stretches.filter((one) => one.start < end && one.end > at);
    const best = here.find((one) => one.kind === 'line') ?? here[0];
    list.push({
      at,
      text: text.replace(/\r$/, ''),
      kind: best?.kind ?? 'other',
      shot: best?.shot ?? '',
      first: false,
    });
    at = end + 1;
  }
  // A name above a line belongs to it.
  for (let row = list.length - 2; row >= 0; row -= 1) {
    const [one, below] = [list[row], list[row + 1]];
    if (one.kind === 'other' && one.text.trim() && (below.kind === 'line' || below.kind === 'cue') && below.shot) {
      one.kind = 'cue';
      one.shot = below.shot;
    }
  }
  const seen = new Set<string>();
  for (const row of list) {
    if (!row.shot || seen.has(row.shot)) continue;
    seen.add(row.shot);
    row.first = true;
  }
  return list;
}

/** The reading of a shot whose prompt says how its cast looks: their names are not words that the model must know. */
export function withoutNames(reading: Reading | undefined, cast: FilmDocument['cast'] = {}): Reading | undefined {
  const names = new Set(
    Object.values(cast)
      .filter(({ looks }) => looks?.trim())
      .flatMap(({ name, aliases = [] }) => [name, ...aliases])
      .flatMap((name) => [name, ...name.split(/[^\p{L}\p{N}]+/u)])
      .map((name) => name.toLowerCase()),
  );
  return reading && { ...reading, unknown: reading.unknown.filter((word) => !names.has(word.toLowerCase())) };
}

function found(source: string, shots: readonly Placed[]): Stretch[] {
  const stretches: Stretch[] = [];
  let from = 0;
  let scene = '';
  for (const { sceneId, scene: told, shotId, shot } of shots) {
    if (sceneId !== scene && told.heading) {
      const place = looked(source, told.heading, from) ?? looked(source, told.heading.split(/[.,，。 ]/)[0], from);
      if (place) {
        stretches.push({ ...whole(source, place), shot: '', kind: 'heading' });
        from = place.end;
      }
    }
    scene = sceneId;
    const spans = (shot.lines ?? []).flatMap((line) => (line.span ? [line.span] : []));
    const action = looked(source, shot.action ?? '', from) ?? looked(source, firstWords(shot.action ?? ''), from);
    if (action) stretches.push({ ...action, shot: shotId, kind: 'action' });
    for (const [start, end] of spans) stretches.push({ start, end, shot: shotId, kind: 'line' });
    from = Math.max(from, action?.end ?? 0, ...spans.map(([, end]) => end));
  }
  return stretches;
}

/** Where these words stand, however their spaces and lines are broken. */
function looked(source: string, words: string, from: number): { start: number; end: number } | null {
  const parts = words.trim().split(/\s+/).filter(Boolean);
  if (!parts.length) return null;
  const pattern = new RegExp(parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('\\s+'), 'giu');
  pattern.lastIndex = from;
  const match = pattern.exec(source);
  return match && { start: match.index, end: match.index + match[0].length };
}

/** The first sentence, for actions that were put together of several. */
function firstWords(action: string): string {
  return /^[^.!?。！？]{8,}?[.!?。！？]/u.exec(action)?.[0] ?? '';
}

function whole(source: string, place: { start: number; end: number }) {
  const start = source.lastIndexOf('\n', place.start) + 1;
  const end = source.indexOf('\n', place.end);
  return { start, end: end < 0 ? source.length : end };
}
