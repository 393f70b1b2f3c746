import { describe, expect, it } from 'vitest';
import {
  addShot,
  combined,
  inOrder,
  merged,
  moveShot,
  removeMember,
  removeShot,
  splitShot,
  toSeconds,
  valueAt,
  without,
  written,
} from './document';
import { rows, withoutNames } from './source';
import type { FilmDocument } from './types';

const FILM: FilmDocument = {
  scene_order: ['s1', 's2'],
  scenes: {
    s1: { heading: 'EXT. SNOW - DAY', shots: ['k1', 'k2'] },
    s2: { heading: 'EXT. SAND - DAY', shots: ['k3'] },
  },
  cast: { c1: { name: 'BALL' } },
  shots: {
    k1: { action: 'A ball rolls.', seconds: '4', cast: ['c1'] },
    k2: { action: 'It stops.', lines: [{ id: 'l1', text: 'Hello.', speaker: 'c1', span: [47, 53] }] },
    k3: { action: 'A cube waits.' },
  },
  cut: {
    items: [
      { id: 'i1', shot: 'k1' },
      { id: 'i2', shot: 'k3' },
    ],
  },
};
const placed = (id: string) => inOrder(FILM).find(({ shotId }) => shotId === id)!;
const after = (patch: unknown) => inOrder(merged(FILM, patch)).map(({ shotId, label }) => `${label} ${shotId}`);

describe('patches', () => {
  it('are merged as RFC 7396 says', () => {
    expect(merged({ a: { b: 1, c: 2 }, d: [1] }, { a: { b: null }, d: [2] })).toEqual({ a: { c: 2 }, d: [2] });
  });
  it('combine to one that does the same', () => {
    const [one, two] = [{ shots: { k1: { action: 'x' } } }, { shots: { k1: { note: 'y', action: null } }, title: 'T' }];
    expect(merged(FILM, combined(one, two))).toEqual(merged(merged(FILM, one), two));
  });
  it('do not combine when something is removed and put anew', () => {
    expect(combined({ shots: { k1: null } }, { shots: { k1: { action: 'x' } } })).toBeNull();
  });
  it('are looked into and cut by path', () => {
    const patch = { shots: { k1: { action: 'x', note: 'y' }, k2: null } };
    expect(valueAt(patch, 'shots.k1.action')).toBe('x');
    expect(valueAt(patch, 'shots.k2.action')).toBeNull();
    expect(without(patch, 'shots.k1.action')).toEqual({ shots: { k1: { note: 'y' }, k2: null } });
    expect(without(patch, 'shots.k2.action')).toEqual({ shots: { k1: { action: 'x', note: 'y' } } });
    expect(without({ title: 'T' }, 'title')).toEqual({});
  });
});

describe('edits', () => {
  it('add a shot where it is asked for', () => {
    expect(after(addShot(FILM, 's1', 'k1').patch)).toEqual(['1-1 k1', '1-2 k4', '1-3 k2', '2-1 k3']);
    expect(inOrder(merged({}, addShot({}, '').patch)).map(({ shotId }) => shotId)).toEqual(['k1']);
  });
  it('move within a scene, over its border, and not over the end', () => {
    expect(after(moveShot(FILM, placed('k1'), 1))).toEqual(['1-1 k2', '1-2 k1', '2-1 k3']);
    expect(after(moveShot(FILM, placed('k2'), 1))).toEqual(['1-1 k1', '2-1 k2', '2-2 k3']);
    expect(after(moveShot(FILM, placed('k3'), -1))).toEqual(['1-1 k1', '1-2 k2', '1-3 k3']);
    expect(moveShot(FILM, placed('k3'), 1)).toBeNull();
  });
  it('remove a shot from the cut too', () => {
    const left = merged(FILM, removeShot(FILM, placed('k1')));
    expect(left.cut?.items).toEqual([{ id: 'i2', shot: 'k3' }]);
    expect(left.shots).not.toHaveProperty('k1');
  });
  it('split a shot: no second is lost', () => {
    const { patch, id } = splitShot(FILM, placed('k1'), 0, 1.5);
    const shots = merged(FILM, patch).shots!;
    expect([shots.k1.seconds, shots[id].seconds, shots[id].start]).toEqual(['3/2', '5/2', 'continue']);
    expect(shots[id].action).toBe('A ball rolls.');
  });
  it('take a member out of every shot', () => {
    const { cast, shots } = merged(FILM, removeMember(FILM, 'c1'));
    expect([cast, shots!.k1.cast, shots!.k2.lines![0].speaker]).toEqual([{}, [], '']);
  });
});

describe('seconds', () => {
  it.each([
    ['5/2', 2.5],
    ['4', 4],
    ['41/16', 2.5625],
  ])('%s', (said, value) => expect(toSeconds(said)).toBe(value));
  it.each([
    [2.5, '5/2'],
    [4, '4'],
    [0.1, '1/10'],
  ])('%d', (value, said) => expect(written(value)).toBe(said));
});

describe('the script', () => {
  const source = 'EXT. SNOW - DAY\n\nA ball\nrolls.\n\nIt stops.\n\nBALL\nHello.\n\nEXT. SAND - DAY\n\nA cube waits.\n';
  it('has for each row its shot', () => {
    const start = source.indexOf('Hello.');
    const film = merged(FILM, { shots: { k2: { lines: [{ id: 'l1', text: 'Hello.', span: [start, start + 6] }] } } });
    const told = rows(source, inOrder(film)).filter(({ text }) => text);
    expect(told.map(({ kind, shot, first }) => [kind, shot, first])).toEqual([
      ['heading', '', false],
      ['action', 'k1', true],
      ['action', 'k1', false],
      ['action', 'k2', true],
      ['cue', 'k2', false],
      ['line', 'k2', false],
      ['heading', '', false],
      ['action', 'k3', true],
    ]);
    expect(told.map(({ text }) => text).join('')).toBe(source.replaceAll('\n', ''));
  });
});

it('takes the names of those whose looks are told for no unknown words', () => {
  const reading = { unknown: ['mia', '小安', 'tom', 'follows'] } as Parameters<typeof withoutNames>[0];
  const cast = {
    c1: { name: 'MIA BELL', looks: 'A red ball' },
    c2: { name: '小安', looks: '蓝色的球' },
    c3: { name: 'Tom' },
  };
  expect(withoutNames(reading, cast)?.unknown).toEqual(['tom', 'follows']); // nothing says how Tom looks
  expect(withoutNames(undefined, cast)).toBeUndefined();
});
