/** The server's `/metrics` page (Prometheus' text form) as a few numbers for people. Pure. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export function samples(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const found = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/.exec(line);
    if (!found || line.startsWith('#')) return [];
    const value = Number(found[3].replace('+Inf', 'Infinity'));
    const labels = Object.fromEntries(
      [...(found[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, k, v]) => [k, v]),
    );
    return Number.isNaN(value) ? [] : [{ name: found[1], labels, value }];
  });
}

/** The mean and the count of a histogram, over all its labels or by one of them. */
export function means(all: readonly Sample[], name: string, by = ''): { key: string; mean: number; count: number }[] {
  const sums = new Map<string, { sum: number; count: number }>();
  for (const { name: found, labels, value } of all) {
    const part = found === `${name}_sum` ? 'sum' : found === `${name}_count` ? 'count' : null;
    if (!part) continue;
    const key = by ? (labels[by] ?? '') : '';
    const had = sums.get(key) ?? { sum: 0, count: 0 };
    sums.set(key, { ...had, [part]: had[part] + value });
  }
  return [...sums]
    .filter(([, { count }]) => count > 0)
    .map(([key, { sum, count }]) => ({ key, mean: sum / count, count }));
}

/** The sum of a counter, of those samples that fit. */
export function total(
  all: readonly Sample[],
  name: string,
  fits: (labels: Record<string, string>) => boolean = () => true,
): number {
  return all.filter((one) => one.name === name && fits(one.labels)).reduce((sum, one) => sum + one.value, 0);
}
