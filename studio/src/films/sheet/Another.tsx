import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { told } from '../../api/client';
import { Button } from '../../parts/Button';
import { useShortcut } from '../../shell/shortcuts';
import { useFilmActs, useFilmQuote, type Wish } from '../acts';
import type { Placed } from '../document';
import type { Film } from '../edits';
import { usePrice } from '../say';
import css from './sheet.module.css';

/** One more take of this shot, or of its still, with its price. T asks for the price; the button buys. */
export function Another({ here, placed }: { here: Film; placed: Placed }) {
  const { t } = useTranslation('films');
  const price = usePrice();
  const { film, saved } = here;
  const { shotId, shot } = placed;
  const { make } = useFilmActs(film.id);
  const [key, setKey] = useState(() => crypto.randomUUID());
  const clip: Wish = { kinds: ['clip'], ids: [shotId], again: true };
  const still: Wish = { kinds: ['still'], ids: [shotId], again: true };
  const asked = useFilmQuote(film, clip);
  const askedStill = useFilmQuote(film, still, shot.start === 'still');
  const made = film.takes.some((take) => take.of === shotId && take.kind === 'clip');
  const refused = asked.data?.refused[0];
  const button = 'another-take';
  useShortcut('t', () => document.getElementById(button)?.focus(), t('keys.another'));
  const label = (word: string, quote: typeof asked.data) =>
    quote?.credits_on && quote.items.length ? `${word} · ${price(quote.credits)}` : word;
  const buy = (wish: Wish, quote: typeof asked.data) =>
    quote && make.mutate({ wish, quote, key }, { onSettled: () => setKey(crypto.randomUUID()) });
  const off = (quote: typeof asked.data) =>
    !quote?.items.length || Boolean(quote.refused.length) || make.isPending || saved !== 'saved';
  return (
    <div className={css.another}>
      <Button id={button} disabled={off(asked.data)} onClick={() => buy(clip, asked.data)}>
        {label(t(made ? 'anotherTake' : 'makeTake'), asked.data)}
      </Button>
      {shot.start === 'still' && (
        <Button disabled={off(askedStill.data)} onClick={() => buy(still, askedStill.data)}>
          {label(t('anotherStill'), askedStill.data)}
        </Button>
      )}
      {(refused || asked.error) && (
        <p className={css.refused}>{refused ? `${refused.message} ${refused.hint}` : told(asked.error)}</p>
      )}
      {asked.data?.sent.map((one) => (
        <p key={one}>{one}</p>
      ))}
    </div>
  );
}
