// One line for tokens and free words. While one types, the server's reader says which tokens the words could become, in
// both languages; Enter takes what stands there as words.

import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch, IconX } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useShortcut } from '../shell/shortcuts';
import { useFacts } from './facts';
import { useReading } from './hooks';
import { add, offers, type Query, token, type Token, without, written } from './query';
import css from './search.module.css';

interface Props {
  query: Query;
  found: number | null; // in all pages
  onChange: (query: Query) => void;
}

const WAIT_MS = 250;

export function SearchBar({ query, found, onChange }: Props) {
  const { t } = useTranslation('library');
  const facts = useFacts();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(query.words);
  const [near, setNear] = useState(false); // whether it has the focus
  const [settled] = useDebouncedValue(text, WAIT_MS);
  const reading = useReading(near ? settled : '');
  const offered = text.trim() ? offers(reading.data, query.tokens) : [];
  const latest = useRef({ query, onChange });
  latest.current = { query, onChange };
  useShortcut('/', () => input.current?.focus(), t('keys.search'));

  useEffect(() => setText(query.words), [query.words]);
  useEffect(() => {
    const { query: now, onChange: tell } = latest.current;
    if (settled !== now.words && !token(settled)) tell({ ...now, words: settled });
  }, [settled]);

  const take = (one: Token, rest = '') => {
    setText(rest);
    onChange({ ...query, words: rest, tokens: add(query.tokens, one) });
    input.current?.focus();
  };

  const onKeyDown = (event: React.KeyboardEvent<HTMLInputElement>) => {
    const typed = token(text.trim());
    if ((event.key === 'Enter' || event.key === ' ' || event.key === ',') && typed) {
      event.preventDefault();
      take(typed);
    } else if (event.key === 'Enter') {
      onChange({ ...query, words: text.trim() });
    } else if (event.key === 'Backspace' && !text && query.tokens.length) {
      onChange({ ...query, tokens: query.tokens.slice(0, -1) });
    } else if (event.key === 'Escape') {
      if (text) setText('');
      else event.currentTarget.blur();
      event.stopPropagation();
    }
  };

  const named = ({ kind, value }: Token) => t('token', { kind: t(`kind.${kind}`), value: facts.value(value) });
  const any = text || query.tokens.length > 0;
  return (
    <div className={css.search} role="search">
      <div className={css.line} onClick={() => input.current?.focus()}>
        <IconSearch size={18} stroke={1.8} color="var(--acc)" aria-hidden />
        {query.tokens.map((one) => {
          const label = named(one);
          return (
            <span key={written(one)} className={css.token}>
              {label}
              <button
                type="button"
                aria-label={t('removeToken', { token: label })}
                onClick={() => onChange({ ...query, tokens: query.tokens.filter((other) => other !== one) })}
              >
                <IconX size={13} stroke={2.2} aria-hidden />
              </button>
            </span>
          );
        })}
        <input
          ref={input}
          type="search"
          value={text}
          placeholder={query.tokens.length ? '' : t('placeholder')}
          aria-label={t('search')}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          onFocus={() => setNear(true)}
        />
        <span className={css.found} role="status">
          {any && found !== null && t('found', { count: found })}
        </span>
        {any ? (
          <button
            type="button"
            className={css.clear}
            aria-label={t('clear')}
            onClick={() => onChange({ ...query, words: '', tokens: [] })}
          >
            <IconX size={15} stroke={2} aria-hidden />
          </button>
        ) : (
          <kbd className={css.key} aria-hidden>
            /
          </kbd>
        )}
      </div>
      {offered.length > 0 && (
        <div className={css.offers}>
          <span>{t('offers')}</span>
          {offered.map((one) => (
            <button
              key={written(one)}
              type="button"
              className="tag"
              onClick={() => take(one, without(text, [one.value, facts.value(one.value)], offered.length))}
            >
              {named(one)}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
