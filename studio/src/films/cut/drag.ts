// Dragging in the timeline: what the pointer does becomes an edit, shown while it moves and kept when it is let go.
import { type PointerEvent as Pressed, useEffect, useRef, useState } from 'react';
import type { Acts } from './acts';
import { choose, useDesk } from './desk';
import * as edits from './edits';
import { fraction, nearest, ofFrames, ZERO } from './fraction';
import { usePlay } from './play';
import { snap, targets } from './snap';
import { endOf, type Piece } from './timeline';
import type { Cut } from './types';
import type { Work } from './useCut';

export type Kind = 'start' | 'end' | 'slip' | 'move';

interface Drag {
  kind: Kind;
  id: string;
  x: number;
  moved: boolean;
  draft: Cut | null;
}

export interface Shown {
  id: string;
  by: number; // pixels that a piece is carried along
  line: number | null; // where it snaps or lands, in seconds
}

const SLACK_PX = 4; // a press that moves less is a click

/** What a piece calls. */
export interface Hold {
  press: (event: Pressed<HTMLElement>, piece: Piece, kind: Kind) => void;
  nudge: (piece: Piece, edge: edits.Edge, frames: number) => void;
  play: () => void;
}

/** `look`: the edge that is moved, to be seen in the preview. */
export interface Draft {
  cut: Cut;
  look: { id: string; edge: Kind } | null;
}

export function useDrag(work: Work, acts: Acts, perSecond: number, onDraft: (draft: Draft | null) => void) {
  const drag = useRef<Drag | null>(null);
  const [shown, setShown] = useState<Shown | null>(null);
  const { document, all } = work;

  const snappedTo = (times: number[], without: string) => {
    if (!useDesk.getState().snap) return null;
    const more = [usePlay.getState().time, ...work.markers.map((marker) => marker.at)];
    return snap(times, targets(all, more, without), perSecond);
  };
  /** A number of seconds on both sides of nought, in whole frames. */
  const framed = (seconds: number) => {
    const size = nearest(Math.abs(seconds), acts.rate);
    return seconds < 0 ? ZERO.minus(size) : size;
  };

  const follow = (now: Drag, piece: Piece, pixels: number) => {
    const close = useDesk.getState().close;
    const by = pixels / perSecond;
    if (now.kind === 'slip') {
      now.draft = edits.slip(document, all, piece.id, ZERO.minus(framed(by)).times(piece.speed));
      setShown({ id: piece.id, by: 0, line: null });
      onDraft({ cut: now.draft, look: { id: piece.id, edge: 'slip' } });
      return;
    }
    if (now.kind === 'move') {
      const start = Math.max(0, piece.start.number + by);
      const near = snappedTo([start, start + piece.seconds.number], piece.id);
      const to = start + (near?.by ?? 0);
      now.draft = edits.place(document, all, piece.id, nearest(to, acts.rate), close);
      const at = all.indexOf(piece);
      const index = edits.dropIndex(all, at, to);
      const lands = index < all.length ? all[index].start.number : endOf(all[all.length - 1]).number;
      setShown({ id: piece.id, by: pixels, line: close ? lands : (near?.at ?? null) });
      return;
    }
    const edge = now.kind;
    const was = edge === 'start' ? piece.start.number : endOf(piece).number;
    const near = snappedTo([was + by], piece.id);
    const cut = edits.trim(document, all, piece.id, edge, framed(by + (near?.by ?? 0)), close);
    now.draft = cut;
    setShown({ id: piece.id, by: 0, line: near?.at ?? null });
    onDraft({ cut, look: { id: piece.id, edge } });
  };

  const frame = useRef(0);
  const waiting = useRef<(() => void) | null>(null);
  const draw = () => {
    cancelAnimationFrame(frame.current);
    frame.current = 0;
    waiting.current?.();
    waiting.current = null;
  };

  const press = (event: Pressed<HTMLElement>, piece: Piece, kind: Kind) => {
    if (event.button !== 0) return;
    const slips = kind === 'move' && (event.altKey || useDesk.getState().slip);
    if (kind !== 'move') event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { kind: slips ? 'slip' : kind, id: piece.id, x: event.clientX, moved: false, draft: null };
    choose('piece', piece.id);
  };
  const move = (event: Pressed<HTMLElement>) => {
    const now = drag.current;
    const piece = now && all.find((one) => one.id === now.id);
    if (!now || !piece) return;
    const pixels = event.clientX - now.x;
    if (!now.moved && Math.abs(pixels) < SLACK_PX) return;
    now.moved = true;
    // A pointer may tell of itself more often than anything is drawn.
    waiting.current = () => follow(now, piece, pixels);
    frame.current ||= requestAnimationFrame(draw);
  };
  const release = () => {
    const now = drag.current;
    draw();
    drag.current = null;
    setShown(null);
    onDraft(null);
    if (now?.draft && now.moved) work.edit(now.draft);
    const piece = now && !now.moved && all.find((one) => one.id === now.id);
    const { time, rate } = usePlay.getState();
    const isSeen = piece && piece.start.number <= time && time < endOf(piece).number;
    if (piece && !isSeen && !rate) acts.seek(piece.start); // what is chosen is seen
  };
  const cancel = () => {
    drag.current = null;
    waiting.current = null;
    setShown(null);
    onDraft(null);
  };

  const give = useRef(cancel);
  give.current = cancel;
  useEffect(() => {
    const press = (event: globalThis.KeyboardEvent) => {
      if (event.key !== 'Escape' || !drag.current) return;
      event.preventDefault();
      give.current();
    };
    window.addEventListener('keydown', press, true);
    return () => window.removeEventListener('keydown', press, true);
  }, []);

  /** Arrow keys on a handle. */
  const nudge = (piece: Piece, edge: edits.Edge, frames: number) => {
    const by = ofFrames(BigInt(Math.abs(frames)), acts.rate).times(fraction(Math.sign(frames)));
    acts.trim(piece.id, edge, by);
  };
  // The same object all the time, so that pieces that have not changed are not drawn anew.
  const latest = useRef({ press, nudge, play: acts.toggle });
  latest.current = { press, nudge, play: acts.toggle };
  const [hold] = useState<Hold>(() => ({
    press: (...given) => latest.current.press(...given),
    nudge: (...given) => latest.current.nudge(...given),
    play: () => latest.current.play(),
  }));
  return { shown, hold, move, release, cancel };
}
