// After a change of the model: what is made otherwise than before, each with its old value, and the way back.
import { IconArrowNarrowRight, IconX } from '@tabler/icons-react';
import { useForm } from '../make/form';
import { Button, IconButton } from '../parts/Button';
import css from './bar.module.css';
import { useModels } from './hooks';
import { useSay } from './say';
import { usePicker } from './store';
import { shortName } from './takes';

export function Changed() {
  const { t, name, value } = useSay();
  const { cards, used } = useModels();
  const { changed, open, set } = usePicker();
  const fill = useForm((form) => form.fill);
  const from = cards.find((card) => card.id === changed?.from);
  if (!changed || open || !used || used.id !== changed.to) return null;
  const back = () => {
    fill(changed.before);
    set({ changed: null });
  };
  return (
    <section className={css.changed} role="status" aria-label={t('changed.title', { model: shortName(used) })}>
      <header>
        <b>{t('changed.title', { model: shortName(used) })}</b>
        <IconButton small label={t('changed.done')} onClick={() => set({ changed: null })}>
          <IconX size={16} stroke={1.9} />
        </IconButton>
      </header>
      <dl>
        {changed.list.map((one) => (
          <div key={`${one.what} ${'name' in one ? one.name : ''}`}>
            <dt>{name(one)}</dt>
            <dd>
              {one.from !== null && <s>{value(one, 'from')}</s>}
              {one.from !== null && <IconArrowNarrowRight size={16} stroke={1.7} aria-hidden />}
              <span data-lost={one.to === null || undefined}>{value(one, 'to')}</span>
              {one.from === null && <span className="cap">{t('changed.again')}</span>}
            </dd>
          </div>
        ))}
      </dl>
      {from && (
        <Button small onClick={back}>
          {t('changed.back', { model: shortName(from) })}
        </Button>
      )}
    </section>
  );
}
