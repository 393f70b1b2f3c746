// What is said or shown in a shot, and by whom.
import { Select, Textarea } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Button, IconButton } from '../../parts/Button';
import { addLine, type Placed } from '../document';
import type { Film } from '../edits';
import { Mark } from '../Mark';
import { stateOf } from '../say';
import type { Line } from '../types';
import { useDraft } from '../useDraft';
import css from './sheet.module.css';

const KINDS = ['dialogue', 'voice_over', 'title', 'sound'] as const;

export function Lines({ here: { film, change }, placed }: { here: Film; placed: Placed }) {
  const { t } = useTranslation('films');
  const { shotId, shot } = placed;
  const lines = shot.lines ?? [];
  const set = (changed: Line[]) => change({ shots: { [shotId]: { lines: changed.length ? changed : null } } });
  const who = Object.entries(film.document.cast ?? {}).filter(
    ([, member]) => (member.kind ?? 'character') === 'character',
  );
  return (
    <section className={css.lines} aria-label={t('field.lines')}>
      <header>
        <h3>{t('field.lines')}</h3>
        <Button
          small
          kind="quiet"
          icon={<IconPlus size={14} stroke={2} aria-hidden />}
          onClick={() => set(addLine(film.document, lines, shot.cast?.[0] ?? ''))}
        >
          {t('addLine')}
        </Button>
      </header>
      {!lines.length && <p>{t('noLine')}</p>}
      {lines.map((line, at) => {
        const put = (fields: Partial<Line>) =>
          set(lines.map((one) => (one.id === line.id ? { ...one, ...fields } : one)));
        const voice = stateOf(film, line.id, 'voice');
        return (
          <div key={line.id} className={css.line} role="group" aria-label={t('lineOf', { number: at + 1 })}>
            <div className={css.lineHead}>
              <Select
                aria-label={t('speaker')}
                size="xs"
                allowDeselect={false}
                value={line.speaker ?? ''}
                onChange={(speaker) => put({ speaker: speaker ?? '' })}
                data={[
                  { value: '', label: t('nobody') },
                  ...who.map(([id, member]) => ({ value: id, label: member.name })),
                ]}
              />
              <Select
                aria-label={t('lineKind')}
                size="xs"
                allowDeselect={false}
                value={line.kind ?? 'dialogue'}
                onChange={(kind) => put({ kind: kind as Line['kind'] })}
                data={KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))}
              />
              <IconButton small label={t('removeLine')} onClick={() => set(lines.filter(({ id }) => id !== line.id))}>
                <IconX size={15} stroke={1.8} aria-hidden />
              </IconButton>
            </div>
            <LineText value={line.text} onCommit={(text) => put({ text })} />
            {(line.kind ?? 'dialogue') !== 'title' && line.kind !== 'sound' && (
              <div className={css.lineHead}>
                <Select
                  aria-label={t('spokenBy')}
                  size="xs"
                  allowDeselect={false}
                  value={line.spoken_by ?? 'voice'}
                  onChange={(by) => put({ spoken_by: by as Line['spoken_by'] })}
                  data={(['voice', 'take', 'nobody'] as const).map((value) => ({
                    value,
                    label: t(`spoken.${value}`),
                  }))}
                />
                {voice && <Mark state={voice.state} />}
              </div>
            )}
          </div>
        );
      })}
    </section>
  );
}

function LineText({ value: now, onCommit }: { value: string; onCommit: (value: string) => void }) {
  const { t } = useTranslation('films');
  const { value, onChange, onBlur } = useDraft(now, onCommit);
  return (
    <Textarea
      aria-label={t('field.line')}
      autosize
      minRows={1}
      maxRows={6}
      maxLength={4000}
      size="xs"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      onBlur={onBlur}
    />
  );
}
