import { describe, expect, it } from 'vitest';
import * as edits from './edits';
import { fraction, ofFrames, snapped } from './fraction';
import golden from './golden.json';
import { snap, targets } from './snap';
import { endOf, items, type Known, labels, lengthOf, moved, type Piece, pieceAt, pieces, rateOf } from './timeline';
import type { Cut, FilmDocument } from './types';

describe('a fraction', () => {
  it('is exact and written as Python writes it', () => {
    expect(String(fraction('2.50').plus(fraction('1/3')))).toBe('17/6');
    expect(String(fraction(0.1).times(fraction(10)))).toBe('1');
    expect(() => fraction('1e9')).toThrow();
    expect(String(snapped(fraction('1/2'), fraction('30000/1001')))).toBe('1001/2000');
    expect(fraction('-7/2').floor).toBe(-4n);
  });
});

describe('the pieces are those of the server', () => {
  golden.forEach((one, number) => {
    it(`in film ${number}`, () => {
      const film = one.document as unknown as FilmDocument;
      expect(items(film).map((item) => item.id)).toEqual(one.items);
      const made = pieces(film, one as unknown as Known);
      const told = made.map((piece) => ({
        id: piece.id,
        take: piece.take,
        start: String(piece.start),
        seconds: String(piece.seconds),
        source_in: String(piece.sourceIn),
        speed: String(piece.speed),
        dissolve: String(piece.dissolve),
        is_still: piece.isStill,
        muted: piece.muted,
        gain: piece.gain,
        text: piece.text,
      }));
      expect(told).toEqual(one.pieces);
      expect(String(lengthOf(made))).toBe(one.seconds);
      expect(made.filter((piece) => piece.lacks)).toHaveLength(one.refused);
    });
  });
});

const media = (seconds = '4') => ({ url: '', seconds, width: 352, height: 192, rate: '16', sound: false, begin: '0' });
const take = (of: string, number = 1, seconds = '4') => ({
  id: `${of}t${number}`,
  of,
  kind: 'clip' as const,
  number,
  state: 'made' as const,
  engine: '',
  seam: null,
  notes: [],
  own: false,
  progress: 100,
  media: media(seconds),
});
const known: Known = {
  takes: ['a', 'b', 'c'].map((of) => take(of)),
  lengths: { a: '2', b: '3', c: '2' },
  foreign: {},
};
const film: FilmDocument = {
  scene_order: ['s'],
  scenes: { s: { shots: ['a', 'b', 'c'] } },
  shots: { a: {}, b: {}, c: {} },
};
const after = (cut: Cut, from = film): [FilmDocument, Piece[]] => {
  const changed = { ...from, ...edits.patchOf(cut) };
  return [changed, pieces(changed, known)];
};
const told = (all: Piece[]) => all.map((one) => `${one.id} ${one.start} ${one.seconds} ${one.sourceIn}`);
const all = pieces(film, known);

describe('an edit', () => {
  it('trims an edge; what follows moves, or stays', () => {
    expect(told(after(edits.trim(film, all, 'b', 'start', fraction(1), true))[1])).toEqual([
      'a 0 2 0',
      'b 2 2 1',
      'c 4 2 0',
    ]);
    const [open, gaps] = after(edits.trim(film, all, 'b', 'start', fraction(1), false));
    expect(told(gaps)).toEqual(['a 0 2 0', 'b 3 2 1', 'c 5 2 0']);
    const shorter = after(edits.trim(open, gaps, 'b', 'end', fraction(-1), false), open);
    expect(told(shorter[1])).toEqual(['a 0 2 0', 'b 3 1 1', 'c 5 2 0']);
    const back = after(edits.trim(...shorter, 'b', 'end', fraction(9), false), shorter[0]);
    expect(told(back[1])).toEqual(['a 0 2 0', 'b 3 2 1', 'c 5 2 0']);
  });

  it('never trims past the take, nor to nothing', () => {
    expect(told(after(edits.trim(film, all, 'a', 'end', fraction(9), true))[1])[0]).toBe('a 0 4 0');
    expect(told(after(edits.trim(film, all, 'a', 'start', fraction(-9), true))[1])[0]).toBe('a 0 2 0');
    expect(told(after(edits.trim(film, all, 'a', 'end', fraction(-9), true))[1])[0]).toBe('a 0 1/24 0');
  });

  it('slips inside the take', () => {
    expect(told(after(edits.slip(film, all, 'b', fraction('1/2')))[1])[1]).toBe('b 2 3 1/2');
    expect(told(after(edits.slip(film, all, 'b', fraction(9)))[1])[1]).toBe('b 2 3 1');
    expect(told(after(edits.slip(film, all, 'b', fraction(-9)))[1])[1]).toBe('b 2 3 0');
  });

  it('splits without changing a frame', () => {
    const made = edits.split(film, all, fraction('7/2'));
    expect(made?.id).toBe('b_2');
    expect(told(after(made!.cut)[1])).toEqual(['a 0 2 0', 'b 2 3/2 0', 'b_2 7/2 3/2 3/2', 'c 5 2 0']);
    expect(edits.split(film, all, fraction(2))).toBeNull();
  });

  it('removes, closes or leaves black, and brings back', () => {
    const [gone, closed] = after(edits.remove(film, all, 'b', true));
    expect(told(closed)).toEqual(['a 0 2 0', 'c 2 2 0']);
    expect(gone.cut?.left_out).toEqual(['b']);
    expect(told(after(edits.bringBack(gone, 'b'), gone)[1])).toEqual(told(all));
    expect(told(after(edits.remove(film, all, 'b', false))[1])).toEqual(['a 0 2 0', 'c 5 2 0']);
  });

  it('moves in the order, or into black', () => {
    expect(told(after(edits.place(film, all, 'c', fraction('1/2'), true))[1])).toEqual([
      'c 0 2 0',
      'a 2 2 0',
      'b 4 3 0',
    ]);
    const [open, gaps] = after(edits.remove(film, all, 'b', false));
    const [, put] = after(edits.place(open, gaps, 'c', fraction(3), false), open);
    expect(told(put)).toEqual(['a 0 2 0', 'c 3 2 0']);
  });

  it('dissolves where both sides have frames to spare', () => {
    const [, made] = after(edits.dissolve(film, 'b', fraction(1)));
    expect([String(made[1].dissolve), String(made[1].sourceIn)]).toEqual(['1', '1/2']);
    const tight = { ...known, takes: [take('a', 1, '2'), take('b'), take('c')] };
    const [doc] = after(edits.dissolve(film, 'b', fraction(1)));
    expect(pieces(doc, tight)[1].lacks).toBe('1-1');
  });

  it('changes the speed and keeps the part of the take', () => {
    const [, made] = after(edits.speed(film, all, 'a', fraction(2)));
    expect(told(made)[0]).toBe('a 0 1 0');
    expect(String(endOf(made[0]))).toBe('1');
  });

  it('swaps a take, from its beginning where it is short', () => {
    const cut = edits.slip(film, all, 'b', fraction(1));
    const [doc, made] = after(cut);
    expect(edits.swap(doc, made, 'b', 'bt2', fraction(3)).items[1].source_in).toBeNull();
    expect(edits.swap(doc, made, 'b', 'bt2', fraction(4)).items[1].source_in).toBe('1');
  });

  it('keeps fields it does not know and writes no defaults', () => {
    const odd = { ...film, cut: { items: [{ id: 'a', shot: 'a', new_field: 3, gain: 0 }] } };
    expect(edits.patchOf(edits.gain(odd, 'b', -3)).cut.items).toEqual([
      { id: 'a', shot: 'a', new_field: 3 },
      { id: 'b', shot: 'b', gain: -3 },
      { id: 'c', shot: 'c' },
    ]);
  });
});

describe('finding', () => {
  it('snaps to what is near on the screen', () => {
    expect(targets(all, [6.2], 'b')).toEqual([0, 2, 5, 6.2, 7]);
    expect(snap([4.95], [2, 5], 50)?.at).toBe(5);
    expect(snap([4.5], [2, 5], 10)?.at).toBe(5);
    expect(snap([4], [2, 5], 50)).toBeNull();
  });

  it('finds the piece at a time and how far it moved', () => {
    expect([-1, 0, 1.99, 2, 99].map((time) => pieceAt(all, time))).toEqual([-1, 0, 0, 1, 2]);
    const [, now] = after(edits.trim(film, all, 'a', 'end', fraction(-1), true));
    expect(moved(all, now, '5/2')).toBe(-1);
  });

  it('names shots by scene and place', () => expect(labels(film)).toEqual({ a: '1-1', b: '1-2', c: '1-3' }));

  it('is quick with 2,000 pieces', () => {
    const many = Array.from({ length: 2000 }, (_, n) => ({ id: `i${n}`, shot: 'a', seconds: '1001/1000' }));
    const long = { ...film, rate: '29.97', cut: { items: many, left_out: ['b', 'c'] } };
    const began = performance.now();
    const made = pieces(long, known);
    expect(String(lengthOf(made))).toBe(String(ofFrames(60000n, rateOf(long))));
    expect(performance.now() - began).toBeLessThan(500);
  });
});
