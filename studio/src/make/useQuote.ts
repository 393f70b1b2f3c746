import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { post } from '../api/client';
import type { Card, Quote } from '../api/types';
import { plainBody, relation, usesImages, type Body } from './ask';
import { MAX_PROMPT, type FormValues } from './form';

const TYPING_MS = 200;

export interface Priced {
  quote: Quote | undefined;
  error: unknown;
  fresh: boolean; // it is the price of what the form says now
}

/** What the form would cost now, by the same function that charges it. Pictures change no price and stay at home. */
export function useQuote(form: FormValues, card: Card | undefined): Priced {
  const now = JSON.stringify(quoteBody(form, card));
  const [settled] = useDebouncedValue(now, TYPING_MS);
  const asked = useQuery({
    queryKey: ['quote', settled],
    enabled: card !== undefined && card.price !== null,
    queryFn: ({ signal }) => post<Quote>('/v1/quote', JSON.parse(settled) as object, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    gcTime: 60_000,
  });
  return {
    quote: asked.isError || card?.price === null ? undefined : asked.data,
    error: card?.price === null ? null : asked.error,
    fresh: settled === now && !asked.isPlaceholderData,
  };
}

/** What a quote is asked with; pictures and files stay at home. */
export function quoteBody(form: FormValues, card: Card | undefined): Body {
  const plain: Body = { ...plainBody(form, card), prompt: form.prompt.slice(0, MAX_PROMPT) }; // one too long is told elsewhere
  if (form.mode === 'extend') return form.extend?.clipId ? { ...plain, video: { id: form.extend.clipId } } : plain;
  if (!form.remixOf) return plain;
  const { size: _size, ...rest } = plain; // without its pictures another size would be refused
  return { ...(usesImages(form) ? rest : plain), again: form.remixOf.videoId, relation: relation(form, form.remixOf) };
}
