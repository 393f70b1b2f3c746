/** Who I am here: name and address, password, where I am signed in, what my plan allows, and the way out. */
import { PasswordInput, Select, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { ApiError, api, call, post, told } from '../api/client';
import { queries, useAccount, useSettings } from '../api/hooks';
import type { Account as Me } from '../api/types';
import { Button } from '../parts/Button';
import { Tag } from '../parts/Tag';
import { figure, moment, span } from '../parts/time';
import { useToast } from '../parts/toast';
import { language } from '../words';
import styles from './pages.module.css';
import { Fault, Page, Section, Table } from './parts';

export default function Account() {
  const { t } = useTranslation('pages');
  const { data: account } = useAccount();
  if (!account) return <Page title={t('account.title')}>{null}</Page>;
  const local = account.signed_in_by === 'local';
  return (
    <Page title={t('account.title')} meta={t(`account.role.${account.role}`)}>
      {local && <p className={styles.told}>{t('account.local')}</p>}
      <Profile account={account} />
      <Password account={account} />
      <Plan account={account} />
      {!local && <Sessions />}
      <Leave account={account} />
    </Page>
  );
}

function Profile({ account }: { account: Me }) {
  const { t } = useTranslation('pages');
  const toast = useToast();
  const cache = useQueryClient();
  const settings = useSettings();
  const [name, setName] = useState(account.name);
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
          <Button type="submit" disabled={save.isPending || (name.trim() === account.name && !moves)}>
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

function Password({ account }: { account: Me }) {
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
function forPeople(error: unknown, wrong: string): unknown {
  return error instanceof ApiError && error.status === 403 ? new Error(wrong) : error;
}

/** What the account may do. */
function Plan({ account }: { account: Me }) {
  const { t } = useTranslation('pages');
  const plan = useQuery({ queryKey: ['account', 'plan'], queryFn: () => call(api.GET('/v1/account/plan')) });
  const found = plan.data;
  return (
    <Section title={t('account.plan', { plan: account.plan_title })}>
      {plan.error && <Fault error={plan.error} again={() => void plan.refetch()} />}
      {found && (
        <div className={styles.card}>
          <dl className={styles.facts}>
            {account.credits_on && (
              <>
                <dt>{t('account.given')}</dt>
                <dd>
                  {[
                    found.daily_credits > 0 && t('account.daily', { credits: figure(found.daily_credits) }),
                    found.monthly_credits > 0 && t('account.monthly', { credits: figure(found.monthly_credits) }),
                  ]
                    .filter(Boolean)
                    .join(t('comma')) || t('account.nothing')}{' '}
                  <Link to="/usage" style={{ textDecoration: 'underline' }}>
                    {t('account.toUsage')}
                  </Link>
                </dd>
              </>
            )}
            <dt>{t('account.longest')}</dt>
            <dd>{span(found.max_seconds, language())}</dd>
            <dt>{t('account.takes')}</dt>
            <dd>{found.max_takes}</dd>
            <dt>{t('account.atOnce')}</dt>
            <dd>{t('account.atOnceIs', { running: found.concurrency, waiting: figure(found.waiting) })}</dd>
            <dt>{t('account.rate')}</dt>
            <dd>{t('account.rateIs', { count: found.requests_per_minute })}</dd>
            <dt>{t('account.kept')}</dt>
            <dd>{found.kept_days ? t('account.days', { count: found.kept_days }) : t('account.forEver')}</dd>
            <dt>{t('account.label')}</dt>
            <dd>{t(found.label ? 'account.labelOn' : 'account.labelOff')}</dd>
          </dl>
        </div>
      )}
    </Section>
  );
}

function Sessions() {
  const { t } = useTranslation('pages');
  const cache = useQueryClient();
  const toast = useToast();
  const sessions = useQuery({
    queryKey: ['account', 'sessions'],
    queryFn: async () => (await call(api.GET('/v1/account/sessions'))).data,
  });
  const end = useMutation({
    mutationFn: (id: string) =>
      call(api.DELETE('/v1/account/sessions/{session_id}', { params: { path: { session_id: id } } })),
    onSuccess: () => toast(t('account.ended')),
    onError: (error) => toast(told(error), { tone: 'bad' }),
    onSettled: () => void cache.invalidateQueries({ queryKey: ['account', 'sessions'] }),
  });
  return (
    <Section title={t('account.sessions')} why={t('account.sessionsWhy')}>
      {sessions.error && <Fault error={sessions.error} again={() => void sessions.refetch()} />}
      {sessions.data && sessions.data.length > 0 && (
        <Table
          label={t('account.sessions')}
          head={
            <>
              <th scope="col">{t('account.signedIn')}</th>
              <th scope="col">{t('account.until')}</th>
              <th scope="col">
                <span className="sr">{t('account.end')}</span>
              </th>
            </>
          }
        >
          {sessions.data.map((session) => (
            <tr key={session.id}>
              <th scope="row" className={styles.fill}>
                {moment(session.created_at, language())} {session.current && <Tag tone="ok">{t('account.this')}</Tag>}
              </th>
              <td>{moment(session.expires_at, language(), 'date')}</td>
              <td className={styles.number}>
                {!session.current && (
                  <Button small kind="quiet" disabled={end.isPending} onClick={() => end.mutate(session.id)}>
                    {t('account.end')}
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}

/** Take everything along. Nobody deletes an account from here: that is for whoever runs the server. */
function Leave({ account }: { account: Me }) {
  const { t } = useTranslation('pages');
  const cache = useQueryClient();
  const toast = useToast();
  const file = useRef<HTMLInputElement>(null);
  const take = useMutation({
    mutationFn: (archive: File) => {
      const form = new FormData();
      form.append('file', archive);
      return post<{ clips: number; already_here: number }>('/v1/library/import', form);
    },
    onSuccess: ({ clips, already_here }) => {
      toast(t('account.imported', { count: clips, here: already_here }));
      void cache.invalidateQueries({ queryKey: ['library'] });
      void cache.invalidateQueries({ queryKey: ['projects'] });
    },
  });
  return (
    <Section title={t('account.leave')} why={t('account.leaveWhy')}>
      <div className={styles.row}>
        <a className="button" href="/v1/library/export" download>
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
      <p className={styles.quiet}>{t(account.role === 'owner' ? 'account.ownerStays' : 'account.askOperator')}</p>
    </Section>
  );
}
