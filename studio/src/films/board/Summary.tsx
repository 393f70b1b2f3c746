import { useTranslation } from 'react-i18next';
import { Shape } from '../Mark';
import type { FilmView, StateName } from '../types';
import css from './board.module.css';

const ORDER: readonly StateName[] = ['current', 'running', 'stale', 'failed', 'missing', 'blocked'];

/** How many takes are in each state. */
export function Summary({ film }: { film: FilmView }) {
  const { t } = useTranslation('films');
  const clips = film.states.filter(({ kind }) => kind === 'clip');
  return (
    <ul className={css.summary}>
      {ORDER.map((name) => {
        const count = clips.filter(({ state }) => state === name).length;
        return count ? (
          <li key={name}>
            <Shape state={name} />
            {count} {t(`states.${name}`)}
          </li>
        ) : null;
      })}
    </ul>
  );
}
