// What can be done to the cut, under one name each: keys, the menu, the tools and the list all call these.
import { useTranslation } from 'react-i18next';
import { toast } from '../../parts/toast';
import type { Deck } from './deck';
import { choose, setDesk, useDesk } from './desk';
import * as edits from './edits';
import { fraction, type Fraction, nearest, ofFrames, ZERO } from './fraction';
import { usePlay } from './play';
import { endOf, pieceAt, rateOf } from './timeline';
import type { Work } from './useCut';

export type Acts = ReturnType<typeof useActs>;

export function useActs(work: Work, deck: Deck) {
  const { t } = useTranslation('filmcut');
  const { document, all, edit } = work;
  const rate = rateOf(document);
  const frame = ofFrames(1n, rate);
  const now = () => nearest(usePlay.getState().time, rate);
  const close = () => useDesk.getState().close;
  const chosenId = () => {
    const { chosen } = useDesk.getState();
    return chosen?.kind === 'piece' ? chosen.id : '';
  };
  /** The chosen piece, else the one under the playhead. */
  const here = () => {
    const at = all.findIndex((piece) => piece.id === chosenId());
    return at >= 0 ? at : pieceAt(all, usePlay.getState().time);
  };
  const seek = (time: Fraction) => deck.seek(time.number + 1e-6);
  const say = (words: string) => toast(words);

  const trim = (id: string, edge: edits.Edge, by: Fraction) => edit(edits.trim(document, all, id, edge, by, close()));
  const trimTo = (edge: edits.Edge) => {
    const piece = all[here()];
    if (!piece) return;
    const time = now();
    const inside = piece.start.less(time) && time.less(endOf(piece));
    if (!inside) return say(t('told.outside'));
    trim(piece.id, edge, time.minus(edge === 'start' ? piece.start : endOf(piece)));
    if (edge === 'start' && close()) seek(piece.start);
  };
  const dissolve = (id: string, length: Fraction) => {
    edit(edits.dissolve(document, id, length));
  };
  const step = (frames: number) => {
    const time = now().plus(ofFrames(BigInt(Math.abs(frames)), rate).times(fraction(Math.sign(frames))));
    if (usePlay.getState().rate) deck.pause();
    seek(time.less(ZERO) ? ZERO : time);
  };

  return {
    frame,
    rate,
    seek,
    toggle: () => deck.toggle(),
    step,
    trim,
    trimTo,
    dissolve,
    split: () => {
      const made = edits.split(document, all, now());
      if (!made) return say(t('told.noSplit'));
      edit(made.cut);
      choose('piece', made.id);
    },
    toggleDissolve: () => {
      const at = here();
      const piece = all[at];
      if (!piece) return;
      if (at === 0) return say(t('told.first'));
      const wanted = piece.dissolve.isZero && !piece.lacks;
      dissolve(piece.id, wanted ? fraction(document.dissolve ?? '1/2') : ZERO);
    },
    remove: () => {
      const at = here();
      if (!all[at]) return;
      edit(edits.remove(document, all, all[at].id, close()));
      const next = all[at + 1] ?? all[at - 1];
      setDesk({ chosen: next ? { kind: 'piece', id: next.id } : null });
    },
    slip: (frames: number) => {
      const piece = all[here()];
      if (!piece) return;
      const by = frame.times(fraction(frames)).times(piece.speed);
      edit(edits.slip(document, all, piece.id, by));
    },
    move: (by: 1 | -1) => {
      const at = here();
      const to = at + by;
      if (at < 0 || to < 0 || to >= all.length) return;
      edit(edits.reorder(document, all[at].id, by > 0 ? to + 1 : to));
      choose('piece', all[at].id);
    },
    set: {
      sourceIn: (id: string, to: Fraction) => {
        const piece = all.find((one) => one.id === id);
        if (piece) trim(id, 'start', to.minus(piece.sourceIn).over(piece.speed));
      },
      sourceOut: (id: string, to: Fraction) => {
        const piece = all.find((one) => one.id === id);
        if (piece) trim(id, 'end', to.minus(piece.sourceIn).over(piece.speed).minus(piece.seconds));
      },
      seconds: (id: string, to: Fraction) => {
        const piece = all.find((one) => one.id === id);
        if (piece) trim(id, 'end', to.minus(piece.seconds));
      },
      speed: (id: string, to: Fraction) => edit(edits.speed(document, all, id, to)),
      gain: (id: string, to: number) => edit(edits.gain(document, id, to)),
      gap: (id: string, to: Fraction) => edit(edits.gap(document, id, to)),
      take: (id: string, take: string) => {
        const made = work.film.takes.find((one) => one.id === take);
        if (made?.media) edit(edits.swap(document, all, id, take, fraction(made.media.seconds)));
      },
    },
    bringBack: (shot: string) => edit(edits.bringBack(document, shot)),
    goTo: (by: 1 | -1) => {
      const time = usePlay.getState().time;
      const cuts = [...new Set([0, ...all.flatMap((piece) => [piece.start.number, endOf(piece).number])])];
      cuts.sort((a, b) => a - b);
      const to = by > 0 ? cuts.find((one) => one > time + 0.01) : cuts.findLast((one) => one < time - 0.01);
      if (to !== undefined) deck.seek(to + 1e-6);
    },
  };
}
