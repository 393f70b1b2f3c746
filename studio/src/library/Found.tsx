// What was found: exact hits, then what is near in meaning; or why there is nothing.

import { IconMovie } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { told } from '../api/client';
import type { Clip } from '../api/types';
import { Button } from '../parts/Button';
import { Grid } from './Grid';
import { nextOf, type useClips } from './hooks';
import css from './library.module.css';
import { EVERYTHING, type Query } from './query';

interface Props {
  query: Query;
  clips: ReturnType<typeof useClips>;
  shown: Clip[];
  total: number | undefined; // of all pages
  nearby: Clip[];
  current: string | undefined;
  onOpen: (clip: Clip) => void;
}

export function Found({ query, clips, shown, total, nearby, current, onOpen }: Props) {
  const { t } = useTranslation('library');
  const { fetchNextPage, hasNextPage, isFetching, isFetchNextPageError: stuck } = clips;

  if (clips.isPending) return <p className={css.wait}>{t('loading')}</p>;
  if (clips.isError && !shown.length) {
    return (
      <div className="empty" role="alert">
        <h2>{t('failed')}</h2>
        <p>{told(clips.error)}</p>
        <Button onClick={() => void clips.refetch()}>{t('again')}</Button>
      </div>
    );
  }
  return (
    <div aria-busy={clips.isFetching || undefined}>
      {shown.length ? (
        <Grid
          clips={shown}
          total={hasNextPage ? total : undefined}
          current={current}
          onOpen={onOpen}
          onMore={nextOf(clips)}
        />
      ) : (
        <Nothing query={query} near={nearby.length > 0} />
      )}
      {stuck && (
        <div className={css.more} role="alert">
          <p>{told(clips.error)}</p>
          <Button disabled={isFetching} onClick={() => void fetchNextPage()}>
            {t('more')}
          </Button>
        </div>
      )}
      {nearby.length > 0 && (
        <section aria-labelledby="near">
          <h2 id="near" className={css.near}>
            {t('near')}
          </h2>
          <Grid clips={nearby} current={current} onOpen={onOpen} />
        </section>
      )}
    </div>
  );
}

function Nothing({ query, near }: { query: Query; near: boolean }) {
  const { t } = useTranslation('library');
  const { filter, oldest: _order, ...rest } = query;
  const everything = JSON.stringify({ ...EVERYTHING, ...rest }) === JSON.stringify(EVERYTHING);
  if (everything && filter === 'trash') {
    return <Empty title={t('empty.trash')} text={t('empty.trashText')} />;
  }
  if (everything && filter === 'all') {
    return (
      <Empty title={t('empty.title')} text={t('empty.text')}>
        <Link to="/" className="button" data-kind="fill">
          {t('empty.make')}
        </Link>
      </Empty>
    );
  }
  return near ? (
    <p className={css.wait}>{t('empty.none')}</p>
  ) : (
    <Empty title={t('empty.none')} text={t('empty.noneText')} />
  );
}

export function Empty({ title, text, children }: { title: string; text: string; children?: React.ReactNode }) {
  return (
    <div className="empty">
      <IconMovie size={40} stroke={1.3} aria-hidden />
      <h2>{title}</h2>
      <p>{text}</p>
      {children}
    </div>
  );
}
