// What the model can draw, in pictures and words to click on. Open until the first clip is made, then one line.

import { IconChevronDown, IconPlayerPlay } from '@tabler/icons-react';
import { type RefObject, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useVideos } from '../api/hooks';
import type { Card, Reading } from '../api/types';
import { useFacts } from '../library/facts';
import { useForm } from '../make/form';
import { isWorld } from '../make/format';
import { Button } from '../parts/Button';
import { toast } from '../parts/toast';
import { language } from '../words';
import { pictureOf } from './examples';
import { COLOURS, GROUNDS, MOTIONS, SAID, SKIES, THINGS, type Word } from './lexicon';
import { useStart } from './store';
import css from './words.module.css';
import { write } from './write';

const FIRST_MOTIONS = 10;

interface Props {
  card: Card | undefined;
  reading: Reading | undefined;
  box: RefObject<HTMLTextAreaElement | null>;
}

export function Words({ card, reading, box }: Props) {
  const { t } = useTranslation('start');
  const made = useVideos().data?.data.length;
  const [chosen, setChosen] = useState<boolean | null>(null);
  const { show } = useStart();
  const id = useId();
  if (!card || !isWorld(card) || made === undefined) return null;
  const open = chosen ?? made === 0;
  return (
    <section className={css.words} aria-labelledby={`${id}-title`}>
      <header>
        <button type="button" aria-expanded={open} aria-controls={`${id}-words`} onClick={() => setChosen(!open)}>
          <b id={`${id}-title`}>{t('words.title')}</b>
          <IconChevronDown size={16} stroke={1.9} aria-hidden />
        </button>
        {made > 0 ? (
          <Button small icon={<IconPlayerPlay size={15} stroke={1.9} aria-hidden />} onClick={() => show(true)}>
            {t('examples')}
          </Button>
        ) : (
          <span>{t('words.most')}</span>
        )}
      </header>
      <div id={`${id}-words`} hidden={!open}>
        {open && <All reading={reading} box={box} />}
      </div>
    </section>
  );
}

function All({ reading, box }: Omit<Props, 'card'>) {
  const { t } = useTranslation('start');
  const facts = useFacts();
  const [all, setAll] = useState(false);
  const said = SAID[language()];
  const put = (word: Word) => {
    const { prompt, fill } = useForm.getState();
    const text = write(prompt, word, language());
    if (text === null) return toast(t('words.full'));
    fill({ prompt: text });
    box.current?.scrollIntoView({ block: 'nearest' });
  };
  const motions = all ? MOTIONS : MOTIONS.slice(0, FIRST_MOTIONS);
  const isSet = (value: string) => reading?.ground === value || reading?.sky === value;
  const motion = reading?.things[0]?.motion;
  return (
    <>
      <Row label={t('words.thing')} quiet className={css.things}>
        {THINGS.map((value) => (
          <Tile key={value} word={value} label={said.thing[value]} onClick={() => put({ kind: 'thing', value })} />
        ))}
      </Row>
      <Row label={t('words.colour')} quiet className={css.colours}>
        {([...COLOURS, 'metal'] as const).map((value) => (
          <button key={value} type="button" className={css.colour} onClick={() => put({ kind: 'colour', value })}>
            <i data-colour={value} aria-hidden />
            {facts.value(value)}
          </button>
        ))}
      </Row>
      <Row label={t('words.where')} className={css.places}>
        {GROUNDS.map((value) => (
          <Tile
            key={value}
            word={value}
            on={isSet(value)}
            label={facts.value(value)}
            onClick={() => put({ kind: 'ground', value })}
          />
        ))}
        {SKIES.map((value) => (
          <Tile
            key={value}
            word={value}
            on={isSet(value)}
            label={facts.value(value)}
            onClick={() => put({ kind: 'sky', value })}
          />
        ))}
      </Row>
      <Row label={t('words.motion')} note={t('words.first')} className={css.motions}>
        {motions.map((value) => (
          <button
            key={value}
            type="button"
            className="chip"
            data-on={motion === value || undefined}
            aria-pressed={motion === value}
            onClick={() => put({ kind: 'motion', value })}
          >
            {said.motion[value]}
          </button>
        ))}
        <button type="button" className="chip" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? t('words.fewer') : t('words.more', { count: MOTIONS.length - FIRST_MOTIONS })}
        </button>
      </Row>
    </>
  );
}

interface RowProps {
  label: string;
  note?: string;
  quiet?: boolean; // its pictures say it: the label is only read aloud
  className: string;
  children: React.ReactNode;
}

function Row({ label, note, quiet, className, children }: RowProps) {
  return (
    <div role="group" aria-label={label}>
      {!quiet && (
        <p className={css.label}>
          <span>{label}</span>
          {note && <span>{note}</span>}
        </p>
      )}
      <div className={className}>{children}</div>
    </div>
  );
}

function Tile({ word, label, on, onClick }: { word: string; label: string; on?: boolean; onClick: () => void }) {
  const picture = pictureOf(word);
  return (
    <button type="button" className={css.tile} data-on={on || undefined} aria-pressed={on} onClick={onClick}>
      {picture && <img src={picture} alt="" draggable={false} />}
      <span>{label}</span>
    </button>
  );
}
