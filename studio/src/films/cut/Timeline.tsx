// The rows of the cut: picture, voice, sound, music, captions. Only what is in sight is drawn.
import { IconBadgeCc, IconMicrophone, IconMovie, IconMusic, IconVolume } from '@tabler/icons-react';
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Acts } from './acts';
import type { Deck } from './deck';
import { choose, HEAD, scale, useDesk, zoomFor } from './desk';
import { type Draft, useDrag } from './drag';
import type { Interval } from './envelope';
import { fraction } from './fraction';
import { PieceItem } from './PieceItem';
import { usePlay } from './play';
import { Playhead, Ruler } from './Ruler';
import css from './timeline.module.css';
import { lengthOf, type Piece, pieceAt } from './timeline';
import type { Work } from './useCut';
import { Duck, Wave } from './Wave';

const SLACK = 500; // pixels beyond what is in sight
const TAIL = 80; // pixels behind the end

interface Props {
  work: Work;
  acts: Acts;
  deck: Deck;
  speech: Interval[];
  all: Piece[]; // with what is being dragged
  onDraft: (draft: Draft | null) => void;
}

export function Timeline({ work, acts, deck, speech, all, onDraft }: Props) {
  const { t } = useTranslation('filmcut');
  const { film, document, captions } = work;
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ left: 0, wide: 900 });
  const { chosen, zoom } = useDesk();
  const seconds = lengthOf(all).number;
  const room = Math.max(200, view.wide - HEAD - TAIL);
  const rate = acts.rate.number;
  const perSecond = scale(zoom, room, work.seconds, rate);
  const drag = useDrag(work, acts, perSecond, onDraft);

  useLayoutEffect(() => {
    const at = box.current!;
    let frame = 0;
    const look = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => setView({ left: at.scrollLeft, wide: at.clientWidth }));
    };
    const watched = new ResizeObserver(look);
    watched.observe(at);
    at.addEventListener('scroll', look, { passive: true });
    return () => {
      cancelAnimationFrame(frame);
      watched.disconnect();
      at.removeEventListener('scroll', look);
    };
  }, []);
  useZooming(box, { room, seconds: work.seconds, rate, perSecond });
  useFollowing(box, perSecond);

  const from = (view.left - SLACK) / perSecond;
  const to = (view.left + view.wide + SLACK) / perSecond;
  const seen = (start: number, end: number) => end >= from && start <= to;
  const states = useMemo(
    () => new Map(film.states.filter((one) => one.kind === 'clip').map((one) => [one.of, one.state])),
    [film.states],
  );
  const posters = useMemo(() => new Map(film.takes.map((one) => [one.id, one.thumbnail_url])), [film.takes]);
  const place = (start: number, end: number) => ({
    left: start * perSecond,
    width: Math.max(4, (end - start) * perSecond),
  });
  const isCue = (kind: 'music' | 'sound') => (one: { of: string }) =>
    (document.cues?.[one.of]?.kind ?? 'music') === kind;
  const sounds = work.music.filter(isCue('sound'));
  const own = all.filter((piece) => piece.media?.sound && !piece.isStill && !piece.muted);
  const wide = seconds * perSecond + TAIL;
  const line = drag.shown?.line;
  const first = work.music.find(isCue('music'));

  const cueOf = (one: (typeof work.music)[number]) => {
    if (!seen(one.from, one.to)) return null;
    const style = place(one.from, one.to);
    const on = chosen?.kind === 'cue' && chosen.id === one.of;
    const cue = document.cues?.[one.of];
    const name =
      cue?.kind === 'sound'
        ? t('soundCue')
        : cue?.file
          ? t('ownMusic')
          : t('composed', { mood: t(`mood.${(cue?.mood ?? 'bright') as 'bright'}`) });
    return (
      <button
        key={one.id}
        type="button"
        className={css.music}
        style={style}
        data-on={on || undefined}
        aria-pressed={on}
        aria-label={t('cueOf', { name, start: one.from.toFixed(1), end: one.to.toFixed(1) })}
        onClick={() => choose('cue', one.of)}
      >
        <Wave url={one.media.url} {...partOf(one)} width={style.width} />
        {one.duck && <Duck speech={speech} start={one.from} end={one.to} />}
        <span>{name}</span>
      </button>
    );
  };

  return (
    <div
      ref={box}
      className={css.box}
      data-dragging={drag.shown ? true : undefined}
      onPointerMove={drag.move}
      onPointerUp={drag.release}
      onPointerCancel={drag.cancel}
      tabIndex={-1}
    >
      <div className={css.rows} style={{ width: HEAD + wide }}>
        <Ruler
          perSecond={perSecond}
          seconds={seconds}
          left={view.left}
          wide={view.wide}
          onSeek={(at) => deck.seek(at)}
        />
        <Row
          name={t('row.picture')}
          note={t('pieces', { count: all.length })}
          icon={<IconMovie size={17} stroke={1.7} aria-hidden />}
          high={96}
        >
          <ol aria-label={t('row.picture')}>
            {inSight(all, from, to).map((piece) => (
              <PieceItem
                key={piece.id}
                piece={piece}
                perSecond={perSecond}
                poster={posters.get(piece.take)}
                state={piece.shot ? states.get(piece.shot) : undefined}
                isOn={chosen?.kind === 'piece' && chosen.id === piece.id}
                carried={drag.shown?.id === piece.id ? drag.shown.by : 0}
                hold={drag.hold}
                next={all[all.indexOf(piece) + 1]}
              />
            ))}
          </ol>
        </Row>
        <Row
          name={t('row.voice')}
          note={t('voices', { count: work.voices.length })}
          icon={<IconMicrophone size={17} stroke={1.7} aria-hidden />}
          high={54}
        >
          {work.voices
            .filter((one) => seen(one.from, one.to))
            .map((one) => {
              const style = place(one.from, one.to);
              const on = chosen?.kind === 'voice' && chosen.id === one.of;
              const spoken = work.timeline?.spoken.find((said) => said.line === one.of);
              const who = spoken?.speaker || t('narrator');
              return (
                <button
                  key={one.id}
                  type="button"
                  className={css.voice}
                  style={style}
                  data-on={on || undefined}
                  aria-pressed={on}
                  aria-label={t('voiceOf', { who, text: spoken?.text ?? '' })}
                  onClick={() => choose('voice', one.of)}
                >
                  <span>{who}</span>
                  <Wave url={one.media.url} {...partOf(one)} width={style.width} />
                </button>
              );
            })}
        </Row>
        {(own.length > 0 || sounds.length > 0) && (
          <Row name={t('row.sound')} note="" icon={<IconVolume size={17} stroke={1.7} aria-hidden />} high={42}>
            {own
              .filter((piece) => seen(piece.start.number, piece.start.number + piece.seconds.number))
              .map((piece) => {
                const style = place(piece.start.number, piece.start.number + piece.seconds.number);
                const until = piece.sourceIn.number + piece.seconds.number * piece.speed.number;
                return (
                  <span key={piece.id} className={css.own} style={style}>
                    <Wave url={piece.media!.url} from={piece.sourceIn.number} to={until} width={style.width} />
                  </span>
                );
              })}
            {sounds.map(cueOf)}
          </Row>
        )}
        <Row
          name={t('row.music')}
          note={first ? t(first.duck ? 'ducks' : 'gain', { gain: decibels(first.gain) }) : ''}
          icon={<IconMusic size={17} stroke={1.7} aria-hidden />}
          high={54}
        >
          {work.music.filter(isCue('music')).map(cueOf)}
        </Row>
        <Row name={t('row.captions')} note="" icon={<IconBadgeCc size={17} stroke={1.7} aria-hidden />} high={40}>
          {captions
            .filter((one) => seen(one.from, one.to))
            .map((one) => (
              <button
                key={`${one.start} ${one.text}`}
                type="button"
                className={css.caption}
                style={place(one.from, one.to)}
                title={one.text}
                onClick={() => deck.seek(one.from + 0.01)}
              >
                {one.text}
              </button>
            ))}
        </Row>
        {line != null && <div className={css.snap} style={{ left: HEAD + line * perSecond }} />}
        <Playhead perSecond={perSecond} offset={HEAD} />
      </div>
    </div>
  );
}

interface RowProps {
  name: string;
  note: string;
  icon: ReactNode;
  high: number;
  children: ReactNode;
}

function Row({ name, note, icon, high, children }: RowProps) {
  return (
    <section className={css.row} style={{ height: high }} aria-label={name}>
      <div className={css.name} style={{ width: HEAD }}>
        {icon}
        <span>
          <b>{name}</b>
          {note && <small>{note}</small>}
        </span>
      </div>
      <div className={css.lane}>{children}</div>
    </section>
  );
}

const partOf = (one: { source_in: string; seconds: string }) => {
  const from = fraction(one.source_in).number;
  return { from, to: from + fraction(one.seconds).number };
};

export const decibels = (value: number) => `${value < 0 ? '−' : ''}${Math.abs(value)} dB`;

/** Those of them that are in sight; one more on each side, for dissolves. */
function inSight(all: readonly Piece[], from: number, to: number): Piece[] {
  return all.slice(Math.max(0, pieceAt(all, from) - 1), pieceAt(all, to) + 2);
}

interface Zooming {
  room: number;
  seconds: number;
  rate: number;
  perSecond: number;
}

/** Ctrl and the wheel zoom about the pointer; a new zoom from elsewhere keeps the playhead where it is seen. */
function useZooming(box: React.RefObject<HTMLDivElement | null>, now: Zooming) {
  const latest = useRef(now);
  const anchor = useRef<{ time: number; x: number } | null>(null);
  useLayoutEffect(() => {
    const at = box.current!;
    const before = latest.current.perSecond;
    latest.current = now;
    if (before === now.perSecond) return;
    const head = usePlay.getState().time;
    const seen = HEAD + head * before - at.scrollLeft;
    const held = anchor.current ?? { time: head, x: seen > HEAD && seen < at.clientWidth ? seen : at.clientWidth / 2 };
    anchor.current = null;
    at.scrollLeft = HEAD + held.time * now.perSecond - held.x;
  });
  useEffect(() => {
    const at = box.current!;
    const turn = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const { perSecond, room, seconds, rate } = latest.current;
      const x = event.clientX - at.getBoundingClientRect().left;
      anchor.current = { time: (at.scrollLeft + x - HEAD) / perSecond, x };
      const shown = room / (perSecond * Math.exp(-event.deltaY / 300));
      useDesk.setState({ zoom: zoomFor(shown, room, seconds, rate) });
    };
    at.addEventListener('wheel', turn, { passive: false });
    return () => at.removeEventListener('wheel', turn);
  }, [box]);
}

/** While it plays, what plays is in sight. */
function useFollowing(box: React.RefObject<HTMLDivElement | null>, perSecond: number) {
  useEffect(
    () =>
      usePlay.subscribe(({ time, rate }, before) => {
        const at = box.current;
        if (!at || time === before.time) return;
        const x = HEAD + time * perSecond - at.scrollLeft;
        const out = x < HEAD || x > at.clientWidth - 20;
        if (out) at.scrollLeft = HEAD + time * perSecond - (rate >= 0 ? HEAD + 60 : at.clientWidth - 60);
      }),
    [box, perSecond],
  );
}
