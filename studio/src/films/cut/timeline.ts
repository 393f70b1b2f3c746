// The pieces of picture, computed from the document as vitascope/film/timeline.py does it, so that an edit is seen
// before the server has answered. `golden.json`, which Python writes, keeps both the same. Pure.
import { fraction, Fraction, frames, least, most, ofFrames, snapped, ZERO } from './fraction';
import type { CutItem, FilmDocument, Media, Take } from './types';

const RATES: Record<string, string> = { '23.976': '24000/1001', '29.97': '30000/1001' };
const TWO = fraction(2);

export interface Piece {
  id: string;
  shot: string; // empty: a foreign clip
  label: string; // "2-1"
  text: string;
  take: string;
  media: Media | null; // null: a slate
  isStill: boolean;
  start: Fraction;
  seconds: Fraction;
  sourceIn: Fraction;
  speed: Fraction;
  dissolve: Fraction; // into it, centred on its start
  gain: number;
  muted: boolean;
  lacks: string; // the label of the piece for which a dissolve that was asked for became a cut; empty: none did
}

/** What pieces follow from, beside the document. */
export interface Known {
  takes: readonly Take[];
  lengths: Readonly<Record<string, string>>; // of shots whose items have no length of their own
  foreign: Readonly<Record<string, Media>>; // by the id under which the document names them
}

export const rateOf = (film: FilmDocument): Fraction => fraction(RATES[film.rate ?? '24'] ?? film.rate ?? '24');
export const endOf = (piece: Piece): Fraction => piece.start.plus(piece.seconds);
export const sourceOut = (piece: Piece): Fraction => piece.sourceIn.plus(piece.seconds.times(piece.speed));

export function inOrder(film: FilmDocument): string[] {
  return (film.scene_order ?? []).flatMap((scene) => film.scenes?.[scene]?.shots ?? []);
}

/** "2-1" for the first shot of the second scene. */
export function labels(film: FilmDocument): Record<string, string> {
  const found: Record<string, string> = {};
  (film.scene_order ?? []).forEach((scene, number) =>
    (film.scenes?.[scene]?.shots ?? []).forEach((shot, at) => (found[shot] = `${number + 1}-${at + 1}`)),
  );
  return found;
}

/** The cut's items, whole: shots that it does not name stand behind the shot before them. */
export function items(film: FilmDocument): CutItem[] {
  const listed = [...(film.cut?.items ?? [])];
  const named = new Set([...listed.map((item) => item.shot), ...(film.cut?.left_out ?? [])]);
  let previous = '';
  for (const shot of inOrder(film)) {
    if (!named.has(shot)) {
      const place = previous ? listed.findLastIndex((item) => item.shot === previous) : -1;
      listed.splice(place + 1, 0, { id: freeId(shot, listed), shot });
    }
    if (listed.some((item) => item.shot === shot)) previous = shot;
  }
  return listed;
}

export function freeId(wanted: string, listed: readonly CutItem[]): string {
  const taken = new Set(listed.map((item) => item.id));
  let name = wanted;
  for (let number = 2; taken.has(name); number += 1) name = `${wanted.slice(0, 26)}_${number}`;
  return name;
}

/** The one that was picked, else the newest. */
export function chosen(takes: readonly Take[], of: string, kind: Take['kind'], wanted = ''): Take | undefined {
  const mine = takes.filter((take) => take.of === of && take.kind === kind && take.media);
  return mine.findLast((take) => take.id === wanted) ?? mine.sort((a, b) => a.number - b.number).at(-1);
}

export function pieces(film: FilmDocument, known: Known): Piece[] {
  const rate = rateOf(film);
  const named = labels(film);
  const listed = items(film);
  const made: Piece[] = [];
  let at = ZERO;
  for (const item of listed) {
    const shot = item.shot ? film.shots?.[item.shot] : undefined;
    const take = shot && chosen(known.takes, item.shot!, 'clip', item.take || shot.take);
    const still = shot && !take ? chosen(known.takes, item.shot!, 'still', shot.still) : undefined;
    const shown = take ?? still;
    const media = shown ? shown.media : (known.foreign[item.file ?? ''] ?? null);
    const natural = shot ? known.lengths[item.shot!] : media?.seconds;
    const wanted = item.seconds != null ? fraction(item.seconds) : natural ? fraction(natural) : TWO;
    const count = frames(wanted, rate);
    const start = snapped(at.plus(fraction(item.gap ?? 0)), rate);
    const seconds = ofFrames(count < 1n ? 1n : count, rate);
    made.push({
      id: item.id,
      shot: item.shot ?? '',
      label: shot ? named[item.shot!] : item.id,
      text: shot ? shot.action || (shot.lines ?? []).map((line) => line.text).join(' / ') : '',
      take: shown?.id ?? item.file ?? '',
      media,
      isStill: media !== null && fraction(media.rate).isZero,
      start,
      seconds,
      sourceIn: item.source_in != null ? fraction(item.source_in) : media ? fraction(media.begin) : ZERO,
      speed: fraction(item.speed ?? 1),
      dissolve: wantedDissolve(film, item),
      gain: item.gain ?? 0,
      muted: (shot?.lines ?? []).some(speaksByVoice),
      lacks: '',
    });
    at = start.plus(seconds);
  }
  return withDissolves(rate, made, new Map(listed.map((item) => [item.id, item.source_in])));
}

const speaksByVoice = (line: { kind?: string; text: string; spoken_by?: string }) =>
  ['dialogue', 'voice_over'].includes(line.kind ?? 'dialogue') &&
  (line.spoken_by ?? 'voice') === 'voice' &&
  /[\p{L}\p{N}]/u.test(line.text);

function wantedDissolve(film: FilmDocument, item: CutItem): Fraction {
  if (item.dissolve != null) return fraction(item.dissolve);
  const shot = item.shot ? film.shots?.[item.shot] : undefined;
  return shot?.transition === 'dissolve' ? fraction(film.dissolve ?? '1/2') : ZERO;
}

/** Dissolves an even number of frames long, where both sides have what they need; elsewhere a cut. */
function withDissolves(rate: Fraction, made: Piece[], given: Map<string, string | null | undefined>): Piece[] {
  made.forEach((piece, at) => {
    const before = made[at - 1];
    let half = ofFrames(frames(piece.dissolve.over(TWO), rate), rate);
    if (before) {
      const room = least(before.seconds, piece.seconds).times(rate).over(TWO).floor;
      half = least(half, ofFrames(room, rate));
    }
    if (!before || half.isZero || !endOf(before).is(piece.start)) {
      made[at] = { ...piece, dissolve: ZERO };
      return;
    }
    const head = half.times(piece.speed);
    let inside = piece.sourceIn;
    const later = head.plus(piece.seconds.times(piece.speed));
    if (given.get(piece.id) == null && longEnough(piece, later)) inside = most(inside, head);
    let lacks = '';
    const tail = sourceOut(before).plus(half.times(before.speed));
    if (!before.isStill && before.media && !longEnough(before, tail)) lacks = before.label;
    else if (!piece.isStill && piece.media && inside.less(head)) lacks = piece.label;
    made[at] = lacks ? { ...piece, dissolve: ZERO, lacks } : { ...piece, dissolve: half.plus(half), sourceIn: inside };
  });
  return made;
}

const longEnough = (piece: Piece, until: Fraction) =>
  !piece.media || fraction(piece.media.rate).isZero || !fraction(piece.media.seconds).less(until);

export const lengthOf = (all: readonly Piece[]): Fraction => (all.length ? endOf(all[all.length - 1]) : ZERO);

/** The piece at this time: the last one that has begun. -1 before all of them. */
export function pieceAt(all: readonly Piece[], seconds: number): number {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (all[middle].start.number <= seconds + 1e-9) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** By how much what is heard or read with a piece has moved since the server said when it is. */
export function moved(before: readonly Piece[], now: readonly Piece[], at: string): number {
  const held = before[pieceAt(before, fraction(at).number)];
  const there = held && now.find((piece) => piece.id === held.id);
  return held && there ? there.start.minus(held.start).number : 0;
}
