// The three gates of a film, and its budget. A gate opens again by itself when what was seen has changed.
import { NumberInput, Popover } from '@mantine/core';
import { IconCheck, IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../parts/Button';
import { figure } from '../../parts/time';
import { useShortcut } from '../../shell/shortcuts';
import { useFilmActs } from '../acts';
import type { Film } from '../edits';
import { GATES, type GateName } from '../types';
import { useDraft } from '../useDraft';
import css from './gates.module.css';

export function GateStrip({ here }: { here: Film }) {
  const { t } = useTranslation('films');
  const { film, saved } = here;
  const { gate } = useFilmActs(film.id);
  const next = GATES.find((name) => film.gates[name] !== 'passed');
  const ready = seenOf(film.states);
  const may = (name: GateName) => !gate.isPending && saved === 'saved' && (name === 'breakdown' || ready[name]);
  useShortcut('a', () => next && may(next) && gate.mutate({ name: next, approve: true }), t('keys.approve'));
  return (
    <div className={css.strip}>
      <ol className={css.gates} aria-label={t('gates')}>
        {GATES.map((name, at) => {
          const state = film.gates[name] ?? 'closed';
          const by = film.document.gates?.[name]?.by ?? '';
          const why =
            state === 'passed'
              ? t('gate.passed', { by })
              : state === 'open again'
                ? t('gate.changed')
                : t(`gate.closed.${name === next && may(name) ? 'breakdown' : name}`);
          return (
            <li key={name} data-state={state} data-next={name === next || undefined}>
              {at > 0 && <IconChevronRight className={css.arrow} size={16} stroke={1.8} aria-hidden />}
              <span className={css.number}>
                {state === 'passed' ? <IconCheck size={14} stroke={2.2} aria-hidden /> : at + 1}
              </span>
              <b>{t(`gate.${name}`)}</b>
              <span>{why}</span>
              {state === 'passed' ? (
                <button
                  type="button"
                  className={css.again}
                  disabled={gate.isPending}
                  onClick={() => gate.mutate({ name, approve: false })}
                >
                  <span className="sr">{t(`gate.${name}`)}: </span>
                  {t('gate.openAgain')}
                </button>
              ) : (
                name === next && (
                  <Button
                    small
                    data-approve
                    aria-label={t('gate.approveOf', { gate: t(`gate.${name}`) })}
                    disabled={!may(name)}
                    onClick={() => gate.mutate({ name, approve: true })}
                  >
                    {t('gate.approve')}
                  </Button>
                )
              )}
            </li>
          );
        })}
      </ol>
      <Budget here={here} />
    </div>
  );
}

/** Whether there is anything to look at. */
function seenOf(states: Film['film']['states']) {
  const made = ({ state }: { state: string }) => ['current', 'stale'].includes(state);
  return {
    stills:
      states.some((one) => one.kind === 'still' && made(one)) || states.some((one) => one.kind === 'clip' && made(one)),
    cut: states.some((one) => one.kind === 'clip' && made(one)),
  };
}

function Budget({ here: { film, change } }: { here: Film }) {
  const { t } = useTranslation('films');
  const [open, setOpen] = useState(false);
  const { spent, running, missing, credits_on } = film.estimate;
  const budget = film.document.budget ?? null;
  const draft = useDraft<number | ''>(budget ?? '', (value) => change({ budget: value === '' ? null : value }));
  if (!credits_on) return null;
  const share = (credits: number) => `${Math.min(100, (100 * credits) / Math.max(budget ?? 0, 0.01))}%`;
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" width={280} trapFocus>
      <Popover.Target>
        <button type="button" className={css.budget} aria-expanded={open} onClick={() => setOpen(!open)}>
          <span>
            {t('budget.spent')} <b>{figure(spent)}</b>
          </span>
          {budget !== null && (
            <span className={css.meter} aria-hidden>
              <i style={{ width: share(spent) }} />
              <i style={{ width: share(running + missing.credits) }} data-coming />
            </span>
          )}
          <span>
            {budget === null
              ? t('budget.toFinish', { credits: figure(missing.credits) })
              : t('budget.of', { budget: figure(budget), credits: figure(missing.credits) })}
          </span>
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={css.budgetForm}>
          <NumberInput
            label={t('budget.label')}
            description={t('budget.why')}
            min={0}
            max={1e9}
            decimalScale={2}
            value={draft.value}
            onChange={(value) => draft.onChange(typeof value === 'number' ? value : '')}
            onBlur={draft.onBlur}
          />
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
