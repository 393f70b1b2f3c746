/** What belongs to the chosen moves: which way, how fast, how strong, and the sketch of what the camera will see. */
import { Slider } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import styles from './camera.module.css';
import { fitted, LensView } from './LensView';
import { axisOf, type Move, type MoveName, reversed, rowOfMoves, STRONGEST, WEAKEST } from './moves';
import type { Row } from './pinhole';
import { type SceneRead, solidsOf } from './scene';
import { useClock } from './useClock';

export function MoveSettings({
  moves,
  onChange,
  reading,
  seconds,
  aspect,
  exact,
  start,
}: {
  moves: readonly Move[];
  onChange: (moves: Move[]) => void;
  reading: SceneRead | undefined;
  seconds: number;
  aspect: string;
  /** Strengths can be set: they need numbers, which not every mode can take. */
  exact: boolean;
  /** Where the camera begins, if that is known. */
  start?: Row;
}) {
  const { t } = useTranslation('camera');
  const clock = useClock(seconds);
  const size = fitted(aspect, 132);
  const now = clock.t * seconds;
  const change = (old: Move, part: Partial<Move>) =>
    onChange(moves.map((move) => (move === old ? { ...move, ...part } : move)));
  return (
    <div className={styles.settings}>
      <ul className={styles.moves}>
        {moves.map((move) => (
          <li key={axisOf(move.name)} className={styles.move}>
            <Ways name={move.name} onChange={(name) => change(move, { name })} />
            <div className={styles.pair} role="group" aria-label={t('speedOf', { move: t(`move.${move.name}`) })}>
              {[true, false].map((slow) => (
                <button
                  key={String(slow)}
                  type="button"
                  aria-pressed={move.slow === slow}
                  onClick={() => change(move, { slow })}
                >
                  {t(slow ? 'slow' : 'fast')}
                </button>
              ))}
            </div>
            {exact && (
              <div className={styles.strength}>
                <Slider
                  size={4}
                  label={null}
                  min={WEAKEST * 100}
                  max={STRONGEST * 100}
                  step={10}
                  value={Math.round(move.strength * 100)}
                  thumbLabel={t('strengthOf', { move: t(`move.${move.name}`) })}
                  onChange={(percent) => change(move, { strength: percent / 100 })}
                />
                <output>{Math.round(move.strength * 100)} %</output>
              </div>
            )}
          </li>
        ))}
      </ul>
      <figure className={styles.preview} style={{ width: size.width }}>
        <button
          type="button"
          aria-label={t(clock.playing ? 'pause' : 'play')}
          onClick={clock.toggle}
          title={t(clock.playing ? 'pause' : 'play')}
        >
          <LensView
            row={rowOfMoves(moves, now / 5, start)}
            {...size}
            read={reading}
            solids={solidsOf(reading)}
            seconds={now}
            label={t('lensLabel')}
          />
          <span className={styles.bar} style={{ width: `${clock.t * 100}%` }} />
        </button>
        <figcaption>{t('sketch')}</figcaption>
      </figure>
    </div>
  );
}

/** Both ways of a move as two small buttons; "push in" and "pull out" have chips of their own and need none. */
function Ways({ name, onChange }: { name: MoveName; onChange: (name: MoveName) => void }) {
  const { t } = useTranslation('camera');
  if (axisOf(name) === 'push') return <span className={styles.moveName}>{t(`move.${name}`)}</span>;
  const pair = [name, reversed(name)].sort((a, b) => ORDER.indexOf(wayOf(a)) - ORDER.indexOf(wayOf(b)));
  return (
    <>
      <span className={styles.moveName}>{t(`chip.${axisOf(name) as 'pan'}`)}</span>
      <div className={styles.pair} role="group" aria-label={t('wayOf', { move: t(`chip.${axisOf(name) as 'pan'}`) })}>
        {pair.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={one === name}
            title={t(`move.${one}`)}
            onClick={() => onChange(one)}
          >
            {t(`way.${wayOf(one) as 'left'}`)}
          </button>
        ))}
      </div>
    </>
  );
}

const ORDER = ['left', 'up', 'in', 'right', 'down', 'out'];

function wayOf(name: MoveName): string {
  return name.split(' ')[1];
}
