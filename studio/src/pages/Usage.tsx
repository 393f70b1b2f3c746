/** What the account has, what happened to it, and what was made of it. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, call } from '../api/client';
import { useAccount, useCredits, useVideos } from '../api/hooks';
import type { Credits } from '../api/types';
import { useNames } from '../parts/names';
import { Button } from '../parts/Button';
import { Segment } from '../parts/Segment';
import { figure, moment, span } from '../parts/time';
import { language } from '../words';
import { Bars } from './Bars';
import { filled } from './days';
import styles from './pages.module.css';
import { Fault, Nothing, Page, Section, Stat, Table } from './parts';

const RANGES = [7, 30, 90] as const;
const MEASURES = ['credits', 'completed', 'seconds'] as const;
type Measure = (typeof MEASURES)[number];

export default function Usage() {
  const { t } = useTranslation('pages');
  const account = useAccount();
  const credits = useCredits();
  return (
    <Page title={t('usage.title')} meta={useNames().plan(account.data?.plan_title)}>
      {credits.error && <Fault error={credits.error} again={() => void credits.refetch()} />}
      {credits.data && <Balance credits={credits.data} />}
      <Made on={credits.data?.on ?? true} />
      {credits.data?.on && <Statement />}
    </Page>
  );
}

function Balance({ credits }: { credits: Credits }) {
  const { t } = useTranslation('pages');
  if (!credits.on) return <p className={styles.told}>{t('usage.off')}</p>;
  const held = credits.buckets.filter((bucket) => bucket.available > 0 || bucket.held > 0);
  return (
    <Section title={t('usage.balance')} why={t('usage.balanceWhy')}>
      <div className={styles.card}>
        <p className={styles.balance}>
          <b>{figure(credits.available)}</b>
          <span>{t('usage.available')}</span>
          {credits.held > 0 && (
            <span className={styles.quiet}>{t('usage.held', { credits: figure(credits.held) })}</span>
          )}
        </p>
        {held.length > 1 && (
          <div className={styles.stack} aria-hidden>
            {held.map((bucket, i) => (
              <i key={i} style={{ flexGrow: bucket.available + bucket.held }} />
            ))}
          </div>
        )}
      </div>
      {held.length > 0 && (
        <Table
          label={t('usage.buckets')}
          head={
            <>
              <th scope="col">{t('usage.bucket')}</th>
              <th scope="col" className={styles.number}>
                {t('usage.left')}
              </th>
              <th scope="col" className={styles.number}>
                {t('usage.of')}
              </th>
              <th scope="col">{t('usage.expires')}</th>
            </>
          }
        >
          {held.map((bucket, i) => (
            <tr key={i}>
              <th scope="row">{t(`usage.kind.${bucket.kind}`)}</th>
              <td className={`${styles.number} ${styles.strong}`}>{figure(bucket.available)}</td>
              <td className={styles.number}>{figure(bucket.credits)}</td>
              <td>{bucket.expires_at ? moment(bucket.expires_at, language()) : t('usage.never')}</td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}

/** What was made by day. */
function Made({ on }: { on: boolean }) {
  const { t } = useTranslation('pages');
  const [days, setDays] = useState<number>(30);
  const [measure, setMeasure] = useState<Measure>(on ? 'credits' : 'completed');
  const usage = useQuery({
    queryKey: ['usage', days],
    queryFn: () => call(api.GET('/v1/credits/usage', { params: { query: { days, by: 'day,model' } } })),
  });
  const rows = usage.data?.data ?? [];
  const sum = (read: (row: (typeof rows)[number]) => number) => rows.reduce((whole, row) => whole + read(row), 0);
  const show = (value: number) =>
    measure === 'seconds'
      ? span(value, language())
      : t(`usage.count.${measure}`, { count: value, shown: figure(value, 1) });
  const chosen = MEASURES.filter((name) => on || name !== 'credits');
  return (
    <Section
      title={t('usage.made')}
      action={
        <Segment
          label={t('usage.range')}
          value={days}
          onChange={setDays}
          choices={RANGES.map((value) => ({ value, label: t('usage.days', { count: value }) }))}
        />
      }
    >
      {usage.error && <Fault error={usage.error} again={() => void usage.refetch()} />}
      {usage.data && rows.length === 0 && <Nothing>{t('usage.none')}</Nothing>}
      {usage.data && rows.length > 0 && (
        <>
          <div className={styles.stats}>
            <Stat label={t('usage.clips')} value={figure(sum((row) => row.completed))} />
            <Stat
              label={t('usage.seconds')}
              value={span(
                sum((row) => row.seconds),
                language(),
              )}
            />
            {on && <Stat label={t('usage.spent')} value={figure(sum((row) => row.credits))} />}
            <Stat label={t('usage.failed')} value={figure(sum((row) => row.failed + row.cancelled))} />
          </div>
          <div className={styles.card}>
            <div className={styles.row}>
              <Segment
                label={t('usage.measure')}
                value={measure}
                onChange={setMeasure}
                choices={chosen.map((value) => ({ value, label: t(`usage.measures.${value}`) }))}
              />
            </div>
            <Bars
              days={filled(rows, usage.data.since, usage.data.until, (row) => row[measure])}
              label={t(`usage.measures.${measure}`)}
              show={show}
            />
          </div>
        </>
      )}
    </Section>
  );
}

function Statement() {
  const { t } = useTranslation('pages');
  const videos = useVideos();
  const statement = useInfiniteQuery({
    queryKey: ['credits', 'statement'],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      call(api.GET('/v1/credits/statement', { params: { query: { after: pageParam, limit: 25 } } })),
    getNextPageParam: (page) => (page.has_more ? (page.last_id ?? undefined) : undefined),
  });
  const prompts = new Map(videos.data?.data.map((video) => [video.id, video.prompt]));
  const entries = statement.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Section title={t('usage.statement')} why={t('usage.statementWhy')}>
      {statement.error && <Fault error={statement.error} again={() => void statement.refetch()} />}
      {statement.data && entries.length === 0 && <Nothing>{t('usage.noStatement')}</Nothing>}
      {entries.length > 0 && (
        <Table
          label={t('usage.statement')}
          head={
            <>
              <th scope="col">{t('usage.when')}</th>
              <th scope="col">{t('usage.what')}</th>
              <th scope="col">{t('usage.for')}</th>
              <th scope="col" className={styles.number}>
                {t('usage.credits')}
              </th>
            </>
          }
        >
          {entries.map((entry) => (
            <tr key={entry.id}>
              <td>{moment(entry.at, language())}</td>
              <th scope="row">{t(`usage.entry.${entry.kind}`)}</th>
              <td className={styles.fill} title={entry.video_id ? prompts.get(entry.video_id) : undefined}>
                {(entry.video_id && (prompts.get(entry.video_id) ?? t('usage.aClip'))) ||
                  t(`usage.kind.${entry.bucket as 'daily'}`)}
              </td>
              <td className={`${styles.number} ${entry.credits > 0 ? styles.plus : ''}`}>
                {entry.credits === 0 ? t('usage.paid', { credits: figure(entry.moved) }) : signed(entry.credits)}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {statement.hasNextPage && (
        <div className={styles.row}>
          <Button onClick={() => void statement.fetchNextPage()} disabled={statement.isFetchingNextPage}>
            {t('more')}
          </Button>
        </div>
      )}
    </Section>
  );
}

function signed(credits: number): string {
  return `${credits > 0 ? '+' : '−'}${figure(Math.abs(credits))}`;
}
