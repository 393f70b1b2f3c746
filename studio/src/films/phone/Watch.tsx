// The cut on a phone: the preview of the Cut page, with its sound, and a bar split by shots to scrub in.
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { tenths } from '../../parts/time';
import { language } from '../../words';
import { Deck } from '../cut/deck';
import { Player } from '../cut/Player';
import { usePlay, usePlaying } from '../cut/play';
import { speechOf } from '../cut/speech';
import { pieceAt } from '../cut/timeline';
import type { FilmView as CutView } from '../cut/types';
import { useCut, type Work } from '../cut/useCut';
import type { FilmView } from '../types';
import css from './phone.module.css';

const MOST_PARTS = 60; // more would be thinner than the gaps between them

export default function Watch({ film, onPlaying }: { film: FilmView; onPlaying: (shot: string) => void }) {
  const { t } = useTranslation('films');
  const work = useCut(film as unknown as CutView);
  const [deck] = useState(() => new Deck());
  const speech = useMemo(() => speechOf(work), [work.voices, work.all, work.timeline, work.document]);
  const playing = usePlaying();
  const shot = usePlay(({ time }) => work.all[pieceAt(work.all, time)]?.shot ?? '');
  useEffect(() => onPlaying(playing ? shot : ''), [playing, shot]);
  if (!work.timeline) return <div className={css.player} aria-busy />;
  if (!work.all.length) return <p className={css.none}>{t('noTake')}</p>;
  return (
    <div className={css.player}>
      <Player work={work} deck={deck} speech={speech} onStep={() => undefined} simple />
      <Scrub work={work} deck={deck} />
    </div>
  );
}

/** A slider over the whole film. It follows the preview without React. */
function Scrub({ work: { all, seconds }, deck }: { work: Work; deck: Deck }) {
  const { t } = useTranslation('films');
  const input = useRef<HTMLInputElement>(null);
  const done = useRef<HTMLElement>(null);
  useEffect(() => {
    const follow = ({ time }: { time: number }) => {
      if (done.current) done.current.style.width = `${(100 * time) / Math.max(seconds, 0.001)}%`;
      const value = time.toFixed(1);
      if (!input.current || input.current.value === value) return;
      input.current.value = value;
      input.current.setAttribute('aria-valuetext', tenths(time, language()));
    };
    follow(usePlay.getState());
    return usePlay.subscribe(follow);
  }, [seconds]);
  return (
    <div className={css.scrub}>
      <span className={css.segments} aria-hidden>
        <b ref={done} />
        {all.length <= MOST_PARTS &&
          all
            .slice(1)
            .map((piece) => <i key={piece.id} style={{ left: `${(100 * piece.start.number) / seconds}%` }} />)}
      </span>
      <input
        ref={input}
        type="range"
        aria-label={t('phone.scrub')}
        min={0}
        max={seconds}
        step={0.1}
        defaultValue={0}
        onChange={(event) => deck.seek(Number(event.currentTarget.value))}
      />
    </div>
  );
}
