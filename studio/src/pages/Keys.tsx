/** Keys for programs: made here, shown whole once, revoked here; and how each kind of client uses one. */
import { Checkbox, Modal, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, call, told } from '../api/client';
import type { Key } from '../api/types';
import { Button } from '../parts/Button';
import { Tag } from '../parts/Tag';
import { moment, since } from '../parts/time';
import { useToast } from '../parts/toast';
import { language } from '../words';
import styles from './pages.module.css';
import { CopyButton, Fault, Nothing, Page, Secret, Section, Table } from './parts';
import { Examples } from './Examples';

export interface NewKey {
  name: string;
  key: string | null;
  access_key: string | null;
  secret_key: string | null;
}

export default function Keys() {
  const { t } = useTranslation('pages');
  const [made, setMade] = useState<NewKey | null>(null);
  return (
    <Page title={t('keys.title')}>
      <Make onMade={setMade} />
      {made && <Shown made={made} onClose={() => setMade(null)} />}
      <List />
      <Examples made={made} />
    </Page>
  );
}

function Make({ onMade }: { onMade: (key: NewKey) => void }) {
  const { t } = useTranslation('pages');
  const cache = useQueryClient();
  const [name, setName] = useState('');
  const [pair, setPair] = useState(false);
  const create = useMutation({
    mutationFn: () => call(api.POST('/v1/keys', { body: { name: name.trim() || t('keys.noName'), pair } })),
    onSuccess: (key) => {
      onMade(key);
      setName('');
      void cache.invalidateQueries({ queryKey: ['keys'] });
    },
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <Section title={t('keys.make')} why={t('keys.why')}>
      <form className={styles.card} onSubmit={send}>
        <TextInput
          label={t('keys.name')}
          placeholder={t('keys.namePlaceholder')}
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Checkbox
          label={t('keys.pair')}
          description={t('keys.pairWhy')}
          checked={pair}
          onChange={(event) => setPair(event.currentTarget.checked)}
        />
        {create.error && <Fault error={create.error} />}
        <div className={styles.row}>
          <Button kind="fill" type="submit" disabled={create.isPending}>
            {t('keys.create')}
          </Button>
        </div>
      </form>
    </Section>
  );
}

function Shown({ made, onClose }: { made: NewKey; onClose: () => void }) {
  const { t } = useTranslation('pages');
  return (
    <div className={styles.card} role="status">
      <h3>{t('keys.made', { name: made.name })}</h3>
      <p className={styles.why}>{t('keys.once')}</p>
      {made.key && <Secret label={t('keys.key')} text={made.key} />}
      {made.access_key && <Secret label={t('keys.access')} text={made.access_key} />}
      {made.secret_key && <Secret label={t('keys.secret')} text={made.secret_key} />}
      <div className={styles.row}>
        <Button onClick={onClose}>{t('keys.kept')}</Button>
      </div>
    </div>
  );
}

function List() {
  const { t } = useTranslation('pages');
  const cache = useQueryClient();
  const toast = useToast();
  const [going, setGoing] = useState<Key | null>(null);
  const keys = useQuery({ queryKey: ['keys'], queryFn: async () => (await call(api.GET('/v1/keys'))).data });
  const revoke = useMutation({
    mutationFn: (key: Key) => call(api.DELETE('/v1/keys/{key_id}', { params: { path: { key_id: key.id } } })),
    onSuccess: (_, key) => toast(t('keys.revoked', { name: key.name })),
    onError: (error) => toast(told(error), { tone: 'bad' }),
    onSettled: () => {
      setGoing(null);
      void cache.invalidateQueries({ queryKey: ['keys'] });
    },
  });
  return (
    <Section title={t('keys.list')}>
      {keys.error && <Fault error={keys.error} again={() => void keys.refetch()} />}
      {keys.data?.length === 0 && <Nothing>{t('keys.none')}</Nothing>}
      {keys.data && keys.data.length > 0 && (
        <Table
          label={t('keys.list')}
          head={
            <>
              <th scope="col">{t('keys.name')}</th>
              <th scope="col">{t('keys.begins')}</th>
              <th scope="col">{t('keys.created')}</th>
              <th scope="col">{t('keys.used')}</th>
              <th scope="col">
                <span className="sr">{t('keys.revoke')}</span>
              </th>
            </>
          }
        >
          {keys.data.map((key) => (
            <tr key={key.id}>
              <th scope="row" className={styles.fill}>
                {key.name}
              </th>
              <td>
                <span className={styles.together}>
                  <code className={styles.mono} title={key.access_key ?? undefined}>
                    {key.access_key ? `${key.access_key.slice(0, 10)}…` : `${key.prefix}…`}
                  </code>
                  {key.access_key && <Tag>{t('keys.isPair')}</Tag>}
                  {key.access_key && <CopyButton text={key.access_key} />}
                </span>
              </td>
              <td>{moment(key.created_at, language(), 'date')}</td>
              <td>{key.last_used_at ? since(key.last_used_at, language()) : t('keys.never')}</td>
              <td className={styles.number}>
                <Button small kind="quiet" onClick={() => setGoing(key)}>
                  {t('keys.revoke')}
                </Button>
              </td>
            </tr>
          ))}
        </Table>
      )}
      <Modal
        opened={going !== null}
        onClose={() => setGoing(null)}
        title={t('keys.sure', { name: going?.name ?? '' })}
        closeButtonProps={{ 'aria-label': t('close') }}
      >
        <div className={styles.section}>
          <p className={styles.why}>{t('keys.sureWhy')}</p>
          <div className={`${styles.row} ${styles.ends}`}>
            <Button onClick={() => setGoing(null)}>{t('cancel')}</Button>
            <Button kind="bad" disabled={revoke.isPending} onClick={() => going && revoke.mutate(going)}>
              {t('keys.revoke')}
            </Button>
          </div>
        </div>
      </Modal>
    </Section>
  );
}
