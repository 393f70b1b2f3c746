// Words about models and about what a change of the model does.
import { useTranslation } from 'react-i18next';
import type { CameraValue } from '../camera/value';
import { isWorld } from '../make/format';
import { figure, span } from '../parts/time';
import { language } from '../words';
import { lost, type Change } from './changes';
import type { Priced } from './hooks';
import { shortName, takes, TAKES, type Model } from './takes';

/** "a, b and c", or "a, b or c". */
export function listed(words: readonly string[], type: 'conjunction' | 'disjunction' = 'conjunction'): string {
  return new Intl.ListFormat(language() === 'zh' ? 'zh-CN' : 'en', { type }).format(words);
}

export function useSay() {
  const { t } = useTranslation(['picker', 'make', 'camera', 'pages']);

  const camera = (value: CameraValue): string => {
    if (value.kind === 'moves') return value.moves.map(({ name }) => t(`camera:move.${name}`)).join(', ');
    return value.kind === 'words' ? value.words : t('camera:chip.path');
  };

  /** One side of a change. */
  const value = (change: Change, side: 'from' | 'to'): string => {
    const found = change[side];
    if (found === null) return side === 'to' ? t('changed.lost') : '';
    if (change.what === 'camera') return camera(found as CameraValue);
    if (change.what === 'mode') return t(`make:mode.${found as 'text'}`);
    if (change.what === 'seconds') return span(found as number, language());
    if (change.what === 'size') return String(found).replace('x', ' × ');
    if (typeof found === 'boolean') return t(found ? 'changed.on' : 'changed.off');
    return typeof found === 'number' ? figure(found) : String(found);
  };
  const name = (change: Change) => t(`what.${change.what}`, { name: 'name' in change ? change.name : '' });

  const lacking = (change: Change): string => {
    if (change.what === 'mode') return t(`make:mode.${change.from}`);
    const named = 'name' in change ? change.name : String(change.from);
    return t(`lackOf.${change.what}`, { name: named });
  };

  /** What trying this model on comes to, in one sentence. */
  const sentence = (card: Model, list: readonly Change[]): string => {
    const model = shortName(card);
    const gone = lost(list);
    if (gone.length) return t('lacks', { model, list: listed(gone.map(lacking), 'disjunction') });
    const other = list.filter((change) => change.from !== null);
    if (!other.length) return t('fits', { model });
    return t('fitsBut', { model, list: other.map((one) => `${name(one)} ${value(one, 'to')}`).join(t('pages:comma')) });
  };

  const limits = (card: Model) => (isWorld(card) ? t('pages:models.limitsOf.world') : card.limits);
  const limit = (card: Model) => (isWorld(card) ? t('make:modelLimit') : card.limits);

  const price = (card: Model, priced: Priced | undefined, counted: boolean): string => {
    if (!counted) return t('noCount');
    if (!card.price) return t('noPrice');
    if (priced?.error) return t('cannot');
    if (!priced?.quote) return '…';
    const { credits } = priced.quote;
    return t('credits', { count: credits, shown: figure(credits) });
  };
  /** As measured on this server for such a clip, else for its clips of the last days. */
  const time = (card: Model, priced: Priced | undefined): string => {
    const seconds = priced?.quote?.run_seconds ?? card.usual_seconds;
    return seconds === null ? t('notRun') : span(seconds < 10 ? seconds : Math.round(seconds), language());
  };
  const memory = ({ needs, gigabytes, remote }: Model): string => {
    if (remote) return t('memory.remote');
    const size = figure(gigabytes, 1);
    if (needs === 'cuda') return gigabytes ? t('memory.gpuOf', { size }) : t('memory.gpu');
    return gigabytes ? t('memory.cpu', { size }) : t('memory.any');
  };
  /** A row, as it is read aloud. */
  const row = (card: Model, cost: string, priced: Priced | undefined): string =>
    t('row', {
      model: shortName(card),
      takes: TAKES.filter((what) => takes(card, what))
        .map((what) => t(`take.${what}`))
        .join(t('pages:comma')),
      price: card.remote ? cost : `${cost}${t('pages:comma')}${t('noBill')}`,
      time: time(card, priced),
      licence: [card.licence, excluded(card)].filter(Boolean).join(t('pages:comma')),
      memory: [memory(card), card.served ? '' : unserved(card).short].filter(Boolean).join(t('pages:comma')),
    });
  /** Why a model cannot make clips now: in the bar, and in full. */
  const unserved = ({ remote, notes }: Model) =>
    remote
      ? { short: t('noOrders'), long: notes.join(' ') || t('noOrders') }
      : { short: t('noWorker'), long: t('noWorkerLong') };
  const excluded = ({ licence_terms: { excluded: places } }: Model): string =>
    places.length ? t('excluded', { places: places.join(', ') }) : '';

  return { t, camera, value, name, sentence, limit, limits, price, time, memory, row, unserved, excluded };
}
