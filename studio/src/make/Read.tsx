import { IconCheck } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Reading } from '../api/types';
import { Button } from '../parts/Button';
import { Tag } from '../parts/Tag';
import { useForm } from './form';
import css from './prompt.module.css';
import { added, corrected } from './words';

const MOST_UNKNOWN = 5;
const THINGS = ['ball', 'cube', 'cylinder', 'cone'] as const;
const PLACES = ['snow', 'sand', 'sunset', 'night'] as const;

/** What the model was told of the prompt, and what it was not and why. Nothing here keeps one from making the clip. */
export function Read({ reading, short }: { reading: Reading; short: boolean }) {
  const { t } = useTranslation('make');
  const { phrases, unknown, left_out: out, too_many: many } = reading;
  if (!phrases.length && !unknown.length && !out.length) return null;
  const left = unknown.slice(0, MOST_UNKNOWN);
  const struck = (word: string, tone?: 'bad') => (
    <Tag key={word} tone={tone}>
      <s>{word}</s>
    </Tag>
  );
  return (
    <div className={css.read} data-short={short || undefined}>
      <Row name={t('reading.understood')} short={short} shown={phrases.length > 0}>
        {phrases.map((phrase, index) => (
          <Tag key={index} tone="ok" icon={<IconCheck size={14} stroke={2.2} aria-hidden />}>
            {phrase}
          </Tag>
        ))}
      </Row>
      <Row name={t('reading.leftOut')} short={short} shown={out.length > 0}>
        {out.map((words) => struck(words))}
        <span className={css.why}>{t('reading.leftOutWhy')}</span>
      </Row>
      <Row name={t('reading.tooMany')} short={short} shown={many.length > 0}>
        {many.map((words) => struck(words))}
        <span className={css.why}>{t('reading.tooManyWhy')}</span>
      </Row>
      <Row name={t('reading.unknown')} short={short} shown={unknown.length > 0}>
        {left.map((word) => struck(word, 'bad'))}
        {unknown.length > left.length && (
          <span className="cap">{t('reading.more', { count: unknown.length - left.length })}</span>
        )}
        <Meant reading={reading} />
        <span className={css.why}>{t('reading.why')}</span>
      </Row>
      {unknown.length > 0 && !reading.things.length && <Help />}
    </div>
  );
}

function Row({ name, short, shown, children }: { name: string; short: boolean; shown: boolean; children: ReactNode }) {
  if (!shown) return null;
  return (
    <div className={css.readRow} role="group" aria-label={name}>
      {!short && <span className={css.readName}>{name}</span>}
      <span className={css.readTags}>{children}</span>
    </div>
  );
}

/** For slips of the pen: one click puts the word of the world in their place. */
function Meant({ reading }: { reading: Reading }) {
  const { t } = useTranslation('make');
  const { prompt, fill } = useForm();
  return Object.entries(reading.suggestions).map(([word, other]) => (
    <button
      key={word}
      type="button"
      className={css.meant}
      onClick={() => fill({ prompt: corrected(prompt, word, other) })}
    >
      {t('reading.meant', { word: other })}
    </button>
  ));
}

/** The prompt speaks of nothing that this model can draw: what it can, each a click away. */
function Help() {
  const { t } = useTranslation('make');
  const { prompt, fill } = useForm();
  const words = (name: string) => t(`reading.draws.${name}` as 'reading.draws.ball');
  const add = (name: string) => fill({ prompt: added(prompt, words(name)) });
  return (
    <div className={css.help} role="group" aria-label={t('reading.help')}>
      <p>{t('reading.help')}</p>
      <span className={css.readTags}>
        {[...THINGS, ...PLACES].map((name) => (
          <Button key={name} small onClick={() => add(name)}>
            {words(name)}
          </Button>
        ))}
      </span>
    </div>
  );
}
