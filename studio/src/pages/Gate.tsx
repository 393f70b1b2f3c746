/** What stands around signing in and signing up: the mark, one form, and the choice of the language. */
import { PasswordInput, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../parts/Button';
import { Logo } from '../parts/Logo';
import { chooseLanguage, usePrefs } from '../shell/prefs';
import styles from './pages.module.css';
import { Fault } from './parts';

export interface Entered {
  name: string;
  email: string;
  password: string;
}

interface Props {
  title: string;
  note?: string;
  isNew: boolean;
  error: unknown;
  busy: boolean;
  onSend: (entered: Entered) => void;
  foot: ReactNode;
}

export function Gate({ title, note, isNew, error, busy, onSend, foot }: Props) {
  const { t } = useTranslation('pages');
  const { language } = usePrefs();
  const [entered, setEntered] = useState<Entered>({ name: '', email: '', password: '' });
  useEffect(() => {
    document.title = `${title} · Vitascope`;
  }, [title]);
  const set = (part: Partial<Entered>) => setEntered({ ...entered, ...part });
  const send = (event: FormEvent) => {
    event.preventDefault();
    onSend(entered);
  };
  return (
    <div className={styles.gate}>
      <main>
        <div className={styles.brand}>
          <Logo size={48} />
          <p className={styles.wordmark}>
            Vitascope <span lang="zh-CN">影戏</span>
          </p>
          <h1>{title}</h1>
        </div>
        <form onSubmit={send}>
          {note && <p className={styles.told}>{note}</p>}
          {isNew && (
            <TextInput
              label={t('sign.name')}
              value={entered.name}
              maxLength={100}
              autoComplete="name"
              onChange={(event) => set({ name: event.currentTarget.value })}
            />
          )}
          <TextInput
            label={t('sign.email')}
            type="email"
            required
            withAsterisk={false}
            autoFocus={!isNew}
            maxLength={254}
            autoComplete="email"
            value={entered.email}
            onChange={(event) => set({ email: event.currentTarget.value })}
          />
          <PasswordInput
            label={t('sign.password')}
            description={isNew ? t('sign.passwordWhy') : undefined}
            required
            withAsterisk={false}
            minLength={isNew ? 8 : undefined}
            autoComplete={isNew ? 'new-password' : 'current-password'}
            value={entered.password}
            onChange={(event) => set({ password: event.currentTarget.value })}
            visibilityToggleButtonProps={{ 'aria-label': t('show') }}
          />
          {error != null && <Fault error={error} />}
          <Button kind="fill" type="submit" disabled={busy}>
            {title}
          </Button>
        </form>
        <div className={styles.foot}>{foot}</div>
        <div className={styles.foot}>
          <button
            type="button"
            lang={language === 'zh' ? 'en' : 'zh-CN'}
            onClick={() => chooseLanguage(language === 'zh' ? 'en' : 'zh')}
          >
            {language === 'zh' ? 'English' : '中文'}
          </button>
        </div>
      </main>
    </div>
  );
}
