import { describe, expect, it } from 'vitest';
import type { Clip, Lineage, Reading } from '../api/types';
import { type Asked, compare } from './differ';
import { fitOf } from './files';
import { places } from './grid';
import { rows } from './lineage';
import { asked, EVERYTHING, fromAddress, offers, toAddress, token, without } from './query';
import { placeOf } from './sync';

const thing = {
  shape: 'ball',
  colour: 'red',
  size: '',
  material: '',
  motion: 'roll',
  direction: 'right',
  speed: '',
  to_colour: '',
};
const reading = (given: Partial<Reading>) =>
  ({ things: [thing], ground: 'snow', sky: 'sunset', camera: '', ...given }) as Reading;

describe('two clips', () => {
  const made = { prompt: 'a', seed: 1, steps: 4, guidance: null, seconds: 5, aspect: '1:1', model: 'm', camera: null };
  const picture = (png: string) => ({ png, width: 1, height: 1 });
  it('are not alike but for what is said when their given pictures differ', () => {
    const [a, b] = [picture('AAAA'), picture('BBBB')].map((image) => ({ ...made, image }));
    expect(compare(a, b).differs).toEqual([{ what: 'given', from: '', to: '' }]);
    expect(compare(a, { ...a }).differs).toEqual([]);
    const source = (sha256: string) => ({ ...made, extend: { sha256 } });
    expect(compare(source('1'), source('2')).differs).toHaveLength(1);
  });
});

describe('the search line', () => {
  it('reads tokens in both ways of writing', () => {
    expect(token('ground:snow')).toEqual({ kind: 'ground', value: 'snow' });
    expect(token('Sky：night')).toEqual({ kind: 'sky', value: 'night' });
    expect(token('地面：雪地')).toEqual({ kind: 'ground', value: 'snow' });
    expect(token('颜色:红色')).toEqual({ kind: 'colour', value: 'red' });
    expect(token('镜头:静止')).toEqual({ kind: 'camera', value: '静止' }); // of a thing it is "stand"
    expect([token('http://x'), token('ground:'), token('snow')]).toEqual([null, null, null]);
  });

  it('loses the word that became a token', () => {
    expect(without('red ball', ['red', 'red'], 2)).toBe('ball');
    expect(without('雪地上的红球', ['snow', '雪地'], 3)).toBe('红球');
    expect(without('sphere', ['ball', 'ball'], 1)).toBe('');
    expect(without('a sphere', ['ball', 'ball'], 2)).toBe('a sphere');
  });

  it('comes back from the address as it went in', () => {
    const query = { ...EVERYTHING, words: 'red', tokens: [{ kind: 'sky', value: 'night' } as const], oldest: true };
    expect(fromAddress(toAddress(query))).toEqual(query);
    expect(fromAddress(new URLSearchParams('show=nonsense&is=broken'))).toEqual(EVERYTHING);
  });

  it('is asked as the server takes it', () => {
    const query = { ...EVERYTHING, filter: 'trash' as const, tokens: [{ kind: 'ground', value: 'snow' } as const] };
    expect(asked(query)).toEqual({ ground: ['snow'], trashed: true });
  });

  it('offers what the reader understood, once each', () => {
    const found = offers(reading({}), [{ kind: 'ground', value: 'snow' }]).map(({ kind, value }) => `${kind}:${value}`);
    expect(found).toEqual(['thing:ball', 'colour:red', 'motion:roll', 'sky:sunset']);
  });
});

describe('differences', () => {
  const spec: Asked = {
    prompt: 'a',
    seed: 7,
    steps: 8,
    guidance: null,
    seconds: 5,
    aspect: '16:9',
    model: 'nano',
    camera: null,
  };

  it('are named by the facts of the words', () => {
    const { differs, equal } = compare(spec, { ...spec, prompt: 'b' }, reading({}), reading({ sky: 'night' }));
    expect(differs).toEqual([{ what: 'sky', from: 'sunset', to: 'night' }]);
    expect(equal).toContainEqual({ what: 'seed', value: '7' });
  });

  it('are other words where no fact differs', () => {
    expect(compare(spec, { ...spec, prompt: 'b' }).differs).toEqual([{ what: 'words', from: '', to: '' }]);
    expect(compare(spec, { ...spec, seed: 8 }).differs).toEqual([{ what: 'seed', from: '7', to: '8' }]);
  });
});

it('shows a family as a tree, with lines that go on', () => {
  const clip = (id: string, parent_id: string | null) => ({ id, parent_id }) as Clip;
  const family = {
    clip: clip('b', 'a'),
    parents: [clip('a', 'gone')],
    children: [clip('c', 'b'), clip('d', 'b'), clip('e', 'c')],
  };
  const tree = rows(family as unknown as Lineage).map((row) => [row.clip.id, row.depth, row.last]);
  expect(tree).toEqual([
    ['a', 0, true],
    ['b', 1, true],
    ['c', 2, false],
    ['e', 3, true],
    ['d', 2, true],
  ]);
});

it('gives every card of a grid its place', () => {
  expect([300, 358, 700, 800, 1000, 1384].map((width) => places(width).columns)).toEqual([1, 2, 3, 3, 4, 4]);
  const { columns, across, width, down } = places(1000);
  expect((columns - 1) * across + width).toBe(1000);
  expect(down).toBe(Math.ceil((width * 9) / 16) + 63);
});

it('fits clips into the screen', () => {
  expect(['352x192', '1920x1080', '256x256', '192x352', ''].map(fitOf)).toEqual([
    'cover',
    'cover',
    'contain',
    'contain',
    'contain',
  ]);
});

it('lets a shorter clip wait on its last frame', () => {
  expect([placeOf(2, { seconds: 5, fps: 16 }), placeOf(6, { seconds: 5, fps: 50 })]).toEqual([2, 4.99]);
});
