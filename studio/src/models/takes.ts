// What a model takes, in the order in which it is shown everywhere: icons of a row, filters, and their number keys. Pure.
import type { Card as Model } from '../api/types';
import { canMake } from '../make/ask';

export type { Model };

export const TAKES = ['text', 'image', 'frames', 'extend', 'references', 'sound', 'camera', 'still'] as const;
export type Take = (typeof TAKES)[number];

export function takes(card: Model, what: Take): boolean {
  switch (what) {
    case 'sound':
      return card.sound !== 'never';
    case 'text': // also where it makes stills of it
    case 'references':
    case 'camera':
      return card.modes.includes(what);
    default:
      return canMake(card, what);
  }
}

/** The model that is taken when none is named. */
export function usual<T extends Model>(cards: readonly T[] | undefined): T | undefined {
  return cards?.find((card) => card.default) ?? cards?.[0];
}

/** What the form keeps for this model: nothing for the server's own choice, so that it follows when that changes. */
export const nameOf = (card: Model) => (card.default ? '' : card.id);

/** "Wan 2.2 5B" of "Wan 2.2 5B: image to video". */
export const shortName = (card: Model) => card.title.split(':')[0]?.trim() || card.id;

export interface Wanted {
  takes: readonly Take[]; // all of them
  words: string;
  served: boolean; // only those that a worker serves now
}

/** Those that are wanted, in the order of the list. */
export function wanted<T extends Model>(cards: readonly T[], { takes: all, words, served }: Wanted): T[] {
  const said = words.toLowerCase().split(/\s+/).filter(Boolean);
  return cards.filter((card) => {
    const text = [card.id, card.title, card.limits, card.licence, card.owned_by].join(' ').toLowerCase();
    return (
      all.every((what) => takes(card, what)) && said.every((word) => text.includes(word)) && !(served && !card.served)
    );
  });
}
