// Every act of the cut has a key, and all of them stand in the menu.
import { useTranslation } from 'react-i18next';
import { useShortcut } from '../../shell/shortcuts';
import type { Acts } from './acts';
import type { Deck } from './deck';
import { setDesk, useDesk } from './desk';
import { usePlay } from './play';

export const ACTS = [
  { act: 'play', keys: ['space'] },
  { act: 'backwards', keys: ['j'] },
  { act: 'stop', keys: ['k'] },
  { act: 'forwards', keys: ['l'] },
  { act: 'previous', keys: ['up'] },
  { act: 'next', keys: ['down'] },
  { act: 'frameBack', keys: ['left'] },
  { act: 'frameAhead', keys: ['right'] },
  { act: 'trimIn', keys: ['i'] },
  { act: 'trimOut', keys: ['o'] },
  { act: 'split', keys: ['b'] },
  { act: 'dissolve', keys: ['d'] },
  { act: 'slipTool', keys: ['s'] },
  { act: 'slipBack', keys: [','] },
  { act: 'slipAhead', keys: ['.'] },
  { act: 'earlier', keys: ['['] },
  { act: 'later', keys: [']'] },
  { act: 'remove', keys: ['del'] },
  { act: 'snap', keys: ['n'] },
  { act: 'zoomIn', keys: ['+', '='] },
  { act: 'zoomOut', keys: ['-'] },
  { act: 'full', keys: ['f'] },
] as const;

export type Act = (typeof ACTS)[number]['act'];

const ZOOM_STEP = 0.12;
const FASTEST = 4;

export function useRun(acts: Acts, deck: Deck): (act: Act, shift?: boolean) => void {
  const shuttle = (way: 1 | -1) => {
    const { rate } = usePlay.getState();
    const faster = Math.sign(rate) === way ? rate * 2 : way;
    void deck.play(Math.max(-FASTEST, Math.min(FASTEST, faster)));
  };
  const zoom = (by: number) => setDesk({ zoom: Math.max(0, Math.min(1, useDesk.getState().zoom + by)) });
  return (act, shift = false) => {
    const many = shift ? 10 : 1;
    const does: Record<Act, () => void> = {
      play: () => deck.toggle(),
      backwards: () => shuttle(-1),
      stop: () => deck.pause(),
      forwards: () => shuttle(1),
      previous: () => acts.goTo(-1),
      next: () => acts.goTo(1),
      frameBack: () => acts.step(-many),
      frameAhead: () => acts.step(many),
      trimIn: () => acts.trimTo('start'),
      trimOut: () => acts.trimTo('end'),
      split: acts.split,
      dissolve: acts.toggleDissolve,
      slipTool: () => setDesk({ slip: !useDesk.getState().slip }),
      slipBack: () => acts.slip(-many),
      slipAhead: () => acts.slip(many),
      earlier: () => acts.move(-1),
      later: () => acts.move(1),
      remove: acts.remove,
      snap: () => setDesk({ snap: !useDesk.getState().snap }),
      zoomIn: () => zoom(ZOOM_STEP),
      zoomOut: () => zoom(-ZOOM_STEP),
      full: () => document.querySelector<HTMLElement>('[data-full]')?.click(),
    };
    does[act]();
  };
}

/** One mounted for each key. */
export function useCutKeys(run: (act: Act, shift?: boolean) => void) {
  const { t } = useTranslation('filmcut');
  const all = ACTS.flatMap(({ act, keys }) => keys.map((key) => ({ act, key })));
  // The list never changes, so that the order of the hooks does not either.
  for (const { act, key } of all) useShortcut(key, (event) => run(act, event.shiftKey), t(`keys.${act}`));
}
