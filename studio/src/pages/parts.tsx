/** What the quiet pages share: a page, its sections, a figure, a fault, and what can be copied. */
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { type ReactNode, useEffect, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { told } from '../api/client';
import { Button, IconButton } from '../parts/Button';
import { PageHead } from '../parts/PageHead';
import styles from './pages.module.css';

interface PageProps {
  title: string;
  meta?: ReactNode;
  wide?: boolean;
  action?: ReactNode;
  children: ReactNode;
}

export function Page({ title, meta, wide, action, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Vitascope`;
    return () => {
      document.title = 'Vitascope';
    };
  }, [title]);
  return (
    <main className={styles.page} data-wide={wide || undefined}>
      <PageHead title={title} meta={meta}>
        {action}
      </PageHead>
      {children}
    </main>
  );
}

interface SectionProps {
  title: string;
  why?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
}

export function Section({ title, why, action, children }: SectionProps) {
  const id = useId();
  return (
    <section className={styles.section} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {action}
      </header>
      {why && <p className={styles.why}>{why}</p>}
      {children}
    </section>
  );
}

export function Stat({ label, value, tone }: { label: string; value: ReactNode; tone?: 'ok' | 'bad' }) {
  return (
    <div className={styles.stat} data-tone={tone}>
      <b>{value}</b>
      <span>{label}</span>
    </div>
  );
}

/** What went wrong, in the server's own words, and a way to try again. */
export function Fault({ error, again }: { error: unknown; again?: () => void }) {
  const { t } = useTranslation('pages');
  return (
    <div className={`${styles.fault} ${styles.row}`} role="alert">
      <span className={styles.grow}>{told(error)}</span>
      {again && (
        <Button small onClick={again}>
          {t('again')}
        </Button>
      )}
    </div>
  );
}

export function Nothing({ children }: { children: ReactNode }) {
  return <p className={styles.nothing}>{children}</p>;
}

/** A table that scrolls sideways by itself where it is too wide, also by keyboard. */
export function Table({ label, head, children }: { label: string; head: ReactNode; children: ReactNode }) {
  return (
    // A group and no landmark: its section is one already, often of the same name.
    <div className={styles.scroll} role="group" aria-label={label} tabIndex={0}>
      <table className={styles.table}>
        <thead>
          <tr>{head}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

export function CopyButton({ text, small = true }: { text: string; small?: boolean }) {
  const { t } = useTranslation('pages');
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = window.setTimeout(() => setDone(false), 2_000);
    return () => window.clearTimeout(timer);
  }, [done]);
  return (
    <IconButton small={small} label={done ? t('copied') : t('copy')} onClick={() => void copy(text).then(setDone)}>
      {done ? <IconCheck size={16} stroke={1.9} aria-hidden /> : <IconCopy size={16} stroke={1.9} aria-hidden />}
    </IconButton>
  );
}

/** Without https a browser gives no clipboard to a page; then the old way still works. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.style.position = 'fixed';
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

export function Code({ text, label }: { text: string; label: string }) {
  return (
    <div className={styles.code}>
      <pre tabIndex={0} aria-label={label}>
        <code>{text}</code>
      </pre>
      <CopyButton text={text} />
    </div>
  );
}

export function Secret({ label, text }: { label: string; text: string }) {
  return (
    <div className={styles.section}>
      <span className="label">{label}</span>
      <div className={styles.secret}>
        <code>{text}</code>
        <CopyButton text={text} />
      </div>
    </div>
  );
}
