// The model in use, the one that is tried on, and what each would cost.
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, call } from '../api/client';
import { useCards } from '../api/hooks';
import type { CreateVideo, Quote } from '../api/types';
import { useForm, type FormValues } from '../make/form';
import type { Body } from '../make/ask';
import { quoteBody } from '../make/useQuote';
import { changes, formWith } from './changes';
import { usePicker } from './store';
import { nameOf, usual, type Model } from './takes';

const SETTLED_MS = 200;

export interface Chosen {
  cards: readonly Model[];
  used: Model | undefined;
  tried: Model | undefined; // another one than the used, while the picker is open
  shown: Model | undefined; // the one that the form follows
}

export function useModels(): Chosen {
  const cards: readonly Model[] = useCards().data ?? [];
  const name = useForm((form) => form.model);
  const { open, chosen, pointed } = usePicker();
  const used = cards.find((card) => card.id === name) ?? usual(cards);
  const meant = open ? cards.find((card) => card.id === (pointed ?? chosen)) : undefined;
  const tried = meant === used ? undefined : meant;
  return { cards, used, tried, shown: tried ?? used };
}

export interface Priced {
  quote?: Quote;
  error?: string; // why it has no price
}

/** What each of these orders would cost, in one request; undefined while it is not known. */
export function useQuoteList(bodies: readonly Body[], enabled = true): readonly (Priced | undefined)[] {
  const [settled] = useDebouncedValue(JSON.stringify(bodies), SETTLED_MS);
  const asked = useQuery({
    queryKey: ['quote', 'each', settled],
    enabled: enabled && bodies.length > 0,
    queryFn: async ({ signal }) => {
      const quotes = JSON.parse(settled) as CreateVideo[];
      const { data } = await call(api.POST('/v1/quotes', { body: { quotes }, signal }));
      return data.map(({ quote, error }): Priced => ({
        quote: quote ?? undefined,
        error: error ? [error.message, error.hint].filter(Boolean).join(' ') : undefined,
      }));
    },
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    gcTime: 60_000,
  });
  const fits = asked.data?.length === bodies.length; // or it is of a list before
  return (enabled && fits && asked.data) || NONE;
}

const NONE: readonly undefined[] = [];
export const MOST_QUOTES = 100; // in one request

/** What the form would cost with each model, by id. Words change no price. A clip that is gone on with has no price
 * here: for each other frame rate the server would have to write it anew.
 */
export function useQuotes(cards: readonly Model[], form: FormValues): ReadonlyMap<string, Priced> {
  const asked = cards.filter((card) => card.price).slice(0, MOST_QUOTES);
  const bodies = asked.map((card) => askedOf(form, card));
  const found = useQuoteList(bodies, form.mode !== 'extend');
  return new Map(asked.flatMap((card, index) => (found[index] ? [[card.id, found[index]] as const] : [])));
}

/** The order that the form would be with this model. */
export function askedOf(form: FormValues, card: Model): Body {
  return { ...quoteBody(formWith(form, card), card), prompt: '.', model: card.id };
}

/** Make this the model of the form. What it cannot do is told, and can be undone. */
export function useChoose() {
  const { used } = useModels();
  return (card: Model, quotes: ReadonlyMap<string, Priced>) => {
    const form = useForm.getState();
    const picker = usePicker.getState();
    picker.close();
    if (!used || used.id === card.id) return;
    const sizes = { from: quotes.get(used.id)?.quote?.size ?? '', to: quotes.get(card.id)?.quote?.size ?? '' };
    const list = changes(form, used, card, sizes);
    const { model, mode, remixOf } = form;
    const now = formWith(form, card).mode;
    form.fill({ model: nameOf(card), mode: now, ...(now !== mode && { remixOf: null }) });
    picker.set({
      changed: list.length ? { from: used.id, to: card.id, list, before: { model, mode, remixOf } } : null,
    });
  };
}
