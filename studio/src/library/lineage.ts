// A family of clips as the rows of a tree: ancestors first, each child below its parent and one step in.

import type { Clip, Lineage } from '../api/types';

export interface Row {
  clip: Clip;
  depth: number;
  parent: Clip | null;
  last: boolean; // of its parent's children
  open: number[]; // depths whose line goes on below this row
}

export function rows({ clip, parents, children }: Lineage): Row[] {
  const all = [...parents].reverse().concat(clip, children);
  const known = new Set(all.map((one) => one.id));
  const below = new Map<string, Clip[]>();
  for (const one of all) {
    const key = one.parent_id && known.has(one.parent_id) ? one.parent_id : '';
    below.set(key, [...(below.get(key) ?? []), one]);
  }
  const out: Row[] = [];
  const walk = (parent: Clip | null, depth: number, open: number[]) => {
    const kids = below.get(parent?.id ?? '') ?? [];
    kids.forEach((kid, index) => {
      const last = index === kids.length - 1;
      out.push({ clip: kid, depth, parent, last, open });
      walk(kid, depth + 1, last ? open : [...open, depth]);
    });
  };
  walk(null, 0, []);
  return out;
}
