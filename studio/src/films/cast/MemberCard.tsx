import { Menu } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { MoreMenu } from '../../parts/MoreMenu';
import { useFilmActs } from '../acts';
import { inOrder, removeMember } from '../document';
import type { Film } from '../edits';
import { Words } from '../sheet/ShotSheet';
import type { Member } from '../types';
import { useDraft } from '../useDraft';
import css from './cast.module.css';
import { References } from './References';
import { VoicePicker } from './VoicePicker';

export function MemberCard({ here, id, member }: { here: Film; id: string; member: Member }) {
  const { t } = useTranslation('films');
  const { film, change } = here;
  const { rename } = useFilmActs(film.id);
  // A new name is put into every shot that says the old one; nothing becomes out of date by it.
  const name = useDraft(member.name, (value) => {
    if (value.trim()) rename.mutate({ id, name: value.trim() });
  });
  const shots = inOrder(film.document).filter(
    ({ shot, scene }) =>
      shot.cast?.includes(id) || scene.place === id || shot.lines?.some(({ speaker }) => speaker === id),
  );
  return (
    <article className={css.card} aria-label={member.name}>
      <header>
        <h3>
          <span className="sr">{member.name}</span>
          <input
            value={name.value}
            maxLength={100}
            aria-label={t('cast.name')}
            onChange={(event) => name.onChange(event.currentTarget.value)}
            onBlur={name.onBlur}
            onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
          />
        </h3>
        <MoreMenu label={t('moreOf', { title: member.name })}>
          <Menu.Item onClick={() => change(removeMember(film.document, id))}>{t('cast.remove')}</Menu.Item>
        </MoreMenu>
      </header>
      <p className={css.where}>
        {shots.length ? t('cast.in', { list: shots.map(({ label }) => label).join(', ') }) : t('cast.nowhere')}
      </p>
      <Words
        label={t('field.looks')}
        value={member.looks ?? ''}
        onCommit={(looks) => change({ cast: { [id]: { looks: looks || null } } })}
      />
      <References here={here} id={id} member={member} />
      {(member.kind ?? 'character') === 'character' && <VoicePicker here={here} id={id} member={member} />}
    </article>
  );
}
