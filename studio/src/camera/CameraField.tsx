/**
 * The camera in the composer: ten chips with small moving icons, what belongs to the chosen ones, and the path editor.
 * Up to three moves go together (as numbers, see `value.ts`); "still" and "path" stand alone.
 */
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './camera.module.css';
import { CameraIcon, type IconName } from './icons';
import { firstPath, type Key, keyOfRow, keysOf, rowOfKey } from './keys';
import { axisOf, type Move, type MoveName, rowsOfMoves } from './moves';
import { MoveSettings } from './MoveSettings';
import type { Row } from './pinhole';
import { PathEditor } from './PathEditor';
import { type SceneRead, solidsOf } from './scene';
import { useSourceEnd } from './useSourceEnd';
import { toast } from '../parts/toast';
import { type CameraValue, isWords, MOST_MOVES, NO_CAMERA, toggled } from './value';

export interface Reading extends SceneRead {
  camera: string;
  camera_speed: string;
}

const CHIPS: { icon: IconName; name: MoveName | 'path' }[] = [
  { icon: 'still', name: 'still' },
  { icon: 'push', name: 'push in' },
  { icon: 'pull', name: 'pull out' },
  { icon: 'pan', name: 'pan right' },
  { icon: 'tilt', name: 'tilt up' },
  { icon: 'orbit', name: 'orbit left' },
  { icon: 'crane', name: 'crane up' },
  { icon: 'roll', name: 'roll left' },
  { icon: 'zoom', name: 'zoom in' },
  { icon: 'path', name: 'path' },
];

export function CameraField({
  value,
  onChange,
  reading,
  seconds,
  frames,
  aspect,
  advanced = true,
  extending = false,
  source,
  image,
}: {
  value: CameraValue;
  onChange: (value: CameraValue) => void;
  reading?: Reading;
  seconds: number;
  /** As many as the clip will have. */
  frames: number;
  aspect: string;
  /** A picture that is given: the clip starts from it, not from the sketch. */
  image?: unknown;
  /** The path editor and strengths are shown. */
  advanced?: boolean;
  /** The clip goes on from another one. */
  extending?: boolean;
  /** That clip, where it is one of the library: then the server knows where its camera stopped. */
  source?: string | null;
}) {
  const { t } = useTranslation('camera');
  const id = useId();
  const end = useSourceEnd(extending ? source : null);
  const moves = value.kind === 'moves' ? value.moves : [];
  const setMoves = (next: Move[]) => onChange(next.length > 0 ? { kind: 'moves', moves: next } : NO_CAMERA);
  const chips = CHIPS.filter(({ name }) => name !== 'path' || advanced || value.kind === 'path');

  const choose = (name: MoveName | 'path') => {
    if (name !== 'path') {
      const chosen = moves.find(
        (move) => axisOf(move.name) === axisOf(name) && (axisOf(name) !== 'push' || move.name === name),
      );
      if (chosen) return setMoves(moves.filter((move) => move !== chosen));
      if (isFull(name)) return toast(t('fullWhy'));
      return setMoves(extending ? toggled([], name) : toggled(moves, name));
    }
    if (value.kind === 'path') return onChange(NO_CAMERA);
    const aim = solidsOf(reading)[0]?.at(0);
    const moving = moves.some((move) => move.name !== 'still');
    onChange({
      kind: 'path',
      keys: moving ? keysOf(rowsOfMoves(moves, frames, seconds, end)) : firstPath(aim && [0, 0, aim[2]], end),
    });
  };

  return (
    <section className={styles.field} aria-labelledby={id}>
      <div className={styles.head}>
        <h2 id={id} className={styles.title}>
          {t('title')}
        </h2>
        <span className={styles.hint}>{hint()}</span>
      </div>
      <div className={styles.chips} role="group" aria-labelledby={id} data-simple={!advanced || undefined}>
        {chips.map(({ icon, name }) => {
          const chosen = isChosen(name);
          return (
            <button
              key={name}
              type="button"
              className={styles.chip}
              aria-pressed={chosen}
              aria-disabled={isFull(name) || undefined}
              title={isFull(name) ? t('fullWhy') : undefined}
              data-chosen={chosen}
              onClick={() => choose(name)}
            >
              <CameraIcon name={icon} />
              <span>{t(`chip.${icon}`)}</span>
            </button>
          );
        })}
      </div>
      {moves.some((move) => move.name !== 'still') && (
        <MoveSettings
          moves={moves}
          onChange={setMoves}
          reading={reading}
          seconds={seconds}
          aspect={aspect}
          exact={advanced && !extending}
          start={end}
        />
      )}
      {value.kind === 'words' && <p className={styles.note}>{t('inWords', { words: value.words })}</p>}
      {value.kind === 'path' && extending && (
        <Join keys={value.keys} end={end} onChange={(keys) => onChange({ kind: 'path', keys })} />
      )}
      {image != null && value.kind !== 'none' && (
        <p className={styles.hint} data-left>
          {t('fromPicture')}
        </p>
      )}
      {value.kind === 'path' && (
        <PathEditor
          keys={value.keys}
          onChange={(keys) => onChange({ kind: 'path', keys })}
          reading={reading}
          seconds={seconds}
          aspect={aspect}
        />
      )}
    </section>
  );

  function isChosen(name: MoveName | 'path'): boolean {
    if (name === 'path') return value.kind === 'path';
    const alike = moves.find((move) => axisOf(move.name) === axisOf(name));
    return alike !== undefined && (axisOf(name) !== 'push' || alike.name === name);
  }

  /** Three go together, and this would be a fourth. */
  function isFull(name: MoveName | 'path'): boolean {
    if (name === 'path' || name === 'still' || extending || moves.length < MOST_MOVES) return false;
    return !moves.some((move) => axisOf(move.name) === axisOf(name));
  }

  function hint(): string {
    if (value.kind === 'none')
      return reading?.camera ? t('fromPrompt', { move: t(`move.${reading.camera as MoveName}`) }) : t('none');
    if (value.kind === 'path') return t('asPath');
    if (extending) return t('oneHere');
    if (moves.length >= MOST_MOVES) return t('full');
    return isWords(value) && !moves.every((move) => move.name === 'still') ? t('more') : '';
  }
}

/** Whether the path begins where the earlier clip ended; if not, what that means and a button that makes it so. */
function Join({ keys, end, onChange }: { keys: Key[]; end: Row | undefined; onChange: (keys: Key[]) => void }) {
  const { t } = useTranslation('camera');
  const joined = end && rowOfKey(keys[0]).every((value, i) => Math.abs(value - end[i]) < 0.01);
  if (joined) return <p className={styles.note}>{t('pathJoins')}</p>;
  return (
    <p className={styles.note}>
      {t('pathExtends')}
      {end && (
        <>
          {' '}
          <button type="button" className={styles.link} onClick={() => onChange([keyOfRow(end, 0), ...keys.slice(1)])}>
            {t('join')}
          </button>
        </>
      )}
    </p>
  );
}
