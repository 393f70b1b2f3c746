// All keys of the studio, for the list of `?`: also those of pages that are not open now.

export interface Key {
  keys: string;
  label: string; // of the words, with their namespace
  page?: string; // for "Go to"
}

export const ALL_KEYS: { where: 'everywhere' | 'make' | 'library' | 'clip'; keys: Key[] }[] = [
  {
    where: 'everywhere',
    keys: [
      { keys: 'g m', label: 'shell:goTo', page: 'shell:make' },
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
      { keys: 'j', label: 'stage:keys.next' },
      { keys: 'k', label: 'stage:keys.previous' },
      { keys: '1 2 3 4', label: 'shell:keysOf.keep' },
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
