/**
 * The camera of the world as numbers: the twin of `vitascope/smallworld/world/camera.py` and of the pinhole in its renderer, so
 * that the view through the lens is what the model will be told. Units: radians and world units (one is two metres);
 * azimuth 0 looks along +y, z is up, the field of view spans the shorter side. Compared with Python's numbers by
 * `pinhole.test.ts`.
 */
export type Point = readonly [number, number, number];
/** azimuth, elevation, log distance, target x, y, z, roll, field of view */
export type Row = number[];

export const AZIMUTH = 0;
export const ELEVATION = 1;
export const LOG_DISTANCE = 2;
export const TARGET_X = 3;
export const TARGET_Z = 5;
export const ROLL = 6;
export const FOV = 7;

/** Where the camera stands when nothing is said; the server draws one near it from the seed. */
export const START: Row = [0, 0.24, Math.log(7.4), 0, 0, 0.75, 0, 0.7];

export const add = (a: Point, b: Point): Point => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const sub = (a: Point, b: Point): Point => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const scale = (a: Point, by: number): Point => [a[0] * by, a[1] * by, a[2] * by];
export const dot = (a: Point, b: Point): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const length = (a: Point): number => Math.sqrt(dot(a, a));
export const cross = (a: Point, b: Point): Point => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** Unit vector from the target to the camera. */
export function away(azimuth: number, elevation: number): Point {
  const flat = Math.cos(elevation);
  return [Math.sin(azimuth) * flat, -Math.cos(azimuth) * flat, Math.sin(elevation)];
}

export function targetOf(row: Row): Point {
  return [row[TARGET_X], row[TARGET_X + 1], row[TARGET_Z]];
}

export function positionOf(row: Row): Point {
  return add(targetOf(row), scale(away(row[AZIMUTH], row[ELEVATION]), Math.exp(row[LOG_DISTANCE])));
}

/** Right, up and forward, rolled. */
export function basisOf(row: Row): { right: Point; up: Point; forward: Point } {
  const forward = scale(away(row[AZIMUTH], row[ELEVATION]), -1);
  const flat: Point = [Math.cos(row[AZIMUTH]), Math.sin(row[AZIMUTH]), 0];
  const upright = cross(flat, forward);
  const [c, s] = [Math.cos(row[ROLL]), Math.sin(row[ROLL])];
  return {
    right: sub(scale(flat, c), scale(upright, s)),
    up: add(scale(flat, s), scale(upright, c)),
    forward,
  };
}

/** The row of a camera that stays where it is and turns by these angles: only its target swings round. */
export function turned(row: Row, azimuth: number, elevation: number): Row {
  const out = [...row];
  out[AZIMUTH] += azimuth;
  out[ELEVATION] += elevation;
  const target = sub(positionOf(row), scale(away(out[AZIMUTH], out[ELEVATION]), Math.exp(row[LOG_DISTANCE])));
  for (let i = 0; i < 3; i++) out[TARGET_X + i] = target[i];
  return out;
}

export interface Pixel {
  x: number;
  y: number;
  depth: number;
}

/** A camera with a picture of so many pixels. */
export class Pinhole {
  readonly eye: Point;
  readonly right: Point;
  readonly up: Point;
  readonly forward: Point;
  readonly focal: number;

  constructor(
    readonly row: Row,
    readonly width: number,
    readonly height: number,
  ) {
    const basis = basisOf(row);
    this.eye = positionOf(row);
    this.right = basis.right;
    this.up = basis.up;
    this.forward = basis.forward;
    this.focal = Math.min(width, height) / (2 * Math.tan(row[FOV] / 2));
  }

  depthOf(point: Point): number {
    return dot(sub(point, this.eye), this.forward);
  }

  /** Where the point is in the picture; only meant where `depth` is above zero. */
  project(point: Point): Pixel {
    const seen = sub(point, this.eye);
    const depth = dot(seen, this.forward);
    const by = this.focal / depth;
    return { x: this.width / 2 + dot(seen, this.right) * by, y: this.height / 2 - dot(seen, this.up) * by, depth };
  }

  /** Direction (not of unit length) of the ray through a place of the picture. */
  ray(x: number, y: number): Point {
    const [u, v] = [(x - this.width / 2) / this.focal, (this.height / 2 - y) / this.focal];
    return add(add(scale(this.right, u), scale(this.up, v)), this.forward);
  }

  /** Where the ray through a place of the picture meets the level `z`; null when it never does. */
  onLevel(x: number, y: number, z: number): Point | null {
    const ray = this.ray(x, y);
    if (Math.abs(ray[2]) < 1e-6) return null;
    const reach = (z - this.eye[2]) / ray[2];
    return reach > 0 ? add(this.eye, scale(ray, reach)) : null;
  }

  /** The part of a line that lies before the camera, in the picture; null when none does. */
  line(from: Point, to: Point, near = 0.05): [Pixel, Pixel] | null {
    const [a, b] = [this.depthOf(from), this.depthOf(to)];
    if (a < near && b < near) return null;
    const cut = (inside: Point, outside: Point, di: number, dz: number): Point =>
      add(inside, scale(sub(outside, inside), (di - near) / (di - dz)));
    const first = a < near ? cut(to, from, b, a) : from;
    const last = b < near ? cut(from, to, a, b) : to;
    return [this.project(first), this.project(last)];
  }
}
