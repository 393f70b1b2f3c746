/** What the camera sees at one moment, by the maths the model's camera is told with: sky, ground and simple solids. */
import { useId } from 'react';
import { ratioOf } from '../make/shapes';
import { points } from './hull';
import { add, type Pinhole, Pinhole as Lens, type Point, type Row } from './pinhole';
import { lightOf, type SceneRead, type Solid } from './scene';
import { Solids } from './Solids';

export function LensView({
  row,
  width,
  height,
  read,
  solids,
  seconds,
  label,
}: {
  row: Row;
  width: number;
  height: number;
  read: SceneRead | undefined;
  solids: readonly Solid[];
  seconds: number;
  label: string;
}) {
  const id = useId();
  const lens = new Lens(row, width, height);
  const light = lightOf(read);
  const land = groundOf(lens);
  const rise = horizonOf(lens);
  return (
    <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label} style={{ display: 'block', width: '100%' }}>
      <defs>
        <linearGradient
          id={`${id}s`}
          gradientUnits="userSpaceOnUse"
          x1={rise.from.x}
          y1={rise.from.y}
          x2={rise.to.x}
          y2={rise.to.y}
        >
          <stop offset="0" stopColor={light.horizon} />
          <stop offset="1" stopColor={light.zenith} />
        </linearGradient>
        <linearGradient
          id={`${id}g`}
          gradientUnits="userSpaceOnUse"
          x1={rise.from.x}
          y1={rise.from.y}
          x2={rise.under.x}
          y2={rise.under.y}
        >
          <stop offset="0" stopColor={light.groundFar} />
          <stop offset="0.5" stopColor={light.ground} />
        </linearGradient>
      </defs>
      <rect width={width} height={height} fill={`url(#${id}s)`} />
      {land.length > 2 && <polygon points={points(land)} fill={`url(#${id}g)`} />}
      <g stroke="#000" strokeOpacity={0.1} strokeWidth={0.8}>
        {gridOf(lens).map(([a, b], i) => (
          <line key={i} x1={a.x} y1={a.y} x2={b.x} y2={b.y} />
        ))}
      </g>
      <Solids solids={solids} lens={lens} seconds={seconds} light={light} />
    </svg>
  );
}

/** The corner of the picture that is ground: its frame cut along the horizon. */
function groundOf(lens: Pinhole): { x: number; y: number }[] {
  const falls = (x: number, y: number) => -lens.ray(x, y)[2];
  const corners = [
    [0, 0],
    [lens.width, 0],
    [lens.width, lens.height],
    [0, lens.height],
  ];
  return corners.flatMap(([x, y], i) => {
    const [nx, ny] = corners[(i + 1) % 4];
    const [a, b] = [falls(x, y), falls(nx, ny)];
    const own = a >= 0 ? [{ x, y }] : [];
    if (a >= 0 === b >= 0) return own;
    const part = a / (a - b);
    return [...own, { x: x + (nx - x) * part, y: y + (ny - y) * part }];
  });
}

/** A place on the horizon and the places some degrees above and under it, for the gradients of sky and ground. */
function horizonOf(lens: Pinhole) {
  const flat = Math.hypot(lens.forward[0], lens.forward[1]) || 1e-6;
  const ahead: Point = [lens.forward[0] / flat, lens.forward[1] / flat, 0];
  const at = (rise: number) => {
    const point = add(add(lens.eye, ahead), [0, 0, rise]);
    return lens.depthOf(point) > 0.02 ? lens.project(point) : { x: lens.width / 2, y: rise > 0 ? -1e3 : 1e3, depth: 1 };
  };
  return { from: at(0), to: at(0.55), under: at(-0.7) };
}

function gridOf(lens: Pinhole) {
  const reach = 14;
  const lines: [Point, Point][] = [];
  for (let i = -reach; i <= reach; i += 2) {
    lines.push(
      [
        [i, -reach, 0],
        [i, reach, 0],
      ],
      [
        [-reach, i, 0],
        [reach, i, 0],
      ],
    );
  }
  return lines.map(([a, b]) => lens.line(a, b)).filter((line) => line !== null);
}

/** The size of a small picture of this shape that fits in `most` pixels of width or height. */
export function fitted(aspect: string, most: number): { width: number; height: number } {
  const ratio = ratioOf(aspect);
  return { width: Math.round(most * Math.min(1, ratio)), height: Math.round(most * Math.min(1, 1 / ratio)) };
}
