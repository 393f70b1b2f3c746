import type { HTMLAttributes, ReactNode } from 'react';

interface Props extends HTMLAttributes<HTMLSpanElement> {
  tone?: 'ok' | 'bad' | 'info' | 'acc' | 'scrim';
  icon?: ReactNode;
}

/** A word about something: quiet, or in the colour of what it says. */
export function Tag({ tone, icon, children, ...rest }: Props) {
  return (
    <span className="tag" data-tone={tone} {...rest}>
      {icon}
      <span>{children}</span>
    </span>
  );
}
