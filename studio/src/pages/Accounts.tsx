/** Who has an account here: make one, give credits, change the plan or the role, disable it, set a new password. */
import { Modal, NumberInput, PasswordInput, Select, TextInput } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, call } from '../api/client';
import type { Account } from '../api/types';
import { Button } from '../parts/Button';
import { Tag } from '../parts/Tag';
import { figure, moment } from '../parts/time';
import { useToast } from '../parts/toast';
import { language } from '../words';
import styles from './pages.module.css';
import { Fault, Section, Table } from './parts';

export function Accounts({ owner, me }: { owner: boolean; me: string | undefined }) {
  const { t } = useTranslation('pages');
  const [making, setMaking] = useState(false);
  const [giving, setGiving] = useState<Account | null>(null);
  const [changing, setChanging] = useState<Account | null>(null);
  const accounts = useInfiniteQuery({
    queryKey: ['admin', 'accounts'],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      call(api.GET('/v1/admin/accounts', { params: { query: { after: pageParam, limit: 50 } } })),
    getNextPageParam: (page) => (page.has_more ? (page.last_id ?? undefined) : undefined),
  });
  const found = accounts.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Section
      title={t('operator.tab.accounts')}
      action={
        <Button kind="fill" onClick={() => setMaking(true)}>
          {t('operator.newAccount')}
        </Button>
      }
    >
      {accounts.error && <Fault error={accounts.error} again={() => void accounts.refetch()} />}
      {found.length > 0 && (
        <Table
          label={t('operator.tab.accounts')}
          head={
            <>
              <th scope="col">{t('account.email')}</th>
              <th scope="col">{t('account.name')}</th>
              <th scope="col">{t('operator.role')}</th>
              <th scope="col">{t('operator.plan')}</th>
              <th scope="col">{t('operator.came')}</th>
              <th scope="col">
                <span className="sr">{t('operator.change')}</span>
              </th>
            </>
          }
        >
          {found.map((account) => (
            <tr key={account.id}>
              <th scope="row" className={styles.fill}>
                {account.email ?? t('operator.here')}
              </th>
              <td>{account.name}</td>
              <td>
                {account.disabled_at ? (
                  <Tag tone="bad">{t('operator.disabled')}</Tag>
                ) : (
                  <Tag tone={account.role === 'member' ? undefined : 'acc'}>{t(`account.role.${account.role}`)}</Tag>
                )}
              </td>
              <td>{account.plan_title}</td>
              <td>{moment(account.created_at, language(), 'date')}</td>
              <td className={styles.number}>
                <Button small kind="quiet" onClick={() => setGiving(account)}>
                  {t('operator.give')}
                </Button>
                <Button small kind="quiet" onClick={() => setChanging(account)}>
                  {t('operator.change')}
                </Button>
              </td>
            </tr>
          ))}
        </Table>
      )}
      {accounts.hasNextPage && (
        <div className={styles.row}>
          <Button onClick={() => void accounts.fetchNextPage()}>{t('more')}</Button>
        </div>
      )}
      {making && <NewAccount owner={owner} onClose={() => setMaking(false)} />}
      {giving && <Give account={giving} onClose={() => setGiving(null)} />}
      {changing && (
        <Change account={changing} owner={owner} mine={changing.id === me} onClose={() => setChanging(null)} />
      )}
    </Section>
  );
}

interface SheetProps {
  title: string;
  action: string;
  error: unknown;
  busy: boolean;
  onSend: () => void;
  onClose: () => void;
  children: ReactNode;
}

function Sheet({ title, action, error, busy, onSend, onClose, children }: SheetProps) {
  const { t } = useTranslation('pages');
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('close') }}>
      <form
        className={styles.section}
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          onSend();
        }}
      >
        {children}
        {error != null && <Fault error={error} />}
        <div className={`${styles.row} ${styles.ends}`}>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="fill" type="submit" disabled={busy}>
            {action}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

/** What a sheet does when it is sent: say so, look again, close. */
function useSheet<T>(send: () => Promise<T>, done: string, onClose: () => void) {
  const cache = useQueryClient();
  const toast = useToast();
  return useMutation({
    mutationFn: send,
    onSuccess: () => {
      toast(done);
      void cache.invalidateQueries({ queryKey: ['admin'] });
      void cache.invalidateQueries({ queryKey: ['credits'] });
      onClose();
    },
  });
}

function usePlans() {
  const plans = useQuery({
    queryKey: ['admin', 'plans'],
    queryFn: async () => (await call(api.GET('/v1/admin/plans'))).data,
    staleTime: 600_000,
  });
  return (plans.data ?? []).map((plan) => ({ value: plan.name, label: plan.title }));
}

function NewAccount({ owner, onClose }: { owner: boolean; onClose: () => void }) {
  const { t } = useTranslation('pages');
  const plans = usePlans();
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [plan, setPlan] = useState<string | null>(null);
  const [role, setRole] = useState<'member' | 'admin'>('member');
  const sheet = useSheet(
    () => {
      const body = {
        email: email.trim(),
        name: name.trim(),
        password: password || undefined,
        plan: plan ?? undefined,
        role,
      };
      return call(api.POST('/v1/admin/accounts', { body }));
    },
    t('operator.accountMade'),
    onClose,
  );
  return (
    <Sheet
      title={t('operator.newAccount')}
      action={t('operator.makeIt')}
      error={sheet.error}
      busy={sheet.isPending}
      onSend={sheet.mutate}
      onClose={onClose}
    >
      <TextInput
        label={t('account.email')}
        type="email"
        required
        withAsterisk={false}
        data-autofocus
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <TextInput
        label={t('account.name')}
        maxLength={100}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <PasswordInput
        label={t('operator.firstPassword')}
        description={t('operator.firstPasswordWhy')}
        value={password}
        autoComplete="new-password"
        onChange={(event) => setPassword(event.currentTarget.value)}
        visibilityToggleButtonProps={{ 'aria-label': t('show') }}
      />
      <Select
        label={t('operator.plan')}
        data={plans}
        value={plan}
        placeholder={t('operator.usualPlan')}
        clearable
        onChange={setPlan}
      />
      {owner && <Role value={role} onChange={setRole} />}
    </Sheet>
  );
}

function Role({ value, onChange }: { value: 'member' | 'admin'; onChange: (role: 'member' | 'admin') => void }) {
  const { t } = useTranslation('pages');
  return (
    <Select
      label={t('operator.role')}
      data={(['member', 'admin'] as const).map((role) => ({ value: role, label: t(`account.role.${role}`) }))}
      value={value}
      allowDeselect={false}
      onChange={(role) => onChange(role as 'member' | 'admin')}
    />
  );
}

function Give({ account, onClose }: { account: Account; onClose: () => void }) {
  const { t } = useTranslation('pages');
  const [credits, setCredits] = useState<number | string>(100);
  const [days, setDays] = useState<number | string>('');
  const [reason, setReason] = useState('');
  const sheet = useSheet(
    () =>
      call(
        api.POST('/v1/admin/accounts/{account_id}/credits', {
          params: { path: { account_id: account.id } },
          body: {
            credits: Number(credits),
            source: reason.trim(),
            kind: 'gift' as const,
            expires_in_days: Number(days) || undefined,
          },
        }),
      ),
    t('operator.given', { credits: figure(Number(credits)) }),
    onClose,
  );
  return (
    <Sheet
      title={t('operator.giveTo', { who: account.email ?? t('operator.here') })}
      action={t('operator.give')}
      error={sheet.error}
      busy={sheet.isPending}
      onSend={sheet.mutate}
      onClose={onClose}
    >
      <NumberInput
        label={t('usage.credits')}
        min={0.01}
        max={10_000_000}
        decimalScale={2}
        required
        withAsterisk={false}
        data-autofocus
        value={credits}
        onChange={setCredits}
      />
      <TextInput
        label={t('operator.reason')}
        description={t('operator.reasonWhy')}
        required
        withAsterisk={false}
        maxLength={200}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <NumberInput
        label={t('operator.expire')}
        placeholder={t('usage.never')}
        min={1}
        max={36_500}
        value={days}
        onChange={setDays}
      />
    </Sheet>
  );
}

function Change({
  account,
  owner,
  mine,
  onClose,
}: {
  account: Account;
  owner: boolean;
  mine: boolean;
  onClose: () => void;
}) {
  const { t } = useTranslation('pages');
  const plans = usePlans();
  const [plan, setPlan] = useState<string | null>(account.plan);
  const [role, setRole] = useState(account.role);
  const [password, setPassword] = useState('');
  const [disabled, setDisabled] = useState(account.disabled_at !== null);
  const sheet = useSheet(
    () =>
      call(
        api.PATCH('/v1/admin/accounts/{account_id}', {
          params: { path: { account_id: account.id } },
          body: {
            plan: plan && plan !== account.plan ? plan : undefined,
            role: role !== 'owner' && role !== account.role ? role : undefined,
            password: password || undefined,
            disabled: disabled !== (account.disabled_at !== null) ? disabled : undefined,
          },
        }),
      ),
    t('account.saved'),
    onClose,
  );
  return (
    <Sheet
      title={account.email ?? t('operator.here')}
      action={t('account.save')}
      error={sheet.error}
      busy={sheet.isPending}
      onSend={sheet.mutate}
      onClose={onClose}
    >
      <Select label={t('operator.plan')} data={plans} value={plan} allowDeselect={false} onChange={setPlan} />
      {owner && account.role !== 'owner' && <Role value={role as 'member' | 'admin'} onChange={setRole} />}
      {account.email && (
        <PasswordInput
          label={t('operator.newPassword')}
          description={t('operator.newPasswordWhy')}
          value={password}
          autoComplete="new-password"
          onChange={(event) => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': t('show') }}
        />
      )}
      {!mine && account.role !== 'owner' && (
        <Select
          label={t('operator.access')}
          data={[
            { value: 'on', label: t('operator.enabled') },
            { value: 'off', label: t('operator.disabled') },
          ]}
          value={disabled ? 'off' : 'on'}
          allowDeselect={false}
          onChange={(value) => setDisabled(value === 'off')}
        />
      )}
    </Sheet>
  );
}
