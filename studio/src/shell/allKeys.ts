// All keys of the studio, for the list of `?`: also those of pages that are not open now.

export interface Key {
  keys: string;
  label: string; // of the words, with their namespace
  page?: string; // for "Go to"
}

export const ALL_KEYS: { where: 'everywhere' | 'make' | 'film' | 'cut' | 'library' | 'clip'; keys: Key[] }[] = [
  {
    where: 'everywhere',
    keys: [
      { keys: 'g m', label: 'shell:goTo', page: 'shell:make' },
      { keys: 'g f', label: 'shell:goTo', page: 'shell:films' },
      { keys: 'g l', label: 'shell:goTo', page: 'shell:library' },
      { keys: 'g p', label: 'shell:goTo', page: 'shell:projects' },
      { keys: 'g o', label: 'shell:goTo', page: 'shell:models' },
      { keys: 'g u', label: 'shell:goTo', page: 'shell:usage' },
      { keys: 'esc', label: 'shell:keysOf.esc' },
      { keys: '?', label: 'shell:shortcutHelp' },
    ],
  },
  {
    where: 'make',
    keys: [
      { keys: 'mod+enter', label: 'make:generate.key' },
      { keys: 'm', label: 'picker:key' },
      { keys: 'j', label: 'stage:keys.next' },
      { keys: 'k', label: 'stage:keys.previous' },
      { keys: '1 2 3 4', label: 'shell:keysOf.keep' },
    ],
  },
  {
    where: 'film',
    keys: [
      { keys: 'left right', label: 'films:keys.next' },
      { keys: 'up down', label: 'films:keys.below' },
      { keys: '[ ]', label: 'films:keys.nextTake' },
      { keys: 'a', label: 'films:keys.approve' },
      { keys: 't', label: 'films:keys.another' },
      { keys: 'mod+z', label: 'films:keys.undo' },
    ],
  },
  {
    where: 'cut',
    keys: [
      { keys: 'space', label: 'filmcut:keys.play' },
      { keys: 'j', label: 'filmcut:keys.backwards' },
      { keys: 'k', label: 'filmcut:keys.stop' },
      { keys: 'l', label: 'filmcut:keys.forwards' },
      { keys: 'up', label: 'filmcut:keys.previous' },
      { keys: 'down', label: 'filmcut:keys.next' },
      { keys: 'left', label: 'filmcut:keys.frameBack' },
      { keys: 'right', label: 'filmcut:keys.frameAhead' },
      { keys: 'i', label: 'filmcut:keys.trimIn' },
      { keys: 'o', label: 'filmcut:keys.trimOut' },
      { keys: 'b', label: 'filmcut:keys.split' },
      { keys: 'd', label: 'filmcut:keys.dissolve' },
      { keys: 's', label: 'filmcut:keys.slipTool' },
      { keys: ',', label: 'filmcut:keys.slipBack' },
      { keys: '.', label: 'filmcut:keys.slipAhead' },
      { keys: '[', label: 'filmcut:keys.earlier' },
      { keys: ']', label: 'filmcut:keys.later' },
      { keys: 'del', label: 'filmcut:keys.remove' },
      { keys: 'n', label: 'filmcut:keys.snap' },
      { keys: '+', label: 'filmcut:keys.zoomIn' },
      { keys: '-', label: 'filmcut:keys.zoomOut' },
      { keys: 'f', label: 'filmcut:keys.full' },
    ],
  },
  {
    where: 'library',
    keys: [
      { keys: '/', label: 'library:keys.search' },
      { keys: 'j', label: 'library:keys.next' },
      { keys: 'k', label: 'library:keys.previous' },
    ],
  },
  {
    where: 'clip',
    keys: [
      { keys: 'space', label: 'library:keys.play' },
      { keys: 'left right', label: 'library:keys.frames' },
      { keys: 'f', label: 'library:action.favourite' },
      { keys: 'e', label: 'library:action.extend' },
      { keys: 'r', label: 'library:action.remix' },
      { keys: 'l', label: 'library:action.lastFrame' },
      { keys: 'c', label: 'library:action.compare' },
      { keys: 'd', label: 'library:action.download' },
      { keys: 'x', label: 'library:action.select' },
      { keys: 'del', label: 'library:action.trash' },
    ],
  },
];
