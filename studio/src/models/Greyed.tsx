// A part of the form that the model lacks which is tried on: it keeps its place and its values, and says why.
import { useId, type ReactNode } from 'react';
import css from './greyed.module.css';
import { useModels } from './hooks';
import { useSay } from './say';
import { usePicker } from './store';
import { takes, type Take } from './takes';

interface Props {
  why: string; // empty: the model has it
  name: string; // of the part, read aloud
  take?: Take; // the filter that shows the models that have it
  children: ReactNode;
}

export function Greyed({ why, name, take, children }: Props) {
  const { t } = useSay();
  const { cards } = useModels();
  const id = useId();
  const able = take ? cards.filter((card) => takes(card, take)).length : 0;
  return (
    <div className={css.part} data-greyed={why ? true : undefined}>
      <div
        className={css.inner}
        {...(why && { role: 'group', 'aria-disabled': true, 'aria-label': name, 'aria-describedby': id, tabIndex: 0 })}
      >
        <div className={css.inner} inert={why ? true : undefined}>
          {children}
        </div>
      </div>
      {why && (
        <p className={css.why}>
          <span id={id}>{why}</span>{' '}
          {able > 0 && (
            <button type="button" onClick={() => usePicker.getState().set({ takes: [take!], words: '' })}>
              {t('show', { count: able })}
            </button>
          )}
        </p>
      )}
    </div>
  );
}
