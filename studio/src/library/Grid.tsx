// Clips in rows. Only those rows stand in the page that can be seen, and a few beside them: a library of thousands costs
// no more than one of fifty.

import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Clip } from '../api/types';
import { ClipCard } from './ClipCard';
import { places } from './grid';
import css from './library.module.css';

const AHEAD = 8; // rows before the end at which more is asked for
const BESIDE = 2; // rows kept above and below what can be seen, so that Tab goes on from one to the next

interface Props {
  clips: Clip[];
  total?: number; // with those that are not here yet: their room is kept
  current?: string; // the clip that is open: it is scrolled to
  onOpen: (clip: Clip) => void;
  onMore?: () => void; // asks for more of them
}

export function Grid({ clips, total = 0, current, onOpen, onMore }: Props) {
  const list = useRef<HTMLUListElement>(null);
  const { width, top } = useBox(list);
  const { columns, across, width: card, down } = places(width);
  const rows = useWindowVirtualizer({
    count: width ? Math.ceil(Math.max(clips.length, total) / columns) : 0,
    estimateSize: () => down,
    overscan: BESIDE,
    scrollMargin: top,
  });
  useEffect(() => rows.measure(), [rows, down]);

  const seen = rows.getVirtualItems();
  const wanting = seen.length > 0 && (seen.at(-1)!.index + AHEAD) * columns > clips.length;
  useEffect(() => {
    if (wanting) onMore?.();
  }, [wanting, onMore]);

  const at = current ? clips.findIndex((clip) => clip.id === current) : -1;
  const row = at < 0 ? -1 : Math.floor(at / columns);
  useEffect(() => {
    if (row >= 0) rows.scrollToIndex(row);
  }, [row, rows]);

  return (
    <ul ref={list} className={css.grid} style={{ height: rows.getTotalSize() }}>
      {seen.flatMap(({ index, start }) =>
        clips.slice(index * columns, (index + 1) * columns).map((clip, column) => (
          <li
            key={clip.id}
            aria-posinset={index * columns + column + 1}
            aria-setsize={Math.max(clips.length, total)}
            style={{ width: card, transform: `translate(${column * across}px, ${start - top}px)` }}
          >
            <ClipCard clip={clip} on={clip.id === current} selectable onOpen={onOpen} />
          </li>
        )),
      )}
    </ul>
  );
}

/** How wide the list is, and how far down the page it begins. */
function useBox(list: React.RefObject<HTMLUListElement | null>) {
  const [box, setBox] = useState({ width: 0, top: 0 });
  useLayoutEffect(() => {
    const element = list.current!;
    const look = () => {
      const { width, top } = element.getBoundingClientRect();
      const now = { width, top: Math.round(top + window.scrollY) };
      setBox((old) => (old.width === now.width && old.top === now.top ? old : now));
    };
    const watch = new ResizeObserver(look);
    watch.observe(element);
    watch.observe(document.body); // what stands above may have grown
    look();
    return () => watch.disconnect();
  }, [list]);
  return box;
}
