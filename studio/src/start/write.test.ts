import { describe, expect, it } from 'vitest';
import sentences from './sentences.json';
import type { Word } from './lexicon';
import { write } from './write';

const word = (text: string) => {
  const [kind, value] = text.split(':');
  return { kind, value } as Word;
};

/** `sentences.json` is read by Python too, which holds each against the model's reader. */
describe.each(['en', 'zh'] as const)('clicks in %s', (language) => {
  it.each(sentences)('$clicks', ({ clicks, ...said }) => {
    let text: string | null = '';
    for (const click of clicks) text = write(text!, word(click), language);
    expect(text).toBe(said[language]);
  });
});

it('stays in the language of the prompt', () => {
  expect(write('一个球', word('ground:snow'), 'en')).toBe('一个球在雪地上');
  expect(write('a ball', word('ground:snow'), 'zh')).toBe('a ball on snow');
});

it('changes what was written by hand only where it must', () => {
  expect(write('Two knights, a ball rolls left at sunset, slow push in.', word('sky:night'), 'en')).toBe(
    'Two knights, a ball rolls left at night, slow push in',
  );
  expect(write('a huge ball made of glass', word('colour:orange'), 'en')).toBe('a huge orange ball made of glass');
});

it('puts no fourth thing into a scene', () => {
  expect(write('A ball beside a cube and a cone', word('thing:cube'), 'en')).toBeNull();
  expect(write('一个球，旁边是一个立方体和一个圆锥', word('thing:cube'), 'zh')).toBeNull();
});
