import { Tooltip } from '@mantine/core';
import type { ButtonHTMLAttributes, ReactNode } from 'react';

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: 'fill' | 'quiet' | 'bad' | 'plain';
  small?: boolean;
  icon?: ReactNode;
}

/** A button. `fill` is the amber one: at most one of it in a view. */
export function Button({ kind, small, icon, children, ...rest }: Props) {
  return (
    <button type="button" className="button" data-kind={kind} data-small={small || undefined} {...rest}>
      {icon}
      {children}
    </button>
  );
}

interface IconProps extends Omit<Props, 'icon' | 'children'> {
  label: string;
  children: ReactNode;
}

/** A button that is only an icon: its word is read aloud and shown as a tooltip. */
export function IconButton({ kind = 'quiet', small, label, children, ...rest }: IconProps) {
  return (
    <Tooltip label={label}>
      <button
        type="button"
        className="button"
        data-kind={kind}
        data-icon
        data-small={small || undefined}
        aria-label={label}
        {...rest}
      >
        {children}
      </button>
    </Tooltip>
  );
}
