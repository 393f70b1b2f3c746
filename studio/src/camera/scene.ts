/**
 * The prompt's reading as simple solids on a ground: what the path editor shows to aim at. Sizes, places and motions
 * are the middle of what `vitascope/smallworld/world/physics.py` draws from a seed; the clip's own may differ, and the editor says so.
 */
import type { Point } from './pinhole';

export interface ThingRead {
  shape: string;
  colour: string;
  size: string;
  motion: string;
  direction: string;
  speed: string;
}

/** The part of `/v1/reading` that matters here. */
export interface SceneRead {
  things: readonly ThingRead[];
  ground: string;
  sky: string;
}

export type Shape = 'ball' | 'cube' | 'cylinder' | 'cone';

export interface Solid {
  shape: Shape;
  colour: string;
  /** Half extents. */
  extent: Point;
  /** Its centre after so many seconds. */
  at: (seconds: number) => Point;
  yaw: number;
  /** Whether it goes somewhere, so that an arrow says where; "unsaid" when left or right is left to the model. */
  goes: 'no' | 'yes' | 'unsaid';
}

type Rgb = readonly [number, number, number];

/** Linear albedo, as in `vitascope/smallworld/world/stage.py`. */
export const PALETTE: Record<string, Rgb> = {
  red: [0.78, 0.045, 0.04],
  orange: [0.93, 0.3, 0.02],
  yellow: [0.93, 0.7, 0.035],
  green: [0.05, 0.46, 0.09],
  blue: [0.03, 0.14, 0.72],
  purple: [0.3, 0.055, 0.56],
  pink: [0.95, 0.3, 0.5],
  white: [0.9, 0.9, 0.88],
};
const UNSAID: Rgb = [0.36, 0.33, 0.29];
export const RADIUS: Record<string, number> = { small: 0.45, large: 0.78 };
export const EXTENT: Record<Shape, Point> = {
  ball: [1, 1, 1],
  cube: [0.84, 0.84, 0.84],
  cylinder: [0.72, 0.72, 0.95],
  cone: [0.92, 0.92, 1.05],
};
const GROUNDS: Record<string, Rgb> = {
  grass: [0.12, 0.27, 0.055],
  sand: [0.67, 0.48, 0.26],
  snow: [0.57, 0.65, 0.74],
  stone: [0.31, 0.3, 0.3],
};
/** zenith, horizon, light from above */
const SKIES: Record<string, readonly [Rgb, Rgb, Rgb]> = {
  noon: [
    [0.1, 0.3, 0.74],
    [0.6, 0.78, 0.94],
    [1.1, 1.1, 1.1],
  ],
  sunset: [
    [0.17, 0.13, 0.36],
    [1.0, 0.46, 0.16],
    [0.8, 0.56, 0.46],
  ],
  night: [
    [0.008, 0.012, 0.045],
    [0.05, 0.075, 0.17],
    [0.3, 0.36, 0.56],
  ],
  overcast: [
    [0.45, 0.48, 0.52],
    [0.72, 0.74, 0.76],
    [0.8, 0.82, 0.84],
  ],
};

export interface Light {
  zenith: string;
  horizon: string;
  ground: string;
  groundFar: string;
  of: Rgb;
}

export function lightOf(read: SceneRead | undefined): Light {
  const [zenith, horizon, of] = SKIES[read?.sky ?? ''] ?? SKIES.overcast;
  const ground = lit(GROUNDS[read?.ground ?? ''] ?? [0.42, 0.4, 0.38], of);
  const far: Rgb = [0, 1, 2].map((i) => 0.55 * ground[i] + 0.45 * horizon[i]) as unknown as Rgb;
  return { zenith: css(zenith), horizon: css(horizon), ground: css(ground), groundFar: css(far), of };
}

/** The colour of a solid's side, `share` of the light on it. */
export function shade(colour: string, light: Light, share: number): string {
  const own = PALETTE[colour] ?? UNSAID;
  return css(lit(own, light.of.map((value) => value * share) as unknown as Rgb));
}

function lit(colour: Rgb, by: Rgb): Rgb {
  return colour.map((value, i) => value * by[i]) as unknown as Rgb;
}

/** Linear light to a colour of the screen, as the renderer does it: a soft shoulder, then a gamma of 2.2. */
export function css(linear: Rgb): string {
  const [r, g, b] = linear.map((value) => {
    const c = Math.max(0, value * 1.05);
    return Math.round(255 * Math.min(1, (c * (1 + 0.12 * c)) / (0.35 * c + 0.78)) ** (1 / 2.2));
  });
  return `rgb(${r} ${g} ${b})`;
}

const FRICTION = { slide: 0.35, roll: 0.03 };
const SPEED = {
  roll: [0.45, 0.95],
  slide: [0.85, 1.3],
  push: [0.85, 1.5],
  orbit: [0.8, 1.6],
} as const;
const GRAVITY = 4.9;

export function solidsOf(read: SceneRead | undefined): Solid[] {
  const things = read?.things ?? [];
  return things.slice(0, 3).map((thing, index) => solidOf(thing, index, things));
}

function solidOf(thing: ThingRead, index: number, things: readonly ThingRead[]): Solid {
  const shape = thing.shape in EXTENT ? (thing.shape as Shape) : 'ball';
  const radius = RADIUS[thing.size] ?? RADIUS.large;
  const extent = EXTENT[shape].map((share) => share * radius) as unknown as Point;
  const side = index % 2 === 1 ? 1 : -1;
  let place: Point = index === 0 ? [things.length > 1 ? -0.25 : 0, -0.45, extent[2]] : [side * 1.95, 1.6, extent[2]];
  if (index === 1 && things[0].motion === 'orbit') place = [0, 0.5, extent[2]];
  if (index === 1 && things[0].motion === 'push') place = [wayOf(things[0]) * 0.1, 0, extent[2]];
  const main = index === 0;
  return {
    shape,
    colour: thing.colour,
    extent,
    yaw: 0.6,
    at: main ? motionOf(thing, place, extent) : () => place,
    goes: !main || !GOING.includes(thing.motion) ? 'no' : sideways(thing) && !thing.direction ? 'unsaid' : 'yes',
  };
}

const GOING = ['roll', 'slide', 'bounce', 'drop', 'jump', 'orbit', 'push', 'approach', 'recede'];

function sideways(thing: ThingRead): boolean {
  return ['roll', 'slide', 'push'].includes(thing.motion);
}

function wayOf(thing: ThingRead): number {
  if (thing.direction === 'left') return -1;
  return thing.direction === 'right' || sideways(thing) ? 1 : 0;
}

function slowed(speed: number, friction: number, t: number): number {
  const until = Math.min(Math.max(t, 0), speed / friction);
  return speed * until - 0.5 * friction * until * until;
}

/** Height after t of what is let go at `height`, keeping this share of its speed at each bounce. */
function falling(height: number, kept: number, t: number): number {
  let begin = -Math.sqrt((2 * height) / GRAVITY);
  let speed = Math.sqrt(2 * height * GRAVITY);
  for (let n = 0; n < 60; n++) {
    const end = begin + (2 * speed) / GRAVITY;
    if (t < end) return Math.max(0, speed * (t - begin) - 0.5 * GRAVITY * (t - begin) ** 2);
    begin = end;
    speed *= kept;
  }
  return 0;
}

function motionOf(thing: ThingRead, place: Point, extent: Point): (t: number) => Point {
  const fast = thing.speed === 'fast' ? 1 : 0;
  const way = wayOf(thing);
  const [x, y, z] = place;
  const drift = (t: number): number => (way ? way * (-1.3 + (fast ? 0.58 : 0.42) * t) : 0);
  switch (thing.motion) {
    case 'roll': {
      const speed = SPEED.roll[fast];
      return (t) => [-way * Math.min(1.9, 2.5 * speed) + 0.5 * x + way * slowed(speed, FRICTION.roll, t), y, z];
    }
    case 'slide':
      return (t) => [-way * 1.2 + 0.4 * x + way * slowed(SPEED.slide[fast], FRICTION.slide, t), y, z];
    case 'push':
      return (t) => [
        way * (-1.9 + slowed(SPEED.push[fast], 0.12, Math.min(t, (2 - 2 * extent[0]) / SPEED.push[fast]))),
        0,
        z,
      ];
    case 'bounce':
      return (t) => [x + drift(t), y, z + falling(1.5 * (fast ? 1.25 : 0.85), 0.86, t)];
    case 'drop':
      return (t) => [x, y, z + falling(1.8 * (fast ? 1.15 : 0.85), 0.35, t)];
    case 'jump': {
      const height = fast ? 1.2 : 0.7;
      const speed = Math.sqrt(2 * GRAVITY * height);
      const pause = fast ? 0.3 : 0.6;
      const round = pause + (2 * speed) / GRAVITY;
      return (t) => {
        const u = ((t + pause / 2) % round) - pause;
        return [x + drift(t), y, z + (u > 0 ? speed * u - 0.5 * GRAVITY * u * u : 0)];
      };
    }
    case 'orbit': {
      const radius = extent[0] * 2.2 + 0.35 + 0.3;
      return (t) => {
        const angle = -Math.PI / 2 + SPEED.orbit[fast] * t;
        return [radius * Math.cos(angle), 0.5 + radius * Math.sin(angle), z];
      };
    }
    case 'approach':
    case 'recede': {
      const sign = thing.motion === 'approach' ? -1 : 1;
      return (t) => [0.4 * x, -sign * (fast ? 1.6 : 0.9) + sign * SPEED.roll[fast] * Math.min(t, 6), z];
    }
    default:
      return () => place;
  }
}
