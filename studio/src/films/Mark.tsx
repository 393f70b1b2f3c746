// The state of a shot, a still or a voice: each is a shape of its own, always with its word.
import { useTranslation } from 'react-i18next';
import type { StateName } from './types';
import css from './mark.module.css';

export function Mark({ state, bare }: { state: StateName; bare?: boolean }) {
  const { t } = useTranslation('films');
  return (
    <span className={css.mark} data-state={state}>
      <Shape state={state} />
      <span className={bare ? 'sr' : undefined}>{t(`state.${state}`)}</span>
    </span>
  );
}

export function Shape({ state }: { state: StateName }) {
  const line = { fill: 'none', stroke: 'currentColor', strokeWidth: 1.6 };
  return (
    <svg className={css.shape} data-state={state} width={14} height={14} viewBox="0 0 14 14" aria-hidden>
      {state === 'current' && <circle cx="7" cy="7" r="4.5" fill="currentColor" />}
      {state === 'stale' && (
        <>
          <circle cx="7" cy="7" r="5" {...line} />
          <path d="M7 2a5 5 0 0 1 0 10z" fill="currentColor" />
        </>
      )}
      {state === 'missing' && <circle cx="7" cy="7" r="5" {...line} strokeDasharray="2.6 2.6" />}
      {state === 'blocked' && (
        <path d="M3 6.5h8v5.5H3zM4.8 6.5V4.6a2.2 2.2 0 0 1 4.4 0v1.9" {...line} strokeLinejoin="round" />
      )}
      {state === 'running' && (
        <>
          <circle cx="7" cy="7" r="5" {...line} strokeOpacity=".35" />
          <path d="M7 2a5 5 0 0 1 5 5" {...line} strokeLinecap="round" />
        </>
      )}
      {state === 'failed' && <path d="m3 3 8 8m0-8-8 8" {...line} strokeLinecap="round" />}
    </svg>
  );
}
