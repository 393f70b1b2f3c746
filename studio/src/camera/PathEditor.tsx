/**
 * The camera's path over the scene: keys on a ground that can be turned, the view through the lens, the pace, and a
 * table in which every value can be typed. What it writes are keys; `keys.ts` makes the rows of them.
 */
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconArrowsVertical,
  IconFocusCentered,
  IconPlus,
  IconTrash,
  IconWaveSine,
} from '@tabler/icons-react';
import { type ComponentType, type KeyboardEvent, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './editor.module.css';
import { GroundView } from './GroundView';
import { aimed, curve, evened, inserted, type Key, keyOfRow, MAX_KEYS, METRES, removed, replaced } from './keys';
import { KeyTable } from './KeyTable';
import { ratioOf } from '../make/shapes';
import { fitted, LensView } from './LensView';
import { type SceneRead, type Solid, solidsOf } from './scene';
import { SpeedLane } from './SpeedLane';
import { useClock } from './useClock';
import { useHistory } from './useHistory';
import { around, type View } from './view';

export function PathEditor({
  keys,
  onChange,
  reading,
  seconds,
  aspect,
}: {
  keys: readonly Key[];
  onChange: (keys: Key[]) => void;
  reading: SceneRead | undefined;
  seconds: number;
  aspect: string;
}) {
  const { t } = useTranslation('camera');
  const [chosen, setChosen] = useState(0);
  const [raising, setRaising] = useState(false);
  const [view, setView] = useState<View>(() => around(keys));
  const history = useHistory<readonly Key[]>('path', keys, (next) => onChange([...next]));
  const clock = useClock(seconds, false);
  const solids = useMemo(() => solidsOf(reading), [reading]);
  const at = useMemo(() => curve(keys), [keys]);
  const index = Math.min(chosen, keys.length - 1);
  const row = at(clock.t);
  const now = keyOfRow(row, clock.t);
  const lens = fitted(aspect, ratioOf(aspect) < 1 ? 108 : 122);

  const choose = (next: number) => {
    setChosen(next);
    clock.seek(keys[next].t);
  };
  const put = (next: Key) => {
    const all = replaced(keys, index, next);
    history.set(all);
    clock.seek(all[index].t);
  };
  const add = (time: number) => {
    const made = inserted(keys, time);
    if (!made) return;
    history.commit(made[0]);
    setChosen(made[1]);
    clock.seek(time);
  };
  const remove = () => {
    if (keys.length <= 2) return;
    history.commit(removed(keys, index));
    setChosen(Math.max(0, index - 1));
  };
  const room = inserted(keys, clock.t) !== null;

  const onKeyDown = (event: KeyboardEvent) => {
    const typing = event.target instanceof HTMLInputElement;
    if (typing) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z') {
      event.preventDefault();
      (event.shiftKey ? history.redo : history.undo)();
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
      event.preventDefault();
      event.stopPropagation();
      remove();
    }
  };

  return (
    <div className={styles.editor} role="group" aria-label={t('editor')} onKeyDown={onKeyDown}>
      <div className={styles.scene}>
        <GroundView
          keys={keys}
          chosen={index}
          at={at}
          time={clock.t}
          seconds={seconds}
          solids={solids}
          read={reading}
          view={view}
          raising={raising}
          onView={setView}
          onChoose={choose}
          onBegin={history.begin}
          onKey={put}
          onAdd={add}
        />
        <span className={styles.badge}>{t('keyOf', { n: index + 1, of: keys.length })}</span>
        <figure className={styles.lens} style={{ width: lens.width }}>
          <LensView
            row={row}
            {...lens}
            read={reading}
            solids={solids}
            seconds={clock.t * seconds}
            label={t('lensLabel')}
          />
          <figcaption>
            <span>{t('lens')}</span>
            <span className={styles.figures} aria-label={t('lensFigures', figures(now))}>
              <i>{String(figures(now).azimuth).replace('-', '−')}°</i>
              <i>
                {now.elevation < 0 ? '↓' : '↑'}
                {Math.abs(figures(now).elevation)}°
              </i>
              <i>{figures(now).metres} m</i>
            </span>
          </figcaption>
        </figure>
        <div className={styles.tools} role="toolbar" aria-label={t('tools')}>
          <Tool
            icon={IconPlus}
            label={t(keys.length >= MAX_KEYS ? 'mostKeys' : room ? 'add' : 'addHere', { most: MAX_KEYS })}
            off={!room}
            onClick={() => add(clock.t)}
          />
          <Tool
            icon={IconTrash}
            label={t(keys.length > 2 ? 'remove' : 'twoKeys')}
            off={keys.length <= 2}
            onClick={remove}
          />
          <Tool icon={IconArrowsVertical} label={t('raise')} on={raising} onClick={() => setRaising(!raising)} />
          <Tool icon={IconFocusCentered} label={t('fit')} onClick={() => setView(around(keys))} />
          <Tool icon={IconArrowBackUp} label={t('undo')} off={!history.canUndo} onClick={history.undo} />
          <Tool icon={IconArrowForwardUp} label={t('redo')} off={!history.canRedo} onClick={history.redo} />
        </div>
      </div>
      <SpeedLane
        keys={keys}
        at={at}
        chosen={index}
        seconds={seconds}
        clock={clock}
        onChoose={choose}
        onBegin={history.begin}
        onTime={(n, time) => {
          const all = replaced(keys, n, { ...keys[n], t: time });
          history.set(all);
          clock.seek(all[n].t);
        }}
        onAdd={add}
      />
      <div className={styles.aims}>
        <span>{t('looksAt')}</span>
        {solids.map((solid, i) => (
          <button
            key={i}
            type="button"
            className={styles.aim}
            aria-pressed={looksAt(keys[index], solid, seconds)}
            onClick={() => history.commit(replaced(keys, index, aimed(keys[index], solid.at(keys[index].t * seconds))))}
          >
            {nameOf(i)}
          </button>
        ))}
        {solids.length === 0 && <span className={styles.quiet}>{t('nothing')}</span>}
        {solids.length > 0 && (
          <button
            type="button"
            className={styles.aim}
            title={t('followWhy')}
            onClick={() => history.commit(keys.map((key) => aimed(key, solids[0].at(key.t * seconds))))}
          >
            {t('follow')}
          </button>
        )}
        <button
          type="button"
          className={styles.aim}
          disabled={keys.length < 3}
          title={t('evenWhy')}
          onClick={() => history.commit(evened(keys))}
        >
          <IconWaveSine size={14} aria-hidden /> {t('even')}
        </button>
      </div>
      <KeyTable keys={keys} chosen={index} seconds={seconds} onChoose={choose} onKeys={history.commit} />
      <p className={styles.help}>{t('help')}</p>
    </div>
  );

  function nameOf(i: number): string {
    const thing = reading?.things[i];
    return t('thing', {
      colour: thing?.colour ? t(`colour.${thing.colour as 'red'}`) : '',
      shape: t(`shape.${(thing?.shape || 'thing') as 'ball'}`),
    }).trim();
  }
}

function Tool({
  icon: Icon,
  label,
  off = false,
  on,
  onClick,
}: {
  icon: ComponentType<{ size?: number; stroke?: number; 'aria-hidden'?: boolean }>;
  label: string;
  off?: boolean;
  on?: boolean;
  onClick: () => void;
}) {
  return (
    <button
      type="button"
      className={styles.tool}
      aria-label={label}
      title={label}
      aria-pressed={on}
      disabled={off}
      onClick={onClick}
    >
      <Icon size={16} stroke={1.8} aria-hidden />
    </button>
  );
}

function figures(key: Key) {
  const degrees = (angle: number) => Math.round((angle * 180) / Math.PI);
  return {
    azimuth: degrees(key.azimuth),
    elevation: degrees(key.elevation),
    metres: (key.distance * METRES).toFixed(1),
  };
}

function looksAt(key: Key, solid: Solid, seconds: number): boolean {
  const centre = solid.at(key.t * seconds);
  return Math.hypot(...key.target.map((value, i) => value - centre[i])) < 0.05;
}
