// "Word it for this model": what could be said better, by rules and as the model's makers want it; and, where the
// operator has set a language model, the prompt in other words. What leaves is said before it is sent, and the other
// words are a proposal: nothing takes them by itself.
import { useDebouncedValue } from '@mantine/hooks';
import { IconWand, IconX } from '@tabler/icons-react';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, call, told } from '../api/client';
import { useAccount } from '../api/hooks';
import type { Card } from '../api/types';
import { shortName } from '../models/takes';
import { Button, IconButton } from '../parts/Button';
import { figure } from '../parts/time';
import { toast } from '../parts/toast';
import { language } from '../words';
import { MAX_PROMPT, useForm } from './form';
import css from './prompt.module.css';

const TYPING_MS = 400;

export function WordIt({ card }: { card: Card }) {
  const { t } = useTranslation('make');
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <>
      <Button
        small
        kind="quiet"
        className={`button ${css.wordIt}`}
        icon={<IconWand size={16} stroke={1.8} aria-hidden />}
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        {t('wording.open')}
      </Button>
      {open && <Panel key={card.id} id={id} card={card} onClose={() => setOpen(false)} />}
    </>
  );
}

function Panel({ id, card, onClose }: { id: string; card: Card; onClose: () => void }) {
  const { t } = useTranslation('make');
  const prompt = useForm((form) => form.prompt);
  const negative_prompt = useForm((form) => form.negative);
  const [settled] = useDebouncedValue(prompt.slice(0, MAX_PROMPT), TYPING_MS);
  const asked = useQuery({
    queryKey: ['prompt', settled, negative_prompt, card.id],
    queryFn: ({ signal }) =>
      call(api.POST('/v1/prompt', { body: { prompt: settled, negative_prompt, model: card.id }, signal })),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
  });
  const spoken = new Intl.DisplayNames([language()], { type: 'language' });
  const languages = card.languages.map((code) => spoken.of(code) ?? code).join(t('wording.comma'));
  const model = shortName(card);
  return (
    <section id={id} className={css.wording} aria-label={t('wording.title', { model })}>
      <header>
        <h2>{t('wording.title', { model })}</h2>
        <IconButton small label={t('wording.close')} onClick={onClose}>
          <IconX size={16} stroke={1.9} aria-hidden />
        </IconButton>
      </header>
      {asked.error && <p role="alert">{told(asked.error)}</p>}
      {asked.data && !asked.data.hints.length && <p>{t('wording.nothing')}</p>}
      <ul>
        {asked.data?.hints.map(({ name, text }) => (
          <li key={name + text}>{name === 'maker' ? text : t(`wording.hint.${name}`, { model, languages })}</li>
        ))}
      </ul>
      <Rewrite prompt={prompt} card={card} />
    </section>
  );
}

/** First it is said what goes where, then it is sent, then both prompts are there to choose from. */
function Rewrite({ prompt, card }: { prompt: string; card: Card }) {
  const { t } = useTranslation('make');
  const writer = useAccount().data?.writer;
  const fill = useForm((form) => form.fill);
  const [agreeing, setAgreeing] = useState(false);
  const written = useMutation({
    mutationFn: (given: string) =>
      call(api.POST('/v1/prompt', { body: { prompt: given, model: card.id, rewrite: true, agreed: true } })),
    onSettled: () => setAgreeing(false),
  });
  useEffect(() => setAgreeing(false), [prompt]); // what was said of it is not true any more
  if (!writer) return null;
  const proposal = written.data?.prompt;
  const use = () => {
    const { mode, prompt: before } = useForm.getState();
    fill({ mode, prompt: proposal! });
    written.reset();
    toast(t('wording.used'), { action: { label: t('undo'), run: () => fill({ mode, prompt: before }) } });
  };
  if (proposal) {
    return (
      <div className={css.proposal} role="group" aria-label={t('wording.proposal')}>
        <b>{t('wording.proposal')}</b>
        <blockquote>{proposal}</blockquote>
        <span>
          <Button small onClick={use}>
            {t('wording.use')}
          </Button>
          <Button small kind="quiet" onClick={() => written.reset()}>
            {t('wording.keep')}
          </Button>
        </span>
      </div>
    );
  }
  return (
    <div className={css.proposal}>
      {written.error && <p role="alert">{told(written.error)}</p>}
      {agreeing ? (
        <>
          <p role="status">
            {t('wording.leaves', { shown: figure([...prompt].length), host: writer.host, model: writer.model })}
          </p>
          <span>
            <Button
              small
              disabled={written.isPending}
              aria-busy={written.isPending}
              onClick={() => written.mutate(prompt)}
            >
              {t(written.isPending ? 'wording.busy' : 'wording.send')}
            </Button>
            <Button small kind="quiet" disabled={written.isPending} onClick={() => setAgreeing(false)}>
              {t('wording.not')}
            </Button>
          </span>
        </>
      ) : (
        <span>
          <Button small disabled={!prompt.trim() || prompt.length > MAX_PROMPT} onClick={() => setAgreeing(true)}>
            {t('wording.rewrite')}
          </Button>
        </span>
      )}
    </div>
  );
}
