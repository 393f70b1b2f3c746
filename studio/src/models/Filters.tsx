// What models must take to be shown. The chips are the legend of the icons in the rows.
import { Drawer } from '@mantine/core';
import { IconCheck, IconFilter, IconSortAscending } from '@tabler/icons-react';
import { useState } from 'react';
import { Button } from '../parts/Button';
import { Chip } from '../parts/Chip';
import { useModels } from './hooks';
import { TAKE_ICONS } from './icons';
import css from './picker.module.css';
import { useSay } from './say';
import { usePicker } from './store';
import { TAKES } from './takes';

const LINE = { size: 16, stroke: 1.7, 'aria-hidden': true } as const;

export function Filters({ hidden, page }: { hidden: number; page: boolean }) {
  const { t } = useSay();
  const { takes, served, set } = usePicker();
  const [open, setOpen] = useState(false);
  const count = takes.length + (served ? 1 : 0);
  const rest = hidden > 0 && (
    <span className={css.hidden}>
      {t('hidden', { count: hidden })}
      <button type="button" onClick={() => set({ takes: [], served: false, words: '' })}>
        {t('clear')}
      </button>
    </span>
  );
  if (!page) {
    return (
      <div className={css.filters}>
        <Chips />
        {rest}
      </div>
    );
  }
  return (
    <div className={css.filters}>
      <Button icon={<IconFilter {...LINE} />} aria-expanded={open} onClick={() => setOpen(true)}>
        {t('filter')}
        {count > 0 && ` · ${count}`}
      </Button>
      {rest}
      <Drawer
        opened={open}
        onClose={() => setOpen(false)}
        position="bottom"
        size="auto"
        title={t('takes')}
        closeButtonProps={{ 'aria-label': t('changed.done') }}
        zIndex={400}
      >
        <div className={css.sheet}>
          <Chips />
        </div>
      </Drawer>
    </div>
  );
}

function Chips() {
  const { t } = useSay();
  const { cards } = useModels();
  const { takes, served, cheapest, toggle, set } = usePicker();
  return (
    <>
      <span className={css.label}>{t('takes')}</span>
      <div className={css.chips} data-all role="group" aria-label={t('takes')}>
        {TAKES.map((what, index) => {
          const Icon = TAKE_ICONS[what];
          return (
            <Chip
              key={what}
              icon={<Icon {...LINE} />}
              on={takes.includes(what)}
              title={t('filterKey', { name: t(`take.${what}`), key: index + 1 })}
              onClick={() => toggle(what)}
            >
              {t(`take.${what}`)}
            </Chip>
          );
        })}
      </div>
      <span className={css.label}>{t('only')}</span>
      <div className={css.chips} role="group" aria-label={t('only')}>
        {cards.some((card) => !card.served) && (
          <Chip icon={<IconCheck {...LINE} />} on={served} onClick={() => set({ served: !served })}>
            {t('served')}
          </Chip>
        )}
        <Chip icon={<IconSortAscending {...LINE} />} on={cheapest} onClick={() => set({ cheapest: !cheapest })}>
          {t('cheapest')}
        </Chip>
      </div>
    </>
  );
}
