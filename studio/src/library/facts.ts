// Words for what differs.

import { useTranslation } from 'react-i18next';
import type { Difference, Equal } from './differ';

export function useFacts() {
  const { t } = useTranslation('library');
  const name = (what: string) => t(`fact.${what}` as 'fact.words', { defaultValue: what });
  /** A fact in the language of the page: "snow", or several of them. */
  const value = (text: string): string =>
    t(`value.${text}` as 'value.snow', { defaultValue: '' }) ||
    text
      .split(' ')
      .map((one) => t(`value.${one}` as 'value.snow', { defaultValue: one }))
      .join(' ');
  const differs = ({ what, from, to }: Difference): string => {
    if (!from && !to) return t('compare.differsOnly', { what: name(what) });
    const none = t('compare.none');
    return t('compare.differs', { what: name(what), from: value(from) || none, to: value(to) || none });
  };
  const equal = ({ what, value: said }: Equal): string => (said ? `${name(what)} ${said}` : name(what));
  return { differs, equal, value };
}
