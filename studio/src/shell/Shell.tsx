// What stands around every page: the rail or the bar, the stream of events, the keys, and the gate for who is not
// signed in.
import { useMediaQuery } from '@mantine/hooks';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { Suspense, useEffect, useLayoutEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Navigate, Outlet, useLocation, useNavigate } from 'react-router';
import { ApiError, told } from '../api/client';
import { onEvent, useConnection, useEvents } from '../api/events';
import { useAccount } from '../api/hooks';
import { openForm } from '../make/form';
import { Button } from '../parts/Button';
import { BottomBar } from './BottomBar';
import { Help } from './Help';
import { chooseLanguage } from './prefs';
import { Rail } from './Rail';
import './shell.css';
import { useShortcut } from './shortcuts';

const TURNED_MS = 1_400;

export function Shell() {
  const { t } = useTranslation('shell');
  const { pathname } = useLocation();
  const account = useAccount();
  const narrow = useMediaQuery('(max-width: 899.9px)', window.innerWidth < 900, { getInitialValueInEffect: false });
  useEvents(account.data?.id);
  useOwnLanguage(account.data?.settings);
  const ready = useOwnForm(account.data?.id);
  const turned = useTurned();

  if (account.error instanceof ApiError && account.error.status === 401) {
    return <Navigate to="/signin" replace state={{ from: pathname }} />;
  }
  if (account.isError) {
    return (
      <main className="empty" role="alert">
        <h1>{t('away.title')}</h1>
        <p>{account.error instanceof ApiError && account.error.status === 0 ? t('away.text') : told(account.error)}</p>
        <Button kind="fill" onClick={() => void account.refetch()}>
          {t('away.again')}
        </Button>
      </main>
    );
  }
  return (
    <div className="shell" data-page={pathname === '/' ? 'make' : undefined}>
      <a className="skip" href="#page">
        {t('skip')}
      </a>
      {!narrow && <Rail turned={turned} />}
      <div className="page" id="page" tabIndex={-1}>
        <Suspense fallback={<div className="page-wait" aria-busy />}>
          {ready ? <Outlet /> : <div className="page-wait" aria-busy />}
        </Suspense>
      </div>
      {narrow && <BottomBar />}
      <Lost />
      <Keyboard />
      <Help />
    </div>
  );
}

/** Says that the stream is lost, and that the work goes on without it. */
function Lost() {
  const { t } = useTranslation('shell');
  if (useConnection() === 'live') return null;
  return (
    <div className="lost" role="status">
      <IconPlugConnectedX size={18} stroke={1.7} aria-hidden />
      {t('lost')}
    </div>
  );
}

function Keyboard() {
  const { t } = useTranslation('shell');
  const go = useNavigate();
  useShortcut('g m', () => void go('/'), t('goTo', { page: t('make') }));
  useShortcut('g f', () => void go('/films'), t('goTo', { page: t('films') }));
  useShortcut('g l', () => void go('/library'), t('goTo', { page: t('library') }));
  useShortcut('g p', () => void go('/projects'), t('goTo', { page: t('projects') }));
  useShortcut('g o', () => void go('/models'), t('goTo', { page: t('models') }));
  useShortcut('g u', () => void go('/usage'), t('goTo', { page: t('usage') }));
  return null;
}

/** An account that chose a language elsewhere has it here too, unless this browser chose its own. */
function useOwnLanguage(settings: Record<string, unknown> | undefined) {
  const wanted = settings?.language;
  useEffect(() => {
    if (localStorage.getItem('vitascope.language')) return;
    if (wanted === 'en' || wanted === 'zh') chooseLanguage(wanted);
  }, [wanted]);
}

/** The form of whoever is signed in is there before any page reads or fills it. */
function useOwnForm(accountId: string | undefined) {
  const [opened, setOpened] = useState('');
  useLayoutEffect(() => {
    if (!accountId) return;
    openForm(accountId);
    setOpened(accountId);
  }, [accountId]);
  return accountId !== undefined && opened === accountId;
}

/** The logo turns into a play mark once, when a clip finishes. */
function useTurned() {
  const [turned, setTurned] = useState(false);
  useEffect(() => {
    let timer = 0;
    const stop = onEvent((event) => {
      if (event.type !== 'job.succeeded') return;
      setTurned(true);
      window.clearTimeout(timer);
      timer = window.setTimeout(() => setTurned(false), TURNED_MS);
    });
    return () => {
      stop();
      window.clearTimeout(timer);
    };
  }, []);
  return turned;
}
