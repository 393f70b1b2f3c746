/** What is drawn on the stage around its solids: grid, arrows, the camera's beam, its aim, the playhead. */
import type { PointerEvent } from 'react';
import styles from './editor.module.css';
import { points } from './hull';
import { add, basisOf, type Pinhole, type Point, positionOf, type Row, scale } from './pinhole';
import type { Solid } from './scene';

const REACH = 12; // of the grid, in world units

export function Grid({ lens }: { lens: Pinhole }) {
  const lines: { a: Point; b: Point; far: number }[] = [];
  for (let i = -REACH; i <= REACH; i++) {
    const far = Math.abs(i);
    lines.push({ a: [i, -REACH, 0], b: [i, REACH, 0], far }, { a: [-REACH, i, 0], b: [REACH, i, 0], far });
  }
  return (
    <g>
      {lines.map(({ a, b, far }, i) => {
        const line = lens.line(a, b);
        if (!line) return null;
        const [from, to] = line;
        const style = { strokeOpacity: 1 - 0.8 * (far / REACH) ** 1.5 };
        return (
          <line
            key={i}
            className={far ? styles.grid : styles.axis}
            style={style}
            x1={from.x}
            y1={from.y}
            x2={to.x}
            y2={to.y}
          />
        );
      })}
    </g>
  );
}

/** Where a thing goes in the clip: dashed, with a head at its end; two heads where left or right was not said. */
export function Arrow({ solid, lens, seconds }: { solid: Solid; lens: Pinhole; seconds: number }) {
  if (solid.goes === 'no' || seconds <= 0) return null;
  const trail = Array.from({ length: 49 }, (_, i) => solid.at((seconds * i) / 48));
  const spots = trail.filter((point) => lens.depthOf(point) > 0.1).map((point) => lens.project(point));
  if (spots.length < 2) return null;
  return (
    <g className={styles.arrow}>
      <polyline points={points(spots)} />
      <polyline className={styles.head} points={headOf(spots)} />
      {solid.goes === 'unsaid' && <polyline className={styles.head} points={headOf([...spots].reverse())} />}
    </g>
  );
}

function headOf(spots: { x: number; y: number }[]): string {
  const end = spots[spots.length - 1];
  const back = [...spots].reverse().find((spot) => Math.hypot(spot.x - end.x, spot.y - end.y) > 6);
  if (!back) return '';
  const angle = Math.atan2(end.y - back.y, end.x - back.x);
  const wing = (turn: number) => ({ x: end.x - 8 * Math.cos(angle + turn), y: end.y - 8 * Math.sin(angle + turn) });
  return points([wing(0.45), end, wing(-0.45)]);
}

/** What the camera sees, as a translucent pyramid from its eye to its target. */
export function Beam({ lens, row }: { lens: Pinhole; row: Row }) {
  const corners = cornersOf(row, Math.exp(row[2]));
  const eye = positionOf(row);
  if ([eye, ...corners].some((point) => lens.depthOf(point) < 0.1)) return null;
  const [top, ...frame] = [eye, ...corners].map((point) => lens.project(point));
  return (
    <g className={styles.beam}>
      {frame.map((corner, i) => (
        <polygon key={i} points={points([top, corner, frame[(i + 1) % 4]])} />
      ))}
      <polygon className={styles.frame} points={points(frame)} />
    </g>
  );
}

/** A small camera: the tip of its beam. */
export function Glyph({ lens, row }: { lens: Pinhole; row: Row }) {
  const eye = positionOf(row);
  const corners = cornersOf(row, 0.55);
  if ([eye, ...corners].some((point) => lens.depthOf(point) < 0.1)) return null;
  const [top, ...frame] = [eye, ...corners].map((point) => lens.project(point));
  return (
    <g className={styles.glyph}>
      <polygon points={points(frame)} />
      {frame.map((corner, i) => (
        <line key={i} x1={top.x} y1={top.y} x2={corner.x} y2={corner.y} />
      ))}
    </g>
  );
}

function cornersOf(row: Row, distance: number): Point[] {
  const { right, up, forward } = basisOf(row);
  const half = Math.tan(row[7] / 2) * distance * 0.55; // over half of the picture is enough to say where
  const middle = add(positionOf(row), scale(forward, distance));
  return [
    [1.5, 1],
    [1.5, -1],
    [-1.5, -1],
    [-1.5, 1],
  ].map(([x, y]) => add(middle, add(scale(right, x * half), scale(up, y * half))));
}

export function Aim({
  lens,
  target,
  onPointerDown,
  label,
}: {
  lens: Pinhole;
  target: readonly number[];
  onPointerDown: (event: PointerEvent) => void;
  label: string;
}) {
  const spot = lens.project(target as unknown as Point);
  if (spot.depth < 0.1) return null;
  return (
    <g
      className={styles.target}
      transform={`translate(${spot.x.toFixed(1)} ${spot.y.toFixed(1)})`}
      onPointerDown={onPointerDown}
    >
      <title>{label}</title>
      <circle className={styles.keyHit} r={13} />
      <path d="M-6 0h4M2 0h4M0-6v4M0 2v4" />
    </g>
  );
}

export function Playhead({ lens, place }: { lens: Pinhole; place: Point }) {
  const spot = lens.project(place);
  return spot.depth > 0.1 ? <circle className={styles.now} cx={spot.x} cy={spot.y} r={3} /> : null;
}
