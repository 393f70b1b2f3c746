// The words that a click writes into the prompt, in both languages. They are words of the built-in model's world: a test
// holds every sentence made of them against its reader.

import type { Language } from '../words';

export const THINGS = ['ball', 'cube', 'cone', 'cylinder'] as const;
export const COLOURS = ['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'pink', 'white'] as const;
export const GROUNDS = ['grass', 'sand', 'snow', 'stone'] as const;
export const SKIES = ['noon', 'sunset', 'night', 'overcast'] as const;
export const MOTIONS = [
  ...(['roll', 'slide', 'bounce', 'drop', 'jump', 'spin', 'orbit', 'push', 'approach', 'melt'] as const),
  ...(['recede', 'grow', 'shrink', 'inflate', 'squash', 'split', 'vanish', 'recolour', 'stand'] as const),
] as const;

export type Word =
  | { kind: 'thing'; value: (typeof THINGS)[number] }
  | { kind: 'colour'; value: (typeof COLOURS)[number] | 'metal' }
  | { kind: 'motion'; value: (typeof MOTIONS)[number] }
  | { kind: 'ground'; value: (typeof GROUNDS)[number] }
  | { kind: 'sky'; value: (typeof SKIES)[number] };

export const MOST_THINGS = 3;

interface Lexicon {
  thing: Record<Extract<Word, { kind: 'thing' }>['value'] | 'thing', string>; // "thing": its shape is not said yet
  colour: Record<Extract<Word, { kind: 'colour' }>['value'], string>;
  motion: Record<Extract<Word, { kind: 'motion' }>['value'], string>;
  ground: Record<Extract<Word, { kind: 'ground' }>['value'], string>;
  sky: Record<Extract<Word, { kind: 'sky' }>['value'], string>;
}

function same<T extends string>(...words: readonly T[]) {
  return Object.fromEntries(words.map((word) => [word, word])) as unknown as Record<T, string>;
}

export const SAID: Record<Language, Lexicon> = {
  en: {
    thing: same(...THINGS, 'thing'),
    colour: same(...COLOURS, 'metal'),
    motion: {
      roll: 'rolls',
      slide: 'slides',
      bounce: 'bounces',
      drop: 'drops',
      jump: 'jumps',
      spin: 'spins',
      orbit: 'orbits',
      push: 'hits',
      approach: 'comes closer',
      melt: 'melts',
      recede: 'moves away',
      grow: 'grows',
      shrink: 'shrinks',
      inflate: 'inflates',
      squash: 'is squashed',
      split: 'splits in two',
      vanish: 'vanishes',
      recolour: 'changes colour',
      stand: 'stands still',
    },
    ground: same(...GROUNDS),
    sky: same(...SKIES),
  },
  zh: {
    thing: { ball: '球', cube: '立方体', cone: '圆锥', cylinder: '圆柱', thing: '物体' },
    colour: {
      red: '红色',
      orange: '橙色',
      yellow: '黄色',
      green: '绿色',
      blue: '蓝色',
      purple: '紫色',
      pink: '粉色',
      white: '白色',
      metal: '金属',
    },
    motion: {
      roll: '滚动',
      slide: '滑动',
      bounce: '弹跳',
      drop: '落下',
      jump: '跳跃',
      spin: '旋转',
      orbit: '绕着',
      push: '撞向',
      approach: '越来越近',
      melt: '融化',
      recede: '越来越远',
      grow: '变大',
      shrink: '变小',
      inflate: '膨胀',
      squash: '被压扁',
      split: '分裂成两个',
      vanish: '消失',
      recolour: '变色',
      stand: '静止不动',
    },
    ground: { grass: '草地', sand: '沙地', snow: '雪地', stone: '石板' },
    sky: { noon: '正午', sunset: '日落时', night: '夜晚', overcast: '阴天' },
  },
};

/** Motions that have an aim: the next thing is what they meet. */
export const AIMED: readonly string[] = ['orbit', 'push'];
