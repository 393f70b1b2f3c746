/**
 * A path as a few keys that people can move, and the rows between them. Every number runs through its keys on a
 * monotone cubic (Fritsch and Carlson 1980): smooth, and never beyond what two neighbouring keys say.
 */
import {
  AZIMUTH,
  ELEVATION,
  FOV,
  LOG_DISTANCE,
  type Point,
  ROLL,
  type Row,
  START,
  TARGET_X,
  TARGET_Z,
  positionOf,
  sub,
  length,
} from './pinhole';

/** One moment of the path: `t` from 0 to 1 of the clip, angles in radians, distance and target in world units. */
export interface Key {
  t: number;
  azimuth: number;
  elevation: number;
  distance: number;
  target: [number, number, number];
  roll: number;
  fov: number;
}

export const MAX_KEYS = 12;
export const METRES = 2; // a world unit, for people
/** How far the editor lets a key go; the server's own ranges are wider. Elevation stops short of the zenith. */
export const LIMITS = {
  azimuth: [-6 * Math.PI, 6 * Math.PI],
  elevation: [-0.2, 1.5],
  distance: [1.2, 20],
  target: [-8, 8],
  roll: [-2 * Math.PI, 2 * Math.PI],
  fov: [0.2, 1.6],
} as const;
const LOWEST = 0.12; // the camera stays above the ground
const CLOSEST = 0.02; // of two keys, in t

export function rowOfKey(key: Key): Row {
  return [key.azimuth, key.elevation, Math.log(key.distance), ...key.target, key.roll, key.fov];
}

export function keyOfRow(row: Row, t: number): Key {
  return {
    t,
    azimuth: row[AZIMUTH],
    elevation: row[ELEVATION],
    distance: Math.exp(row[LOG_DISTANCE]),
    target: [row[TARGET_X], row[TARGET_X + 1], row[TARGET_Z]],
    roll: row[ROLL],
    fov: row[FOV],
  };
}

export function rowsOfKeys(keys: readonly Key[], frames: number): Row[] {
  const at = curve(keys);
  return Array.from({ length: frames }, (_, frame) => at(frames > 1 ? frame / (frames - 1) : 0));
}

/** The path as a function of t. */
export function curve(keys: readonly Key[]): (t: number) => Row {
  if (keys.length === 0) return () => [...START];
  const rows = keys.map(rowOfKey);
  const times = keys.map((key) => key.t);
  const columns = rows[0].map((_, column) => {
    const values = rows.map((row) => row[column]);
    return { values, slopes: slopesOf(times, values) };
  });
  return (t) => columns.map(({ values, slopes }) => hermite(times, values, slopes, t));
}

/** Fritsch and Carlson's slopes: the weighted harmonic mean inside, none at a turning point, one-sided at the ends. */
function slopesOf(times: number[], values: number[]): number[] {
  const steps = times.slice(1).map((time, i) => Math.max(time - times[i], 1e-9));
  const rises = steps.map((step, i) => (values[i + 1] - values[i]) / step);
  if (rises.length === 0) return [0];
  if (rises.length === 1) return [rises[0], rises[0]];
  const inner = rises.slice(1).map((rise, i) => {
    const before = rises[i];
    if (before * rise <= 0) return 0;
    const [w1, w2] = [2 * steps[i + 1] + steps[i], steps[i + 1] + 2 * steps[i]];
    return (w1 + w2) / (w1 / before + w2 / rise);
  });
  const end = (s0: number, s1: number, r0: number, r1: number): number => {
    const slope = ((2 * s0 + s1) * r0 - s0 * r1) / (s0 + s1);
    if (slope * r0 <= 0) return 0;
    return r0 * r1 <= 0 && Math.abs(slope) > 3 * Math.abs(r0) ? 3 * r0 : slope;
  };
  const last = rises.length - 1;
  const first = end(steps[0], steps[1], rises[0], rises[1]);
  return [first, ...inner, end(steps[last], steps[last - 1], rises[last], rises[last - 1])];
}

function hermite(times: number[], values: number[], slopes: number[], t: number): number {
  const last = times.length - 1;
  if (t <= times[0]) return values[0];
  if (t >= times[last]) return values[last];
  let i = 0;
  while (t > times[i + 1]) i++;
  const step = times[i + 1] - times[i];
  const u = (t - times[i]) / step;
  const [u2, u3] = [u * u, u * u * u];
  const [a, b] = [2 * u3 - 3 * u2 + 1, u3 - 2 * u2 + u];
  const [c, d] = [-2 * u3 + 3 * u2, u3 - u2];
  return a * values[i] + b * step * slopes[i] + c * values[i + 1] + d * step * slopes[i + 1];
}

/** The key at this camera place, looking where it looked. Azimuth turns the short way round. */
export function moved(key: Key, place: Point): Key {
  const arm = sub([place[0], place[1], Math.max(place[2], LOWEST)], key.target);
  const distance = Math.max(length(arm), 1e-6);
  const turn = Math.atan2(arm[0], -arm[1]) - key.azimuth;
  const azimuth = key.azimuth + turn - 2 * Math.PI * Math.round(turn / (2 * Math.PI));
  return limited({ ...key, azimuth, elevation: Math.asin(arm[2] / distance), distance });
}

/** The key at the same camera place, looking at another one. */
export function aimed(key: Key, target: Point): Key {
  const place = positionOf(rowOfKey(key));
  return moved(
    { ...key, target: [clamp(target[0], LIMITS.target), clamp(target[1], LIMITS.target), target[2]] },
    place,
  );
}

export function limited(key: Key): Key {
  return {
    t: Math.min(1, Math.max(0, key.t)),
    azimuth: clamp(key.azimuth, LIMITS.azimuth),
    elevation: clamp(key.elevation, LIMITS.elevation),
    distance: clamp(key.distance, LIMITS.distance),
    target: [
      clamp(key.target[0], LIMITS.target),
      clamp(key.target[1], LIMITS.target),
      clamp(key.target[2], LIMITS.target),
    ],
    roll: clamp(key.roll, LIMITS.roll),
    fov: clamp(key.fov, LIMITS.fov),
  };
}

function clamp(value: number, [low, high]: readonly [number, number]): number {
  return Math.min(high, Math.max(low, value));
}

/** The keys with this one in its place. Its time stays between its neighbours; the ends stay at 0 and 1. */
export function replaced(keys: readonly Key[], index: number, key: Key): Key[] {
  const last = keys.length - 1;
  const low = index === 0 ? 0 : keys[index - 1].t + CLOSEST;
  const high = index === last ? 1 : keys[index + 1].t - CLOSEST;
  const t = index === 0 ? 0 : index === last ? 1 : Math.min(high, Math.max(low, key.t));
  return keys.map((old, i) => (i === index ? limited({ ...key, t }) : old));
}

/** The keys with one more at `t`, on the path as it is. Answers [keys, its index], or null when there is no room. */
export function inserted(keys: readonly Key[], t: number): [Key[], number] | null {
  if (keys.length >= MAX_KEYS) return null;
  const index = keys.findIndex((key) => key.t > t);
  if (index <= 0 || keys[index].t - t < CLOSEST || t - keys[index - 1].t < CLOSEST) return null;
  const key = keyOfRow(curve(keys)(t), t);
  return [[...keys.slice(0, index), key, ...keys.slice(index)], index];
}

/** The keys without this one; two always stay. */
export function removed(keys: readonly Key[], index: number): Key[] {
  if (keys.length <= 2) return [...keys];
  const rest = keys.filter((_, i) => i !== index);
  rest[0] = { ...rest[0], t: 0 };
  rest[rest.length - 1] = { ...rest[rest.length - 1], t: 1 };
  return rest;
}

/** How fast what is seen changes at t, per clip: the camera's way in world units, and its turning as that of its arm. */
export function paceAt(at: (t: number) => Row, t: number, step = 0.01): number {
  const [a, b] = [at(Math.max(0, t - step)), at(Math.min(1, t + step))];
  const span = Math.min(1, t + step) - Math.max(0, t - step);
  const way = length(sub(positionOf(b), positionOf(a)));
  const aim = length([b[TARGET_X] - a[TARGET_X], b[TARGET_X + 1] - a[TARGET_X + 1], b[TARGET_Z] - a[TARGET_Z]]);
  const turn = Math.abs(b[ROLL] - a[ROLL]) + 2 * Math.abs(Math.log(b[FOV] / a[FOV]));
  return (Math.max(way, aim) + 3 * turn) / span;
}

/** The keys at times that make the pace as even as it can be: each part gets time for its way. */
export function evened(keys: readonly Key[], parts = 24): Key[] {
  if (keys.length <= 2) return [...keys];
  const at = curve(keys);
  const ways = keys.slice(1).map((key, i) => {
    const from = keys[i].t;
    let way = 0;
    for (let n = 0; n < parts; n++) {
      way += (paceAt(at, from + ((key.t - from) * (n + 0.5)) / parts, 0.002) * (key.t - from)) / parts;
    }
    return Math.max(way, 1e-3);
  });
  const whole = ways.reduce((sum, way) => sum + way, 0);
  let gone = 0;
  return keys.map((key, i) => {
    if (i > 0) gone += ways[i - 1];
    const room = CLOSEST * (keys.length - 1 - i);
    return {
      ...key,
      t: i === 0 ? 0 : i === keys.length - 1 ? 1 : Math.min(1 - room, Math.max(CLOSEST * i, gone / whole)),
    };
  });
}

/** Few keys whose path comes near these rows: a key more where the path is furthest off, until it is near enough. */
export function keysOf(rows: readonly Row[], near = 0.01): Key[] {
  const last = rows.length - 1;
  if (last <= 0) return [keyOfRow(rows[0], 0), keyOfRow(rows[0], 1)];
  const chosen = [0, last];
  const toKeys = () => chosen.map((index) => keyOfRow(rows[index], index / last));
  while (chosen.length < MAX_KEYS) {
    const at = curve(toKeys());
    let [worst, where] = [near, -1];
    rows.forEach((row, index) => {
      const made = at(index / last);
      const off = Math.max(...row.map((value, column) => Math.abs(value - made[column])));
      if (off > worst && chosen.every((other) => Math.abs(other - index) / last >= CLOSEST))
        [worst, where] = [off, index];
    });
    if (where < 0) break;
    chosen.push(where);
    chosen.sort((a, b) => a - b);
  }
  return toKeys();
}

/** A first path to play with: some way round to the right, rising a little and coming closer. */
export function firstPath(target: Point = [0, 0, 0.75], start?: Row): Key[] {
  const own = [...START];
  [own[TARGET_X], own[TARGET_X + 1], own[TARGET_Z]] = target;
  const first = keyOfRow(start ?? own, 0);
  const on = (t: number, turn: number, rise: number, nearer: number): Key => ({
    ...limited({
      ...first,
      azimuth: first.azimuth + turn,
      elevation: first.elevation + rise,
      distance: first.distance * nearer,
    }),
    t,
  });
  return [first, on(0.5, 0.5, 0.1, 0.865), on(1, 1.05, 0.02, 0.7)];
}
