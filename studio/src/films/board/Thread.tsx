import { useEffect, useState, type RefObject } from 'react';
import css from './board.module.css';

/** The thin line from the chosen row of the script to its card; nothing while one of them is out of sight. */
export function Thread({ within, id }: { within: RefObject<HTMLDivElement | null>; id: string }) {
  const [path, setPath] = useState('');
  useEffect(() => {
    const work = within.current;
    if (!work) return;
    let frame = 0;
    const draw = () => {
      const row = work.querySelector(`[data-row="${CSS.escape(id)}"]`)?.getBoundingClientRect();
      const card = work.querySelector(`[data-card="${CSS.escape(id)}"]`)?.getBoundingClientRect();
      const all = work.getBoundingClientRect();
      const seen = (box: DOMRect | undefined) => box && box.top > all.top && box.bottom < all.bottom;
      if (!row || !card || !seen(row) || !(card.bottom < all.bottom && card.top > all.top)) return setPath('');
      const [x, y] = [row.right - all.left, row.top + row.height / 2 - all.top];
      const [lane, under] = [x + 12, card.bottom + 9 - all.top];
      const [to, end] = [card.left + card.width / 2 - all.left, card.bottom - all.top];
      const turn = Math.min(8, Math.abs(under - y) / 2);
      const way = under > y ? 1 : -1;
      setPath(
        `M${x} ${y}q${lane - x} 0 ${lane - x} ${way * turn}V${under - way * turn}` +
          `q0 ${way * turn} ${turn} ${way * turn}H${to - 8}q8 0 8 ${end - under}`,
      );
    };
    const later = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(draw);
    };
    later();
    const watch = new ResizeObserver(later);
    watch.observe(work);
    work.addEventListener('scroll', later, { capture: true, passive: true });
    return () => {
      cancelAnimationFrame(frame);
      watch.disconnect();
      work.removeEventListener('scroll', later, { capture: true });
    };
  }, [within, id]);
  return path ? (
    <svg className={css.thread} aria-hidden>
      <path d={path} pathLength={1} />
    </svg>
  ) : null;
}
