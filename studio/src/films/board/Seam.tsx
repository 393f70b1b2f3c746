import { Tooltip } from '@mantine/core';
import { IconLink, IconUnlink } from '@tabler/icons-react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { shownTake, type Placed } from '../document';
import { label, SMOOTH } from '../say';
import type { FilmView } from '../types';
import css from './board.module.css';

/** How a shot joins the one before it: it goes on from its last frame, with the seam as measured, or it is a cut. */
export const Seam = memo(function Seam({ film, placed }: { film: FilmView; placed: Placed }) {
  const { t } = useTranslation('films');
  const { shotId, shot, before } = placed;
  const earlier = label(film.states.find((one) => one.of === before)?.label ?? '');
  if (shot.start !== 'continue') {
    const word = t(shot.transition === 'dissolve' ? 'dissolve' : 'cut');
    return (
      <span className={css.join} data-kind="cut">
        <IconUnlink size={17} stroke={1.7} aria-hidden />
        <span>{word}</span>
      </span>
    );
  }
  const seam = shownTake(film.takes, shotId, 'clip', shot.take)?.seam ?? null;
  const jump = seam !== null && seam >= SMOOTH;
  const said =
    seam === null ? t('seamUnknown', { label: earlier }) : t('seamOf', { label: earlier, seam: seam.toFixed(1) });
  return (
    <Tooltip label={said}>
      <span className={css.join} data-kind={seam === null ? 'none' : jump ? 'jump' : 'smooth'}>
        <IconLink size={17} stroke={1.7} aria-hidden />
        <span className="sr">{said}</span>
        <span aria-hidden>{seam === null ? '–' : seam.toFixed(1)}</span>
        {jump && <span>{t('jump')}</span>}
      </span>
    </Tooltip>
  );
});
