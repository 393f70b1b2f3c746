// The same cut as a table: every value is a field, in the order of the film.
import { IconArrowDown, IconArrowUp, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../parts/Button';
import { Mark } from '../Mark';
import type { Acts } from './acts';
import { choose, useDesk } from './desk';
import * as edits from './edits';
import { Field } from './Field';
import { fraction, ZERO } from './fraction';
import css from './list.module.css';
import side from './side.module.css';
import { endOf, type Piece, sourceOut } from './timeline';
import type { Work } from './useCut';

const COLUMNS = ['piece', 'take', 'begins', 'from', 'to', 'shownFor', 'speed', 'gap', 'dissolve', 'ownSound'] as const;

export function ListView({ work, acts }: { work: Work; acts: Acts }) {
  const { t } = useTranslation('filmcut');
  return (
    <div className={css.box} tabIndex={0} role="region" aria-label={t('asList')}>
      <table className={css.table}>
        <thead>
          <tr>
            {COLUMNS.map((name) => (
              <th key={name} scope="col">
                {t(`column.${name}`)}
              </th>
            ))}
            <th>
              <span className="sr">{t('tools')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {work.all.map((piece, at) => (
            <Line key={piece.id} work={work} acts={acts} piece={piece} at={at} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Line({ work, acts, piece, at }: { work: Work; acts: Acts; piece: Piece; at: number }) {
  const { t } = useTranslation('filmcut');
  const { document, all, film, edit } = work;
  const isOn = useDesk(({ chosen }) => chosen?.kind === 'piece' && chosen.id === piece.id);
  const takes = film.takes.filter((one) => one.of === piece.shot && one.kind === 'clip' && one.media);
  const state = film.states.find((one) => one.kind === 'clip' && one.of === piece.shot);
  const before = all[at - 1];
  const gap = before ? piece.start.minus(endOf(before)).number : piece.start.number;
  const moves = piece.media !== null && !piece.isStill;
  const name = (column: (typeof COLUMNS)[number]) => `${piece.label}: ${t(`column.${column}`)}`;
  const s = t('unit');
  return (
    <tr data-on={isOn || undefined} onFocus={() => choose('piece', piece.id)}>
      <th scope="row">
        <b>{piece.label}</b> <span>{piece.text}</span>
        {state && <Mark state={state.state} />}
      </th>
      <td>
        {takes.length > 0 && (
          <select
            className={side.select}
            aria-label={name('take')}
            value={piece.take}
            onChange={(event) => acts.set.take(piece.id, event.currentTarget.value)}
          >
            {takes.map((one) => (
              <option key={one.id} value={one.id}>
                {t('takeOf', { number: one.number })}
              </option>
            ))}
          </select>
        )}
      </td>
      <td className={css.figure}>{piece.start.number.toFixed(2)}</td>
      <td>
        {moves && (
          <Field
            hidden
            label={name('from')}
            unit={s}
            min={0}
            value={piece.sourceIn.number}
            onSet={(to) => acts.set.sourceIn(piece.id, to)}
          />
        )}
      </td>
      <td>
        {moves && (
          <Field
            hidden
            label={name('to')}
            unit={s}
            min={0}
            value={sourceOut(piece).number}
            onSet={(to) => acts.set.sourceOut(piece.id, to)}
          />
        )}
      </td>
      <td>
        <Field
          hidden
          label={name('shownFor')}
          unit={s}
          min={0}
          value={piece.seconds.number}
          onSet={(to) => acts.set.seconds(piece.id, to)}
        />
      </td>
      <td>
        {moves && (
          <Field
            hidden
            label={name('speed')}
            unit="%"
            min={10}
            places={0}
            value={piece.speed.number * 100}
            onSet={(to) => acts.set.speed(piece.id, to.over(fraction(100)))}
          />
        )}
      </td>
      <td>
        <Field hidden label={name('gap')} unit={s} min={0} value={gap} onSet={(to) => acts.set.gap(piece.id, to)} />
      </td>
      <td>
        {at > 0 && (
          <Field
            hidden
            label={name('dissolve')}
            unit={s}
            min={0}
            value={piece.dissolve.number}
            onSet={(to) => acts.dissolve(piece.id, to.less(ZERO) ? ZERO : to)}
          />
        )}
      </td>
      <td>
        {piece.media?.sound && (
          <Field
            hidden
            label={name('ownSound')}
            unit="dB"
            places={1}
            value={piece.gain}
            onSet={(_, to) => acts.set.gain(piece.id, to)}
          />
        )}
      </td>
      <td className={css.acts}>
        <IconButton
          small
          disabled={at === 0}
          label={`${piece.label}: ${t('keys.earlier')}`}
          onClick={() => edit(edits.reorder(document, piece.id, at - 1))}
        >
          <IconArrowUp size={16} stroke={1.8} aria-hidden />
        </IconButton>
        <IconButton
          small
          disabled={at === all.length - 1}
          label={`${piece.label}: ${t('keys.later')}`}
          onClick={() => edit(edits.reorder(document, piece.id, at + 2))}
        >
          <IconArrowDown size={16} stroke={1.8} aria-hidden />
        </IconButton>
        <IconButton
          small
          label={`${piece.label}: ${t('keys.remove')}`}
          onClick={() => edit(edits.remove(document, all, piece.id, useDesk.getState().close))}
        >
          <IconTrash size={16} stroke={1.8} aria-hidden />
        </IconButton>
      </td>
    </tr>
  );
}
