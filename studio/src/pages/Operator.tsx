/** The server as a whole, for its owner and admins: health, jobs, workers, accounts, what was made and what it cost. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError, api, call } from '../api/client';
import { useAccount } from '../api/hooks';
import { address } from '../api/root';
import { Segment } from '../parts/Segment';
import { figure, since, span } from '../parts/time';
import { language } from '../words';
import { Accounts } from './Accounts';
import { Bars } from './Bars';
import { filled } from './days';
import { Jobs } from './Jobs';
import { means, samples, total } from './metrics';
import styles from './pages.module.css';
import { Fault, Nothing, Page, Section, Stat, Table } from './parts';

const TABS = ['health', 'jobs', 'workers', 'accounts', 'metrics'] as const;
type Tab = (typeof TABS)[number];
const FRESH_MS = 5_000;

export default function Operator() {
  const { t } = useTranslation('pages');
  const { data: account } = useAccount();
  const [tab, setTab] = useState<Tab>('health');
  if (account && account.role === 'member') {
    return (
      <Page title={t('operator.title')}>
        <Nothing>{t('operator.notYou')}</Nothing>
      </Page>
    );
  }
  return (
    <Page title={t('operator.title')} wide>
      <div className={styles.scrollTabs}>
        <Segment
          kind="tab"
          panel="operator-panel"
          label={t('operator.title')}
          value={tab}
          onChange={setTab}
          choices={TABS.map((value) => ({ value, label: t(`operator.tab.${value}`) }))}
        />
      </div>
      <div id="operator-panel" role="tabpanel" aria-label={t(`operator.tab.${tab}`)} className={styles.panel}>
        {tab === 'health' && <Health />}
        {tab === 'jobs' && <Jobs />}
        {tab === 'workers' && <Workers />}
        {tab === 'accounts' && <Accounts owner={account?.role === 'owner'} me={account?.id} />}
        {tab === 'metrics' && <Metrics />}
      </div>
    </Page>
  );
}

function Health() {
  const { t } = useTranslation('pages');
  const health = useQuery({
    queryKey: ['admin', 'health'],
    queryFn: () => call(api.GET('/v1/admin/health')),
    refetchInterval: FRESH_MS,
  });
  const found = health.data;
  return (
    <>
      <Section title={t('operator.now')}>
        {health.error && <Fault error={health.error} again={() => void health.refetch()} />}
        {found && (
          <>
            <div className={styles.stats}>
              <Stat label={t('operator.running')} value={found.running} />
              <Stat label={t('operator.queued')} value={found.queued} />
              <Stat label={t('operator.oldest')} value={span(found.oldest_waiting_seconds, language())} />
              <Stat
                label={t('operator.workers')}
                value={found.workers}
                tone={found.workers === 0 ? 'bad' : undefined}
              />
              <Stat label={t('operator.accounts')} value={figure(found.accounts)} />
              <Stat label={t('operator.database')} value={found.database === 'sqlite' ? 'SQLite' : 'PostgreSQL'} />
            </div>
            {found.workers === 0 && <p className={styles.fault}>{t('operator.noWorker')}</p>}
            {found.model_faults.length > 0 && (
              <div className={styles.fault} role="alert">
                <p className={styles.strong}>{t('operator.modelFaults')}</p>
                <ul>
                  {found.model_faults.map((fault) => (
                    <li key={fault}>{fault}</li>
                  ))}
                </ul>
              </div>
            )}
            {found.broken_rules.length > 0 ? (
              <div className={styles.fault} role="alert">
                <p className={styles.strong}>{t('operator.broken')}</p>
                <ul>
                  {found.broken_rules.map((rule) => (
                    <li key={rule}>{rule}</li>
                  ))}
                </ul>
              </div>
            ) : (
              <p className={styles.quiet}>
                {found.rules_checked_at
                  ? t('operator.rulesHold', { when: since(found.rules_checked_at, language()) })
                  : t('operator.notChecked')}
              </p>
            )}
          </>
        )}
      </Section>
      <MadeByAll />
    </>
  );
}

function MadeByAll() {
  const { t } = useTranslation('pages');
  const [days, setDays] = useState<number>(30);
  const usage = useQuery({
    queryKey: ['admin', 'usage', days],
    queryFn: () => call(api.GET('/v1/admin/usage', { params: { query: { days, by: 'day,model' } } })),
  });
  const found = usage.data;
  const sum = (read: (row: NonNullable<typeof found>['data'][number]) => number) =>
    (found?.data ?? []).reduce((whole, row) => whole + read(row), 0);
  return (
    <Section
      title={t('operator.made')}
      action={
        <Segment
          label={t('usage.range')}
          value={days}
          onChange={setDays}
          choices={[7, 30, 90].map((value) => ({ value, label: t('usage.days', { count: value }) }))}
        />
      }
    >
      {usage.error && <Fault error={usage.error} again={() => void usage.refetch()} />}
      {found && found.data.length === 0 && <Nothing>{t('usage.none')}</Nothing>}
      {found && found.data.length > 0 && (
        <>
          <div className={styles.stats}>
            <Stat label={t('usage.clips')} value={figure(sum((row) => row.completed))} />
            <Stat label={t('usage.failed')} value={figure(sum((row) => row.failed + row.cancelled))} />
            <Stat
              label={t('operator.compute')}
              value={span(
                sum((row) => row.compute_seconds),
                language(),
              )}
            />
            <Stat label={t('operator.revenue')} value={figure(found.revenue_credits)} />
            <Stat label={t('operator.cost')} value={`$${figure(found.cost_micro_dollars / 1e6, 4)}`} />
          </div>
          <div className={styles.card}>
            <Bars
              days={filled(found.data, found.since, found.until, (row) => row.completed)}
              label={t('usage.measures.completed')}
              show={(value) => t('usage.count.completed', { count: value, shown: figure(value) })}
            />
          </div>
        </>
      )}
    </Section>
  );
}

function Workers() {
  const { t } = useTranslation('pages');
  const workers = useQuery({
    queryKey: ['admin', 'workers'],
    queryFn: async () => (await call(api.GET('/v1/admin/workers'))).data,
    refetchInterval: FRESH_MS,
  });
  return (
    <Section title={t('operator.tab.workers')} why={t('operator.workersWhy')}>
      {workers.error && <Fault error={workers.error} again={() => void workers.refetch()} />}
      {workers.data?.length === 0 && <Nothing>{t('operator.noWorker')}</Nothing>}
      {workers.data && workers.data.length > 0 && (
        <Table
          label={t('operator.tab.workers')}
          head={
            <>
              <th scope="col">{t('operator.worker')}</th>
              <th scope="col">{t('operator.state')}</th>
              <th scope="col">{t('operator.models')}</th>
              <th scope="col" className={styles.number}>
                {t('operator.busy')}
              </th>
              <th scope="col">{t('operator.started')}</th>
              <th scope="col">{t('operator.seen')}</th>
            </>
          }
        >
          {workers.data.map((worker) => (
            <tr key={worker.id}>
              <th scope="row" title={worker.id}>
                {worker.host} <span className={styles.quiet}>{worker.pid}</span>
              </th>
              <td className={worker.alive ? styles.plus : undefined}>
                {t(worker.alive ? 'operator.alive' : 'operator.gone')}
              </td>
              <td className={styles.fill}>{worker.models.join(', ') || worker.needs}</td>
              <td className={styles.number}>{worker.busy}</td>
              <td>{since(worker.started_at, language())}</td>
              <td>{since(worker.seen_at, language())}</td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}

/** A few of the numbers at /metrics; the rest is for the operator's own monitoring. */
function Metrics() {
  const { t } = useTranslation('pages');
  const metrics = useQuery({
    queryKey: ['admin', 'metrics'],
    queryFn: async () => {
      const response = await fetch(address('/metrics'), { credentials: 'same-origin' });
      if (!response.ok)
        throw new ApiError(response.status, 'failed', t('operator.noMetrics', { status: response.status }));
      return samples(await response.text());
    },
    refetchInterval: FRESH_MS,
  });
  const all = metrics.data ?? [];
  const requests = total(all, 'vitascope_http_requests_total');
  const faults = total(all, 'vitascope_http_requests_total', ({ status }) => status?.startsWith('5') ?? false);
  const times = [
    ...means(all, 'vitascope_step_seconds', 'model').map((row) => ({ ...row, what: t('operator.step') })),
    ...means(all, 'vitascope_clip_seconds', 'model').map((row) => ({ ...row, what: t('operator.clip') })),
    ...means(all, 'vitascope_queue_seconds').map((row) => ({ ...row, what: t('operator.wait') })),
    ...means(all, 'vitascope_http_request_seconds').map((row) => ({ ...row, what: t('operator.answer') })),
  ];
  return (
    <Section
      title={t('operator.tab.metrics')}
      why={t('operator.metricsWhy')}
      action={
        <a className="button" data-small href={address('/metrics')} target="_blank" rel="noreferrer">
          {t('operator.allMetrics')}
        </a>
      }
    >
      {metrics.error && <Fault error={metrics.error} again={() => void metrics.refetch()} />}
      {metrics.data && (
        <>
          <div className={styles.stats}>
            <Stat label={t('operator.requests')} value={figure(requests)} />
            <Stat label={t('operator.faults')} value={figure(faults)} tone={faults > 0 ? 'bad' : undefined} />
            <Stat label={t('operator.leases')} value={figure(total(all, 'vitascope_leases_lost_total'))} />
            <Stat label={t('operator.creditsHeld')} value={figure(total(all, 'vitascope_credits_held'))} />
          </div>
          {times.length === 0 && <Nothing>{t('operator.noTimes')}</Nothing>}
          {times.length > 0 && (
            <Table
              label={t('operator.times')}
              head={
                <>
                  <th scope="col">{t('operator.times')}</th>
                  <th scope="col">{t('operator.model')}</th>
                  <th scope="col" className={styles.number}>
                    {t('operator.mean')}
                  </th>
                  <th scope="col" className={styles.number}>
                    {t('operator.count')}
                  </th>
                </>
              }
            >
              {times.map((row) => (
                <tr key={row.what + row.key}>
                  <th scope="row">{row.what}</th>
                  <td className={styles.fill}>{row.key}</td>
                  <td className={styles.number}>
                    {row.mean < 1 ? `${figure(row.mean * 1000, 0)} ms` : `${figure(row.mean, 2)} s`}
                  </td>
                  <td className={styles.number}>{figure(row.count)}</td>
                </tr>
              ))}
            </Table>
          )}
        </>
      )}
    </Section>
  );
}
