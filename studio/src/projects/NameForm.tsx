// One field: the name of a project.

import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../parts/Button';
import css from './projects.module.css';

interface Props {
  name?: string;
  action: string;
  busy: boolean;
  onName: (name: string) => void;
  onCancel: () => void;
}

const LONGEST = 100; // characters

export function NameForm({ name = '', action, busy, onName, onCancel }: Props) {
  const { t } = useTranslation('library');
  const [text, setText] = useState(name);
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) onName(text.trim());
      }}
      onKeyDown={(event) => event.key === 'Escape' && onCancel()}
    >
      <input
        autoFocus
        value={text}
        maxLength={LONGEST}
        placeholder={t('projects.name')}
        aria-label={t('projects.name')}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" className="button" data-small disabled={busy || !text.trim()}>
        {action}
      </button>
      <Button small kind="quiet" onClick={onCancel}>
        {t('projects.cancel')}
      </Button>
    </form>
  );
}
