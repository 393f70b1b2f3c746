import { describe, expect, it } from 'vitest';
import type { Card } from '../api/types';
import { fullBody, missing, otherShapes, plainBody, referenceName, route } from './ask';
import { EMPTY, type FormValues } from './form';
import { framesOf, lengthOf, lengthsOf, longest, mostSteps, nearestSize, rateOf } from './format';
import { pieces } from './marks';
import { added, corrected } from './words';
import { aspectOf, aspects, fitted, nearest } from './shapes';

const card = {
  id: 'vitascope-nano',
  modes: ['text', 'image', 'last_image', 'extend', 'still', 'camera'],
  sizes: ['256x256', '352x192', '192x352'],
  max_seconds: 60,
  guidance: null,
  sound: 'never',
  presets: [] as string[],
  loras: [] as string[],
  options: [] as Card['options'],
  price: { second: 0.05, still: 0.02, steps: 0, source: '', date: '' },
  format: {
    fps: '16',
    first: 1,
    group: 8,
    side: 32,
    any_size: false,
    tiers: [] as Card['format']['tiers'],
    lengths: [] as number[],
    min_seconds: 0,
    max_seconds: 60,
    max_total_seconds: 60,
    steps: 0,
    max_steps: 64,
  },
} as Card;
/** Another maker's model: much of what the built-in one lacks. */
const film = {
  ...card,
  id: 'film',
  modes: ['text', 'extend'],
  sizes: ['1280x720', '720x1280', '1920x1080'],
  guidance: 5,
  sound: 'optional',
  presets: ['noir'],
  loras: ['grain'],
  options: [
    { name: 'depth', kind: 'integer', default: 2, low: 1, high: 4, choices: [] as string[], title: '' },
    { name: 'look', kind: 'choice', default: 'soft', low: null, high: null, choices: ['soft', 'hard'], title: '' },
  ],
  format: {
    ...card.format,
    fps: '30000/1001',
    first: 5,
    group: 17,
    any_size: true,
    tiers: [
      { name: '720p', sizes: ['1280x720', '720x1280'] },
      { name: '1080p', sizes: ['1920x1080'] },
    ],
    lengths: [4, 8, 12],
    max_total_seconds: 20,
    steps: 30,
    max_steps: 100,
  },
} as Card;
const form = (more: Partial<FormValues>): FormValues => ({ ...EMPTY, prompt: 'a red ball', ...more });
const picture = { url: 'data:image/png;base64,AA', name: 'a.png', width: 1920, height: 1080 };

describe('words of a prompt', () => {
  it('are underlined where the reading found them, neighbours together', () => {
    const read = { understood: ['red', 'ball', 'slowly = slow'], unknown: ['dragon'] };
    expect(pieces('A red ball slowly, a Dragon', read)).toEqual([
      { text: 'A ', kind: null },
      { text: 'red ball slowly', kind: 'known' },
      { text: ', a ', kind: null },
      { text: 'Dragon', kind: 'unknown' },
    ]);
  });
  it('are whole words in English and anything in Chinese', () => {
    expect(pieces('redder', { understood: ['red'], unknown: [] })).toEqual([{ text: 'redder', kind: null }]);
    expect(pieces('一只红球', { understood: ['红 = red', '球 = ball'], unknown: [] })[1]).toEqual({
      text: '红球',
      kind: 'known',
    });
  });
});

describe('a click on a word', () => {
  it('puts a slip right wherever it stands alone', () => {
    expect(corrected('A bal on a balcony, bal.', 'bal', 'ball')).toBe('A ball on a balcony, ball.');
    expect(corrected('Snwo', 'snwo', 'snow')).toBe('Snow');
  });
  it('adds to what is there', () => {
    expect(added('A dragon.', 'a red ball')).toBe('A dragon, a red ball');
    expect(added('一条龙。', '一个红球')).toBe('一条龙，一个红球');
    expect(added('  ', 'on snow')).toBe('on snow');
  });
  it('strikes what is left out', () => {
    const read = { understood: [], unknown: [], left_out: ['red ball'], too_many: [] };
    expect(pieces('no red ball', read)[1]).toEqual({ text: 'red ball', kind: 'out' });
  });
});

describe('pictures of another shape', () => {
  const size = { width: 352, height: 192 };
  it('are cut at the sides or the ends, or padded there', () => {
    expect(fitted({ width: 1920, height: 1047 }, size, 'crop')).toBeNull();
    expect(fitted({ width: 100, height: 100 }, size, 'crop')).toEqual({ at: 'ends', lost: 45 });
    expect(fitted({ width: 100, height: 100 }, size, 'pad')).toEqual({ at: 'sides', lost: 0 });
    expect(fitted({ width: 400, height: 100 }, size, 'crop')).toEqual({ at: 'sides', lost: 54 });
    expect(fitted({ width: 400, height: 100 }, size, 'pad')).toEqual({ at: 'ends', lost: 0 });
  });
  it('are sent with the choice, and only they', () => {
    const wide = { ...picture, width: 1760, height: 960 };
    const square = { ...picture, width: 500, height: 500 };
    expect(fullBody(form({ mode: 'image', image: wide }), card)).not.toHaveProperty('fit');
    const both = form({ mode: 'frames', image: wide, lastImage: square, fit: 'pad' });
    expect(otherShapes(both, card)).toEqual(['lastImage']);
    expect(fullBody(both, card).fit).toBe('pad');
  });
});

describe('what is sent', () => {
  it('leaves out what was not chosen', () => {
    expect(plainBody(form({}), card)).toEqual({ prompt: 'a red ball', seconds: 5, aspect: '16:9' });
  });
  it('sends a seed only when it is locked', () => {
    expect(plainBody(form({ seed: 7 }), card)).not.toHaveProperty('seed');
    expect(plainBody(form({ seed: 7, seedLocked: true }), card)).toHaveProperty('seed', 7);
  });
  it('lets a given picture decide the size', () => {
    const body = fullBody(form({ mode: 'image', image: picture }), card);
    expect(body).toMatchObject({ size: '352x192', input_reference: { image_url: picture.url } });
    expect(body).not.toHaveProperty('aspect');
  });
  it('names a moment of a clip by its picture', () => {
    const image = { clipId: 'clip_1', at: 2.5, url: '', fps: 24, width: 256, height: 256 };
    expect(fullBody(form({ mode: 'image', image }), card).input_reference).toEqual({ clip_id: 'clip_1', frame: '60' });
  });
  it('makes a still of no seconds and no camera', () => {
    const camera = { kind: 'moves' as const, moves: [{ name: 'orbit left' as const, slow: true, strength: 1 }] };
    expect(plainBody(form({ mode: 'still', camera }), card)).toEqual({
      prompt: 'a red ball',
      seconds: 0,
      aspect: '16:9',
    });
  });
  it('keeps the lineage of what is made again', () => {
    const remixOf = { videoId: 'video_1', clipId: 'clip_1', prompt: 'a red ball' };
    expect(route(form({ remixOf }))).toBe('/v1/videos/video_1/rerun');
    expect(route(form({ remixOf, prompt: 'a blue ball' }))).toBe('/v1/videos/video_1/remix');
    expect(route(form({ mode: 'extend' }))).toBe('/v1/videos/extensions');
  });
  it('says what is missing', () => {
    expect(missing(form({ prompt: ' ' }), card)).toEqual({ field: 'prompt', why: 'needPrompt' });
    expect(missing(form({ mode: 'frames', image: picture }), card)).toEqual({ field: 'lastImage', why: 'needLast' });
    expect(missing(form({ mode: 'extend' }), { ...card, modes: ['text'] })).toMatchObject({ field: 'mode' });
    expect(missing(form({}), card)).toBeNull();
  });
  it('counts whole groups of pictures', () => {
    expect(framesOf(card.format, 5, false)).toBe(81);
    expect(framesOf(card.format, 2.1, true)).toBe(40);
    expect(framesOf({ ...card.format, fps: '24', group: 4 }, 5, false)).toBe(121);
    expect(framesOf({ ...card.format, fps: '24', first: 5, group: 17 }, 5, false)).toBe(124);
  });
  it('says the price that was shown', () => {
    expect(fullBody(form({}), card, 2.5)).toHaveProperty('max_credits', 2.5);
    expect(fullBody(form({}), card)).not.toHaveProperty('max_credits');
  });
});

describe('the chosen model', () => {
  const chosen = form({
    steps: 200,
    guidance: 7,
    draft: true,
    withSound: true,
    preset: 'noir',
    loras: { grain: 0.8, other: 1 },
    options: { depth: 3, look: 'soft', other: true },
    camera: { kind: 'words', words: 'orbit left' },
  });
  it('is asked for all that it has', () => {
    expect(plainBody(chosen, film)).toEqual({
      prompt: 'a red ball',
      seconds: 8,
      aspect: '16:9',
      steps: 100,
      guidance: 7,
      draft: true,
      sound: true,
      preset: 'noir',
      loras: [{ name: 'grain', weight: 0.8 }],
      options: { depth: 3 },
    });
  });
  it('is not asked for what only another has', () => {
    const camera = 'orbit left';
    expect(plainBody(chosen, card)).toEqual({ prompt: 'a red ball', seconds: 5, aspect: '16:9', camera });
    expect(plainBody({ ...chosen, options: { depth: 9 } }, film)).not.toHaveProperty('options');
  });
  it('says which lengths there are', () => {
    expect(rateOf(film.format)).toBeCloseTo(29.97, 2);
    expect(lengthsOf(film.format)).toEqual([4, 8, 12]);
    expect([1, 5, 30].map((seconds) => lengthOf(film.format, seconds))).toEqual([4, 8, 12]);
    expect(lengthOf(film.format, 12, 10)).toBe(8); // 20 in all
    expect(lengthOf({ ...card.format, min_seconds: 2 }, 0.5)).toBe(2);
    expect(longest(card.format, 58)).toBe(2);
    const extend = { clipId: 'clip_1', videoId: null, seconds: 60, width: 256, height: 256, thumbnail: null };
    expect(missing(form({ mode: 'extend', extend }), card)).toEqual({ field: 'extend', why: 'fullLength' });
  });
  it('says which shapes and steps there are', () => {
    expect(plainBody(form({ tier: '1080p' }), film)).toMatchObject({ size: '1920x1080' });
    expect(plainBody(form({ aspect: '1:1' }), film)).toMatchObject({ aspect: '16:9' });
    expect(nearestSize(film, { width: 640, height: 640 })).toBe('640x640');
    expect(nearestSize(film, { width: 641, height: 640 })).toBe('1280x720');
    expect([mostSteps(film.format, null), mostSteps({ ...film.format, steps: 4 }, 50)]).toEqual([100, 50]);
  });
  it('makes stills alone where it has no length', () => {
    const stills = { ...card, format: { ...card.format, max_seconds: 0 } };
    expect(missing(form({}), stills)).toMatchObject({ why: 'notThisModel' });
    expect(missing(form({ mode: 'still' }), stills)).toBeNull();
    expect(plainBody({ ...chosen, mode: 'still' }, film)).not.toHaveProperty('sound');
  });
});

describe('shapes', () => {
  it('takes the nearest one the model makes', () => {
    expect(nearest(card.sizes, { width: 1080, height: 1920 })).toBe('192x352');
    expect(nearest(card.sizes, { width: 900, height: 1000 })).toBe('256x256');
    expect(aspectOf({ width: 352, height: 192 })).toBe('16:9');
    expect(aspects(card.sizes)).toEqual(['16:9', '1:1', '9:16']);
  });
});

describe('references', () => {
  const one = (name: string, kind: 'image' | 'video' = 'image') => ({
    name,
    kind,
    url: 'data:,',
    image: { url: `data:image/png;base64,${name}`, name, width: 8, height: 8 },
  });
  const cast = { ...card, modes: [...card.modes, 'references'], references: { image: 2 } } as Card;
  const form: FormValues = {
    ...EMPTY,
    prompt: '@cat walks',
    references: [one('cat'), one('clip', 'video'), one('hat'), one('dog')],
  };

  it('sends as many as the model takes, by their names, and none to one that takes none', () => {
    expect(fullBody(form, cast).references).toEqual([
      { name: 'cat', kind: 'image', image_url: 'data:image/png;base64,cat' },
      { name: 'hat', kind: 'image', image_url: 'data:image/png;base64,hat' },
    ]);
    expect(fullBody(form, card).references).toBeUndefined();
    const known = { name: 'cat', kind: 'image' as const, url: '', sha256: 'ab' };
    expect(fullBody({ ...form, references: [known] }, cast).references).toEqual([
      { name: 'cat', kind: 'image', id: 'ab' },
    ]);
  });

  it('names them as the prompt can', () => {
    expect(referenceName('My cat.png', [])).toBe('My-cat');
    expect(referenceName('小米.jpg', ['小米'])).toBe('小米-2');
    expect(referenceName('???', ['ref'])).toBe('ref-2');
  });

  it('tells an @name that is none of them', () => {
    expect(pieces('@cat sees @dog', undefined, ['cat']).map(({ text, kind }) => [text, kind])).toEqual([
      ['@cat', 'known'],
      [' sees ', null],
      ['@dog', 'unknown'],
    ]);
    expect(
      pieces('a@b 🙂 @x', undefined, [])
        .map(({ text }) => text)
        .join(''),
    ).toBe('a@b 🙂 @x');
  });
});
