import { describe, expect, it } from 'vitest';
import type { Card } from '../api/types';
import { fullBody, framesOf, missing, otherShapes, plainBody, route } from './ask';
import { EMPTY, type FormValues } from './form';
import { pieces } from './marks';
import { added, corrected } from './words';
import { aspectOf, aspects, fitted, nearest } from './shapes';

const card = {
  id: 'vitascope-nano',
  modes: ['text', 'image', 'last_image', 'extend', 'still', 'camera'],
  sizes: ['256x256', '352x192', '192x352'],
  max_seconds: 60,
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
    const image = { clipId: 'clip_1', at: 2.5, url: '', width: 256, height: 256 };
    expect(fullBody(form({ mode: 'image', image }), card).input_reference).toEqual({ clip_id: 'clip_1', frame: '40' });
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
    expect(framesOf(5, false)).toBe(81);
    expect(framesOf(2.1, true)).toBe(40);
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
