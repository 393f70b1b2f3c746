import { useRef, type KeyboardEvent, type ReactNode } from 'react';

export interface Choice<T extends string | number> {
  value: T;
  label: ReactNode;
  icon?: ReactNode;
  name?: string; // read aloud in place of the label
  lacks?: string; // why it cannot be chosen; it can still be reached, to hear that
}

interface Props<T extends string | number> {
  label: string;
  value: T;
  choices: readonly Choice<T>[];
  onChange: (value: T) => void;
  kind?: 'radio' | 'tab';
  panel?: string; // the id of what the tabs change
  className?: string;
}

/** One of a few, side by side. Arrow keys move, as radios and tabs do. */
export function Segment<T extends string | number>(props: Props<T>) {
  const { label, value, choices, onChange, kind = 'radio', panel, className = '' } = props;
  const row = useRef<HTMLDivElement>(null);

  const move = (event: KeyboardEvent) => {
    const open = choices.filter((choice) => !choice.lacks);
    const now = open.findIndex((choice) => choice.value === value);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const to =
      event.key === 'Home'
        ? 0
        : event.key === 'End'
          ? open.length - 1
          : step
            ? (now + step + open.length) % open.length
            : -1;
    const next = open[to];
    if (!next) return;
    event.preventDefault();
    onChange(next.value);
    row.current?.querySelectorAll('button')[choices.indexOf(next)]?.focus();
  };

  return (
    <div
      ref={row}
      className={`segment ${className}`}
      role={kind === 'tab' ? 'tablist' : 'radiogroup'}
      aria-label={label}
      onKeyDown={move}
    >
      {choices.map((choice) => {
        const on = choice.value === value;
        return (
          <button
            key={choice.value}
            type="button"
            role={kind}
            {...(kind === 'tab' ? { 'aria-selected': on, 'aria-controls': panel } : { 'aria-checked': on })}
            aria-label={choice.name}
            tabIndex={on || choice.lacks ? 0 : -1}
            aria-disabled={choice.lacks ? true : undefined}
            title={choice.lacks}
            onClick={() => !choice.lacks && onChange(choice.value)}
          >
            {choice.icon}
            {choice.label}
          </button>
        );
      })}
    </div>
  );
}
