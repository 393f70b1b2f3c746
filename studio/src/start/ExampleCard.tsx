// One of the examples below the large one. A press shows it there; its own button makes it at once.

import { IconArrowsExchange } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { span } from '../parts/time';
import { language } from '../words';
import { type Example, SECONDS, SIZE } from './examples';
import css from './start.module.css';

interface Props {
  example: Example;
  still: boolean;
  onShow?: () => void; // none: only its button works
  onMake: () => void;
}

export function ExampleCard({ example, still, onShow, onMake }: Props) {
  const { t } = useTranslation('start');
  const video = useRef<HTMLVideoElement>(null);
  const prompt = example.prompt[language()];
  useEffect(() => {
    if (still) video.current?.pause();
    else video.current?.play().catch(() => undefined); // a browser may refuse: then its picture stands
  }, [still]);
  const moving = (
    <video
      ref={video}
      src={example.clip}
      poster={example.picture}
      width={SIZE.width}
      height={SIZE.height}
      muted
      loop
      playsInline
      preload={still ? 'none' : 'auto'}
      aria-hidden
      tabIndex={-1}
    />
  );
  return (
    <article className={css.card}>
      <div className={css.picture}>
        {onShow ? (
          <button type="button" className={css.show} aria-label={t('show', { prompt })} onClick={onShow}>
            {moving}
          </button>
        ) : (
          moving
        )}
        <button type="button" className={css.same} aria-label={t('sameOf', { prompt })} onClick={onMake}>
          <IconArrowsExchange size={15} stroke={1.9} aria-hidden />
          {t('same')}
        </button>
      </div>
      <p className={css.name}>{prompt}</p>
      <p className={css.meta}>
        {span(SECONDS, language())} · {t('seed', { seed: example.seed })}
      </p>
    </article>
  );
}
