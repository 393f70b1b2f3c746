/** Who has an account here, and what its operator does about it: credits, plan, role, access, deletion. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, call } from '../api/client';
import type { Account } from '../api/types';
import { Button } from '../parts/Button';
import { useNames } from '../parts/names';
import { Tag } from '../parts/Tag';
import { moment } from '../parts/time';
import { language } from '../words';
import { Change, Give, NewAccount, Remove } from './AccountSheets';
import styles from './pages.module.css';
import { Fault, Section, Table } from './parts';

export function Accounts({ owner, me }: { owner: boolean; me: string | undefined }) {
  const { t } = useTranslation('pages');
  const names = useNames();
  const [making, setMaking] = useState(false);
  const [giving, setGiving] = useState<Account | null>(null);
  const [changing, setChanging] = useState<Account | null>(null);
  const [removing, setRemoving] = useState<Account | null>(null);
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
              <td>{names.person(account.name)}</td>
              <td>
                {account.disabled_at ? (
                  <Tag tone="bad">{t('operator.disabled')}</Tag>
                ) : (
                  <Tag tone={account.role === 'member' ? undefined : 'acc'}>{t(`account.role.${account.role}`)}</Tag>
                )}
              </td>
              <td>{names.plan(account.plan_title)}</td>
              <td>{moment(account.created_at, language(), 'date')}</td>
              <td className={styles.number}>
                <Button small kind="quiet" onClick={() => setGiving(account)}>
                  {t('operator.give')}
                </Button>
                <Button small kind="quiet" onClick={() => setChanging(account)}>
                  {t('operator.change')}
                </Button>
                {account.id !== me && (account.role === 'member' || (owner && account.role === 'admin')) && (
                  <Button small kind="quiet" onClick={() => setRemoving(account)}>
                    {t('operator.delete')}
                  </Button>
                )}
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
      {removing && <Remove account={removing} onClose={() => setRemoving(null)} />}
    </Section>
  );
}
