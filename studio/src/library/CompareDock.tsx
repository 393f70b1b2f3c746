// Two clips side by side, in step, with what differs between them; and keep one.

import { IconColumns2, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Clip, Recipe } from '../api/types';
import { Button, IconButton } from '../parts/Button';
import { Tag } from '../parts/Tag';
import { useShortcut } from '../shell/shortcuts';
import { useClipActions } from './actions';
import css from './compare.module.css';
import { compare } from './differ';
import { useFacts } from './facts';
import { fit, local } from './files';
import { useReading, useRecipe } from './hooks';
import { useMarks } from './marks';
import { useSync } from './sync';
import { SyncBar } from './SyncBar';

export function CompareDock() {
  const { t } = useTranslation('library');
  const { pair, unpair } = useMarks();
  const [a, b] = pair;
  if (!a) return null;
  return (
    <section className={css.dock} data-half={!b || undefined} aria-label={t('compare.title')}>
      {b ? (
        <Both key={`${a.id} ${b.id}`} a={a} b={b} />
      ) : (
        <header className={css.head}>
          <IconColumns2 size={18} stroke={1.8} color="var(--acc)" aria-hidden />
          <span className={css.grow}>{t('compare.one')}</span>
          <Close onClose={unpair} />
        </header>
      )}
    </section>
  );
}

function Both({ a, b }: { a: Clip; b: Clip }) {
  const { t } = useTranslation('library');
  const { unpair } = useMarks();
  const { trash } = useClipActions();
  const whole = Math.max(a.seconds, b.seconds);
  const sync = useSync(`${a.id} ${b.id}`, [a, b]);
  useShortcut('space', sync.toggle, t('keys.play'));
  useShortcut('left', () => sync.seek(sync.time - 1 / a.fps), t('keys.frames'));
  useShortcut('right', () => sync.seek(sync.time + 1 / a.fps), '');
  useShortcut('esc', unpair, t('compare.close'));

  const keep = (other: Clip, letter: string) => {
    trash([other], t('compare.kept', { letter }));
    unpair();
  };

  return (
    <>
      <header className={css.head}>
        <IconColumns2 size={18} stroke={1.8} color="var(--acc)" aria-hidden />
        <h2>{t('compare.title')}</h2>
        <Differs a={a} b={b} />
        <span className={css.keep}>
          <Button small onClick={() => keep(b, 'A')}>
            {t('compare.keep', { letter: 'A' })}
          </Button>
          <Button small onClick={() => keep(a, 'B')}>
            {t('compare.keep', { letter: 'B' })}
          </Button>
          <Close onClose={unpair} />
        </span>
      </header>
      <div className={css.pair}>
        {[a, b].map((clip, index) => (
          <figure key={clip.id} className={css.one}>
            <video
              ref={sync.refs[index]}
              src={local(clip.url)}
              poster={local(clip.thumbnail_url)}
              style={{ objectFit: fit(clip) }}
              muted
              playsInline
              preload="auto"
              aria-label={clip.prompt}
            />
            <span className={css.letter}>{'AB'[index]}</span>
            {clip.score != null && (
              <figcaption>
                <Tag tone="scrim">{t('card.score', { score: Math.round(clip.score) })}</Tag>
              </figcaption>
            )}
          </figure>
        ))}
      </div>
      {whole > 0 && <SyncBar sync={sync} whole={whole} />}
    </>
  );
}

const MOST_SHOWN = 3;
const QUIET = ['given', 'guidance', 'path']; // said only where there is one

function Differs({ a, b }: { a: Clip; b: Clip }) {
  const { t } = useTranslation('library');
  const facts = useFacts();
  const [one, two] = [useRecipe(a.id).data, useRecipe(b.id).data];
  const words = a.prompt !== b.prompt;
  const [readA, readB] = [useReading(words ? a.prompt : ''), useReading(words ? b.prompt : '')];
  if (!one || !two || readA.isFetching || readB.isFetching) return <span className={css.grow} />;
  const spec = (recipe: typeof one) => (recipe.recipe as unknown as Recipe).spec as never;
  const { differs, equal } = compare(spec(one), spec(two), readA.data, readB.data);
  const same = equal.filter(({ what, value }) => !QUIET.includes(what) || value).map(facts.equal);
  return (
    <span className={css.differs}>
      {differs.slice(0, MOST_SHOWN).map((one) => (
        <Tag key={one.what} tone="acc">
          {facts.differs(one)}
        </Tag>
      ))}
      {!differs.length && <Tag>{t('compare.nothing')}</Tag>}
      <span className={css.equal}>{t('compare.equal', { list: same.join(', ') })}</span>
    </span>
  );
}

function Close({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('library');
  return (
    <IconButton small label={t('compare.close')} onClick={onClose}>
      <IconX size={17} stroke={1.8} aria-hidden />
    </IconButton>
  );
}
