import type { ButtonHTMLAttributes, ReactNode } from 'react';

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon?: ReactNode;
  on?: boolean;
  tall?: boolean;
}

/** A small choice: icon and word. `on`: chosen, then it is a pressed toggle. `tall`: icon over the word, on phones. */
export function Chip({ icon, on, tall, className = '', children, ...rest }: Props) {
  return (
    <button
      type="button"
      className={`chip ${className}`}
      data-on={on || undefined}
      data-tall={tall || undefined}
      aria-pressed={on}
      {...rest}
    >
      {icon}
      {children}
    </button>
  );
}
