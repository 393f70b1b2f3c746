// The same shots as a table: for long films, and for who reads better in rows.
import { useTranslation } from 'react-i18next';
import { local } from '../../library/files';
import { shownTake, titleOf } from '../document';
import { Mark } from '../Mark';
import { seconds, stateOf } from '../say';
import css from './board.module.css';
import type { BoardProps } from './parts';

export function ShotList({ here: { film }, shots, lengths, current, onChoose }: BoardProps) {
  const { t } = useTranslation('films');
  return (
    <table className={css.list}>
      <thead>
        <tr>
          <th scope="col">{t('column.shot')}</th>
          <th scope="col">{t('column.picture')}</th>
          <th scope="col">{t('column.line')}</th>
          <th scope="col">{t('column.length')}</th>
          <th scope="col">{t('column.state')}</th>
        </tr>
      </thead>
      <tbody>
        {shots.map(({ shotId, shot, label }) => {
          const take = shownTake(film.takes, shotId, 'clip', shot.take);
          const state = stateOf(film, shotId);
          return (
            <tr key={shotId} data-on={shotId === current || undefined}>
              <th scope="row">
                {take?.thumbnail_url && <img src={local(take.thumbnail_url)} alt="" loading="lazy" />}
                {label}
              </th>
              <td>
                <button
                  type="button"
                  aria-pressed={shotId === current}
                  aria-label={`${t('shotOf', { label })}: ${titleOf(shot) || t('untold')}`}
                  onClick={() => onChoose(shotId)}
                >
                  {titleOf(shot) || t('untold')}
                </button>
              </td>
              <td>{shot.lines?.map(({ text }) => text).join(' ') || t('noLine')}</td>
              <td>{lengths[shotId] ? seconds(lengths[shotId]) : '–'}</td>
              <td>{state && <Mark state={state.state} />}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
