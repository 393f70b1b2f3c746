// What two clips have in common and what not, by what was asked for and by how the words are understood.

import type { Reading } from '../api/types';

/** The part of a recipe's `spec` that is compared. */
export interface Asked {
  prompt: string;
  negative_prompt?: string;
  seed: number | null;
  steps: number;
  guidance: number | null;
  seconds: number;
  aspect: string;
  model: string;
  camera: { words?: string; points?: number[][] } | null;
  image?: unknown;
  last_image?: unknown;
  extend?: { sha256: string } | null;
}

export interface Difference {
  what: string; // a key of words: library.fact.*
  from: string;
  to: string;
}

/** What is compared and the same; `value` where it can be said shortly. */
export interface Equal {
  what: string;
  value: string;
}

export interface Compared {
  differs: Difference[];
  equal: Equal[];
}

const FACTS = ['shape', 'colour', 'size', 'material', 'motion', 'direction', 'speed'] as const;

/** `from` and `to` are empty where one side says nothing. Without readings the prompts are compared as they are. */
export function compare(a: Asked, b: Asked, readA?: Reading, readB?: Reading): Compared {
  const differs: Difference[] = [];
  const equal: Equal[] = [];
  const look = (what: string, from: unknown, to: unknown, shown = true) => {
    if (JSON.stringify(from ?? '') === JSON.stringify(to ?? '')) equal.push({ what, value: shown ? text(from) : '' });
    else differs.push({ what, from: shown ? text(from) : '', to: shown ? text(to) : '' });
  };
  if (a.prompt === b.prompt) equal.push({ what: 'words', value: '' });
  else differs.push(...facts(readA, readB));
  if (a.prompt !== b.prompt && !differs.length) differs.push({ what: 'words', from: '', to: '' });
  look('seed', a.seed, b.seed);
  look('steps', a.steps, b.steps);
  look('guidance', a.guidance, b.guidance);
  look('seconds', a.seconds, b.seconds);
  look('aspect', a.aspect, b.aspect);
  look('model', a.model, b.model);
  look('path', path(a), path(b), typeof path(a) === 'string' && typeof path(b) === 'string');
  look('given', given(a), given(b), false);
  return { differs, equal };
}

function facts(a?: Reading, b?: Reading): Difference[] {
  if (!a || !b) return [];
  const found: Difference[] = [];
  const put = (what: string, from = '', to = '') => from !== to && found.push({ what, from, to });
  const most = Math.max(a.things.length, b.things.length);
  for (let index = 0; index < most; index++) {
    const [one, two] = [a.things[index], b.things[index]];
    if (one && two) for (const fact of FACTS) put(fact, one[fact], two[fact]);
    else put('thing', named(one), named(two));
  }
  put('ground', a.ground, b.ground);
  put('sky', a.sky, b.sky);
  put('camera', a.camera, b.camera);
  return found;
}

const named = (thing?: Reading['things'][number]) => (thing ? `${thing.colour} ${thing.shape}`.trim() : '');
const path = (asked: Asked) => asked.camera?.words || asked.camera?.points || '';
const text = (value: unknown) => (value === null || value === undefined ? '' : String(value));
/** The pictures and the clip themselves: another picture is no less a difference than another word. */
const given = ({ image, last_image, extend }: Asked) => [image ?? '', last_image ?? '', extend?.sha256 ?? ''];
