/** What the account says of me, and the password that opens it. */
import { PasswordInput, Select, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { ApiError, api, call, told } from '../api/client';
import { queries, useSettings } from '../api/hooks';
import type { Account as Me } from '../api/types';
import { Button } from '../parts/Button';
import { moment } from '../parts/time';
import { useNames } from '../parts/names';
import { useToast } from '../parts/toast';
import { language } from '../words';
import styles from './pages.module.css';
import { Fault, Section } from './parts';

export function Profile({ account }: { account: Me }) {
  const { t } = useTranslation('pages');
  const names = useNames();
  const toast = useToast();
  const cache = useQueryClient();
  const settings = useSettings();
  const [name, setName] = useState(names.person(account.name));
  const [email, setEmail] = useState(account.email ?? '');
  const [password, setPassword] = useState('');
  const moves = email.trim() !== (account.email ?? '') && email.trim() !== '';
  const save = useMutation({
    mutationFn: () =>
      call(
        api.PATCH('/v1/account', {
          body: {
            name: name.trim(),
            ...(moves ? { email: email.trim(), current_password: password || undefined } : {}),
          },
        }),
      ),
    onSuccess: (now) => {
      cache.setQueryData(['account'], now);
      setPassword('');
      toast(t('account.saved'));
    },
  });
  const zone = String(account.settings.timezone ?? '') || Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = [...new Set(['UTC', zone, ...Intl.supportedValuesOf('timeZone')])];
  return (
    <Section title={t('account.profile')}>
      <form
        className={styles.card}
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <div className={styles.form}>
          <TextInput
            label={t('account.name')}
            value={name}
            maxLength={100}
            autoComplete="name"
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput
            label={t('account.email')}
            type="email"
            value={email}
            maxLength={254}
            autoComplete="email"
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          {moves && account.email && (
            <PasswordInput
              label={t('account.current')}
              value={password}
              autoComplete="current-password"
              onChange={(event) => setPassword(event.currentTarget.value)}
              visibilityToggleButtonProps={{ 'aria-label': t('show') }}
            />
          )}
          <Select
            label={t('account.zone')}
            description={t('account.zoneWhy')}
            data={zones}
            value={zone}
            onChange={(timezone) =>
              timezone &&
              settings.mutate(
                { timezone },
                { onSuccess: () => toast(t('account.saved')), onError: (error) => toast(told(error), { tone: 'bad' }) },
              )
            }
            searchable
            allowDeselect={false}
            limit={60}
          />
        </div>
        {save.error && <Fault error={forPeople(save.error, t('account.wrong'))} />}
        <div className={styles.row}>
          <Button type="submit" disabled={save.isPending || (name.trim() === names.person(account.name) && !moves)}>
            {t('account.save')}
          </Button>
          <span className={styles.quiet}>
            {t('account.since', { date: moment(account.created_at, language(), 'date') })}
          </span>
        </div>
      </form>
    </Section>
  );
}

export function Password({ account }: { account: Me }) {
  const { t } = useTranslation('pages');
  const go = useNavigate();
  const toast = useToast();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const change = useMutation({
    mutationFn: () =>
      call(api.PATCH('/v1/account', { body: { password: next, current_password: current || undefined } })),
    onSuccess: () => {
      setCurrent('');
      setNext('');
      toast(t('account.changed'));
      if (account.signed_in_by === 'session') {
        queries.clear();
        void go('/signin', { state: { note: 'changed' } });
      }
    },
  });
  if (!account.email) return null;
  return (
    <Section title={t('account.password')} why={t('account.passwordWhy')}>
      <form
        className={styles.card}
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        <input
          type="email"
          className="sr"
          autoComplete="username"
          value={account.email}
          readOnly
          tabIndex={-1}
          aria-hidden
        />
        <div className={styles.form}>
          <PasswordInput
            label={t('account.current')}
            value={current}
            autoComplete="current-password"
            onChange={(event) => setCurrent(event.currentTarget.value)}
            visibilityToggleButtonProps={{ 'aria-label': t('show') }}
          />
          <PasswordInput
            label={t('account.next')}
            description={t('sign.passwordWhy')}
            value={next}
            autoComplete="new-password"
            onChange={(event) => setNext(event.currentTarget.value)}
            visibilityToggleButtonProps={{ 'aria-label': t('show') }}
          />
        </div>
        {change.error && <Fault error={forPeople(change.error, t('account.wrong'))} />}
        <div className={styles.row}>
          <Button type="submit" disabled={change.isPending || next.length === 0}>
            {t('account.change')}
          </Button>
        </div>
      </form>
    </Section>
  );
}

/** The server hints at the field's name in the API there; people see a field with words. */
export function forPeople(error: unknown, wrong: string): unknown {
  return error instanceof ApiError && error.status === 403 ? new Error(wrong) : error;
}
