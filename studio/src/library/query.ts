// What stands in the search line: tokens ("ground: snow") and free words. It lives in the address, so that a reload, the
// back button and a sent link keep it.

import type { Reading } from '../api/types';
import en from '../words/en/library.json';
import zh from '../words/zh/library.json';

export const KINDS = ['thing', 'colour', 'motion', 'ground', 'sky', 'camera'] as const;
export type Kind = (typeof KINDS)[number];
export interface Token {
  kind: Kind;
  value: string;
}

export const FILTERS = ['all', 'favourites', 'stills', 'extended', 'week', 'trash'] as const;
export type Filter = (typeof FILTERS)[number];

export interface Query {
  words: string;
  tokens: Token[];
  filter: Filter;
  project: string;
  model: string;
  oldest: boolean;
}

export const EVERYTHING: Query = { words: '', tokens: [], filter: 'all', project: '', model: '', oldest: false };

export function fromAddress(search: URLSearchParams): Query {
  const filter = search.get('show') as Filter;
  return {
    words: search.get('q') ?? '',
    tokens: search.getAll('is').flatMap((text) => token(text) ?? []),
    filter: FILTERS.includes(filter) ? filter : 'all',
    project: search.get('project') ?? '',
    model: search.get('model') ?? '',
    oldest: search.get('order') === 'oldest',
  };
}

export function toAddress(query: Query): URLSearchParams {
  const search = new URLSearchParams();
  if (query.words.trim()) search.set('q', query.words);
  for (const one of query.tokens) search.append('is', written(one));
  if (query.filter !== 'all') search.set('show', query.filter);
  if (query.project) search.set('project', query.project);
  if (query.model) search.set('model', query.model);
  if (query.oldest) search.set('order', 'oldest');
  return search;
}

export const written = ({ kind, value }: Token) => `${kind}:${value}`;

/** "ground:snow" or "地面：雪地" as a token; null when it is none. It is kept in the world's own words. */
export function token(text: string): Token | null {
  const [kind = '', ...rest] = text.replace('：', ':').split(':');
  const value = rest.join(':').trim();
  const name = kind.trim().toLowerCase();
  const known = KINDS.find((one) => [one, en.kind[one], zh.kind[one]].includes(name));
  return known && value ? { kind: known, value: VALUES.get(value) ?? value } : null;
}

/** What a word of either language means; what means two things is left to the server, which knows of what it is said. */
const VALUES = new Map<string, string>();
for (const [value, said] of [...Object.entries(en.value), ...Object.entries(zh.value)]) {
  VALUES.set(said, VALUES.has(said) && VALUES.get(said) !== value ? said : value);
}

export function add(tokens: readonly Token[], more: Token): Token[] {
  return tokens.some((one) => written(one) === written(more)) ? [...tokens] : [...tokens, more];
}

/** The tokens that these words could become, by how the reader understands them. */
export function offers(reading: Reading | undefined, chosen: readonly Token[]): Token[] {
  if (!reading) return [];
  const found: Token[] = [];
  const put = (kind: Kind, value: string) => value && found.push({ kind, value });
  for (const thing of reading.things) {
    put('thing', thing.shape);
    put('colour', thing.colour);
    put('motion', thing.motion);
  }
  put('ground', reading.ground);
  put('sky', reading.sky);
  put('camera', reading.camera);
  const taken = new Set(chosen.map(written));
  return found.filter((one) => !taken.has(written(one)) && taken.add(written(one)));
}

const CHINESE = /[\u4e00-\u9fff]/;

/** The words that are left when one has become a token: in Chinese without what hangs on it (雪地上的). */
export function without(text: string, values: readonly string[], offered: number): string {
  const ends = (value: string) => (CHINESE.test(value) ? `${value}[上里]?的?` : `(?<=^|\\s)${value}(?=\\s|$)`);
  const left = values.reduce((rest, value) => rest.replace(new RegExp(ends(value), 'i'), ' '), text);
  return left === text && offered === 1 ? '' : left.replace(/\s+/g, ' ').trim();
}

const WEEK = 7 * 86_400;

/** The query as the server takes it. */
export function asked({ words, tokens, filter, project, model, oldest }: Query, now = Date.now() / 1000) {
  const facts: Partial<Record<Kind, string[]>> = {};
  for (const { kind, value } of tokens) facts[kind] = [...(facts[kind] ?? []), value];
  return {
    ...facts,
    ...(words.trim() ? { q: words.trim() } : {}),
    ...(project ? { project } : {}),
    ...(model ? { model } : {}),
    ...(filter === 'favourites' ? { favourite: true } : {}),
    ...(filter === 'trash' ? { trashed: true } : {}),
    ...(filter === 'stills' ? { still: true } : {}),
    ...(filter === 'extended' ? { relation: 'extend' as const } : {}),
    ...(filter === 'week' ? { since: Math.floor(now / 3600) * 3600 - WEEK } : {}),
    ...(oldest ? { order: 'asc' as const } : {}),
  };
}
