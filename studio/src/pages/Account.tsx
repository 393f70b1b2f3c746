/** Who I am here: name and address, password, where I am signed in, what my plan allows, and the way out. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api, call, told } from '../api/client';
import { useAccount } from '../api/hooks';
import type { Account as Me } from '../api/types';
import { useNames } from '../parts/names';
import { Button } from '../parts/Button';
import { Tag } from '../parts/Tag';
import { figure, moment, span } from '../parts/time';
import { useToast } from '../parts/toast';
import { language } from '../words';
import { DeleteAccount, TakeAlong } from './Leaving';
import styles from './pages.module.css';
import { Fault, Page, Section, Table } from './parts';
import { Password, Profile } from './Profile';

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
      <TakeAlong account={account} />
      {account.role !== 'owner' && <DeleteAccount />}
    </Page>
  );
}

/** What the account may do. */
function Plan({ account }: { account: Me }) {
  const { t } = useTranslation('pages');
  const names = useNames();
  const plan = useQuery({ queryKey: ['account', 'plan'], queryFn: () => call(api.GET('/v1/account/plan')) });
  const found = plan.data;
  return (
    <Section title={t('account.plan', { plan: names.plan(account.plan_title) })}>
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
