/**
 * Simple solids through any pinhole, as SVG: what the path editor and the view through the lens share. A sketch of the
 * world's look, not a picture of it: flat sides, one light, a shadow on the ground.
 */
import { useId } from 'react';
import { hull, points, type Spot } from './hull';
import { add, cross, dot, length, type Pinhole, type Point, scale, sub } from './pinhole';
import { type Light, shade, type Solid } from './scene';

const TO_LIGHT: Point = [-0.52, -0.55, 0.65];
const SIDES = 28;
const CIRCLE = Array.from({ length: SIDES }, (_, i) => (2 * Math.PI * i) / SIDES);

export function Solids({
  solids,
  lens,
  seconds,
  light,
}: {
  solids: readonly Solid[];
  lens: Pinhole;
  seconds: number;
  light: Light;
}) {
  const placed = solids
    .map((solid, index) => ({ solid, index, centre: solid.at(seconds) }))
    .filter(({ solid, centre }) => lens.depthOf(centre) > Math.max(...solid.extent) + 0.1)
    .sort((a, b) => lens.depthOf(b.centre) - lens.depthOf(a.centre));
  return (
    <g>
      {placed.map(({ solid, index, centre }) => (
        <polygon key={index} points={points(shadowOf(solid, centre, lens))} fill="#000" fillOpacity={0.24} />
      ))}
      {placed.map(({ solid, index, centre }) => (
        <Body key={index} solid={solid} centre={centre} lens={lens} light={light} />
      ))}
    </g>
  );
}

interface Placed {
  solid: Solid;
  centre: Point;
  lens: Pinhole;
  light: Light;
}

function Body(placed: Placed) {
  if (placed.solid.shape === 'ball') return <Ball {...placed} />;
  if (placed.solid.shape === 'cube') return <Cube {...placed} />;
  return <Round {...placed} />;
}

function Ball({ solid, centre, lens, light }: Placed) {
  const id = useId();
  const outline = sphereOutline(centre, solid.extent[0], lens);
  const middle = lens.project(centre);
  const bright = lens.project(add(centre, scale(TO_LIGHT, solid.extent[0] * 0.55)));
  const reach = Math.max(...outline.map((spot) => Math.hypot(spot.x - middle.x, spot.y - middle.y)));
  return (
    <>
      <radialGradient id={id} gradientUnits="userSpaceOnUse" cx={bright.x} cy={bright.y} r={reach * 1.5}>
        <stop offset="0" stopColor={shade(solid.colour, light, 1.45)} />
        <stop offset="0.45" stopColor={shade(solid.colour, light, 0.95)} />
        <stop offset="1" stopColor={shade(solid.colour, light, 0.28)} />
      </radialGradient>
      <polygon points={points(outline)} fill={`url(#${id})`} />
    </>
  );
}

/** Of a cylinder or a cone: its sides from light to dark, and the lid that can be seen. */
function Round({ solid, centre, lens, light }: Placed) {
  const id = useId();
  const [foot, top] = [
    ringOf(solid, centre, -1),
    solid.shape === 'cone' ? [tipOf(solid, centre)] : ringOf(solid, centre, 1),
  ];
  const body = hull([...foot, ...top].map((point) => lens.project(point)));
  const xs = body.map((spot) => spot.x);
  const lid = solid.shape === 'cylinder' && lens.eye[2] > centre[2] + solid.extent[2];
  return (
    <>
      <linearGradient id={id} gradientUnits="userSpaceOnUse" x1={Math.min(...xs)} x2={Math.max(...xs)} y1="0" y2="0">
        <stop offset="0" stopColor={shade(solid.colour, light, 0.85)} />
        <stop offset="0.35" stopColor={shade(solid.colour, light, 1.15)} />
        <stop offset="1" stopColor={shade(solid.colour, light, 0.32)} />
      </linearGradient>
      <polygon points={points(body)} fill={`url(#${id})`} />
      {lid && (
        <polygon points={points(top.map((point) => lens.project(point)))} fill={shade(solid.colour, light, 1.3)} />
      )}
    </>
  );
}

function Cube({ solid, centre, lens, light }: Placed) {
  const [across, along, up] = axesOf(solid);
  const faces = [across, along, up].flatMap((axis, i) => {
    const [b, c] = [[across, along, up][(i + 1) % 3], [across, along, up][(i + 2) % 3]];
    return [1, -1].map((side) => {
      const middle = add(centre, scale(axis, side));
      const normal = scale(axis, side / length(axis));
      const corners = [
        [1, 1],
        [1, -1],
        [-1, -1],
        [-1, 1],
      ].map(([m, n]) => add(middle, add(scale(b, m), scale(c, n))));
      return { normal, corners, seen: dot(sub(middle, lens.eye), normal) < 0 };
    });
  });
  return faces
    .filter((face) => face.seen)
    .map(({ normal, corners }, i) => {
      const fill = shade(solid.colour, light, 0.38 + 0.95 * Math.max(0, dot(normal, TO_LIGHT)));
      const spots = corners.map((corner) => lens.project(corner));
      return <polygon key={i} points={points(spots)} fill={fill} stroke={fill} strokeWidth={0.6} />;
    });
}

function axesOf(solid: Solid): [Point, Point, Point] {
  const [c, s] = [Math.cos(solid.yaw), Math.sin(solid.yaw)];
  const [x, y, z] = solid.extent;
  return [
    [c * x, s * x, 0],
    [-s * y, c * y, 0],
    [0, 0, z],
  ];
}

function ringOf(solid: Solid, centre: Point, level: number): Point[] {
  const [x, y, z] = solid.extent;
  return CIRCLE.map((angle) => add(centre, [x * Math.cos(angle), y * Math.sin(angle), z * level]));
}

function tipOf(solid: Solid, centre: Point): Point {
  return add(centre, [0, 0, solid.extent[2]]);
}

/** Where the eye's rays touch the ball: a circle in space, exact in every perspective. */
function sphereOutline(centre: Point, radius: number, lens: Pinhole): Spot[] {
  const to = sub(centre, lens.eye);
  const distance = length(to);
  const near = (radius * radius) / (distance * distance);
  const middle = sub(centre, scale(to, near));
  const reach = radius * Math.sqrt(Math.max(0, 1 - near));
  const side = cross(to, lens.up);
  const a = scale(side, reach / length(side));
  const other = cross(a, to);
  const b = scale(other, reach / length(other));
  return CIRCLE.map((angle) => lens.project(add(middle, add(scale(a, Math.cos(angle)), scale(b, Math.sin(angle))))));
}

function shadowOf(solid: Solid, centre: Point, lens: Pinhole): Spot[] {
  let body: Point[];
  if (solid.shape === 'ball') {
    const rings = [-0.8, -0.4, 0, 0.4, 0.8].map((level) => ({ level, wide: Math.sqrt(1 - level * level) }));
    body = rings.flatMap(({ level, wide }) => {
      const part = { ...solid, extent: scale(solid.extent, wide) };
      return ringOf(part, add(centre, [0, 0, level * solid.extent[2]]), 0);
    });
  } else if (solid.shape === 'cube') {
    const [across, along, up] = axesOf(solid);
    const signs = [1, -1];
    body = signs.flatMap((i) =>
      signs.flatMap((j) => signs.map((k) => add(centre, add(scale(across, i), add(scale(along, j), scale(up, k)))))),
    );
  } else {
    body = [
      ...ringOf(solid, centre, -1),
      ...(solid.shape === 'cone' ? [tipOf(solid, centre)] : ringOf(solid, centre, 1)),
    ];
  }
  const ground = body.map((point): Point => sub(point, scale(TO_LIGHT, point[2] / TO_LIGHT[2])));
  return hull(ground.filter((point) => lens.depthOf(point) > 0.1).map((point) => lens.project(point)));
}
