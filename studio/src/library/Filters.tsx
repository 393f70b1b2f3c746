// The row under the search: what is shown, of which project and model, in which order; the trash stands apart.

import { Menu } from '@mantine/core';
import { IconCheck, IconChevronDown, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useCards } from '../api/hooks';
import { Chip } from '../parts/Chip';
import { useProjects } from './hooks';
import css from './library.module.css';
import { FILTERS, type Query } from './query';

export function Filters({ query, onChange }: { query: Query; onChange: (query: Query) => void }) {
  const { t } = useTranslation('library');
  const projects = useProjects().data?.data ?? [];
  const models = useCards().data ?? [];
  const project = projects.find((one) => one.id === query.project);
  const set = (change: Partial<Query>) => onChange({ ...query, ...change });
  return (
    <div className={css.filters} role="group" aria-label={t('filters')}>
      <div className={css.scroll}>
        {FILTERS.filter((name) => name !== 'trash').map((name) => (
          <Chip key={name} on={query.filter === name} onClick={() => set({ filter: name })}>
            {t(`show.${name}`)}
          </Chip>
        ))}
        {projects.length > 0 && (
          <Pick
            label={
              query.project
                ? t('projectIs', { name: query.project === 'none' ? t('noProject') : (project?.name ?? '…') })
                : t('project')
            }
            value={query.project}
            choices={[
              ['', t('anyProject')],
              ...projects.map((one): [string, string] => [one.id, one.name]),
              ['none', t('noProject')],
            ]}
            onChange={(value) => set({ project: value })}
          />
        )}
        {models.length > 1 && (
          <Pick
            label={models.find((one) => one.id === query.model)?.title ?? t('model')}
            value={query.model}
            choices={[['', t('anyModel')], ...models.map((one): [string, string] => [one.id, one.title])]}
            onChange={(value) => set({ model: value })}
          />
        )}
      </div>
      <Pick
        label={t(query.oldest ? 'oldest' : 'newest')}
        plain
        value={query.oldest ? 'oldest' : ''}
        choices={[
          ['', t('newest')],
          ['oldest', t('oldest')],
        ]}
        onChange={(value) => set({ oldest: value === 'oldest' })}
      />
      <Chip
        icon={<IconTrash size={16} stroke={1.8} aria-hidden />}
        on={query.filter === 'trash'}
        onClick={() => set({ filter: query.filter === 'trash' ? 'all' : 'trash' })}
      >
        {t('show.trash')}
      </Chip>
    </div>
  );
}

interface PickProps {
  label: string;
  value: string;
  choices: [string, string][];
  plain?: boolean; // a choice of it is no filter
  onChange: (value: string) => void;
}

function Pick({ label, value, choices, plain, onChange }: PickProps) {
  return (
    <Menu position="bottom-start" width={220}>
      <Menu.Target>
        <button type="button" className="chip" data-on={(value && !plain) || undefined}>
          {label}
          <IconChevronDown size={15} stroke={1.9} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown mah={360} style={{ overflowY: 'auto' }}>
        {choices.map(([key, name]) => (
          <Menu.Item
            key={key}
            leftSection={<IconCheck size={15} stroke={2} style={{ opacity: key === value ? 1 : 0 }} aria-hidden />}
            aria-current={key === value || undefined}
            onClick={() => onChange(key)}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
