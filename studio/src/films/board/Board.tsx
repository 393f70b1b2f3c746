// Scenes as rows of cards, with the seam between each two.
import { Menu } from '@mantine/core';
import { IconDots, IconPlus } from '@tabler/icons-react';
import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../parts/Button';
import { addScene, addShot, merged, removeScene, shownTake, toSeconds } from '../document';
import { SMOOTH, seconds } from '../say';
import css from './board.module.css';
import { Card } from './Card';
import type { BoardProps } from './parts';
import { Seam } from './Seam';

export function Board(props: BoardProps) {
  const { here, shots, lengths, onChoose } = props;
  const { t } = useTranslation('films');
  const { film, change } = here;
  const scenes = film.document.scene_order ?? [];
  const add = (sceneId: string) => {
    const { patch, id } = addShot(film.document, sceneId);
    change(patch);
    onChoose(id);
  };
  const newScene = () => {
    const scene = addScene(film.document, t('newScene'), scenes.at(-1));
    const withScene = merged(film.document, scene);
    const { patch, id } = addShot(withScene, withScene.scene_order?.at(-1) ?? '');
    change(merged(scene, patch));
    onChoose(id);
  };
  return (
    <>
      <ol className={css.scenes} aria-label={t('scenes')}>
        {scenes.map((sceneId, number) => {
          const scene = film.document.scenes?.[sceneId] ?? {};
          const mine = shots.filter((one) => one.sceneId === sceneId);
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
            <li key={sceneId}>
              <header className={css.sceneHead}>
                <h2>
                  {number + 1} {scene.heading || t('scene', { number: number + 1 })}
                </h2>
                <span>{[length ? seconds(length) : '', told].filter(Boolean).join(' · ')}</span>
                <IconButton small label={t('addShotTo', { number: number + 1 })} onClick={() => add(sceneId)}>
                  <IconPlus size={16} stroke={1.8} aria-hidden />
                </IconButton>
                <Menu position="bottom-end" width={190}>
                  <Menu.Target>
                    <button
                      type="button"
                      className="button"
                      data-kind="quiet"
                      data-icon
                      data-small
                      aria-label={t('moreOf', { title: scene.heading || t('scene', { number: number + 1 }) })}
                    >
                      <IconDots size={16} stroke={1.8} aria-hidden />
                    </button>
                  </Menu.Target>
                  <Menu.Dropdown>
                    <Menu.Item onClick={() => add(sceneId)}>{t('addShot')}</Menu.Item>
                    <Menu.Item onClick={() => change(removeScene(film.document, sceneId))}>
                      {t('removeScene')}
                    </Menu.Item>
                  </Menu.Dropdown>
                </Menu>
              </header>
              <ol className={css.cards} aria-label={t('shotsOf', { scene: scene.heading || number + 1 })}>
                {mine.map((placed, at) => (
                  <Fragment key={placed.shotId}>
                    <li className={css.seam} aria-hidden={at === 0 || undefined}>
                      {at > 0 && <Seam film={film} placed={placed} />}
                    </li>
                    <li className={css.cell}>
                      <Card {...props} placed={placed} />
                    </li>
                  </Fragment>
                ))}
                {!mine.length && (
                  <li className={css.alone}>
                    <button type="button" className={css.add} onClick={() => add(sceneId)}>
                      <IconPlus size={17} stroke={1.8} aria-hidden />
                      {t('addShot')}
                    </button>
                  </li>
                )}
              </ol>
            </li>
          );
        })}
      </ol>
      <button type="button" className={css.add} onClick={scenes.length ? newScene : () => add('')}>
        <IconPlus size={17} stroke={1.8} aria-hidden />
        {t(scenes.length ? 'addScene' : 'addShot')}
      </button>
    </>
  );
}
