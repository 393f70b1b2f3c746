/** Every value of every key as a number that can be typed: the way of the keyboard and of the screen reader. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './editor.module.css';
import { type Key, METRES, replaced } from './keys';

const DEGREES = 180 / Math.PI;

interface Column {
  name: 'time' | 'azimuth' | 'elevation' | 'distance' | 'aimX' | 'aimY' | 'aimZ' | 'roll' | 'fov';
  digits: number;
  read: (key: Key, seconds: number) => number;
  write: (key: Key, value: number, seconds: number) => Key;
}

const aim = (axis: 0 | 1 | 2): Pick<Column, 'read' | 'write'> => ({
  read: (key) => key.target[axis] * METRES,
  write: (key, value) => {
    const target: Key['target'] = [...key.target];
    target[axis] = value / METRES;
    return { ...key, target };
  },
});
const angle = (part: 'azimuth' | 'elevation' | 'roll' | 'fov'): Pick<Column, 'read' | 'write'> => ({
  read: (key) => key[part] * DEGREES,
  write: (key, value) => ({ ...key, [part]: value / DEGREES }),
});

const COLUMNS: Column[] = [
  {
    name: 'time',
    digits: 2,
    read: (key, seconds) => key.t * seconds,
    write: (key, value, seconds) => ({ ...key, t: seconds > 0 ? value / seconds : key.t }),
  },
  { name: 'azimuth', digits: 1, ...angle('azimuth') },
  { name: 'elevation', digits: 1, ...angle('elevation') },
  {
    name: 'distance',
    digits: 2,
    read: (key) => key.distance * METRES,
    write: (key, value) => ({ ...key, distance: value / METRES }),
  },
  { name: 'aimX', digits: 2, ...aim(0) },
  { name: 'aimY', digits: 2, ...aim(1) },
  { name: 'aimZ', digits: 2, ...aim(2) },
  { name: 'roll', digits: 1, ...angle('roll') },
  { name: 'fov', digits: 1, ...angle('fov') },
];

export function KeyTable({
  keys,
  chosen,
  seconds,
  onChoose,
  onKeys,
}: {
  keys: readonly Key[];
  chosen: number;
  seconds: number;
  onChoose: (index: number) => void;
  onKeys: (keys: Key[]) => void;
}) {
  const { t } = useTranslation('camera');
  return (
    <details className={styles.table}>
      <summary>{t('table')}</summary>
      <div className={styles.scroll} tabIndex={0} role="region" aria-label={t('table')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('key')}</th>
              {COLUMNS.map(({ name }) => (
                <th key={name} scope="col" title={t(`columnWhy.${name}`)}>
                  {t(`column.${name}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {keys.map((key, i) => (
              <tr key={i} data-chosen={i === chosen || undefined}>
                <th scope="row">{i + 1}</th>
                {COLUMNS.map((column) => (
                  <td key={column.name}>
                    <Cell
                      label={t('cell', { n: i + 1, name: t(`columnWhy.${column.name}`) })}
                      value={column.read(key, seconds)}
                      digits={column.digits}
                      fixed={column.name === 'time' && (i === 0 || i === keys.length - 1)}
                      onFocus={() => {
                        if (i !== chosen) onChoose(i);
                      }}
                      onValue={(value) => onKeys(replaced(keys, i, column.write(key, value, seconds)))}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** A number that is taken when it is left or Enter is pressed; what is no number falls back to what was there. */
function Cell({
  label,
  value,
  digits,
  fixed,
  onFocus,
  onValue,
}: {
  label: string;
  value: number;
  digits: number;
  fixed: boolean;
  onFocus: () => void;
  onValue: (value: number) => void;
}) {
  const [draft, setDraft] = useState<string | null>(null);
  const shown = (Math.round(value * 10 ** digits) / 10 ** digits + 0).toString();
  const take = () => {
    const typed = Number((draft ?? '').replace(',', '.').replace('−', '-'));
    if (draft !== null && draft.trim() !== '' && draft !== shown && Number.isFinite(typed)) onValue(typed);
    setDraft(null);
  };
  return (
    <input
      inputMode="decimal"
      aria-label={label}
      readOnly={fixed}
      value={draft ?? shown}
      onFocus={onFocus}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === 'Enter') take();
        if (event.key === 'Escape') setDraft(null);
      }}
    />
  );
}
