/**
 * The stage from outside: ground, solids with the arrows of their motion, the path with a dot every quarter of a
 * second, the keys as rings. Keys are dragged over the ground, with Shift up and down; an empty place turns the view.
 */
import { type KeyboardEvent, type PointerEvent, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './editor.module.css';
import { Aim, Arrow, Beam, Glyph, Grid, Playhead } from './GroundParts';
import { aimed, type Key, moved, rowOfKey } from './keys';
import { add, type Point, positionOf, type Row, scale } from './pinhole';
import { lightOf, type SceneRead, type Solid } from './scene';
import { Solids } from './Solids';
import { useWheel, useWidth } from './useView';
import { HEIGHT, lensOf, lifted, nearest, shown, slid, tilt, type View } from './view';

const SAMPLES = 120;
const STEP = 0.1; // of an arrow key, in world units

export function GroundView({
  keys,
  chosen,
  at,
  time,
  seconds,
  solids,
  read,
  view,
  raising,
  onView,
  onChoose,
  onBegin,
  onKey,
  onAdd,
}: {
  keys: readonly Key[];
  chosen: number;
  at: (t: number) => Row;
  time: number;
  seconds: number;
  solids: readonly Solid[];
  read: SceneRead | undefined;
  view: View;
  raising: boolean;
  onView: (view: View) => void;
  onChoose: (index: number) => void;
  onBegin: () => void;
  onKey: (key: Key) => void;
  onAdd: (t: number) => void;
}) {
  const { t } = useTranslation('camera');
  const svg = useRef<SVGSVGElement>(null);
  const width = useWidth(svg);
  const drag = useRef<Drag | null>(null);
  const lens = lensOf(view, width);
  const light = lightOf(read);
  const key = keys[chosen];
  const path = Array.from({ length: SAMPLES + 1 }, (_, i) => positionOf(at(i / SAMPLES)));
  const dots = Math.max(2, Math.min(240, Math.round(seconds * 4)));
  useWheel(svg, view, onView);

  const start = (event: PointerEvent, what: Drag['what'], index = chosen) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    svg.current?.setPointerCapture(event.pointerId);
    const one = keys[index];
    const level = what === 'aim' ? one.target[2] : positionOf(rowOfKey(one))[2];
    drag.current = { what, x: event.clientX, y: event.clientY, key: one, level, view, begun: false };
    if (what === 'key' && index !== chosen) onChoose(index);
  };

  const move = (event: PointerEvent) => {
    const held = drag.current;
    if (!held) return;
    const [dx, dy] = [event.clientX - held.x, event.clientY - held.y];
    if (!held.begun && Math.hypot(dx, dy) < 3) return;
    if (held.what === 'view') {
      held.begun = true;
      return onView({
        ...held.view,
        azimuth: held.view.azimuth - dx * 0.008,
        elevation: tilt(held.view.elevation + dy * 0.006),
      });
    }
    if (!held.begun) onBegin();
    held.begun = true;
    const from: Point = held.what === 'aim' ? held.key.target : positionOf(rowOfKey(held.key));
    const place = event.shiftKey || raising ? lifted(lens, from, dy) : slid(lens, from, dx, dy);
    if (place) onKey(held.what === 'aim' ? aimed(held.key, place) : moved(held.key, place));
  };

  const nudge = (event: KeyboardEvent, index: number) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    const by = STEP * (event.altKey ? 5 : 1);
    const [c, s] = [Math.cos(view.azimuth), Math.sin(view.azimuth)];
    const along: Point = event.shiftKey ? [0, 0, way[1]] : [c * way[0] - s * way[1], s * way[0] + c * way[1], 0];
    onBegin();
    onKey(moved(keys[index], add(positionOf(rowOfKey(keys[index])), scale(along, by))));
  };

  return (
    <svg
      ref={svg}
      className={styles.ground}
      height={HEIGHT}
      onPointerDown={(event) => start(event, 'view')}
      onPointerMove={move}
      onPointerUp={() => {
        drag.current = null;
      }}
      onPointerCancel={() => {
        drag.current = null;
      }}
      onDoubleClick={(event) => {
        const box = svg.current?.getBoundingClientRect();
        const near =
          box &&
          nearest(
            path.map((point) => lens.project(point)),
            event.clientX - box.left,
            event.clientY - box.top,
          );
        if (near !== undefined && near >= 0) onAdd(near / SAMPLES);
      }}
    >
      <Grid lens={lens} />
      <g className={styles.solids}>
        <Solids solids={solids} lens={lens} seconds={time * seconds} light={light} />
      </g>
      {solids.map((solid, i) => (
        <Arrow key={i} solid={solid} lens={lens} seconds={seconds} />
      ))}
      <Beam lens={lens} row={at(time)} />
      <polyline
        className={styles.fallen}
        points={shown(
          lens,
          path.map((point) => [point[0], point[1], 0] as Point),
        )}
      />
      <polyline className={styles.pathHit} points={shown(lens, path)} />
      <polyline className={styles.path} points={shown(lens, path)} />
      {Array.from({ length: dots + 1 }, (_, i) => lens.project(positionOf(at(i / dots)))).map((dot, i) =>
        dot.depth > 0.1 ? <circle key={i} className={styles.dot} cx={dot.x} cy={dot.y} r={1.7} /> : null,
      )}
      <Aim lens={lens} target={key.target} onPointerDown={(event) => start(event, 'aim')} label={t('aim')} />
      {keys.map((one, i) => {
        const place = positionOf(rowOfKey(one));
        const spot = lens.project(place);
        if (spot.depth < 0.1) return null;
        const foot = lens.project([place[0], place[1], 0]);
        return (
          <g key={i}>
            <line className={styles.post} x1={spot.x} y1={spot.y} x2={foot.x} y2={foot.y} />
            {i !== chosen && <Glyph lens={lens} row={rowOfKey(one)} />}
            <g
              className={styles.key}
              data-chosen={i === chosen || undefined}
              role="button"
              tabIndex={0}
              aria-pressed={i === chosen}
              aria-label={t('keyAt', { n: i + 1, of: keys.length, seconds: (one.t * seconds).toFixed(1) })}
              transform={`translate(${spot.x.toFixed(1)} ${spot.y.toFixed(1)})`}
              onPointerDown={(event) => start(event, 'key', i)}
              onFocus={() => {
                if (i !== chosen && !drag.current) onChoose(i);
              }}
              onKeyDown={(event) => nudge(event, i)}
              onDoubleClick={(event) => event.stopPropagation()}
            >
              <circle className={styles.keyHit} r={16} />
              <circle className={styles.ring} r={i === chosen ? 7 : 5} />
            </g>
          </g>
        );
      })}
      <Playhead lens={lens} place={positionOf(at(time))} />
    </svg>
  );
}

interface Drag {
  what: 'key' | 'aim' | 'view';
  x: number;
  y: number;
  key: Key;
  level: number;
  view: View;
  begun: boolean;
}
