// One model: its limit, what it takes, and what the form would cost with it. The chosen row opens with its presets, what
// its licence says, and the button.
import { IconAlertTriangle, IconCheck, IconExternalLink } from '@tabler/icons-react';
import type { MouseEvent } from 'react';
import { useForm } from '../make/form';
import { Button } from '../parts/Button';
import { figure } from '../parts/time';
import { askedOf, useQuoteList, type Priced } from './hooks';
import { TAKE_ICONS } from './icons';
import css from './picker.module.css';
import { useSay } from './say';
import { usePicker } from './store';
import { shortName, takes, TAKES, type Model } from './takes';

interface Props {
  id: string;
  card: Model;
  priced: Priced | undefined;
  counted: boolean; // credits count here
  active: boolean;
  pointed: boolean;
  used: boolean;
  onUse: () => void;
}

export function Row(props: Props) {
  const { id, card, priced, counted, active, pointed, used, onUse } = props;
  const { t, limit, price, time, memory, row, excluded, unserved } = useSay();
  const set = usePicker((picker) => picker.set);
  const extending = useForm((form) => form.mode === 'extend');
  const cost = extending && card.price && counted ? t('whenTried') : price(card, priced, counted);
  const choose = (event: MouseEvent) => {
    if ((event.target as HTMLElement).closest('a, button')) return;
    set({ chosen: card.id, pointed: null });
  };
  return (
    <div
      id={id}
      role="row"
      className={css.row}
      tabIndex={active ? 0 : -1}
      aria-selected={active}
      aria-label={row(card, cost, priced)}
      data-picker-row
      data-active={active || undefined}
      data-pointed={pointed || undefined}
      onClick={choose}
      onDoubleClick={onUse}
      onPointerEnter={(event) => event.pointerType === 'mouse' && set({ pointed: card.id })}
    >
      <div role="gridcell" className={css.name}>
        <b>
          {shortName(card)}
          {used && <span className={css.used}>{t('inUse')}</span>}
        </b>
        <span title={card.limits}>{limit(card)}</span>
      </div>
      <div role="gridcell" className={css.takes}>
        {TAKES.map((what) => {
          const Icon = TAKE_ICONS[what];
          const has = takes(card, what);
          return (
            <span key={what} data-lacks={!has || undefined} title={has ? t(`take.${what}`) : undefined}>
              {has ? <Icon size={17} stroke={1.6} aria-hidden /> : '·'}
              {has && <em>{t(`take.${what}`)}</em>}
            </span>
          );
        })}
      </div>
      <div role="gridcell" className={css.price} title={priced?.error}>
        <b>{cost}</b>
        {!card.remote && <span>{t('noBill')}</span>}
      </div>
      <div role="gridcell" className={css.time} data-label={t('column.time')}>
        {time(card, priced)}
      </div>
      <div role="gridcell" className={css.licence}>
        {card.licence_terms.url ? (
          <a
            href={card.licence_terms.url}
            target="_blank"
            rel="noreferrer"
            tabIndex={active ? 0 : -1}
            aria-label={t('licenceLink', { id: card.licence })}
          >
            {card.licence}
            <IconExternalLink size={13} stroke={1.8} aria-hidden />
          </a>
        ) : (
          <span>{card.licence}</span>
        )}
        {excluded(card) && <span data-warn>{excluded(card)}</span>}
      </div>
      <div role="gridcell" className={css.memory}>
        <span>{memory(card)}</span>
        {!card.served && (
          <span data-warn title={unserved(card).long}>
            <IconAlertTriangle size={13} stroke={1.8} aria-hidden />
            {unserved(card).short}
          </span>
        )}
        {card.served && (
          <span data-ok>
            <IconCheck size={13} stroke={2} aria-hidden />
            {t(card.loaded || card.remote ? 'ready' : 'loads')}
          </span>
        )}
      </div>
      {active && <Open card={card} counted={counted} used={used} onUse={onUse} />}
    </div>
  );
}

function Open({ card, counted, used, onUse }: Pick<Props, 'card' | 'counted' | 'used' | 'onUse'>) {
  const { t, limit, limits } = useSay();
  const terms = card.licence_terms;
  const said = [
    terms.excluded.length ? t('excludedLong', { places: terms.excluded.join(', ') }) : '',
    terms.revenue_limit ? t('revenue', { limit: terms.revenue_limit }) : '',
    terms.outputs ? t('outputs', { outputs: terms.outputs }) : '',
    terms.notice ? t('notice', { notice: terms.notice }) : '',
    terms.must_mark ? t('mark') : '',
    ...card.notes,
  ];
  const text = [limits(card) === limit(card) ? '' : limits(card), ...said].filter(Boolean); // not twice
  return (
    <div role="gridcell" className={css.more}>
      {text.length > 0 && <p>{text.join(' ')}</p>}
      {card.presets.length > 0 && <Presets card={card} counted={counted} />}
      <Button kind={used ? undefined : 'fill'} onClick={onUse}>
        {used ? t('keep', { model: shortName(card) }) : t('use')}
      </Button>
    </div>
  );
}

/** Each with the price that the form has with it. */
function Presets({ card, counted }: { card: Model; counted: boolean }) {
  const { t } = useSay();
  const form = useForm();
  const presets = ['', ...card.presets];
  const chosen = presets.includes(form.preset) ? form.preset : '';
  const prices = useQuoteList(
    presets.map((preset) => askedOf({ ...form, preset }, card)),
    counted && card.price !== null && form.mode !== 'extend',
  );
  return (
    <div className={css.presets} role="radiogroup" aria-label={t('preset')}>
      {presets.map((preset, index) => {
        const quote = prices[index]?.quote;
        return (
          <button
            key={preset}
            type="button"
            role="radio"
            aria-checked={preset === chosen}
            onClick={() => form.fill({ preset })}
          >
            <b>{preset || t('usual')}</b>
            <span>{quote ? t('credits', { count: quote.credits, shown: figure(quote.credits) }) : ''}</span>
          </button>
        );
      })}
    </div>
  );
}
