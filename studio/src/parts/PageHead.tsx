import type { ReactNode } from 'react';

interface Props {
  title: string;
  level?: 1 | 2;
  meta?: ReactNode;
  children?: ReactNode;
}

/** The title of a page or of one of its parts, a word beside it, and its buttons at the right. */
export function PageHead({ title, level = 1, meta, children }: Props) {
  const Title = level === 1 ? 'h1' : 'h2';
  return (
    <header className="head">
      <Title>{title}</Title>
      <span className="grow meta">{meta}</span>
      {children}
    </header>
  );
}
