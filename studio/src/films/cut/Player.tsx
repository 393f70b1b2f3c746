// The preview with its few controls: two screens of which the deck shows one or dissolves both, overlays and captions
// over them. Before a take is there it is an animatic: cards and stills with their captions and sounds, in their time.
import {
  IconBadgeCc,
  IconMaximize,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerSkipBack,
  IconPlayerSkipForward,
  IconVolume,
  IconVolumeOff,
} from '@tabler/icons-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { local } from '../../library/files';
import { IconButton } from '../../parts/Button';
import { Tag } from '../../parts/Tag';
import { setDesk, useDesk } from './desk';
import type { Deck } from './deck';
import type { Interval } from './envelope';
import { fraction } from './fraction';
import { usePlay, usePlaying, useTenths } from './play';
import css from './player.module.css';
import { pieceAt } from './timeline';
import type { Work } from './useCut';

interface Props {
  work: Work;
  deck: Deck;
  speech: Interval[];
  onStep: (by: 1 | -1) => void; // to the next cut, or the one before
  simple?: boolean; // on a phone
}

export function Player({ work, deck, speech, onStep, simple }: Props) {
  const { t } = useTranslation('filmcut');
  const { film, document, all } = work;
  const stage = useRef<HTMLDivElement>(null);
  const boxes = useRef<(HTMLDivElement | null)[]>([]);
  const [width, height] = [document.width ?? 1280, document.height ?? 720];

  useEffect(() => {
    deck.attach(boxes.current.filter((box) => box !== null));
    return () => deck.leave();
  }, [deck]);
  const sounds = useMemo(
    () =>
      [...work.voices, ...work.music].map((one) => ({
        url: one.media.url,
        start: one.from,
        end: Math.min(one.to, work.seconds),
        sourceIn: fraction(one.source_in).number,
        gain: one.gain,
        fadeIn: fraction(one.fade_in).number,
        fadeOut: fraction(one.fade_out).number,
        duck: one.duck,
      })),
    [work.voices, work.music, work.seconds],
  );
  useEffect(() => deck.load(all, sounds, speech), [deck, all, sounds, speech]);

  const playing = usePlaying();
  const { loud, rate } = usePlay();
  const captions = useDesk((desk) => desk.captions);
  const rendered = film.renders.find((render) => render.state === 'succeeded' && !render.animatic);
  const isRendered = rendered?.version === film.version;
  const isAnimatic = !all.some((piece) => piece.media && !piece.isStill);
  const told = isAnimatic ? 'isAnimatic' : isRendered ? 'rendered' : rendered ? 'changedSince' : 'notRendered';
  const ratio = { '--ratio': width / height } as React.CSSProperties;
  const full = () =>
    window.document.fullscreenElement ? window.document.exitFullscreen() : stage.current?.requestFullscreen();

  return (
    <section className={css.player} aria-label={t('player')} data-simple={simple || undefined} style={ratio}>
      <div ref={stage} className={css.stage}>
        <div
          className={css.frame}
          data-tall={height > width || undefined}
          data-short-side={Math.min(width, height)}
          onClick={(event) => !(event.target as Element).closest('button') && deck.toggle()}
        >
          {[0, 1].map((at) => (
            <div
              key={at}
              ref={(box) => {
                boxes.current[at] = box;
              }}
              className={css.slot}
              style={{ opacity: 0 }}
              aria-hidden
            >
              <video playsInline preload="auto" muted />
              <img alt="" />
              <div data-slate>
                <b />
                <span />
                <p />
              </div>
            </div>
          ))}
          <Overlays work={work} />
          {captions && <Words work={work} />}
          {height > width && <span className={css.safe} aria-hidden />}
          <div className={css.marks}>
            <Tag tone="scrim">{t(told)}</Tag>
            <Now work={work} />
          </div>
          {isAnimatic && !playing && (
            <button type="button" className={css.animatic} onClick={() => void deck.play(1)}>
              <IconPlayerPlayFilled size={20} aria-hidden />
              {t('playAnimatic')}
            </button>
          )}
        </div>
      </div>
      <div className={css.bar}>
        {!simple && (
          <IconButton small label={t('keys.previous')} onClick={() => onStep(-1)}>
            <IconPlayerSkipBack size={18} stroke={1.7} aria-hidden />
          </IconButton>
        )}
        <IconButton kind="plain" label={t(playing ? 'pause' : 'play')} onClick={() => deck.toggle()} data-play>
          {playing ? <IconPlayerPauseFilled size={18} /> : <IconPlayerPlayFilled size={18} />}
        </IconButton>
        {!simple && (
          <IconButton small label={t('keys.next')} onClick={() => onStep(1)}>
            <IconPlayerSkipForward size={18} stroke={1.7} aria-hidden />
          </IconButton>
        )}
        <Clock seconds={work.seconds} />
        {rate !== 0 && rate !== 1 && <Tag>{rate}×</Tag>}
        <span className={css.grow} />
        <button
          type="button"
          className={css.toggle}
          aria-pressed={captions}
          aria-label={simple ? t('captionsOn') : undefined}
          onClick={() => setDesk({ captions: !captions })}
        >
          <IconBadgeCc size={18} stroke={1.7} aria-hidden />
          {!simple && t(captions ? 'captionsOn' : 'captionsOff')}
        </button>
        <button
          type="button"
          className={css.toggle}
          aria-pressed={loud}
          aria-label={simple ? t('soundOn') : undefined}
          onClick={() => deck.setLoud(!loud)}
        >
          {loud ? (
            <IconVolume size={18} stroke={1.7} aria-hidden />
          ) : (
            <IconVolumeOff size={18} stroke={1.7} aria-hidden />
          )}
          {!simple &&
            (isRendered && rendered?.loudness != null
              ? t('loudness', { value: rendered.loudness.toFixed(1).replace('-', '−') })
              : t(loud ? 'soundOn' : 'soundOff'))}
        </button>
        <IconButton small label={t('keys.full')} onClick={() => void full()} data-full>
          <IconMaximize size={18} stroke={1.7} aria-hidden />
        </IconButton>
      </div>
    </section>
  );
}

function Clock({ seconds }: { seconds: number }) {
  const { t } = useTranslation('filmcut');
  const time = useTenths();
  return (
    <span className={css.clock}>
      <b>{time.toFixed(1)}</b> / {t('seconds', { value: seconds.toFixed(1) })}
    </span>
  );
}

/** Which piece is seen now, and which take of it. */
function Now({ work: { all, film } }: { work: Work }) {
  const { t } = useTranslation('filmcut');
  const at = usePlay(({ time }) => pieceAt(all, time));
  const piece = all[at];
  if (!piece) return null;
  const take = film.takes.find((one) => one.id === piece.take);
  const what = take ? t(take.kind === 'still' ? 'stillOf' : 'takeOf', { number: take.number }) : t('nothingYet');
  return <Tag tone="scrim">{`${piece.label} · ${what}`}</Tag>;
}

/** Logo, price, lower third: the server draws them as the render does. */
function Overlays({ work: { overlays, seconds } }: { work: Work }) {
  const shown = usePlay(({ time }) => {
    const now = Math.min(time, seconds - 0.001); // at its end the film shows its last frame
    return overlays.flatMap(({ id, from, to }) => (from <= now + 1e-6 && now < to - 1e-6 ? [id] : [])).join(' ');
  }).split(' ');
  return overlays.map((one) => (
    <img
      key={one.id}
      className={css.overlay}
      src={local(one.url)}
      alt=""
      data-overlay={one.id}
      hidden={!shown.includes(one.id)}
    />
  ));
}

/** The caption of now, where the render puts it and in its style. It is text over the picture; the render draws its own. */
function Words({ work: { captions, document } }: { work: Work }) {
  const { style = 'outline', size: share = 0.055 } = document.captions ?? {};
  const at = usePlay(({ time }) => captions.findIndex((one) => one.from <= time && time < one.to));
  const caption = captions[at];
  const [size, setSize] = useState(18);
  const line = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    const frame = line.current?.parentElement;
    if (!frame) return;
    const fit = () => setSize(Math.max(12, Math.min(frame.clientWidth, frame.clientHeight) * share));
    const watched = new ResizeObserver(fit);
    watched.observe(frame);
    return () => watched.disconnect();
  }, [share]);
  return (
    <p
      ref={line}
      className={css.words}
      data-title={caption?.kind === 'title' || undefined}
      data-style={style}
      style={{ fontSize: caption?.kind === 'title' ? size * 1.5 : size }}
      aria-live="off"
    >
      {caption && <span>{caption.text}</span>}
    </p>
  );
}
