import { describe, expect, it } from 'vitest';
import { dayName, filled, steps } from './days';

const at = (day: string) => Date.parse(`${day}T12:00:00Z`) / 1000;

describe('days of a chart', () => {
  it('are all there, also those on which nothing was made', () => {
    const rows = [
      { day: '2025-11-22', n: 2 },
      { day: '2025-11-22', n: 3 },
      { day: '2025-11-24', n: 1 },
    ];
    const days = filled(rows, at('2025-11-21'), at('2025-11-24'), (row) => row.n);
    expect(days.map((day) => day.value)).toEqual([0, 5, 0, 1]);
    expect(days[0].day).toBe('2025-11-21');
  });

  it('have lines at round numbers that reach over the highest', () => {
    expect(steps(0)).toEqual([0, 1]);
    expect(steps(7)).toEqual([0, 5, 10]);
    expect(steps(30)).toEqual([0, 10, 20, 30]);
    expect(steps(0.5)).toEqual([0, 0.2, 0.4, 0.6]);
  });

  it('are written as the language writes them', () => {
    expect(dayName('2025-11-24', 'en')).toBe('24 Nov');
    expect(dayName('2025-11-24', 'zh')).toBe('11月24日');
  });
});
