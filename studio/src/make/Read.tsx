import { IconCheck } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Reading } from '../api/types';
import { Tag } from '../parts/Tag';
import css from './prompt.module.css';

const MOST_UNKNOWN = 5;

/** What the model was told of the prompt, and what it was not. Nothing here keeps one from making the clip. */
export function Read({ reading, short }: { reading: Reading; short: boolean }) {
  const { t } = useTranslation('make');
  const { phrases, unknown } = reading;
  const left = unknown.slice(0, MOST_UNKNOWN);
  if (!phrases.length && !unknown.length) return null;
  const known = phrases.map((phrase) => (
    <Tag key={phrase} tone="ok" icon={<IconCheck size={14} stroke={2.2} aria-hidden />}>
      {phrase}
    </Tag>
  ));
  const struck = left.map((word) => (
    <Tag key={word} tone="bad">
      <s>{word}</s>
    </Tag>
  ));
  const more = unknown.length > left.length && (
    <span className="cap">{t('reading.more', { count: unknown.length - left.length })}</span>
  );
  const why = phrases.length ? t('reading.why') : t('reading.nothing');
  if (short) {
    return (
      <div className={css.read}>
        <div className={css.readRow}>
          {known}
          {struck}
          {more}
        </div>
        {unknown.length > 0 && <span className={css.why}>{why}</span>}
      </div>
    );
  }
  return (
    <div className={css.read}>
      {phrases.length > 0 && (
        <div className={css.readRow} role="group" aria-label={t('reading.understood')}>
          <span className={css.readName}>{t('reading.understood')}</span>
          <span className={css.readTags}>{known}</span>
        </div>
      )}
      {unknown.length > 0 && (
        <div className={css.readRow} role="group" aria-label={t('reading.unknown')}>
          <span className={css.readName}>{t('reading.unknown')}</span>
          <span className={css.readTags}>
            {struck}
            {more}
            <span className={css.why}>{why}</span>
          </span>
        </div>
      )}
    </div>
  );
}
