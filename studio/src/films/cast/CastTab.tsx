// Who and what the film shows: looks, references, and who speaks for whom.
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Segment } from '../../parts/Segment';
import { addMember } from '../document';
import type { Film } from '../edits';
import type { Member } from '../types';
import css from './cast.module.css';
import { MemberCard } from './MemberCard';

type Kind = NonNullable<Member['kind']>;
const KINDS: readonly Kind[] = ['character', 'place', 'prop'];

export function CastTab({ here }: { here: Film }) {
  const { t } = useTranslation('films');
  const [kind, setKind] = useState<Kind>('character');
  const [name, setName] = useState('');
  const members = Object.entries(here.film.document.cast ?? {});
  return (
    <div className={css.page}>
      <form
        className={css.add}
        onSubmit={(event) => {
          event.preventDefault();
          if (!name.trim()) return;
          here.change(addMember(here.film.document, name.trim(), kind));
          setName('');
        }}
      >
        <input
          value={name}
          maxLength={100}
          aria-label={t('cast.name')}
          placeholder={t('cast.name')}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Segment
          label={t('cast.kind')}
          value={kind}
          onChange={setKind}
          choices={KINDS.map((value) => ({ value, label: t(`cast.${value}`) }))}
        />
        <button type="submit" className="button" disabled={!name.trim()}>
          <IconPlus size={16} stroke={2} aria-hidden />
          {t('cast.add')}
        </button>
      </form>
      {!members.length && <p className={css.none}>{t('cast.none')}</p>}
      {KINDS.map((one) => {
        const mine = members.filter(([, member]) => (member.kind ?? 'character') === one);
        return mine.length ? (
          <section key={one} aria-label={t(`cast.${one}s`)}>
            <h2>{t(`cast.${one}s`)}</h2>
            <ul className={css.grid}>
              {mine.map(([id, member]) => (
                <li key={id}>
                  <MemberCard here={here} id={id} member={member} />
                </li>
              ))}
            </ul>
          </section>
        ) : null;
      })}
    </div>
  );
}
