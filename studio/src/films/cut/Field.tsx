// A number that is typed: it counts when one leaves the field or presses Enter, and Escape puts it back.
import { useEffect, useId, useState } from 'react';
import css from './side.module.css';
import { fraction, type Fraction } from './fraction';

interface Props {
  label: string;
  value: number;
  places?: number;
  unit: string;
  min?: number;
  onSet: (value: Fraction, number: number) => void;
  hidden?: boolean; // the label is read aloud alone
  disabled?: boolean;
}

export function Field({ label, value, places = 2, unit, min, onSet, hidden, disabled }: Props) {
  const id = useId();
  const shown = value.toFixed(places);
  const [typed, setTyped] = useState(shown);
  const [wrong, setWrong] = useState(false);
  useEffect(() => {
    setTyped(shown);
    setWrong(false);
  }, [shown]);
  const commit = () => {
    const plain = typed.trim().replace(',', '.').replace('−', '-');
    if (plain === shown) return;
    const number = Number(plain);
    if (!plain || !Number.isFinite(number) || !/^-?\d*\.?\d*$/.test(plain) || (min !== undefined && number < min)) {
      setWrong(true);
      return;
    }
    onSet(fraction(plain), number);
    setTyped(shown); // what cannot be had jumps back
    setWrong(false);
  };
  return (
    <div className={css.field}>
      <label htmlFor={id} className={hidden ? 'sr' : undefined}>
        {label}
      </label>
      <span className={css.input} data-wrong={wrong || undefined}>
        <input
          id={id}
          inputMode="decimal"
          value={typed}
          aria-invalid={wrong || undefined}
          disabled={disabled}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onBlur={commit}
          onKeyDown={(event) => {
            if (event.key === 'Enter') commit();
            if (event.key === 'Escape') setTyped(shown);
          }}
        />
        <span aria-hidden>{unit}</span>
      </span>
    </div>
  );
}
