/** Days of a chart. Pure. The server counts by days of UTC, so the chart does too. */
import type { Language } from '../words';

export interface Day {
  /** "2025-11-24" */
  day: string;
  value: number;
}

const DAY = 86_400;

/** Every day from `since` to `until` (unix seconds) with the sum of what its rows say; days without rows are 0. */
export function filled<T extends { day: string | null }>(
  rows: readonly T[],
  since: number,
  until: number,
  read: (row: T) => number,
): Day[] {
  const sums = new Map<string, number>();
  for (const row of rows) if (row.day) sums.set(row.day, (sums.get(row.day) ?? 0) + read(row));
  const days: Day[] = [];
  for (let at = Math.floor(since / DAY) * DAY; at <= until; at += DAY) {
    const day = new Date(at * 1000).toISOString().slice(0, 10);
    days.push({ day, value: sums.get(day) ?? 0 });
  }
  return days;
}

/** Round values from 0 up to at least `most`, for the lines of a chart. */
export function steps(most: number): number[] {
  if (most <= 0) return [0, 1];
  const rough = most / 3;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((by) => by * size).find((by) => by >= rough) ?? 10 * size;
  const count = Math.ceil(most / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(6)));
}

export function dayName(day: string, language: Language): string {
  const form = new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', {
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  });
  return form.format(new Date(`${day}T00:00:00Z`));
}
