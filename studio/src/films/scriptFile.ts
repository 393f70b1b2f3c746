// A script's file, read as the command line reads it (`vitascope/film/begin.py`): UTF-8 or UTF-16, with or without a mark
// at its beginning, or GB18030. What is no text is refused, and never shown as letters that nobody wrote. Pure.

import type { Language } from '../words';

export const LONGEST = 400_000; // characters of a script, as the server counts them
const MAX_BYTES = 4 * LONGEST;
const CONTROL = /[\0-\x08\x0e-\x19\x1b-\x1f]/; // no text has these; a form feed and an old end mark it may

export type Unread = 'noText' | 'formatted' | 'tooLong' | 'blank';

/** The text of a file; else why it cannot be one. */
export async function readScript(file: Blob, longest = LONGEST): Promise<{ text: string } | { unread: Unread }> {
  if (file.size > MAX_BYTES) return { unread: (await isText(file)) ? 'tooLong' : 'noText' };
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (begins(bytes, '%PDF') || begins(bytes, '{\\rtf')) return { unread: 'formatted' };
  const text = decoded(bytes);
  if (text === null) return { unread: 'noText' };
  if (!text.trim()) return { unread: 'blank' };
  return length(text) > longest ? { unread: 'tooLong' } : { text };
}

/** What a new film says of its language: nothing where it has a script, in which the server finds it. */
export const languageFor = (source: string, page: Language) => (source.trim() ? {} : { language: page });

/** In characters, of which an emoji is one, as the server counts. */
export function length(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

export function decoded(bytes: Uint8Array): string | null {
  for (const encoding of encodings(bytes)) {
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
      if (!CONTROL.test(text)) return text.replace(/\r\n?/g, '\n');
    } catch {
      continue;
    }
  }
  return null;
}

function encodings(bytes: Uint8Array): string[] {
  if (begins(bytes, '\xef\xbb\xbf')) return ['utf-8'];
  if (begins(bytes, '\xff\xfe')) return ['utf-16le'];
  if (begins(bytes, '\xfe\xff')) return ['utf-16be'];
  // In UTF-16 the spaces and line ends have a zero byte, always on the same side.
  const zeros = [0, 0];
  bytes.forEach((byte, at) => (zeros[at % 2] += Number(byte === 0)));
  if (zeros[1] > 8 * zeros[0]) return ['utf-16le'];
  return zeros[0] > 8 * zeros[1] ? ['utf-16be'] : ['utf-8', 'gb18030'];
}

/** Of a file that is too large to be read: its beginning tells. The end of that may be the half of a letter. */
async function isText(file: Blob): Promise<boolean> {
  const bytes = new Uint8Array(await file.slice(0, 4096).arrayBuffer());
  return [0, 1, 2, 3].some((less) => decoded(bytes.subarray(0, bytes.length - less)) !== null);
}

const begins = (bytes: Uint8Array, mark: string) => [...mark].every((letter, at) => bytes[at] === letter.charCodeAt(0));
