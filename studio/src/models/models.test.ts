import { describe, expect, it } from 'vitest';
import type { Card } from '../api/types';
import { EMPTY, type FormValues } from '../make/form';
import { changes, formWith, lost, modeWith } from './changes';
import { nameOf, takes, TAKES, usual, wanted, type Model } from './takes';

const card = {
  id: 'world',
  default: true,
  title: 'World: a small one',
  limits: 'toy world',
  licence: 'MIT',
  hooks: ['reader'],
  served: true,
  modes: ['text', 'image', 'last_image', 'extend', 'still', 'camera'],
  sizes: ['256x256', '352x192', '192x352'],
  guidance: null,
  sound: 'never',
  presets: [] as string[],
  loras: [] as string[],
  options: [] as Card['options'],
  format: {
    fps: '16', first: 1, group: 8, side: 32, any_size: false, tiers: [] as Card['format']['tiers'],
    lengths: [] as number[], min_seconds: 0, max_seconds: 60, max_total_seconds: 60, steps: 0, max_steps: 64,
  },
} as unknown as Model; // prettier-ignore
const film = {
  ...card,
  id: 'film',
  default: false,
  title: 'Film',
  limits: 'Sound, 8 s',
  hooks: [] as string[],
  modes: ['text', 'image', 'references'],
  sizes: ['1280x704', '704x1280'],
  guidance: 5,
  sound: 'optional',
  presets: ['fast'],
  loras: ['grain'],
  options: [{ name: 'depth', kind: 'integer', default: 2, low: 1, high: 4, choices: [] as string[], title: '' }],
  format: { ...card.format, fps: '24', group: 4, max_seconds: 8, steps: 30, max_steps: 40 },
} as Model;
const plate = {
  ...card,
  id: 'plate',
  default: false,
  modes: ['still'],
  format: { ...card.format, max_seconds: 0 },
} as Model;
const form = (more: Partial<FormValues>): FormValues => ({ ...EMPTY, prompt: 'a red ball', ...more });
const camera = { kind: 'words' as const, words: 'orbit left' };

describe('what a model takes', () => {
  it('follows its card', () => {
    expect(TAKES.filter((what) => takes(card, what))).toEqual(['text', 'image', 'frames', 'extend', 'camera', 'still']);
    expect(TAKES.filter((what) => takes(film, what))).toEqual(['text', 'image', 'references', 'sound']);
    expect(TAKES.filter((what) => takes(plate, what))).toEqual(['still']);
  });
  it('is what the filters ask for, all of it', () => {
    const all = [card, film, { ...plate, served: false }];
    const ids = (more: object) => wanted(all, { takes: [], words: '', served: false, ...more }).map((one) => one.id);
    expect(ids({})).toEqual(['world', 'film', 'plate']);
    expect(ids({ takes: ['image', 'sound'] })).toEqual(['film']);
    expect(ids({ words: 'TOY mit' })).toEqual(['world', 'plate']);
    expect(ids({ served: true })).toEqual(['world', 'film']);
  });
  it('knows the usual model by what the server says, not by its place', () => {
    expect(usual([film, card])?.id).toBe('world');
    expect([nameOf(card), nameOf(film)]).toEqual(['', 'film']);
  });
});

describe('another model', () => {
  it('changes nothing that it can do too', () => {
    expect(changes(form({ seconds: 5, seed: 3, seedLocked: true }), card, film)).toEqual([]);
    expect(changes(form({ camera }), card, card)).toEqual([]);
  });
  it('tells each value that is made otherwise, with the old one', () => {
    const asked = form({ seconds: 12, aspect: '1:1', camera });
    expect(changes(asked, card, film, { from: '256x256', to: '1280x704' })).toEqual([
      { what: 'camera', from: camera, to: null },
      { what: 'seconds', from: 12, to: 8 },
      { what: 'aspect', from: '1:1', to: '16:9' },
      { what: 'size', from: '256x256', to: '1280x704' },
    ]);
  });
  it('tells what only the one before had', () => {
    const asked = form({
      withSound: true,
      preset: 'fast',
      loras: { grain: 0.8 },
      options: { depth: 3 },
      steps: 20,
      guidance: 7,
    });
    const found = changes(asked, film, card);
    expect(lost(found).map((one) => one.what)).toEqual(['sound', 'steps', 'guidance', 'preset', 'lora', 'option']);
    expect(found).toContainEqual({ what: 'lora', name: 'grain', from: 0.8, to: null });
    expect(changes(asked, card, film)).toContainEqual({ what: 'preset', from: null, to: 'fast' }); // it is there again
  });
  it('is used in the mode that comes nearest, and the form keeps what it holds', () => {
    expect(modeWith('frames', film)).toBe('image');
    expect(modeWith('extend', film)).toBe('text');
    expect(modeWith('image', plate)).toBe('still');
    const asked = form({ mode: 'frames', camera, seconds: 12 });
    expect(changes(asked, card, film)[0]).toEqual({ what: 'mode', from: 'frames', to: 'image' });
    expect(formWith(asked, film)).toEqual({ ...asked, mode: 'image', model: 'film' });
    expect(changes(form({ seconds: 12 }), card, plate).map((one) => one.what)).toEqual(['mode']);
  });
  it('has the form of an earlier one again', () => {
    const asked = form({ mode: 'extend', camera, loras: { grain: 1 } });
    expect(formWith(formWith(asked, film), card)).toEqual({ ...asked, mode: 'text' });
    expect(formWith(asked, card)).toEqual(asked);
  });
});
