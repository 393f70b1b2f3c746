// One clip of a grid: its picture, which plays under the pointer and goes along as it moves across; a line of words and
// one of facts. Always the same height.

import { useReducedMotion } from '@mantine/hooks';
import { IconCheck, IconDownload } from '@tabler/icons-react';
import { memo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Clip } from '../api/types';
import { tenths } from '../parts/time';
import { language } from '../words';
import { download } from './actions';
import css from './card.module.css';
import { fit, local } from './files';
import { letter, useMarks } from './marks';
import { useClipGo } from './go';
import { Heart } from './Heart';

const GOOD = 75; // of 100: shown in green

interface Props {
  clip: Clip;
  on?: boolean; // the one that is open
  draft?: boolean;
  selectable?: boolean;
  onOpen: (clip: Clip) => void;
}

export const ClipCard = memo(function ClipCard({ clip, on, draft, selectable, onOpen }: Props) {
  const { t } = useTranslation('library');
  const { pair, chosen, choose } = useMarks();
  const go = useClipGo();
  const mark = letter(pair, clip.id);
  const selected = chosen.has(clip.id);
  return (
    <article className={css.card} data-on={on || undefined} data-selected={selected || undefined} data-clip={clip.id}>
      <div className={css.picture}>
        <Moving clip={clip} onOpen={() => onOpen(clip)} />
        {mark && <span className={css.mark}>{mark}</span>}
        {selectable && !mark && (
          <button
            type="button"
            role="checkbox"
            className={css.tick}
            aria-checked={selected}
            aria-label={t('card.select', { prompt: clip.prompt })}
            data-any={chosen.size > 0 || undefined}
            onClick={() => choose(clip)}
          >
            {selected && <IconCheck size={16} stroke={2.4} aria-hidden />}
          </button>
        )}
        {!clip.trashed_at && (
          <>
            <Heart clip={clip} />
            <div className={css.hover}>
              {clip.seconds > 0 && (
                <button type="button" onClick={() => go.extend(clip)}>
                  {t('action.extend')}
                </button>
              )}
              <button type="button" onClick={() => void go.remix(clip)}>
                {t('action.remix')}
              </button>
              <button
                type="button"
                className={css.last}
                aria-label={t('action.download')}
                title={t('action.download')}
                onClick={() => download(clip)}
              >
                <IconDownload size={16} stroke={1.9} aria-hidden />
              </button>
            </div>
          </>
        )}
      </div>
      <p className={css.name} title={clip.prompt}>
        {clip.prompt}
      </p>
      <p className={css.meta}>
        <span>{facts(clip, draft, t as never)}</span>
        {clip.defects.length > 0 ? (
          <span data-tone="info">{t('card.broken')}</span>
        ) : (
          clip.score != null && (
            <span data-tone={clip.score >= GOOD ? 'ok' : undefined}>
              {t('card.score', { score: Math.round(clip.score) })}
            </span>
          )
        )}
      </p>
    </article>
  );
});

/** Plays while the pointer or the focus is on it; moving across it goes through it. */
function Moving({ clip, onOpen }: { clip: Clip; onOpen: () => void }) {
  const { t } = useTranslation('library');
  const still = useReducedMotion();
  const [over, setOver] = useState(false);
  const [at, setAt] = useState(0);
  const video = useRef<HTMLVideoElement>(null);
  const plays = over && clip.seconds > 0 && !still;

  const across = (event: React.PointerEvent) => {
    if (event.pointerType !== 'mouse' || !video.current?.duration || Math.abs(event.movementX) < 2) return;
    const box = event.currentTarget.getBoundingClientRect();
    const share = Math.min(0.999, Math.max(0, (event.clientX - box.left) / box.width));
    video.current.currentTime = share * video.current.duration;
  };

  return (
    <button
      type="button"
      className={css.open}
      data-fit={fit(clip)}
      aria-label={t('card.open', { prompt: clip.prompt })}
      onClick={onOpen}
      onPointerEnter={() => setOver(true)}
      onPointerLeave={() => setOver(false)}
      onPointerMove={across}
      onFocus={(event) => event.currentTarget.matches(':focus-visible') && setOver(true)}
      onBlur={() => setOver(false)}
    >
      <img src={local(clip.thumbnail_url)} alt="" loading="lazy" decoding="async" draggable={false} />
      {plays && (
        <video
          ref={video}
          src={local(clip.url)}
          muted
          loop
          autoPlay
          playsInline
          aria-hidden
          onTimeUpdate={(event) => setAt(event.currentTarget.currentTime / (event.currentTarget.duration || 1))}
        />
      )}
      {plays && <span className={css.at} style={{ '--at': at } as React.CSSProperties} />}
    </button>
  );
}

function facts(clip: Clip, draft: boolean | undefined, t: (key: string, more?: object) => string): string {
  const kind = draft || clip.draft ? 'draft' : clip.relation;
  return [
    clip.seconds ? tenths(clip.seconds, language()) : t('card.still'),
    kind ? t(`relation.${kind}`, { defaultValue: kind }) : '',
    clip.seed !== null && !kind ? t('card.seed', { seed: clip.seed }) : '',
  ]
    .filter(Boolean)
    .join(' · ');
}
