// One piece of picture in the timeline: its name, its pictures, and when it is chosen the two edges to trim by.
import { type KeyboardEvent, memo } from 'react';
import { useTranslation } from 'react-i18next';
import { Shape } from '../Mark';
import { choose } from './desk';
import type { Hold } from './drag';
import { Strip } from './Strip';
import { endOf, type Piece } from './timeline';
import css from './timeline.module.css';
import type { State } from './types';

interface Props {
  piece: Piece;
  next?: Piece;
  perSecond: number;
  poster?: string | null;
  state?: State['state'];
  isOn: boolean;
  carried: number; // pixels that it is carried along
  hold: Hold;
}

export const PieceItem = memo(Item, isSame);

function Item({ piece, next, perSecond, poster, state, isOn, carried, hold }: Props) {
  const { t } = useTranslation('filmcut');
  const width = Math.max(3, piece.seconds.number * perSecond);
  const style = {
    left: piece.start.number * perSecond,
    width: width - 1,
    transform: carried ? `translateX(${carried}px)` : undefined,
  };
  const [start, end] = [piece.start.number, endOf(piece).number];
  const handle = (edge: 'start' | 'end') => {
    const value = edge === 'start' ? start : end;
    const press = (event: KeyboardEvent) => {
      const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
      if (!way) return;
      event.preventDefault();
      event.stopPropagation();
      hold.nudge(piece, edge, way * (event.shiftKey ? 10 : 1));
    };
    return (
      <span
        role="slider"
        tabIndex={0}
        className={css.handle}
        data-edge={edge}
        aria-label={t(edge === 'start' ? 'trimStart' : 'trimEnd', { label: piece.label })}
        aria-valuenow={Number(value.toFixed(3))}
        aria-valuemin={0}
        aria-valuemax={Number(end.toFixed(3))}
        aria-valuetext={t('atSeconds', { seconds: value.toFixed(2) })}
        onKeyDown={press}
        onPointerDown={(event) => hold.press(event, piece, edge)}
      />
    );
  };
  const half = (piece.dissolve.number / 2) * perSecond;
  return (
    <li className={css.piece} style={style} data-on={isOn || undefined} data-carried={carried ? true : undefined}>
      <button
        type="button"
        className={css.body}
        aria-pressed={isOn}
        aria-label={t('pieceOf', {
          label: piece.label,
          text: piece.text,
          start: start.toFixed(1),
          end: end.toFixed(1),
        })}
        onPointerDown={(event) => hold.press(event, piece, 'move')}
        onClick={() => choose('piece', piece.id)}
        onKeyDown={(event) => {
          if (event.key !== ' ') return;
          event.preventDefault(); // as everywhere in the cut, and Enter chooses
          hold.play();
        }}
      >
        <span className={css.title}>
          {state && state !== 'current' && width > 46 && <Shape state={state} />}
          <b>{piece.label}</b> {width > 90 && <span>{piece.text}</span>}
        </span>
        <span className={css.strip} data-slate={!piece.media || undefined}>
          <Strip piece={piece} width={Math.round(width)} poster={poster} />
        </span>
      </button>
      {half > 0 && (
        <svg
          className={css.dissolve}
          style={{ left: -half, width: 2 * half }}
          viewBox="0 0 10 10"
          preserveAspectRatio="none"
          aria-hidden
        >
          <path d="M0 0 10 10M10 0 0 10" vectorEffect="non-scaling-stroke" />
        </svg>
      )}
      {piece.lacks && <span className={css.lacks} title={t('lacks', { label: piece.lacks })} />}
      {isOn && handle('start')}
      {isOn && handle('end')}
      {next?.dissolve.isZero === false && <span className="sr">{t('dissolves', { label: next.label })}</span>}
    </li>
  );
}

/** A drag gives all pieces anew, and most of them are as they were. */
function isSame(was: Props, now: Props): boolean {
  const [a, b] = [was.piece, now.piece];
  return (
    was.perSecond === now.perSecond &&
    was.isOn === now.isOn &&
    was.state === now.state &&
    was.poster === now.poster &&
    was.carried === now.carried &&
    was.hold === now.hold &&
    was.next?.dissolve.isZero === now.next?.dissolve.isZero &&
    a.media?.url === b.media?.url &&
    a.take === b.take &&
    a.label === b.label &&
    a.text === b.text &&
    a.lacks === b.lacks &&
    a.start.is(b.start) &&
    a.seconds.is(b.seconds) &&
    a.sourceIn.is(b.sourceIn) &&
    a.speed.is(b.speed) &&
    a.dissolve.is(b.dissolve)
  );
}
