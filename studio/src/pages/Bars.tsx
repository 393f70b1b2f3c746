/** Numbers by day as bars, and the same numbers as a table for who reads them so. */
import { useElementSize } from '@mantine/hooks';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { language } from '../words';
import { dayName, steps, type Day } from './days';
import styles from './pages.module.css';
import { Table } from './parts';

const [HEIGHT, LEFT, BOTTOM, TOP] = [190, 40, 22, 8];

export function Bars({ days, label, show }: { days: readonly Day[]; label: string; show: (value: number) => string }) {
  const { t } = useTranslation('pages');
  const [over, setOver] = useState<Day | null>(null);
  const { ref, width } = useElementSize();
  const whole = Math.max(width, 240);
  const rules = steps(Math.max(...days.map((day) => day.value), 0));
  const most = rules[rules.length - 1];
  const wide = (whole - LEFT) / days.length;
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / most);
  const every = Math.ceil(days.length / Math.max(2, Math.floor(whole / 96)));
  const total = days.reduce((sum, day) => sum + day.value, 0);
  return (
    <div className={styles.chart} ref={ref}>
      <p className={styles.read} aria-hidden>
        {over ? `${dayName(over.day, language())}: ${show(over.value)}` : t('chart.whole', { total: show(total) })}
      </p>
      <svg
        viewBox={`0 0 ${whole} ${HEIGHT}`}
        height={HEIGHT}
        role="img"
        aria-label={t('chart.label', { what: label, total: show(total), count: days.length })}
        onPointerLeave={() => setOver(null)}
      >
        {rules.map((value) => (
          <g key={value}>
            <line className={styles.rule} x1={LEFT} x2={whole} y1={y(value)} y2={y(value)} />
            <text x={LEFT - 8} y={y(value) + 4} textAnchor="end">
              {value}
            </text>
          </g>
        ))}
        {days.map((day, i) => {
          const x = LEFT + i * wide;
          const named = (days.length - 1 - i) % every === 0;
          return (
            <g key={day.day} onPointerEnter={() => setOver(day)}>
              <rect
                x={x + wide * 0.16}
                width={wide * 0.68}
                y={y(day.value)}
                height={Math.max(HEIGHT - BOTTOM - y(day.value), 0)}
                rx={Math.min(4, wide * 0.2)}
                opacity={over && over !== day ? 0.6 : 1}
              />
              <rect className={styles.hit} x={x} width={wide} y={0} height={HEIGHT - BOTTOM} />
              {named && (
                <text x={Math.min(x + wide / 2, whole - 22)} y={HEIGHT - 4} textAnchor="middle">
                  {dayName(day.day, language())}
                </text>
              )}
            </g>
          );
        })}
      </svg>
      <details className={styles.more}>
        <summary>{t('chart.table')}</summary>
        <Table
          label={label}
          head={
            <>
              <th scope="col">{t('chart.day')}</th>
              <th scope="col" className={styles.number}>
                {label}
              </th>
            </>
          }
        >
          {days
            .filter((day) => day.value > 0)
            .reverse()
            .map((day) => (
              <tr key={day.day}>
                <th scope="row">{dayName(day.day, language())}</th>
                <td className={styles.number}>{show(day.value)}</td>
              </tr>
            ))}
        </Table>
      </details>
    </div>
  );
}
