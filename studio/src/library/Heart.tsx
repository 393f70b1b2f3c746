// The heart on a clip's picture.

import { IconHeart, IconHeartFilled } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Clip } from '../api/types';
import { useFavourite } from './actions';
import css from './card.module.css';

export function Heart({ clip }: { clip: Clip }) {
  const { t } = useTranslation('library');
  const favourite = useFavourite();
  const name = t(clip.favourite ? 'card.notFavourite' : 'card.favourite');
  return (
    <button
      type="button"
      className={css.heart}
      data-on={clip.favourite || undefined}
      aria-pressed={clip.favourite}
      aria-label={name}
      title={name}
      onClick={() => favourite([clip], !clip.favourite)}
    >
      {clip.favourite ? <IconHeartFilled size={17} /> : <IconHeart size={17} stroke={1.9} />}
    </button>
  );
}
