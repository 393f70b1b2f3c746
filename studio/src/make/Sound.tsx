import { Switch } from '@mantine/core';
import { IconVolume } from '@tabler/icons-react';
import type { Card } from '../api/types';
import { Greyed } from '../models/Greyed';
import { useSay } from '../models/say';
import { useForm } from './form';
import css from './make.module.css';

/** With or without sound, where the model in use leaves one the choice. */
export function Sound({ used, card }: { used: Card | undefined; card: Card | undefined }) {
  const { t } = useSay();
  const { withSound, mode, fill } = useForm();
  if (!used || used.sound === 'never' || mode === 'still') return null;
  const always = (card ?? used).sound === 'always';
  return (
    <Greyed why={card?.sound === 'never' ? t('without.sound') : ''} name={t('take.sound')} take="sound">
      <div className={css.sound}>
        <IconVolume size={20} stroke={1.6} aria-hidden />
        <span>
          <b>{t('take.sound')}</b>
          <span>{t(always ? 'soundAlways' : 'soundText')}</span>
        </span>
        {!always && (
          <Switch
            aria-label={t('take.sound')}
            checked={withSound ?? false}
            onChange={(event) => fill({ withSound: event.currentTarget.checked })}
          />
        )}
      </div>
    </Greyed>
  );
}
