/** What the operator does to an account: make one, give credits, change it, delete it. Each is one form. */
import { NumberInput, PasswordInput, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, call } from '../api/client';
import type { Account } from '../api/types';
import { figure } from '../parts/time';
import styles from './pages.module.css';
import { Sheet, useSheet } from './Sheet';

function usePlans() {
  const plans = useQuery({
    queryKey: ['admin', 'plans'],
    queryFn: async () => (await call(api.GET('/v1/admin/plans'))).data,
    staleTime: 600_000,
  });
  return (plans.data ?? []).map((plan) => ({ value: plan.name, label: plan.title }));
}

export function NewAccount({ owner, onClose }: { owner: boolean; onClose: () => void }) {
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

export function Give({ account, onClose }: { account: Account; onClose: () => void }) {
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

export function Change({
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

/** Whoever deletes somebody else's account writes down whose, so that nobody's goes by a slip of the hand. */
export function Remove({ account, onClose }: { account: Account; onClose: () => void }) {
  const { t } = useTranslation('pages');
  const [typed, setTyped] = useState('');
  const who = account.email ?? account.id;
  const sheet = useSheet(
    () => call(api.DELETE('/v1/admin/accounts/{account_id}', { params: { path: { account_id: account.id } } })),
    t('operator.deleted', { who }),
    onClose,
  );
  return (
    <Sheet
      title={t('operator.deleteOf', { who })}
      action={t('account.deleteForGood')}
      error={sheet.error}
      busy={sheet.isPending || typed.trim().toLowerCase() !== who.toLowerCase()}
      bad
      onSend={sheet.mutate}
      onClose={onClose}
    >
      <p className={styles.why}>{t('operator.deleteWhy')}</p>
      <TextInput
        label={t('operator.deleteType', { who })}
        data-autofocus
        value={typed}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
    </Sheet>
  );
}
