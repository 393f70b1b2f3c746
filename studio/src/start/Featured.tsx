// The example that is shown large: it plays, with what was understood of its words, and the one amber button.

import { IconCheck, IconPencil } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useReading } from '../library/hooks';
import { Player } from '../library/Player';
import { usePlaying } from '../library/player';
import { Button } from '../parts/Button';
import { figure } from '../parts/time';
import { Tag } from '../parts/Tag';
import { language } from '../words';
import { type Example, SECONDS, SIZE } from './examples';
import css from './start.module.css';

interface Props {
  example: Example;
  still: boolean;
  credits: number | null; // null: nothing is counted here
  sending: boolean;
  onMake: () => void;
  onUse: () => void;
}

export function Featured({ example, still, credits, sending, onMake, onUse }: Props) {
  const { t } = useTranslation('start');
  const prompt = example.prompt[language()];
  const reading = useReading(prompt).data;
  const playing = usePlaying(example.name, SIZE.fps, example.clip ? SECONDS : 0, !still);
  const { play } = playing;
  useEffect(() => play(!still), [play, still]);
  const clip = {
    ...SIZE,
    id: example.name,
    url: example.clip ?? '',
    thumbnail_url: example.picture ?? '',
    seconds: example.clip ? SECONDS : 0,
    prompt,
  };
  return (
    <article className={css.featured}>
      <div className={css.large}>
        <Player clip={clip} playing={playing}>
          <span className={css.size}>{t('larger', { size: `${SIZE.width} × ${SIZE.height}` })}</span>
        </Player>
      </div>
      <div className={css.side}>
        <h3>{prompt}</h3>
        <div className={css.tags}>
          {reading?.phrases.map((phrase) => (
            <Tag key={phrase} tone="ok" icon={<IconCheck size={14} stroke={2.2} aria-hidden />}>
              {phrase}
            </Tag>
          ))}
        </div>
        <p>{t('seedGives', { seed: example.seed })}</p>
        <div className={css.actions}>
          <button type="button" className="button" data-kind="fill" data-tall disabled={sending} onClick={onMake}>
            {credits === null ? t('same') : t('sameFor', { count: credits, shown: figure(credits) })}
          </button>
          <Button icon={<IconPencil size={15} stroke={1.9} aria-hidden />} onClick={onUse}>
            {t('useWords')}
          </Button>
        </div>
      </div>
    </article>
  );
}
