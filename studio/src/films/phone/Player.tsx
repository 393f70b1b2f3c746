// The takes one after the other, as a first look at the film. The exact cut, with voices and music, is on the Cut page
// of a wider screen.
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { local } from '../../library/files';
import { tenths } from '../../parts/time';
import { language } from '../../words';
import { toSeconds } from '../document';
import { label, ratio } from '../say';
import type { FilmView } from '../types';
import css from './phone.module.css';

interface Piece {
  shot: string;
  name: string;
  text: string;
  start: string;
  seconds: string;
  source_in: string;
  speed: string;
  is_still: boolean;
  media: { url: string; begin: string } | null;
  thumbnail_url: string | null;
}

export function Player({
  pieces,
  film,
  onPlaying,
}: {
  pieces: readonly Piece[];
  film: FilmView;
  onPlaying: (shot: string) => void;
}) {
  const { t } = useTranslation('films');
  const video = useRef<HTMLVideoElement>(null);
  const [at, setAt] = useState(0);
  const [on, setOn] = useState(false);
  const [gone, setGone] = useState(0); // seconds of this piece
  const piece = pieces[Math.min(at, pieces.length - 1)];
  const length = toSeconds(piece?.seconds) ?? 0;
  const from = (toSeconds(piece?.source_in) ?? 0) + (toSeconds(piece?.media?.begin) ?? 0);
  const speed = toSeconds(piece?.speed) ?? 1;
  const moving = Boolean(piece?.media && !piece.is_still);
  const picture = piece?.thumbnail_url ?? (piece?.is_still ? piece.media?.url : null);

  useEffect(() => onPlaying(on && piece ? piece.shot : ''), [on, piece?.shot]);
  useEffect(() => {
    const one = video.current;
    if (!one || !moving) return;
    one.currentTime = from;
    one.playbackRate = speed;
    if (on) void one.play().catch(() => setOn(false));
    else one.pause();
  }, [at, on, moving]);
  // One clock for clips, stills and what is not made yet.
  useEffect(() => {
    if (!on) return;
    let last = performance.now();
    let frame = requestAnimationFrame(function tick(now) {
      setGone((old) => old + (now - last) / 1000);
      last = now;
      frame = requestAnimationFrame(tick);
    });
    return () => cancelAnimationFrame(frame);
  }, [on]);
  useEffect(() => {
    if (!on || !length || gone < length) return;
    setGone(0);
    if (at + 1 < pieces.length) setAt(at + 1);
    else {
      setAt(0);
      setOn(false);
    }
  }, [gone, length, on]);

  const total = toSeconds(film.seconds) ?? 0;
  const now = (toSeconds(piece?.start) ?? 0) + Math.min(gone, length);
  return (
    <section className={css.player} aria-label={t('phone.player')}>
      <div className={css.screen} style={{ aspectRatio: ratio(film) }}>
        {moving ? (
          <video
            key={piece?.media?.url}
            ref={video}
            src={local(piece?.media?.url)}
            poster={local(piece?.thumbnail_url)}
            muted
            playsInline
            preload="auto"
            aria-label={piece?.text}
          />
        ) : picture ? (
          <img src={local(picture)} alt={piece?.text} />
        ) : (
          <p>{piece?.text || t('noTake')}</p>
        )}
        {piece && <span>{label(piece.name).split(' ')[0]}</span>}
      </div>
      <div className={css.controls}>
        <button
          type="button"
          className={css.play}
          aria-label={t(on ? 'phone.pause' : 'phone.play')}
          disabled={!pieces.length}
          onClick={() => setOn(!on)}
        >
          {on ? (
            <IconPlayerPause size={22} stroke={1.7} aria-hidden />
          ) : (
            <IconPlayerPlay size={22} stroke={1.7} aria-hidden />
          )}
        </button>
        <div className={css.time}>
          <div className={css.segments} aria-hidden>
            {pieces.map((one, index) => (
              <i key={one.shot + index} style={{ flexGrow: toSeconds(one.seconds) ?? 1 }}>
                <b style={{ width: `${index < at ? 100 : index === at && length ? (100 * gone) / length : 0}%` }} />
              </i>
            ))}
          </div>
          <p>
            <span>{now.toFixed(1)}</span>
            <span>{tenths(total, language())}</span>
          </p>
        </div>
      </div>
    </section>
  );
}
