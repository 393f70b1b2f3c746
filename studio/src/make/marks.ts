// Which words of a prompt to underline. Pure: the server's reading names them, here they are found again in the text.
import type { Reading } from '../api/types';

export interface Piece {
  text: string;
  kind: 'known' | 'unknown' | 'out' | null;
}

const MENTION = /@[\p{L}\p{N}_-]+/gu;

type Marked = Pick<Reading, 'understood' | 'unknown'> & Partial<Pick<Reading, 'left_out' | 'too_many'>>;

/** The prompt cut into pieces that join to the prompt again. Known words with one space between them become one.
 * `names`: of references, where the model takes them; an @name that is none of them is unknown.
 */
export function pieces(prompt: string, reading: Marked | undefined, names: readonly string[] | null = null): Piece[] {
  if (names && prompt.includes('@')) {
    const kinds: Piece['kind'][] = pieces(prompt, reading).flatMap(({ text, kind }) => Array.from(text, () => kind));
    if (kinds.length !== prompt.length) return pieces(prompt, reading); // letters of two units
    for (const { index, 0: said } of prompt.matchAll(MENTION))
      kinds.fill(names.includes(said.slice(1)) ? 'known' : 'unknown', index, index + said.length);
    return joined(prompt, kinds);
  }
  if (!reading) return prompt ? [{ text: prompt, kind: null }] : [];
  const kinds: Piece['kind'][] = new Array<Piece['kind']>(prompt.length).fill(null);
  const lower = prompt.toLowerCase();
  const terms = [
    ...reading.understood.map((told) => ({ term: told.split(' = ')[0] ?? '', kind: 'known' as const })),
    ...reading.unknown.map((term) => ({ term, kind: 'unknown' as const })),
    ...[...(reading.left_out ?? []), ...(reading.too_many ?? [])].map((term) => ({ term, kind: 'out' as const })),
  ].sort((a, b) => b.term.length - a.term.length);
  for (const { term, kind } of terms) mark(lower, term.toLowerCase(), kind, kinds);
  for (let at = 1; at < prompt.length - 1; at += 1) {
    const [before, after] = [kinds[at - 1], kinds[at + 1]];
    if (prompt[at] === ' ' && !kinds[at] && before === 'known' && after === 'known') kinds[at] = 'known';
  }
  return joined(prompt, kinds);
}

function mark(text: string, term: string, kind: Piece['kind'], kinds: Piece['kind'][]) {
  if (!term.trim()) return;
  for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + term.length)) {
    const end = at + term.length;
    const inWord = isWord(text[at - 1]) && isWord(text[at]) ? true : isWord(text[end]) && isWord(text[end - 1]);
    if (inWord || kinds.slice(at, end).some(Boolean)) continue;
    kinds.fill(kind, at, end);
  }
}

/** A letter of a language that parts its words. */
function isWord(letter: string | undefined): boolean {
  return letter !== undefined && /[a-z0-9']/.test(letter);
}

function joined(prompt: string, kinds: Piece['kind'][]): Piece[] {
  const found: Piece[] = [];
  for (let at = 0; at < prompt.length; at += 1) {
    const last = found.at(-1);
    const kind = kinds[at] ?? null;
    if (last && last.kind === kind) last.text += prompt[at];
    else found.push({ text: prompt[at] ?? '', kind });
  }
  return found;
}
