/** The stage's width on the page, and the wheel that turns its view. */
import { type RefObject, useEffect, useLayoutEffect, useState } from 'react';
import { tilt, type View } from './view';

export function useWidth(svg: RefObject<SVGSVGElement | null>): number {
  const [width, setWidth] = useState(452);
  useLayoutEffect(() => {
    if (!svg.current) return;
    const watch = new ResizeObserver(([entry]) => setWidth(entry.contentRect.width));
    watch.observe(svg.current);
    return () => watch.disconnect();
  }, [svg]);
  return width;
}

/** The wheel turns the view, with Ctrl nearer and farther; only while the editor is in use, so that a page can scroll. */
export function useWheel(svg: RefObject<SVGSVGElement | null>, view: View, onView: (view: View) => void) {
  useEffect(() => {
    const element = svg.current;
    if (!element) return;
    const turn = (event: WheelEvent) => {
      if (!element.closest('[role=group]')?.contains(document.activeElement)) return;
      event.preventDefault();
      if (event.ctrlKey) {
        const distance = Math.min(60, Math.max(5, view.distance * Math.exp(event.deltaY * 0.0015)));
        return onView({ ...view, distance });
      }
      const [across, up] = event.shiftKey ? [0, event.deltaY] : [event.deltaX + event.deltaY, 0];
      onView({ ...view, azimuth: view.azimuth + across * 0.0016, elevation: tilt(view.elevation + up * 0.0012) });
    };
    element.addEventListener('wheel', turn, { passive: false });
    return () => element.removeEventListener('wheel', turn);
  }, [svg, view, onView]);
}
