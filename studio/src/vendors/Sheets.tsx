/** The two forms of the page: a key, and a budget. A key is sent once and never shown again. */
import { NativeSelect, NumberInput, PasswordInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, call } from '../api/client';
import pages from '../pages/pages.module.css';
import { Sheet, useSheet } from '../pages/Sheet';
import type { Budget, Vendor } from './hooks';

const A_KEY = ':key'; // no vendor is called so

interface Props {
  vendor?: Vendor;
  vendors: readonly Vendor[];
  onClose: () => void;
}

export function KeySheet({ vendor, vendors, onClose }: Props) {
  const { t } = useTranslation('vendors');
  const known = vendors.filter((one) => one.kind === 'vendor');
  const [name, setName] = useState(vendor?.name ?? known[0]?.name ?? '');
  const [key, setKey] = useState('');
  const chosen = vendors.find((one) => one.name === name);
  const title = chosen?.title ?? name;
  const send = useSheet(
    () =>
      call(
        api.PUT('/v1/admin/vendors/{name}/key', {
          params: { path: { name } },
          body: { key: key.trim(), replace: Boolean(chosen?.key_end) },
        }),
      ),
    t('keySheet.kept', { name: title }),
    onClose,
  );
  return (
    <Sheet
      title={t('keySheet.title', { name: title })}
      action={t('keySheet.keep')}
      error={send.error}
      busy={send.isPending || !key.trim()}
      onSend={() => send.mutate()}
      onClose={onClose}
    >
      <p className={pages.why}>{t('keySheet.why')}</p>
      {!vendor && (
        <NativeSelect
          label={t('keySheet.vendor')}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          data={known.map((one) => ({ value: one.name, label: one.title }))}
        />
      )}
      <PasswordInput
        label={t('keySheet.key')}
        description={chosen && chosen.takes !== 'key' && t(`keySheet.takes.${chosen.takes}`)}
        autoComplete="off"
        value={key}
        onChange={(event) => setKey(event.currentTarget.value)}
      />
    </Sheet>
  );
}

export function BudgetSheet({ vendor, vendors, onClose }: Props) {
  const { t } = useTranslation('vendors');
  const [name, setName] = useState(vendor?.name ?? '');
  const [key, setKey] = useState('');
  const [period, setPeriod] = useState<'day' | 'month'>('month');
  const [most, setMost] = useState<number | string>(vendor?.budget ?? '');
  const whose = (): Pick<Budget, 'scope' | 'name'> =>
    name === A_KEY ? { scope: 'key', name: key.trim() } : { scope: name ? 'vendor' : 'all', name };
  const send = useSheet(
    () => call(api.PUT('/v1/admin/budgets', { body: { ...whose(), period, dollars: Number(most) } })),
    t('budgetSheet.kept'),
    onClose,
  );
  return (
    <Sheet
      title={t('setBudget')}
      action={t('budgetSheet.keep')}
      error={send.error}
      busy={send.isPending || most === '' || (name === A_KEY && !key.trim())}
      onSend={() => send.mutate()}
      onClose={onClose}
    >
      <NativeSelect
        label={t('budgetSheet.for')}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        data={[
          { value: '', label: t('budgetSheet.all') },
          { value: A_KEY, label: t('budgetSheet.aKey') },
          ...vendors.map((one) => ({ value: one.name, label: one.title })),
        ]}
      />
      {name === A_KEY && (
        <TextInput
          label={t('budgetSheet.key')}
          description={t('budgetSheet.keyWhy')}
          maxLength={64}
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
      )}
      <NativeSelect
        label={t('budgetSheet.per')}
        value={period}
        onChange={(event) => setPeriod(event.currentTarget.value as 'day' | 'month')}
        data={(['day', 'month'] as const).map((value) => ({ value, label: t(`budgetSheet.${value}`) }))}
      />
      <NumberInput label={t('budgetSheet.dollars')} min={0} decimalScale={2} value={most} onChange={setMost} />
    </Sheet>
  );
}
