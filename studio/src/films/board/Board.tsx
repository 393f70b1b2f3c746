// Scenes as rows of cards, with the seam between each two.
import { Menu } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Fragment, memo, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../parts/Button';
import { MoreMenu } from '../../parts/MoreMenu';
import { addScene, addShot, merged, type Placed, removeScene, shownTake, toSeconds } from '../document';
import { ratio, SMOOTH, seconds } from '../say';
import type { FilmDocument } from '../types';
import css from './board.module.css';
import { Card } from './Card';
import type { BoardProps } from './parts';
import { Seam } from './Seam';
import { useNear } from './useNear';

export function Board(props: BoardProps) {
  const { here, shots, current, onChoose } = props;
  const { t } = useTranslation('films');
  const { film, change } = here;
  const list = useRef<HTMLOListElement>(null);
  const near = useNear(
    list,
    useMemo(() => shots.map(({ shotId }) => shotId).join(), [shots]),
  );
  const scenes = useMemo(() => scenesOf(film.document, shots), [film.document, shots]);
  const add = () => {
    const scene = scenes.length ? addScene(film.document, t('newScene'), scenes.at(-1)?.id) : {};
    const withScene = merged(film.document, scene);
    const { patch, id } = addShot(withScene, withScene.scene_order?.at(-1) ?? '');
    change(merged(scene, patch));
    onChoose(id);
  };
  return (
    <>
      <ol
        ref={list}
        className={css.scenes}
        aria-label={t('scenes')}
        style={{ '--ratio': ratio(film) } as React.CSSProperties}
      >
        {scenes.map(({ id, mine }, number) => {
          const chosen = mine.some(({ shotId }) => shotId === current) ? current : '';
          const seen = mine.flatMap(({ shotId }) => (near.has(shotId) || shotId === chosen ? [shotId] : []));
          const row = { sceneId: id, mine, number, seen: seen.join(), current: chosen };
          return <SceneRow key={id} {...props} {...row} />;
        })}
      </ol>
      <button type="button" className={css.add} onClick={add}>
        <IconPlus size={17} stroke={1.8} aria-hidden />
        {t(scenes.length ? 'addScene' : 'addShot')}
      </button>
    </>
  );
}

function scenesOf(document: FilmDocument, shots: readonly Placed[]): { id: string; mine: Placed[] }[] {
  return (document.scene_order ?? []).map((id) => ({ id, mine: shots.filter(({ sceneId }) => sceneId === id) }));
}

interface RowProps extends BoardProps {
  sceneId: string;
  mine: readonly Placed[]; // its shots
  number: number; // counted from 0
  seen: string; // ids of those whose card is drawn
}

/** One scene. It is drawn anew when the film changes, other cards of it come near, or one of it is chosen. */
const SceneRow = memo(function SceneRow({ sceneId, mine, number, seen, ...props }: RowProps) {
  const { here, lengths, current, onChoose } = props;
  const { t } = useTranslation('films');
  const { film, change } = here;
  const drawn = new Set(seen.split(','));
  const add = () => {
    const { patch, id } = addShot(film.document, sceneId);
    change(patch);
    onChoose(id);
  };
  const scene = film.document.scenes?.[sceneId] ?? {};
  const length = mine.reduce((sum, { shotId }) => sum + (toSeconds(lengths[shotId]) ?? 0), 0);
  const jumps = mine.filter(({ shotId, shot }) => {
    const seam = shownTake(film.takes, shotId, 'clip', shot.take)?.seam ?? 0;
    return shot.start === 'continue' && seam >= SMOOTH;
  });
  const goesOn = mine.some(({ shot, before }) => shot.start === 'continue' && before);
  const told = jumps.length
    ? t('jumpsBefore', { list: jumps.map(({ label }) => label).join(', ') })
    : goesOn
      ? t('goesOn')
      : '';
  return (
    <li>
      <header className={css.sceneHead}>
        <h2>
          {number + 1} {scene.heading || t('scene', { number: number + 1 })}
        </h2>
        <span>{[length ? seconds(length) : '', told].filter(Boolean).join(' · ')}</span>
        <IconButton small label={t('addShotTo', { number: number + 1 })} onClick={add}>
          <IconPlus size={16} stroke={1.8} aria-hidden />
        </IconButton>
        <MoreMenu label={t('moreOf', { title: scene.heading || t('scene', { number: number + 1 }) })} size={16}>
          <Menu.Item onClick={add}>{t('addShot')}</Menu.Item>
          <Menu.Item onClick={() => change(removeScene(film.document, sceneId))}>{t('removeScene')}</Menu.Item>
        </MoreMenu>
      </header>
      <ol className={css.cards} aria-label={t('shotsOf', { scene: scene.heading || number + 1 })}>
        {mine.map((placed, at) => {
          const isNear = drawn.has(placed.shotId);
          return (
            <Fragment key={placed.shotId}>
              <li className={css.seam} aria-hidden={at === 0 || !isNear || undefined}>
                {at > 0 && isNear && <Seam film={film} placed={placed} />}
              </li>
              <li
                className={css.cell}
                data-cell={placed.shotId}
                aria-posinset={at + 1}
                aria-setsize={mine.length}
                aria-hidden={!isNear || undefined}
              >
                {isNear && <Card {...props} current={placed.shotId === current ? current : ''} placed={placed} />}
              </li>
            </Fragment>
          );
        })}
        {!mine.length && (
          <li className={css.alone}>
            <button type="button" className={css.add} onClick={add}>
              <IconPlus size={17} stroke={1.8} aria-hidden />
              {t('addShot')}
            </button>
          </li>
        )}
      </ol>
    </li>
  );
});
