// Pictures by which a model knows a member: files of one's own, or clips of the library.
import { Menu } from '@mantine/core';
import { IconPhoto, IconPlus, IconX } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post, told } from '../../api/client';
import { useCards } from '../../api/hooks';
import { local } from '../../library/files';
import { useClip } from '../../library/hooks';
import { PickClip } from '../../make/PickClip';
import { usual } from '../../models/takes';
import { useToast } from '../../parts/toast';
import type { Film } from '../edits';
import { useModelName } from '../say';
import type { Member } from '../types';
import css from './cast.module.css';

const MOST = 8;
const seen = new Map<string, string>(); // what was sent from this page, by its hash, to show it

export function References({ here, id, member }: { here: Film; id: string; member: Member }) {
  const { t } = useTranslation('films');
  const { film, change } = here;
  const toast = useToast();
  const chooser = useRef<HTMLInputElement>(null);
  const [picking, setPicking] = useState(false);
  const cards = useCards().data ?? [];
  const card = cards.find((one) => one.id === film.document.model) ?? usual(cards);
  const model = useModelName()(film.document.model);
  const references = member.references ?? [];
  const put = (list: string[]) => change({ cast: { [id]: { references: list.length ? list : null } } });
  const send = useMutation({
    mutationFn: async (file: File) => {
      const form = new FormData();
      form.append('content', file, file.name);
      const { sha256 } = await post<{ sha256: string }>(`/v1/films/${film.id}/files`, form);
      seen.set(sha256, URL.createObjectURL(file));
      return sha256;
    },
    onSuccess: (sha256) => put([...references.filter((one) => one !== sha256), sha256]),
    onError: (error) => toast(told(error), { tone: 'bad' }),
  });
  return (
    <div className={css.references} role="group" aria-label={t('field.references')}>
      <h4>{t('field.references')}</h4>
      <ul>
        {references.map((reference, at) => (
          <li key={reference}>
            <Shown reference={reference} />
            <button
              type="button"
              aria-label={t('cast.removeReference', { number: at + 1 })}
              onClick={() => put(references.filter((one) => one !== reference))}
            >
              <IconX size={13} stroke={2} aria-hidden />
            </button>
          </li>
        ))}
        {references.length < MOST && (
          <li>
            <Menu position="bottom-start" width={200}>
              <Menu.Target>
                <button
                  type="button"
                  className={css.more}
                  aria-label={t('cast.addReference')}
                  disabled={send.isPending}
                >
                  <IconPlus size={17} stroke={1.8} aria-hidden />
                </button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item onClick={() => chooser.current?.click()}>{t('fromDisk')}</Menu.Item>
                <Menu.Item onClick={() => setPicking(true)}>{t('fromLibrary')}</Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </li>
        )}
      </ul>
      {references.length > 0 && card && !card.modes.includes('references') && (
        <p>{t('cast.noReferences', { model })}</p>
      )}
      <input
        ref={chooser}
        type="file"
        hidden
        accept="image/*"
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) send.mutate(file);
          event.target.value = '';
        }}
      />
      {picking && (
        <PickClip
          kind="reference"
          onPick={(_, clip) => put([...references.filter((one) => one !== clip.id), clip.id])}
          onClose={() => setPicking(false)}
        />
      )}
    </div>
  );
}

function Shown({ reference }: { reference: string }) {
  const clip = useClip(reference.startsWith('clip_') ? reference : undefined).data;
  const src = clip ? local(clip.thumbnail_url) : seen.get(reference);
  return src ? (
    <img src={src} alt={clip?.prompt ?? ''} />
  ) : (
    <span className={css.kept} title={reference.slice(0, 12)}>
      <IconPhoto size={18} stroke={1.6} aria-hidden />
    </span>
  );
}
