// What is still to be made, and the only button of the page that buys.
import { Checkbox, Tooltip } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { told } from '../../api/client';
import { figure } from '../../parts/time';
import { useFilmActs, useFilmQuote, type Wish } from '../acts';
import type { Film } from '../edits';
import { label as labelOf, usePrice, useWhyNot } from '../say';
import { Shape } from '../Mark';
import type { FilmQuote, State } from '../types';
import css from './batch.module.css';

export function BatchBar({ here, onChoose }: { here: Film; onChoose: (id: string) => void }) {
  const { t } = useTranslation('films');
  const price = usePrice();
  const whyNot = useWhyNot();
  const { film, saved } = here;
  const { make } = useFilmActs(film.id);
  const [missing, setMissing] = useState(true);
  const [stale, setStale] = useState(false);
  const [key, setKey] = useState(() => crypto.randomUUID());
  const asIs = useFilmQuote(film, { stale: false });
  const both = useFilmQuote(film, { stale: true });
  const lacking = asIs.data?.items ?? [];
  const lackingOf = new Set(lacking.map((item) => `${item.kind}${item.of}`));
  const old = (both.data?.items ?? []).filter((item) => !lackingOf.has(`${item.kind}${item.of}`));
  const blocked = lacking.filter((item) => item.after);
  const waiting = film.states.filter(({ state }) => state === 'blocked');
  const refused = [...new Map((both.data?.refused ?? []).map((one) => [`${one.kind}${one.of}`, one])).values()];
  const whyOf = ({ cause, why, of }: State) => {
    const before = film.states.find((one) => one.of === cause && cause !== of)?.label;
    return before ? t('waitsFor', { label: labelOf(before) }) : why;
  };
  const running = film.takes.filter(({ state }) => state === 'running').length;

  // What cannot be made is left out by name: the rest is made all or none.
  const chosen = [...(missing ? lacking : []), ...(stale ? old : [])].filter(
    (item) => !refused.some((one) => one.of === item.of),
  );
  const all = missing && !refused.length;
  const wish: Wish = all
    ? { stale }
    : { stale, ids: [...new Set(chosen.map(({ of }) => of))], kinds: [...new Set(chosen.map(({ kind }) => kind))] };
  const quote = useFilmQuote(film, wish, chosen.length > 0);
  const found: FilmQuote | undefined = chosen.length ? quote.data : undefined;
  const credits = found?.credits ?? 0;
  const count = (found?.items ?? []).reduce((sum, item) => sum + item.n, 0);
  const counted = (items: typeof lacking) =>
    (['still', 'clip', 'voice', 'music'] as const)
      .map((kind) => [kind, items.filter((item) => item.kind === kind).reduce((sum, { n }) => sum + n, 0)] as const)
      .filter(([, number]) => number)
      .map(([kind, number]) => t(`counted.${kind}`, { count: number }))
      .join(t('comma'));
  const cost = (items: typeof lacking) => items.reduce((sum, item) => sum + item.credits, 0);
  const priced = (items: typeof lacking) => (both.data?.credits_on ? ` · ${price(cost(items))}` : '');
  const short =
    found && found.credits_on && found.available !== null && found.credits > found.available
      ? t('tooFew', { available: figure(found.available) })
      : found && found.budget_left !== null && found.credits > found.budget_left
        ? t('overBudget', { left: figure(Math.max(0, found.budget_left)) })
        : '';
  const stopped = saved !== 'saved' ? t('saveFirst') : short;
  const first = refused[0];
  // Not `disabled`: it would lose the focus as soon as it was pressed.
  const off = !count || Boolean(stopped) || make.isPending || quote.isPlaceholderData;

  return (
    <section className={css.bar} aria-label={t('toMake')}>
      <div className={css.parts}>
        <Checkbox
          checked={missing && lacking.length > 0}
          disabled={!lacking.length}
          onChange={(event) => setMissing(event.currentTarget.checked)}
          label={t('state.missing')}
          description={
            asIs.isPending
              ? t('counting')
              : lacking.length
                ? counted(lacking) + priced(lacking)
                : asIs.data?.refused.length
                  ? t('noneCanBeMade', { count: asIs.data.refused.length })
                  : t('nothingMissing')
          }
        />
        <Checkbox
          checked={stale && old.length > 0}
          disabled={!old.length}
          onChange={(event) => setStale(event.currentTarget.checked)}
          label={t('state.stale')}
          description={
            both.isPending
              ? t('counting')
              : old.length
                ? `${counted(old)}${priced(old)} · ${t('kept')}`
                : t('nothingStale')
          }
        />
        {waiting.length > 0 && (
          <div className={css.blocked}>
            <Shape state="blocked" />
            <div>
              <b>{t('state.blocked')}</b>
              <span>
                {blocked.length
                  ? t('madeAfter', {
                      one: labelOf(blocked[0].label),
                      before: labelOf(film.states.find(({ of }) => of === blocked[0].after)?.label ?? blocked[0].after),
                    }) + (blocked.length > 1 ? t('andMore', { count: blocked.length - 1 }) : '')
                  : whyOf(waiting[0])}
              </span>
            </div>
          </div>
        )}
        {first && (
          <div className={css.refused} role="note">
            <Shape state="failed" />
            <div>
              <b>{t('refused', { count: refused.length })}</b>
              <span>
                {whyNot(first)}{' '}
                {film.document.shots?.[first.of] && (
                  <button type="button" onClick={() => onChoose(first.of)}>
                    {t('openShot', { label: labelOf(first.label) })}
                  </button>
                )}
              </span>
            </div>
          </div>
        )}
        {asIs.error && <p role="alert">{told(asIs.error)}</p>}
      </div>
      <div className={css.buy}>
        <p>
          {running > 0 && <span role="status">{t('onTheWay', { count: running })}</span>}
          {found?.sent.map((one) => (
            <span key={one}>{one}</span>
          ))}
          {count > 0 && !stopped && <span>{t('allOrNone')}</span>}
          {stopped && count > 0 && <span data-bad>{stopped}</span>}
          {found?.credits_on && found.available !== null && !stopped && count > 0 && (
            <span>{t('after', { now: figure(found.available), then: figure(found.available - credits) })}</span>
          )}
        </p>
        <Tooltip label={stopped} disabled={!stopped || !count}>
          <button
            type="button"
            className={`button ${css.make}`}
            data-kind="fill"
            aria-disabled={off || undefined}
            onClick={() =>
              !off &&
              found &&
              make.mutate({ wish, quote: found, key }, { onSettled: () => setKey(crypto.randomUUID()) })
            }
          >
            {count
              ? found?.credits_on
                ? t('makeFor', { count, price: price(credits) })
                : t('make', { count })
              : t(asIs.isPending ? 'counting' : 'nothing')}
          </button>
        </Tooltip>
      </div>
    </section>
  );
}
