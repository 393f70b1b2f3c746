// Choose a model: in the stage's place, where the form stays beside it and shows what each one would make of it.
import { TextInput } from '@mantine/core';
import { useFocusTrap } from '@mantine/hooks';
import { IconPlus, IconSearch, IconX } from '@tabler/icons-react';
import { useEffect, useRef, type KeyboardEvent } from 'react';
import { Link } from 'react-router';
import { useCredits } from '../api/hooks';
import { aspectFor, secondsOf } from '../make/ask';
import { useForm, type FormValues } from '../make/form';
import { IconButton } from '../parts/Button';
import { span } from '../parts/time';
import { useShortcut } from '../shell/shortcuts';
import { language } from '../words';
import { changes } from './changes';
import { Filters } from './Filters';
import { useChoose, useModels, useQuotes, type Priced } from './hooks';
import { BAR } from './ModelBar';
import css from './picker.module.css';
import { Row } from './Row';
import { useSay } from './say';
import { usePicker } from './store';
import { shortName, TAKES, wanted, type Model } from './takes';

const MOVES: Record<string, (at: number, count: number) => number> = {
  ArrowDown: (at, count) => Math.min(at + 1, count - 1),
  ArrowUp: (at) => Math.max(at - 1, 0),
  Home: () => 0,
  End: (_, count) => count - 1,
};
const rowId = (index: number) => `model-row-${index}`;

/** `page`: over everything, on windows that have no room for the form beside it. */
export function Picker({ page }: { page: boolean }) {
  const { t } = useSay();
  const { cards, used } = useModels();
  const { chosen, pointed, takes, served, words, cheapest, close, toggle, set } = usePicker();
  const form = useForm();
  const counted = useCredits().data?.on ?? true;
  const quotes = useQuotes(cards, form);
  const choose = useChoose();
  const search = useRef<HTMLInputElement>(null);
  const trap = useFocusTrap(page);
  const found = wanted(cards, { takes, words, served });
  const shown = cheapest ? sorted(found, quotes) : found;
  const at = Math.max(
    0,
    shown.findIndex((card) => card.id === chosen),
  );
  const active = shown[at];

  const leave = () => {
    close();
    document.getElementById(BAR)?.focus();
  };
  const take = (card: Model) => {
    choose(card, quotes);
    document.getElementById(BAR)?.focus();
  };
  useShortcut('esc', leave);

  // What is tried on is always a row that is seen.
  useEffect(() => {
    if (active && active.id !== chosen) set({ chosen: active.id });
  }, [active, chosen, set]);
  useEffect(() => {
    if (!page) return;
    const { style } = document.documentElement;
    style.overflow = 'hidden'; // what lies under it stays where it is
    return () => void style.removeProperty('overflow');
  }, [page]);
  const loaded = cards.length > 0;
  useEffect(() => {
    if (loaded) document.querySelector<HTMLElement>('[data-picker-row][tabindex="0"]')?.focus();
  }, [loaded]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    const onRow = target.hasAttribute('data-picker-row');
    const typing = target === search.current;
    const move = MOVES[event.key];
    const filter = TAKES[Number(event.key) - 1];
    if (event.key === 'Escape') leave();
    else if (move && shown.length && (onRow || (typing && event.key === 'ArrowDown'))) {
      const next = typing ? at : move(at, shown.length);
      set({ chosen: shown[next]!.id, pointed: null });
      document.getElementById(rowId(next))?.focus();
    } else if (event.key === 'Enter' && active && (onRow || typing)) take(active);
    else if (typing) return;
    else if (event.key === '/') search.current?.focus();
    else if (event.key === 'm') leave();
    else if (filter) toggle(filter);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <section
      ref={trap}
      className={css.picker}
      data-page={page || undefined}
      data-beside={page ? undefined : true}
      role="dialog"
      aria-modal={page || undefined}
      aria-labelledby="picker-title"
      onKeyDown={onKeyDown}
    >
      <header className={css.head}>
        <h2 id="picker-title">{t('choose')}</h2>
        <span className={css.for}>{t('pricesFor', { what: useWhat(form, used) })}</span>
        <TextInput
          ref={search}
          className={css.search}
          aria-label={t('search')}
          placeholder={t('search')}
          value={words}
          onChange={(event) => set({ words: event.currentTarget.value })}
          leftSection={<IconSearch size={16} stroke={1.8} aria-hidden />}
        />
        <IconButton label={t('close', { model: used ? shortName(used) : '' })} onClick={leave}>
          <IconX size={18} stroke={1.8} />
        </IconButton>
      </header>
      <Filters hidden={cards.length - shown.length} page={page} />
      <div className={css.scroll} onPointerLeave={() => set({ pointed: null })}>
        {shown.length > 0 ? (
          <div role="grid" aria-label={t('choose')} className={css.grid}>
            <Head />
            {shown.map((card, index) => (
              <Row
                key={card.id}
                id={rowId(index)}
                card={card}
                priced={quotes.get(card.id)}
                counted={counted}
                active={card === active}
                pointed={card.id === pointed}
                used={card === used}
                onUse={() => take(card)}
              />
            ))}
          </div>
        ) : (
          <p className={css.none}>{t('none')}</p>
        )}
      </div>
      <Foot form={form} quotes={quotes} />
    </section>
  );
}

/** What the prices are for, as the form says it. */
function useWhat(form: FormValues, used: Model | undefined): string {
  const { t } = useSay();
  const parts = [
    form.mode === 'still' || !used ? t('make:mode.still') : span(secondsOf(form, used), language()),
    ...(form.mode === 'extend' ? [] : [aspectFor(form, used)]),
    ...(form.n > 1 ? [t('make:resultsCount', { count: form.n })] : []),
  ];
  return parts.join(t('pages:comma'));
}

function Head() {
  const { t } = useSay();
  return (
    <div role="row" className={css.columns}>
      {(['model', 'takes', 'price', 'time', 'licence', 'memory'] as const).map((name) => (
        <span key={name} role="columnheader">
          {t(`column.${name}`)}
        </span>
      ))}
    </div>
  );
}

/** What trying on comes to, in one sentence; and the keys. */
function Foot({ form, quotes }: { form: FormValues; quotes: ReadonlyMap<string, Priced> }) {
  const { t, sentence } = useSay();
  const { used, tried } = useModels();
  const size = (card: Model) => quotes.get(card.id)?.quote?.size ?? '';
  const said =
    tried && used ? sentence(tried, changes(form, used, tried, { from: size(used), to: size(tried) })) : t('tryAny');
  return (
    <footer className={css.foot}>
      <p role="status">{said}</p>
      <div className={css.keys}>
        <span>
          <kbd>↑</kbd>
          <kbd>↓</kbd> {t('keys.try')}
        </span>
        <span>
          <kbd>↵</kbd> {t('keys.use')}
        </span>
        <span>
          <kbd>Esc</kbd> {t('keys.keep', { model: used ? shortName(used) : '' })}
        </span>
        <span>
          <kbd>1</kbd>–<kbd>{TAKES.length}</kbd> {t('keys.filter')}
        </span>
        <Link to="/models" className="label">
          <IconPlus size={15} stroke={1.9} aria-hidden /> {t('add')}
        </Link>
      </div>
    </footer>
  );
}

function sorted(cards: readonly Model[], quotes: ReadonlyMap<string, Priced>): Model[] {
  const cost = (card: Model) => quotes.get(card.id)?.quote?.credits ?? Infinity;
  return [...cards].sort((a, b) => (cost(a) === cost(b) ? 0 : cost(a) - cost(b)));
}
