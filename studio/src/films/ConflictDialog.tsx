// Two people changed the same thing: both versions, and which one stays.
import { Modal } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../parts/Button';
import { Segment } from '../parts/Segment';
import { inOrder } from './document';
import type { Conflict } from './edits';
import css from './film.module.css';
import type { FilmView } from './types';

interface Props {
  conflict: Conflict;
  film: FilmView;
  onSettle: (theirs: readonly string[]) => void;
}

export function ConflictDialog({ conflict, film, onSettle }: Props) {
  const { t } = useTranslation('films');
  const [theirs, setTheirs] = useState<readonly string[]>([]);
  const shots = inOrder(film.document);
  const named = (path: string): string => {
    const [kind, id, ...rest] = path.split('.');
    const label = kind === 'shots' ? shots.find(({ shotId }) => shotId === id)?.label : film.document.cast?.[id]?.name;
    const field = t(`field.${rest[0] ?? kind}` as 'field.action', { defaultValue: rest.join(' ') || kind });
    return kind === 'shots'
      ? `${t('shotOf', { label: label ?? id })}: ${field}`
      : [label, field].filter(Boolean).join(': ');
  };
  const shown = (value: unknown): string => {
    if (value === undefined || value === null || value === '') return t('conflict.nothing');
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  };
  return (
    <Modal
      opened
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      size={640}
      title={t('conflict.title')}
    >
      <p>{conflict.message}</p>
      <ul className={css.conflicts}>
        {conflict.places.map((place) => (
          <li key={place.path}>
            <h3>{named(place.path)}</h3>
            <dl>
              <dt>{t('conflict.mine')}</dt>
              <dd>{shown(place.mine)}</dd>
              <dt>{t('conflict.theirs', { by: place.by })}</dt>
              <dd>{shown(place.theirs)}</dd>
            </dl>
            <Segment
              label={named(place.path)}
              value={theirs.includes(place.path) ? 'theirs' : 'mine'}
              onChange={(which) =>
                setTheirs([
                  ...theirs.filter((path) => path !== place.path),
                  ...(which === 'theirs' ? [place.path] : []),
                ])
              }
              choices={[
                { value: 'mine', label: t('conflict.keepMine') },
                { value: 'theirs', label: t('conflict.keepTheirs', { by: place.by }) },
              ]}
            />
          </li>
        ))}
      </ul>
      <Button kind="fill" onClick={() => onSettle(theirs)}>
        {t('conflict.settle')}
      </Button>
    </Modal>
  );
}
