import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { local } from '../../library/files';
import { Picture } from '../../parts/Picture';
import { shownTake, titleOf, type Placed } from '../document';
import { Mark } from '../Mark';
import { label as labelOf, ratio, seconds, stateOf } from '../say';
import css from './board.module.css';
import type { BoardProps } from './parts';

type Props = BoardProps & { placed: Placed };

/** One shot: what is made of it, how long it is, who speaks, and its state. */
export const Card = memo(function Card({ here: { film }, lengths, current, onChoose, placed }: Props) {
  const { t } = useTranslation('films');
  const { shotId, shot, label } = placed;
  const state = stateOf(film, shotId);
  const take = shownTake(film.takes, shotId, 'clip', shot.take);
  const still = shownTake(film.takes, shotId, 'still', shot.still);
  const running = film.takes.find((one) => one.of === shotId && one.kind === 'clip' && one.state === 'running');
  const count = film.takes.filter((one) => one.of === shotId && one.kind === 'clip' && one.media).length;
  const shown = take ?? still;
  const title = titleOf(shot) || t('untold');
  const line = shot.lines?.find(({ text }) => text);
  const blocker = film.states.find((one) => one.of === state?.cause)?.label;
  const waiting = state?.state === 'blocked' && blocker ? t('waitsFor', { label: labelOf(blocker) }) : t('noStill');
  return (
    <article className={css.card} data-card={shotId} data-on={shotId === current || undefined}>
      <Picture
        src={local(shown?.thumbnail_url ?? (shown?.kind === 'still' ? shown.media?.url : null))}
        clip={take?.media ? local(take.media.url) : null}
        alt=""
        ratio={ratio(film)}
      >
        {!shown && <span className={css.noStill}>{waiting}</span>}
        <span className={css.corner} data-at="left">
          {label}
        </span>
        {lengths[shotId] && (
          <span className={css.corner} data-at="right">
            {seconds(lengths[shotId])}
          </span>
        )}
        {running ? (
          <span className={css.corner} data-at="below">
            {t('making', { progress: running.progress })}
          </span>
        ) : (
          shown && (
            <span className={css.corner} data-at="below">
              {take
                ? count > 1
                  ? t('takeOf', { number: take.number, count })
                  : t('take', { number: take.number })
                : t('still')}
            </span>
          )
        )}
        {running && <i className={css.progress} style={{ width: `${running.progress}%` }} />}
      </Picture>
      <div className={css.text}>
        <button
          type="button"
          data-open
          className={css.open}
          aria-pressed={shotId === current}
          aria-label={`${t('shotOf', { label })}: ${title}`}
          onClick={() => onChoose(shotId)}
        >
          {title}
        </button>
        <p>{line ? t('quoted', { text: line.text }) : t('noLine')}</p>
        {state && <Mark state={state.state} />}
      </div>
    </article>
  );
});
