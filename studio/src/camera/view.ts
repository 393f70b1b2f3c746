/** The view of the stage from outside, and where a dragged point goes in it. Pure. */
import { points } from './hull';
import { type Key, rowOfKey } from './keys';
import { add, type Pinhole, Pinhole as Lens, type Point, positionOf } from './pinhole';

export const HEIGHT = 248;
const LENS = 122; // the picture through the lens covers this much on the right

/** Whence the stage is looked at. */
export interface View {
  azimuth: number;
  elevation: number;
  distance: number;
  middle: Point;
}

/** A view in which all of the path and the middle of the stage can be seen. */
export function around(keys: readonly Key[]): View {
  const places = [...keys.map((key) => positionOf(rowOfKey(key))), [0, 0, 0.5], [1.6, 1, 0], [-1.6, 1, 0]] as Point[];
  const low = [0, 1, 2].map((i) => Math.min(...places.map((place) => place[i])));
  const high = [0, 1, 2].map((i) => Math.max(...places.map((place) => place[i])));
  const middle = low.map((value, i) => (value + high[i]) / 2) as unknown as Point;
  const radius = Math.max(3, Math.hypot(...high.map((value, i) => value - low[i])) / 2);
  return {
    azimuth: 0.5,
    elevation: 0.62,
    distance: (radius / Math.tan(0.35)) * 0.94,
    middle: [middle[0], middle[1], 0.3],
  };
}

export function lensOf(view: View, width: number): Pinhole {
  const row = [view.azimuth, view.elevation, Math.log(view.distance), ...view.middle, 0, 0.7];
  return new Lens(row, Math.max(width - LENS, 160), HEIGHT);
}

export function tilt(elevation: number): number {
  return Math.min(1.45, Math.max(0.12, elevation));
}

/** The place moved over its own level by as many pixels; null where that is beyond the stage. */
export function slid(lens: Pinhole, from: Point, dx: number, dy: number): Point | null {
  const spot = lens.project(from);
  const place = lens.onLevel(spot.x + dx, spot.y + dy, from[2]);
  return place && Math.hypot(place[0], place[1]) < 18 ? place : null;
}

export function lifted(lens: Pinhole, from: Point, dy: number): Point {
  const pixels = lens.project(from).y - lens.project(add(from, [0, 0, 0.1])).y;
  return add(from, [0, 0, (-dy * 0.1) / Math.max(pixels, 0.4)]);
}

export function nearest(spots: { x: number; y: number }[], x: number, y: number): number {
  const ways = spots.map((spot) => Math.hypot(spot.x - x, spot.y - y));
  const least = Math.min(...ways);
  return least < 16 ? ways.indexOf(least) : -1;
}

export function shown(lens: Pinhole, path: readonly Point[]): string {
  return points(path.filter((point) => lens.depthOf(point) > 0.1).map((point) => lens.project(point)));
}
