// Words of films that several parts say.
import { useTranslation } from 'react-i18next';
import { useCards } from '../api/hooks';
import { shortName, usual } from '../models/takes';
import { figure, span } from '../parts/time';
import { language } from '../words';
import { toSeconds } from './document';
import type { FilmQuote, FilmView, State, Take } from './types';

export const SMOOTH = 1.5; // a seam below it looks smooth

export const aspect = (width = 1280, height = 720): string => {
  const known = [
    [16, 9],
    [9, 16],
    [1, 1],
    [4, 3],
    [3, 4],
    [21, 9],
  ].find(([wide, high]) => Math.abs(width / height / (wide / high) - 1) < 0.04);
  return known ? known.join(':') : `${width} × ${height}`;
};

export const seconds = (said: string | number | null | undefined): string =>
  span(typeof said === 'number' ? said : (toSeconds(said) ?? 0), language());

export const stateOf = (film: FilmView, of: string, kind: Take['kind'] = 'clip'): State | undefined =>
  film.states.find((state) => state.of === of && state.kind === kind);

export const ratio = (film: FilmView): number => (film.document.width ?? 1280) / (film.document.height ?? 720);

/** "2-1" for "S02-01", as the server writes it. */
export const label = (said: string): string => said.replace(/^S0*(\d+)-0*(\d+)/, '$1-$2');

export function usePrice() {
  const { t } = useTranslation('films');
  return (credits: number) => t('credits', { count: credits, shown: figure(credits) });
}

/** Why something cannot be made: in the reader's own language where it is a voice, of which many films have some. */
export function useWhyNot() {
  const { t } = useTranslation('films');
  return ({ kind, code, message, hint }: FilmQuote['refused'][number]) =>
    kind === 'voice' && code === 'not_supported' ? t('noVoice') : `${message} ${hint}`;
}

/** The model that makes the film's takes, by its short name. */
export function useModelName() {
  const cards = useCards().data ?? [];
  return (name: string | undefined): string => {
    const card = name ? cards.find(({ id }) => id === name) : usual(cards);
    return card ? shortName(card) : (name ?? '');
  };
}
