import { describe, expect, it } from 'vitest';
import {
  aimed,
  curve,
  evened,
  firstPath,
  inserted,
  keysOf,
  MAX_KEYS,
  moved,
  paceAt,
  removed,
  replaced,
  rowOfKey,
  rowsOfKeys,
} from './keys';
import { rowsOfMoves } from './moves';
import { positionOf } from './pinhole';
import { checked, fromCamera, toCamera, toggled } from './value';

const keys = firstPath();

describe('a path of keys', () => {
  it('goes through its keys', () => {
    const at = curve(keys);
    for (const key of keys) rowOfKey(key).forEach((value, i) => expect(at(key.t)[i]).toBeCloseTo(value, 9));
  });

  it('never goes beyond two neighbours', () => {
    const jumpy = keys.map((key, i) => ({ ...key, elevation: [0.1, 0.9, 0.9][i] }));
    for (const row of rowsOfKeys(jumpy, 200)) expect(row[1]).toBeLessThanOrEqual(0.9 + 1e-12);
  });

  it('has as many rows as the clip has frames, from the first key to the last', () => {
    const rows = rowsOfKeys(keys, 81);
    expect(rows).toHaveLength(81);
    rowOfKey(keys[0]).forEach((value, i) => expect(rows[0][i]).toBeCloseTo(value, 12));
    rowOfKey(keys[2]).forEach((value, i) => expect(rows[80][i]).toBeCloseTo(value, 12));
  });

  it('is a first look for a still', () => expect(rowsOfKeys(keys, 1)[0]).toEqual(rowOfKey(keys[0])));

  it('can be made of rows, and comes near to them', () => {
    const rows = rowsOfMoves(
      [
        { name: 'orbit left', slow: false, strength: 1 },
        { name: 'push in', slow: true, strength: 1 },
      ],
      113,
      7,
    );
    const found = keysOf(rows);
    expect(found.length).toBeLessThanOrEqual(MAX_KEYS);
    rowsOfKeys(found, 113).forEach((row, i) =>
      row.forEach((v, k) => expect(Math.abs(v - rows[i][k])).toBeLessThan(0.02)),
    );
  });

  it('keeps one key where one is enough', () => expect(keysOf([rowOfKey(keys[0])])).toHaveLength(2));
});

describe('editing', () => {
  it('moves the camera and leaves its aim', () => {
    const made = moved(keys[1], [3, -4, 2]);
    expect(made.target).toEqual(keys[1].target);
    positionOf(rowOfKey(made)).forEach((value, i) => expect(value).toBeCloseTo([3, -4, 2][i], 9));
  });

  it('turns the short way round', () => {
    const made = moved({ ...keys[0], azimuth: 3.1 }, [-0.5, 5, 1]);
    expect(Math.abs(made.azimuth - 3.1)).toBeLessThan(Math.PI);
  });

  it('does not go under the ground', () => {
    expect(positionOf(rowOfKey(moved(keys[0], [0, -5, -3])))[2]).toBeGreaterThan(0);
  });

  it('aims elsewhere from the same place', () => {
    const made = aimed(keys[1], [1, 1, 0.5]);
    const place = positionOf(rowOfKey(keys[1]));
    positionOf(rowOfKey(made)).forEach((value, i) => expect(value).toBeCloseTo(place[i], 9));
  });

  it('keeps times in order and the ends at the ends', () => {
    expect(replaced(keys, 1, { ...keys[1], t: 5 })[1].t).toBeLessThan(1);
    expect(replaced(keys, 0, { ...keys[0], t: 0.4 })[0].t).toBe(0);
    expect(replaced(keys, 2, { ...keys[2], t: 0.4 })[2].t).toBe(1);
  });

  it('adds a key without changing where the path goes there', () => {
    const [more, index] = inserted(keys, 0.25) ?? [[], -1];
    expect(more).toHaveLength(4);
    rowOfKey(more[index]).forEach((value, i) => expect(value).toBeCloseTo(curve(keys)(0.25)[i], 9));
    expect(inserted(keys, 0.5)).toBeNull();
  });

  it('keeps two keys', () => {
    expect(removed(keys, 0).map((key) => key.t)).toEqual([0, 1]);
    expect(removed(removed(keys, 1), 0)).toHaveLength(2);
  });

  it('evens the pace out', () => {
    const uneven = keys.map((key, i) => ({ ...key, t: [0, 0.9, 1][i] }));
    const spread = (path: typeof keys) => {
      const paces = [0.1, 0.3, 0.5, 0.7, 0.95].map((t) => paceAt(curve(path), t));
      return Math.max(...paces) / Math.min(...paces);
    };
    expect(spread(evened(uneven))).toBeLessThan(spread(uneven) / 2);
  });
});

describe('what is sent', () => {
  it('is words for one move of the world, so that an extension goes on', () => {
    const orbit = { name: 'orbit left', slow: true, strength: 1 } as const;
    expect(toCamera({ kind: 'moves', moves: [orbit] }, 81, 16)).toBe('orbit left slow');
    expect(toCamera({ kind: 'moves', moves: [{ ...orbit, name: 'still' }] }, 81, 16)).toBe('still');
    expect(toCamera({ kind: 'none' }, 81, 16)).toBeNull();
    expect(toCamera({ kind: 'moves', moves: [] }, 81, 16)).toBeNull();
  });

  it('is numbers for more than that', () => {
    const moves = toggled(toggled([], 'push in'), 'orbit left');
    const rows = toCamera({ kind: 'moves', moves }, 81, 16) as number[][];
    expect(rows).toHaveLength(81);
    expect(rows[80][0]).toBeCloseTo(-0.5, 5);
    expect(rows[80][2]).toBeCloseTo(Math.log(7.4) - 0.35, 5);
    const film = toCamera({ kind: 'moves', moves }, 121, 24) as number[][];
    expect(film[120]).toEqual(rows[80]); // five seconds are five seconds at any rate
    const long = toCamera({ kind: 'moves', moves }, 9601, 16) as number[][];
    expect(long.length).toBeLessThan(9601);
    expect(long.at(-1)![0]).toBeCloseTo(-0.5 * 120, 2);
    expect(toCamera({ kind: 'moves', moves: [{ ...moves[0], strength: 1.5 }] }, 9, 16)).toHaveLength(9);
  });

  it('comes back from a recipe', () => {
    const words = { kind: 'moves', moves: [{ name: 'push in', slow: false, strength: 1 }] };
    expect(fromCamera({ words: 'push in fast' })).toEqual(words);
    expect(fromCamera('推近')).toEqual({ kind: 'words', words: '推近' });
    expect(fromCamera({ points: [[0, 0.2, 2, 0, 0, 0.7, 0, 0.7]] })).toMatchObject({ kind: 'path' });
    expect(fromCamera(null)).toEqual({ kind: 'none' });
    expect(fromCamera({ points: [[1, 2]] })).toEqual({ kind: 'none' });
  });

  it('is nothing where what was stored cannot be read', () => {
    expect(checked({ kind: 'path', keys: [{ t: 0 }] })).toEqual({ kind: 'none' });
    expect(checked({ kind: 'path', keys })).toEqual({ kind: 'path', keys });
    expect(checked('push in')).toEqual({ kind: 'none' });
  });

  it('takes up to three moves, one of each axis, and still alone', () => {
    const three = toggled(toggled(toggled([], 'push in'), 'orbit left'), 'roll left');
    expect(toggled(three, 'orbit right').map((move) => move.name)).toEqual(['push in', 'orbit right', 'roll left']);
    expect(toggled(three, 'zoom in')).toEqual(three); // none is thrown out in silence
    expect(toggled(three, 'still').map((move) => move.name)).toEqual(['still']);
    expect(toggled([{ name: 'still', slow: true, strength: 1 }], 'pan left').map((move) => move.name)).toEqual([
      'pan left',
    ]);
  });
});
