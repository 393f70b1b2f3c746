/** The way out: take everything along, and delete the account. The owner's belongs to the server and stays. */
import { PasswordInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { api, call, post } from '../api/client';
import { queries } from '../api/hooks';
import { address } from '../api/root';
import type { Account as Me } from '../api/types';
import { Button } from '../parts/Button';
import { useToast } from '../parts/toast';
import styles from './pages.module.css';
import { Fault, Section } from './parts';
import { forPeople } from './Profile';
import { Sheet } from './Sheet';

/** Everything in one file, to keep or to carry elsewhere; and the way back in. */
export function TakeAlong({ account }: { account: Me }) {
  const { t } = useTranslation('pages');
  const cache = useQueryClient();
  const toast = useToast();
  const file = useRef<HTMLInputElement>(null);
  const take = useMutation({
    mutationFn: (archive: File) => {
      const form = new FormData();
      form.append('file', archive);
      return post<{ clips: number; already_here: number; left_out: { id: string; why: string }[] }>(
        '/v1/library/import',
        form,
      );
    },
    onSuccess: ({ clips, already_here, left_out }) => {
      toast(t('account.imported', { count: clips, here: already_here }));
      if (left_out.length) toast(t('account.leftOut', { count: left_out.length }), { tone: 'bad' });
      void cache.invalidateQueries({ queryKey: ['library'] });
      void cache.invalidateQueries({ queryKey: ['projects'] });
    },
  });
  return (
    <Section title={t('account.leave')} why={t('account.leaveWhy')}>
      <div className={styles.row}>
        <a className="button" href={address('/v1/library/export')} download>
          {t('account.export')}
        </a>
        <Button disabled={take.isPending} onClick={() => file.current?.click()}>
          {t(take.isPending ? 'account.importing' : 'account.import')}
        </Button>
        <input
          ref={file}
          type="file"
          accept=".zip,application/zip"
          hidden
          onChange={(event) => {
            const [chosen] = event.currentTarget.files ?? [];
            if (chosen) take.mutate(chosen);
            event.currentTarget.value = '';
          }}
        />
      </div>
      {take.error && <Fault error={take.error} />}
      {account.role === 'owner' && <p className={styles.quiet}>{t('account.ownerStays')}</p>}
    </Section>
  );
}

/** What goes and what stays, said before anything is asked. */
export function DeleteAccount() {
  const { t } = useTranslation('pages');
  const [asking, setAsking] = useState(false);
  return (
    <Section title={t('account.delete')} why={t('account.deleteGoes')}>
      <p className={styles.why}>{t('account.deleteStays')}</p>
      <div className={styles.row}>
        <Button kind="bad" onClick={() => setAsking(true)}>
          {t('account.delete')}
        </Button>
      </div>
      {asking && <Sure onClose={() => setAsking(false)} />}
    </Section>
  );
}

function Sure({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('pages');
  const go = useNavigate();
  const [password, setPassword] = useState('');
  const remove = useMutation({
    mutationFn: () => call(api.DELETE('/v1/account', { body: { current_password: password } })),
    onSuccess: () => {
      queries.clear();
      void go('/signin', { state: { note: 'deleted' } });
    },
  });
  return (
    <Sheet
      title={t('account.deleteSure')}
      action={t('account.deleteForGood')}
      error={remove.error && forPeople(remove.error, t('account.wrong'))}
      busy={remove.isPending || password.length === 0}
      bad
      onSend={remove.mutate}
      onClose={onClose}
    >
      <p className={styles.why}>{t('account.deleteLast')}</p>
      <div className={styles.row}>
        <a className="button" href={address('/v1/library/export')} download>
          {t('account.deleteExport')}
        </a>
      </div>
      <PasswordInput
        label={t('account.current')}
        required
        withAsterisk={false}
        data-autofocus
        value={password}
        autoComplete="current-password"
        onChange={(event) => setPassword(event.currentTarget.value)}
        visibilityToggleButtonProps={{ 'aria-label': t('show') }}
      />
    </Sheet>
  );
}
