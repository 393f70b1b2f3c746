/**
 * The pace along the path: how fast what is seen changes, over the time of the clip, with the same keys and a playhead.
 * Dragging a key sideways gives it another time, and so the parts before and after it another pace.
 */
import { IconPlayerPauseFilled, IconPlayerPlayFilled } from '@tabler/icons-react';
import { type KeyboardEvent, type PointerEvent, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './editor.module.css';
import { type Key, paceAt } from './keys';
import type { Row } from './pinhole';
import type { useClock } from './useClock';

const HEIGHT = 46;
const SAMPLES = 100;
const TOP = 8;
const FLOOR = HEIGHT - 8;

export function SpeedLane({
  keys,
  at,
  chosen,
  seconds,
  clock,
  onChoose,
  onBegin,
  onTime,
  onAdd,
}: {
  keys: readonly Key[];
  at: (t: number) => Row;
  chosen: number;
  seconds: number;
  clock: ReturnType<typeof useClock>;
  onChoose: (index: number) => void;
  onBegin: () => void;
  onTime: (index: number, t: number) => void;
  onAdd: (t: number) => void;
}) {
  const { t } = useTranslation('camera');
  const lane = useRef<SVGSVGElement>(null);
  const held = useRef<{ index: number; begun: boolean } | null>(null);
  const pace = useMemo(() => {
    const found = Array.from({ length: SAMPLES + 1 }, (_, i) => paceAt(at, i / SAMPLES));
    const most = Math.max(...found, 0.5);
    return (time: number) => FLOOR - ((FLOOR - TOP) * found[Math.round(time * SAMPLES)]) / most;
  }, [at]);
  const curve = Array.from({ length: SAMPLES + 1 }, (_, i) => `${i * 10},${pace(i / SAMPLES).toFixed(1)}`).join(' ');

  const timeAt = (event: PointerEvent | React.MouseEvent) => {
    const box = lane.current?.getBoundingClientRect();
    return box ? Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) : 0;
  };
  const down = (event: PointerEvent, index: number) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    lane.current?.setPointerCapture(event.pointerId);
    held.current = { index, begun: false };
    if (index >= 0) onChoose(index);
    else clock.seek(timeAt(event));
  };
  const move = (event: PointerEvent) => {
    if (!held.current) return;
    if (held.current.index < 0) return clock.seek(timeAt(event));
    if (!held.current.begun) onBegin();
    held.current.begun = true;
    onTime(held.current.index, timeAt(event));
  };
  const nudge = (event: KeyboardEvent, index: number) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    onBegin();
    onTime(index, keys[index].t + way * 0.02);
  };

  return (
    <div className={styles.lane}>
      <button
        type="button"
        className={styles.play}
        aria-label={t(clock.playing ? 'pause' : 'play')}
        onClick={clock.toggle}
      >
        {clock.playing ? (
          <IconPlayerPauseFilled size={14} aria-hidden />
        ) : (
          <IconPlayerPlayFilled size={14} aria-hidden />
        )}
      </button>
      <div className={styles.track}>
        <svg
          ref={lane}
          viewBox={`0 0 1000 ${HEIGHT}`}
          preserveAspectRatio="none"
          height={HEIGHT}
          onPointerDown={(event) => down(event, -1)}
          onPointerMove={move}
          onPointerUp={() => {
            held.current = null;
          }}
          onPointerCancel={() => {
            held.current = null;
          }}
          onDoubleClick={(event) => onAdd(timeAt(event))}
        >
          <polygon className={styles.paceFill} points={`0,${HEIGHT} ${curve} 1000,${HEIGHT}`} />
          <polyline className={styles.pace} points={curve} vectorEffect="non-scaling-stroke" />
        </svg>
        <input
          type="range"
          className={styles.playhead}
          style={{ left: `${clock.t * 100}%` }}
          min={0}
          max={100}
          value={Math.round(clock.t * 100)}
          aria-label={t('playhead')}
          aria-valuetext={t('atSeconds', { seconds: (clock.t * seconds).toFixed(1) })}
          onChange={(event) => clock.seek(Number(event.currentTarget.value) / 100)}
        />
        {keys.map((key, i) => (
          <span
            key={i}
            className={styles.laneKey}
            data-chosen={i === chosen || undefined}
            style={{ left: `${key.t * 100}%`, top: pace(key.t) }}
            role="slider"
            tabIndex={0}
            aria-label={t('timeOf', { n: i + 1 })}
            aria-valuemin={0}
            aria-valuemax={seconds}
            aria-valuenow={Number((key.t * seconds).toFixed(2))}
            aria-valuetext={t('atSeconds', { seconds: (key.t * seconds).toFixed(1) })}
            onPointerDown={(event) => down(event, i)}
            onPointerMove={move}
            onPointerUp={() => {
              held.current = null;
            }}
            onKeyDown={(event) => nudge(event, i)}
          />
        ))}
      </div>
      <span className={styles.clock}>
        {t('clock', { now: (clock.t * seconds).toFixed(1), all: seconds.toFixed(1) })}
      </span>
    </div>
  );
}
