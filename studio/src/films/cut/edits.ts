// The edits of a cut. Each takes the film's document and its pieces as they are shown, and gives the whole cut anew:
// a list is replaced whole by a merge patch. What cannot be done is done as far as it can. Pure.
import { fraction, type Fraction, least, most, ofFrames, snapped, ZERO } from './fraction';
import { endOf, freeId, items, type Piece, rateOf, sourceOut } from './timeline';
import type { Cut, CutItem, FilmDocument } from './types';

export type Edge = 'start' | 'end';

const seconds = (item: CutItem | undefined) => fraction(item?.gap ?? 0);

function opened(film: FilmDocument): Cut {
  return { items: items(film).map((item) => ({ ...item })), left_out: [...(film.cut?.left_out ?? [])] };
}

/** The item as it is shown, so that what was left to the shot does not change under an edit. */
function pinned(item: CutItem, piece: Piece): void {
  item.seconds = String(piece.seconds);
  if (piece.media && !piece.isStill) item.source_in = String(piece.sourceIn);
}

/** How far an edge can be moved: [back, ahead], both in seconds of the film. */
export function trimRoom(film: FilmDocument, all: readonly Piece[], at: number, edge: Edge, close: boolean) {
  const piece = all[at];
  const frame = ofFrames(1n, rateOf(film));
  const inner = piece.seconds.minus(frame);
  const bound = piece.media && !piece.isStill ? piece.media : null;
  const previous = at ? endOf(all[at - 1]) : ZERO;
  const next = all[at + 1];
  if (edge === 'start') {
    let back = bound ? most(ZERO, piece.sourceIn.minus(fraction(bound.begin))).over(piece.speed) : fraction(3600);
    if (!close) back = least(back, piece.start.minus(previous));
    return [onFrames(back, film), inner] as const;
  }
  let ahead = bound ? most(ZERO, fraction(bound.seconds).minus(sourceOut(piece))).over(piece.speed) : fraction(3600);
  if (!close && next) ahead = least(ahead, next.start.minus(endOf(piece)));
  return [inner, onFrames(ahead, film)] as const;
}

/** Down to whole frames. */
const onFrames = (value: Fraction, film: FilmDocument) => ofFrames(value.times(rateOf(film)).floor, rateOf(film));

/** Move an edge by `by` seconds. `close`: what follows moves with it; else it stays, and black shows where room is. */
export function trim(film: FilmDocument, all: readonly Piece[], id: string, edge: Edge, by: Fraction, close: boolean) {
  const cut = opened(film);
  const at = cut.items.findIndex((item) => item.id === id);
  const [item, piece, next] = [cut.items[at], all[at], cut.items[at + 1]];
  if (!item || !piece) return cut;
  const [back, ahead] = trimRoom(film, all, at, edge, close);
  const delta = least(most(snapped2(by, film), ZERO.minus(back)), ahead);
  pinned(item, piece);
  if (edge === 'start') {
    item.seconds = String(piece.seconds.minus(delta));
    if (item.source_in != null) item.source_in = String(piece.sourceIn.plus(delta.times(piece.speed)));
    if (!close) item.gap = String(seconds(item).plus(delta));
  } else {
    item.seconds = String(piece.seconds.plus(delta));
    if (!close && next) next.gap = String(most(ZERO, seconds(next).minus(delta)));
  }
  return cut;
}

/** To the nearest frame, on both sides of nought. */
function snapped2(value: Fraction, film: FilmDocument): Fraction {
  const rate = rateOf(film);
  return value.less(ZERO) ? ZERO.minus(snapped(ZERO.minus(value), rate)) : snapped(value, rate);
}

/** Another part of the take in the same place. `by`: seconds of the take. */
export function slip(film: FilmDocument, all: readonly Piece[], id: string, by: Fraction): Cut {
  const cut = opened(film);
  const at = cut.items.findIndex((item) => item.id === id);
  const [item, piece] = [cut.items[at], all[at]];
  if (!item || !piece?.media || piece.isStill) return cut;
  pinned(item, piece);
  const begin = fraction(piece.media.begin);
  const last = most(begin, fraction(piece.media.seconds).minus(piece.seconds.times(piece.speed)));
  item.source_in = String(most(begin, least(last, piece.sourceIn.plus(by))));
  return cut;
}

/** In two at this time of the film; null where there is nothing to split. */
export function split(film: FilmDocument, all: readonly Piece[], time: Fraction): { cut: Cut; id: string } | null {
  const place = snapped(time, rateOf(film));
  const at = all.findIndex((piece) => piece.start.less(place) && place.less(endOf(piece)));
  if (at < 0) return null;
  const cut = opened(film);
  const [item, piece] = [cut.items[at], all[at]];
  const first = place.minus(piece.start);
  pinned(item, piece);
  const second: CutItem = {
    ...item,
    id: freeId(item.id, cut.items),
    seconds: String(piece.seconds.minus(first)),
    gap: '0',
    dissolve: '0',
  };
  if (item.source_in != null) second.source_in = String(piece.sourceIn.plus(first.times(piece.speed)));
  item.seconds = String(first);
  cut.items.splice(at + 1, 0, second);
  return { cut, id: second.id };
}

/** Out of the cut. A shot of which nothing is left is left out by name, or it would come back by itself. */
export function remove(film: FilmDocument, all: readonly Piece[], id: string, close: boolean): Cut {
  const cut = opened(film);
  const at = cut.items.findIndex((item) => item.id === id);
  const [item, next] = [cut.items[at], cut.items[at + 1]];
  if (!item) return cut;
  cut.items.splice(at, 1);
  if (next)
    next.gap = String(
      seconds(next)
        .plus(seconds(item))
        .plus(close ? ZERO : all[at].seconds),
    );
  if (item.shot && !cut.items.some((other) => other.shot === item.shot)) cut.left_out.push(item.shot);
  return cut;
}

/** A shot that was left out, at its place. */
export function bringBack(film: FilmDocument, shot: string): Cut {
  const { left_out = [] } = film.cut ?? {};
  const kept = { ...film, cut: { ...film.cut, left_out: left_out.filter((one) => one !== shot) } };
  return opened(kept);
}

/** To another place in the order: before what stands at `to` now. */
export function reorder(film: FilmDocument, id: string, to: number): Cut {
  const cut = opened(film);
  const at = cut.items.findIndex((item) => item.id === id);
  if (at < 0) return cut;
  const [item] = cut.items.splice(at, 1);
  cut.items.splice(to > at ? to - 1 : to, 0, item);
  return cut;
}

/** To another time. It fits into black, or else goes into the order at the nearest cut. */
export function place(film: FilmDocument, all: readonly Piece[], id: string, start: Fraction, close: boolean): Cut {
  const at = all.findIndex((piece) => piece.id === id);
  if (at < 0) return opened(film);
  const piece = all[at];
  if (!close) {
    const others = all.filter((one) => one.id !== id);
    const begins = snapped(most(ZERO, start), rateOf(film));
    const ends = begins.plus(piece.seconds);
    const to = others.findIndex((one) => begins.less(one.start));
    const before = others[(to < 0 ? others.length : to) - 1];
    const after = to < 0 ? undefined : others[to];
    if ((!before || !begins.less(endOf(before))) && (!after || !after.start.less(ends))) {
      const cut = opened(film);
      const [item] = cut.items.splice(at, 1);
      const left = cut.items[at];
      if (left) left.gap = String(seconds(left).plus(seconds(item)).plus(piece.seconds));
      item.gap = String(begins.minus(before ? endOf(before) : ZERO));
      if (after) cut.items.find((one) => one.id === after.id)!.gap = String(after.start.minus(ends));
      cut.items.splice(to < 0 ? cut.items.length : to, 0, item);
      return cut;
    }
  }
  return reorder(film, id, dropIndex(all, at, start.number));
}

/** Before which piece one lands that is let go with its beginning at `start`. */
export function dropIndex(all: readonly Piece[], at: number, start: number): number {
  const to = all.findIndex((piece, index) => index !== at && start < piece.start.number + piece.seconds.number / 2);
  return to < 0 ? all.length : to;
}

/** `seconds`: of the dissolve into it; nought is a cut. */
export function dissolve(film: FilmDocument, id: string, length: Fraction): Cut {
  return changed(film, id, { dissolve: String(length) });
}

/** The same part of the take, faster or slower. */
export function speed(film: FilmDocument, all: readonly Piece[], id: string, times: Fraction): Cut {
  const cut = opened(film);
  const at = cut.items.findIndex((item) => item.id === id);
  const [item, piece] = [cut.items[at], all[at]];
  if (!item || !piece) return cut;
  pinned(item, piece);
  const to = most(fraction('1/10'), least(fraction(10), times));
  const length = snapped(piece.seconds.times(piece.speed).over(to), rateOf(film));
  item.seconds = String(most(length, ofFrames(1n, rateOf(film))));
  item.speed = String(to);
  return cut;
}

export const gain = (film: FilmDocument, id: string, decibels: number): Cut =>
  changed(film, id, { gain: Math.max(-60, Math.min(24, decibels)) });

export const gap = (film: FilmDocument, id: string, length: Fraction): Cut =>
  changed(film, id, { gap: String(most(ZERO, snapped2(length, film))) });

/** Another take in the same place: from the same second where it is long enough, else from its beginning. */
export function swap(film: FilmDocument, all: readonly Piece[], id: string, take: string, lasts: Fraction): Cut {
  const piece = all.find((one) => one.id === id);
  const fits = piece && !lasts.less(sourceOut(piece));
  return changed(film, id, fits ? { take } : { take, source_in: null });
}

function changed(film: FilmDocument, id: string, fields: Partial<CutItem>): Cut {
  const cut = opened(film);
  const item = cut.items.find((one) => one.id === id);
  if (item) Object.assign(item, fields);
  return cut;
}

/** As the merge patch of the document. */
export const patchOf = (cut: Cut) => ({ cut: { items: cut.items.map(tidy), left_out: cut.left_out } });

/** Without what is as it would be anyway. */
function tidy(item: CutItem): CutItem {
  const usual: Partial<CutItem> = { take: '', file: '', source_in: null, seconds: null, speed: '1', gap: '0', gain: 0 };
  const kept = Object.entries(item).filter(([name, value]) => value !== undefined && value !== usual[name]);
  return Object.fromEntries(
    kept.filter(([name, value]) => name !== 'dissolve' || value !== null),
  ) as unknown as CutItem;
}
