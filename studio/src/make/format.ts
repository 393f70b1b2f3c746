// What the chosen model's card says of lengths, frames and shapes. Pure, and by the same rules as the server's
// `ClipFormat`, so that the form offers what the model makes and no more.
import type { Card } from '../api/types';
import { nearest, sizeOf, type Size } from './shapes';

export type Format = Card['format'];

const SHORTEST = 0.5; // seconds, of a length that can be chosen
const OFFERED = [2, 3, 4, 5, 8, 10];
const FAR = 4; // times the usual steps: the slider's end, where the card allows many more

/** The model whose world the reader, the words to click on and the notes at given pictures are about. */
export const isWorld = (card: Card | undefined) => !card || card.hooks.includes('reader');

/** Frames a second: "16", "30000/1001". */
export function rateOf(format: Pick<Format, 'fps'>): number {
  const [over = 0, under = 1] = format.fps.split('/').map(Number);
  return over / under;
}

/** Frames that the model makes for this many seconds. */
export function framesOf(format: Format, seconds: number, extending: boolean): number {
  const { first, group } = format;
  if (!seconds) return 1;
  const asked = seconds * rateOf(format);
  if (extending) return group * Math.max(1, Math.ceil(asked / group - 1e-9));
  return first + group * Math.max(0, Math.ceil((asked + 1 - first) / group - 1e-9));
}

/** The longest that can be asked for, after a clip of `before` seconds; 0: stills only. */
export function longest(format: Format, before = 0): number {
  const most = format.lengths.length ? Math.max(...format.lengths) : format.max_seconds;
  return before ? Math.min(most, Math.floor(2 * (format.max_total_seconds - before)) / 2) : most;
}

export function shortest(format: Format): number {
  return format.lengths.length ? Math.min(...format.lengths) : Math.max(SHORTEST, format.min_seconds);
}

/** The length that this model makes when so many seconds are asked for. */
export function lengthOf(format: Format, seconds: number, before = 0): number {
  const most = longest(format, before);
  const own = format.lengths.filter((length) => length <= most).sort((a, b) => a - b);
  if (own.length) return own.find((length) => length >= seconds) ?? own.at(-1)!;
  return Math.max(shortest(format), Math.min(seconds, most));
}

/** The lengths to choose from with one press. */
export function lengthsOf(format: Format, before = 0): number[] {
  const [least, most] = [shortest(format), longest(format, before)];
  const own = format.lengths.length ? [...format.lengths].sort((a, b) => a - b) : OFFERED;
  return own.filter((length) => length >= least && length <= most);
}

/** The slider's end. A choice beyond it stays in reach. */
export function mostSteps(format: Format, chosen: number | null): number {
  return Math.min(format.max_steps, Math.max(FAR * format.steps, chosen ?? 0));
}

/** The sizes of a tier; of the first one when none is named, of all where there are none. */
export function sizesOf(card: Card, tier: string): string[] {
  const { tiers } = card.format;
  return (tiers.find((one) => one.name === tier) ?? tiers[0])?.sizes ?? card.sizes;
}

/** The size that comes nearest to what is given: that very one where any size is made. */
export function nearestSize(card: Card, given: Size): string {
  const { any_size: any, side } = card.format;
  const area = Math.max(...card.sizes.map(sizeOf).map(({ width, height }) => width * height));
  const fits = given.width % side === 0 && given.height % side === 0 && given.width * given.height <= area;
  return any && fits ? `${given.width}x${given.height}` : nearest(card.sizes, given);
}

/** What the model's own options come to, those it has alone and as they may be; its defaults are left out. */
export function optionsOf(card: Card, chosen: Record<string, OptionValue>): Record<string, OptionValue> {
  const kept = card.options.filter(({ name, default: usual, ...option }) => {
    const value = chosen[name];
    return value !== undefined && value !== usual && isAllowed(option, value);
  });
  return Object.fromEntries(kept.map(({ name }) => [name, chosen[name]!]));
}

export type OptionValue = boolean | number | string;
type Limits = Pick<Card['options'][number], 'kind' | 'low' | 'high' | 'choices'>;

function isAllowed({ kind, low, high, choices }: Limits, value: OptionValue): boolean {
  if (kind === 'flag') return typeof value === 'boolean';
  if (kind === 'choice') return choices.includes(String(value));
  if (kind === 'text') return typeof value === 'string';
  if (typeof value !== 'number' || (kind === 'integer' && !Number.isInteger(value))) return false;
  return (low === null || value >= low) && (high === null || value <= high);
}
