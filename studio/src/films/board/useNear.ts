// Which cells of the board are in sight or near it: only those have their card, so that a film of 500 shots costs what is
// seen of it.
import { useMediaQuery } from '@mantine/hooks';
import { useEffect, useState, type RefObject } from 'react';

const BESIDE = 900; // pixels above and below what is seen, so that Tab goes on from one card to the next
const NONE: ReadonlySet<string> = new Set();

/** `ids`: of all cells, in one word that changes when they do. A cell says its own in `data-cell`. */
export function useNear(within: RefObject<HTMLElement | null>, ids: string): ReadonlySet<string> {
  const [near, setNear] = useState(NONE);
  const pageScrolls = useMediaQuery('(max-width: 899.9px)', window.innerWidth < 900, {
    getInitialValueInEffect: false,
  });
  useEffect(() => {
    const list = within.current;
    if (!list) return;
    const look = (told: IntersectionObserverEntry[]) => {
      // One that has the focus stays, or the next Tab would begin at the top of the page.
      const stays = told.filter(({ isIntersecting, target }) => isIntersecting || target.matches(':focus-within'));
      const idOf = ({ target }: IntersectionObserverEntry) => (target as HTMLElement).dataset.cell!;
      setNear((old) => {
        const now = new Set(old);
        for (const one of told) now.delete(idOf(one));
        for (const one of stays) now.add(idOf(one));
        return now;
      });
    };
    const root = pageScrolls ? null : list.closest('[data-scroll]');
    const watch = new IntersectionObserver(look, { root, rootMargin: `${BESIDE}px 0px` });
    for (const cell of list.querySelectorAll('[data-cell]')) watch.observe(cell);
    return () => watch.disconnect();
  }, [within, ids, pageScrolls]);
  return near;
}
