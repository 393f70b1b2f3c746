// All films, and the ways to a new one. One film, when its address says so.
import { Menu } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { IconMovie, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { api, call, told } from '../api/client';
import { useAccount } from '../api/hooks';
import { local } from '../library/files';
import { Button } from '../parts/Button';
import { MoreMenu } from '../parts/MoreMenu';
import { PageHead } from '../parts/PageHead';
import { useToast } from '../parts/toast';
import { figure, moment } from '../parts/time';
import { language } from '../words';
import { FilmPage } from './FilmPage';
import css from './films.module.css';
import { Shape } from './Mark';
import { NewFilm } from './NewFilm';
import { aspect, seconds, usePrice } from './say';
import type { FilmLine, StateName } from './types';

const PAGE = 30;
const ORDER: readonly StateName[] = ['current', 'running', 'stale', 'failed', 'blocked', 'missing'];

export default function FilmsPage() {
  const { id } = useParams();
  return id ? <FilmPage key={id} id={id} /> : <FilmList />;
}

function FilmList() {
  const { t } = useTranslation('films');
  useDocumentTitle(`${t('title')} · Vitascope`);
  const [adding, setAdding] = useState(false);
  const [left, setLeft] = useState(false); // the form was closed: its button has the focus again
  const asked = useInfiniteQuery({
    queryKey: ['films', 'list'],
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      call(api.GET('/v1/films', { params: { query: { limit: PAGE, ...(pageParam && { after: pageParam }) } } })),
    getNextPageParam: (page) => (page.has_more ? (page.last_id ?? undefined) : undefined),
  });
  const films = (asked.data?.pages.flatMap((page) => page.data) ?? []) as FilmLine[];
  const empty = asked.isSuccess && !films.length;
  const leave = () => {
    setAdding(false);
    setLeft(true);
  };
  useEffect(() => {
    if (empty) setAdding(true); // and it stays while the first film is being made
  }, [empty]);
  return (
    <main className={css.page}>
      <PageHead title={t('title')} meta={films.length > 0 && t('count', { count: films.length })}>
        {asked.isSuccess && !adding && (
          <Button
            kind="fill"
            autoFocus={left}
            icon={<IconPlus size={16} stroke={2} aria-hidden />}
            onClick={() => setAdding(true)}
          >
            {t('new.title')}
          </Button>
        )}
      </PageHead>
      {adding && <NewFilm first={empty} onClose={leave} />}
      {asked.isPending && <p className={css.quiet}>{t('loading')}</p>}
      {asked.isError && (
        <div className="empty" role="alert">
          <h2>{t('failed')}</h2>
          <p>{told(asked.error)}</p>
          <Button onClick={() => void asked.refetch()}>{t('again')}</Button>
        </div>
      )}
      <ul className={css.grid}>
        {films.map((film) => (
          <li key={film.id}>
            <FilmCard film={film} />
          </li>
        ))}
      </ul>
      {asked.hasNextPage && (
        <Button kind="quiet" onClick={() => void asked.fetchNextPage()}>
          {t('more')}
        </Button>
      )}
      <Trash />
    </main>
  );
}

function FilmCard({ film }: { film: FilmLine }) {
  const { t } = useTranslation('films');
  const { trash } = useTrash();
  const total = Object.values(film.summary).reduce((sum, count) => sum + count, 0);
  const parts = ORDER.filter((state) => film.summary[state]);
  const said = parts.map((state) => `${film.summary[state]} ${t(`states.${state}`)}`);
  return (
    <article className={css.card}>
      <Link
        to={`/films/${film.id}`}
        className={css.cover}
        aria-label={film.shots ? `${film.title}, ${seconds(film.seconds)}` : film.title}
      >
        {film.thumbnail_url ? (
          <img src={local(film.thumbnail_url)} alt="" loading="lazy" />
        ) : (
          <IconMovie size={34} stroke={1.3} aria-hidden />
        )}
        {film.shots > 0 && <span className={css.length}>{seconds(film.seconds)}</span>}
      </Link>
      <div className={css.line}>
        <div>
          <h2>
            <Link to={`/films/${film.id}`}>{film.title}</Link>
          </h2>
          <p className={css.quiet}>
            {t('shots', { count: film.shots })} · {aspect(film.width, film.height)} ·{' '}
            {moment(film.edited_at, language(), 'date')}
          </p>
          <Money film={film} />
        </div>
        <MoreMenu label={t('moreOf', { title: film.title })}>
          <Menu.Item onClick={() => trash.mutate(film)}>{t('trash')}</Menu.Item>
        </MoreMenu>
      </div>
      {total > 0 && (
        <div className={css.stage} role="img" aria-label={said.join(', ')}>
          <span className={css.bar}>
            {parts.map((state) => (
              <i key={state} data-state={state} style={{ flexGrow: film.summary[state] }} />
            ))}
          </span>
          <span className={css.said}>
            {parts.slice(0, 3).map((state) => (
              <span key={state}>
                <Shape state={state} />
                {film.summary[state]} {t(`states.${state}`)}
              </span>
            ))}
          </span>
        </div>
      )}
    </article>
  );
}

/** What it has cost, and what is left of its budget. What is held for takes on their way is neither. */
function Money({ film: { spent, running, budget } }: { film: FilmLine }) {
  const { t } = useTranslation('films');
  const price = usePrice();
  const creditsOn = useAccount().data?.credits_on;
  if (!creditsOn || (budget === null && !spent && !running)) return null;
  const said = [
    budget === null ? t('budget.cost', { price: price(spent) }) : t('budget.used', { spent: figure(spent) }),
    running > 0 && t('budget.held', { held: figure(running) }),
    budget !== null &&
      t('budget.left', { left: figure(Math.max(0, budget - spent - running)), budget: figure(budget) }),
  ];
  return <p className={css.quiet}>{said.filter(Boolean).join(' · ')}</p>;
}

function useTrash() {
  const { t } = useTranslation('films');
  const cache = useQueryClient();
  const toast = useToast();
  const settled = {
    onSettled: () => void cache.invalidateQueries({ queryKey: ['films'] }),
    onError: (error: unknown) => toast(told(error), { tone: 'bad' }),
  };
  const restore = useMutation({
    mutationFn: ({ id }: FilmLine) =>
      call(api.POST('/v1/films/{film_id}/restore', { params: { path: { film_id: id } } })),
    ...settled,
  });
  const trash = useMutation({
    mutationFn: ({ id }: FilmLine) => call(api.DELETE('/v1/films/{film_id}', { params: { path: { film_id: id } } })),
    onSuccess: (_, film) =>
      toast(t('trashed', { title: film.title }), {
        action: { label: t('undo'), run: () => restore.mutate(film) },
      }),
    ...settled,
  });
  return { trash, restore };
}

function Trash() {
  const { t } = useTranslation('films');
  const { restore } = useTrash();
  const asked = useQuery({
    queryKey: ['films', 'trash'],
    queryFn: () => call(api.GET('/v1/films', { params: { query: { trashed: true, limit: 50 } } })),
  });
  const films = (asked.data?.data ?? []) as FilmLine[];
  if (!films.length) return null;
  return (
    <section className={css.trash} aria-labelledby="films-trash">
      <h2 id="films-trash">{t('inTrash')}</h2>
      <ul>
        {films.map((film) => (
          <li key={film.id}>
            <IconMovie size={18} stroke={1.7} aria-hidden />
            <span>{film.title}</span>
            <Button small disabled={restore.isPending} onClick={() => restore.mutate(film)}>
              {t('restore')}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
