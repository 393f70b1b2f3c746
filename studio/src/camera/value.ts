/**
 * What the composer keeps of the camera, and how it is said to the server. A value is chosen moves, a path of keys, or
 * words that only the server's reader knows. Pure: no drawing, no words for people.
 */
import { MAX_KEYS, type Key, keysOf, rowsOfKeys } from './keys';
import { type Move, type MoveName, MOVE_NAMES, axisOf, rowsOfMoves } from './moves';

export type { Key } from './keys';
export type { Move, MoveName } from './moves';

export type CameraValue =
  | { kind: 'none' }
  | { kind: 'moves'; moves: Move[] }
  | { kind: 'path'; keys: Key[] }
  | { kind: 'words'; words: string };

/** What `/v1/videos` takes as `camera`: words, or rows of eight numbers spread evenly over the clip. */
export type Camera = string | number[][] | null;

export const NO_CAMERA: CameraValue = { kind: 'none' };
export const MOST_MOVES = 3;
const MOST_ROWS = 1_000; // they are spread over the clip, so a longer one needs no more
const DECIMALS = 1e5;

/**
 * One move as the world knows it goes as its words, so that the server begins where the seed puts the camera, and an
 * extension goes on from its source. Several moves, another strength and a path are more than words can say: they go
 * as numbers.
 */
export function toCamera(value: CameraValue, frames: number, fps: number): Camera {
  if (value.kind === 'words') return value.words.trim() || null;
  if (value.kind === 'none' || (value.kind === 'moves' && value.moves.length === 0)) return null;
  if (value.kind === 'moves') {
    const [first] = value.moves;
    if (isWords(value)) return first.name === 'still' ? 'still' : `${first.name} ${first.slow ? 'slow' : 'fast'}`;
  }
  const count = Math.max(1, Math.min(MOST_ROWS, Math.round(frames)));
  const seconds = (frames - 1) / fps;
  const rows = value.kind === 'moves' ? rowsOfMoves(value.moves, count, seconds) : rowsOfKeys(value.keys, count);
  return rows.map((row) => row.map((number) => Math.round(number * DECIMALS) / DECIMALS));
}

/** Whether the server can be told in words, which is the better way where there is one. */
export function isWords(value: CameraValue): boolean {
  if (value.kind !== 'moves') return value.kind !== 'path';
  return value.moves.length <= 1 && value.moves.every((move) => move.name === 'still' || move.strength === 1);
}

/** The value of a `camera` as a recipe, a clip or a video has it: `{words}`, `{points}`, words, rows or nothing. */
export function fromCamera(given: unknown): CameraValue {
  const inner = isRecord(given) ? (given.words ?? given.points) : given;
  if (typeof inner === 'string' && inner.trim()) return fromWords(inner);
  if (Array.isArray(inner) && inner.length > 0 && inner.every(isRow)) return { kind: 'path', keys: keysOf(inner) };
  return NO_CAMERA;
}

function fromWords(words: string): CameraValue {
  const said = words.trim().toLowerCase().split(/\s+/);
  const speed = said.find((word) => word === 'slow' || word === 'fast');
  const name = said.filter((word) => word !== speed).join(' ');
  if (!isMoveName(name)) return { kind: 'words', words: words.trim() };
  return { kind: 'moves', moves: [{ name, slow: speed !== 'fast', strength: 1 }] };
}

/** A stored value may be of an older page: what cannot be read becomes no camera at all. */
export function checked(given: unknown): CameraValue {
  if (!isRecord(given)) return NO_CAMERA;
  if (given.kind === 'words' && typeof given.words === 'string') return { kind: 'words', words: given.words };
  if (given.kind === 'moves' && Array.isArray(given.moves)) {
    const moves = given.moves.filter(isMove).slice(0, MOST_MOVES);
    return moves.length > 0 ? { kind: 'moves', moves } : NO_CAMERA;
  }
  if (given.kind === 'path' && Array.isArray(given.keys) && given.keys.length > 0 && given.keys.every(isKey)) {
    return { kind: 'path', keys: given.keys.slice(0, MAX_KEYS) };
  }
  return NO_CAMERA;
}

/**
 * The moves with this one taken in or left out. Moves of one axis take each other's place; "still" stands alone. Where
 * there are as many as go together, another one changes nothing.
 */
export function toggled(moves: readonly Move[], name: MoveName): Move[] {
  if (moves.some((move) => move.name === name)) return moves.filter((move) => move.name !== name);
  if (name === 'still') return [{ name, slow: true, strength: 1 }];
  const axis = axisOf(name);
  const old = moves.find((move) => axisOf(move.name) === axis);
  const move: Move = { name, slow: old?.slow ?? true, strength: old?.strength ?? 1 };
  if (old) return moves.map((other) => (other === old ? move : other));
  const kept = moves.filter((other) => other.name !== 'still');
  return kept.length < MOST_MOVES ? [...kept, move] : [...moves];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMoveName(value: unknown): value is MoveName {
  return (MOVE_NAMES as readonly unknown[]).includes(value);
}

function isMove(value: unknown): value is Move {
  return isRecord(value) && isMoveName(value.name) && typeof value.slow === 'boolean' && isFinite(value.strength);
}

function isKey(value: unknown): value is Key {
  if (!isRecord(value) || !Array.isArray(value.target) || value.target.length !== 3) return false;
  const numbers = [value.t, value.azimuth, value.elevation, value.distance, value.roll, value.fov, ...value.target];
  return numbers.every(isFinite);
}

function isRow(value: unknown): value is number[] {
  return Array.isArray(value) && value.length === 8 && value.every(isFinite);
}

function isFinite(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
