/** Jobs of all accounts, without their prompts: running a server is no reason to read along. */
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, call, told } from '../api/client';
import { Button } from '../parts/Button';
import { Segment } from '../parts/Segment';
import { Tag } from '../parts/Tag';
import { figure, moment, span } from '../parts/time';
import { useToast } from '../parts/toast';
import { language } from '../words';
import styles from './pages.module.css';
import { Fault, Nothing, Section, Table } from './parts';

const STATES = ['all', 'running', 'queued', 'succeeded', 'failed', 'cancelled'] as const;
type State = (typeof STATES)[number];
const TONES = { succeeded: 'ok', failed: 'bad', running: 'acc', queued: undefined, cancelled: undefined } as const;

export function Jobs() {
  const { t } = useTranslation('pages');
  const cache = useQueryClient();
  const toast = useToast();
  const [state, setState] = useState<State>('all');
  const jobs = useInfiniteQuery({
    queryKey: ['admin', 'jobs', state],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => {
      const query = { after: pageParam, limit: 50, state: state === 'all' ? undefined : state };
      return call(api.GET('/v1/admin/jobs', { params: { query } }));
    },
    getNextPageParam: (page) => (page.has_more ? (page.last_id ?? undefined) : undefined),
    refetchInterval: 5_000,
  });
  const cancel = useMutation({
    mutationFn: (id: string) => call(api.POST('/v1/admin/jobs/{job_id}/cancel', { params: { path: { job_id: id } } })),
    onSuccess: () => toast(t('operator.cancelled')),
    onError: (error) => toast(told(error), { tone: 'bad' }),
    onSettled: () => void cache.invalidateQueries({ queryKey: ['admin'] }),
  });
  const found = jobs.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Section title={t('operator.tab.jobs')} why={t('operator.jobsWhy')}>
      <div className={styles.scrollTabs}>
        <Segment
          label={t('operator.state')}
          value={state}
          onChange={setState}
          choices={STATES.map((value) => ({ value, label: t(`operator.states.${value}`) }))}
        />
      </div>
      {jobs.error && <Fault error={jobs.error} again={() => void jobs.refetch()} />}
      {jobs.data && found.length === 0 && <Nothing>{t('operator.noJobs')}</Nothing>}
      {found.length > 0 && (
        <Table
          label={t('operator.tab.jobs')}
          head={
            <>
              <th scope="col">{t('operator.job')}</th>
              <th scope="col">{t('operator.state')}</th>
              <th scope="col">{t('operator.model')}</th>
              <th scope="col" className={styles.number}>
                {t('usage.credits')}
              </th>
              <th scope="col" className={styles.number}>
                {t('operator.compute')}
              </th>
              <th scope="col">{t('operator.ordered')}</th>
              <th scope="col">
                <span className="sr">{t('cancel')}</span>
              </th>
            </>
          }
        >
          {found.map((job) => (
            <tr key={job.id}>
              <th
                scope="row"
                className={styles.mono}
                title={`${job.id} · ${t('operator.ofAccount', { id: job.account_id })}`}
              >
                …{job.id.slice(-8)}
              </th>
              <td className={styles.fill} title={job.error_message ?? undefined}>
                <Tag tone={TONES[job.state]}>
                  {t(`operator.states.${job.state}`)}
                  {job.state === 'running' && ` ${job.step}/${job.steps}`}
                </Tag>{' '}
                {job.error_code && <span className={styles.quiet}>{job.error_code}</span>}
              </td>
              <td>{job.model}</td>
              <td className={styles.number}>{figure(job.credits)}</td>
              <td className={styles.number}>{job.compute_seconds ? span(job.compute_seconds, language()) : ''}</td>
              <td>{moment(job.created_at, language())}</td>
              <td className={styles.number}>
                {(job.state === 'queued' || job.state === 'running') && (
                  <Button small kind="quiet" disabled={cancel.isPending} onClick={() => cancel.mutate(job.id)}>
                    {t('cancel')}
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {jobs.hasNextPage && (
        <div className={styles.row}>
          <Button onClick={() => void jobs.fetchNextPage()} disabled={jobs.isFetchingNextPage}>
            {t('more')}
          </Button>
        </div>
      )}
    </Section>
  );
}
