// The one list of examples, and the pictures of what the model can draw. Their files are drawn when the page is built
// (`examples.py`); a page without them, as while one works on it, has the words alone.

import { EMPTY, type FormValues } from '../make/form';
import type { Language } from '../words';
import list from './examples.json';

export interface Example {
  name: string;
  prompt: Record<Language, string>;
  seed: number;
  clip: string | undefined; // addresses
  picture: string | undefined;
}

const files = import.meta.glob<string>('../../drawn/*.{mp4,webp}', { eager: true, query: '?url', import: 'default' });

function fileOf(name: string, suffix: string): string | undefined {
  const found = Object.keys(files).find((path) => path.includes(`/${name}.`) && path.endsWith(suffix));
  return found && files[found];
}

export const ASPECT = '16:9';
export const SECONDS = 5;
export const SIZE = { width: 352, height: 192, fps: 16 };

export const EXAMPLES: readonly Example[] = list.clips.map(({ name, seed, en, zh }) => ({
  name,
  prompt: { en, zh },
  seed,
  clip: fileOf(name, '.mp4'),
  picture: fileOf(name, '.webp'),
}));

export const pictureOf = (word: string): string | undefined => fileOf(word, '.webp');

/** The form that makes this very clip. */
export function formOf(example: Example, language: Language): Partial<FormValues> {
  const { advanced: _view, projectId: _project, ...plain } = EMPTY;
  const told = { prompt: example.prompt[language], aspect: ASPECT, seconds: SECONDS };
  return { ...plain, mode: 'text', ...told, seed: example.seed, seedLocked: true };
}
