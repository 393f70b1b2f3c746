/** The convex hull of points in a picture (Andrew's monotone chain), as an SVG polygon's `points`. */
export interface Spot {
  x: number;
  y: number;
}

export function hull(spots: readonly Spot[]): Spot[] {
  const sorted = [...spots].sort((a, b) => a.x - b.x || a.y - b.y);
  if (sorted.length < 3) return sorted;
  const turn = (o: Spot, a: Spot, b: Spot) => (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x);
  const chain = (from: Spot[]) => {
    const kept: Spot[] = [];
    for (const spot of from) {
      while (kept.length >= 2 && turn(kept[kept.length - 2], kept[kept.length - 1], spot) <= 0) kept.pop();
      kept.push(spot);
    }
    return kept.slice(0, -1);
  };
  return [...chain(sorted), ...chain(sorted.reverse())];
}

export function points(spots: readonly Spot[]): string {
  return spots.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
}
