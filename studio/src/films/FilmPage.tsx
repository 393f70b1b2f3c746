// One film: its title and tabs, what is saved, undo and redo, and below them the tab that is open.
import { useDocumentTitle, useMediaQuery } from '@mantine/hooks';
import { IconArrowBackUp, IconArrowForwardUp, IconChevronLeft } from '@tabler/icons-react';
import { lazy, Suspense, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { told } from '../api/client';
import { Button, IconButton } from '../parts/Button';
import { Segment } from '../parts/Segment';
import { BoardTab } from './board/BoardTab';
import { CastTab } from './cast/CastTab';
import { ConflictDialog } from './ConflictDialog';
import { inOrder } from './document';
import { useFilm, type Film, type Saved } from './edits';
import css from './film.module.css';
import { PhoneView } from './phone/PhoneView';
import { aspect, seconds, useModelName } from './say';
import { useDraft } from './useDraft';

const CutTab = lazy(() => import('./cut/CutTab'));
const TABS = ['board', 'cast', 'cut'] as const;
type Tab = (typeof TABS)[number];

export function FilmPage({ id }: { id: string }) {
  const { t } = useTranslation('films');
  const { found, error, again } = useFilm(id);
  const phone = useMediaQuery('(max-width: 599.9px)', window.innerWidth < 600, { getInitialValueInEffect: false });
  useDocumentTitle(`${found?.film.document.title ?? t('title')} · Vitascope`);
  if (!found) {
    return (
      <main className={css.film}>
        {error ? (
          <div className="empty" role="alert">
            <h1>{t('gone')}</h1>
            <p>{told(error)}</p>
            <Button onClick={again}>{t('again')}</Button>
            <Link to="/films">{t('all')}</Link>
          </div>
        ) : (
          <h1 className="sr">{t('loading')}</h1>
        )}
      </main>
    );
  }
  return (
    <>
      {phone ? <PhoneView here={found} /> : <Whole here={found} />}
      {found.conflict && <ConflictDialog conflict={found.conflict} film={found.film} onSettle={found.settle} />}
    </>
  );
}

function Whole({ here }: { here: Film }) {
  const { t } = useTranslation('films');
  const { film, back } = here;
  const [params, setParams] = useSearchParams();
  const tab: Tab = TABS.find((one) => one === params.get('tab')) ?? 'board';
  const model = useModelName()(film.document.model);
  useUndoKeys(back);
  const open = (next: Tab) => {
    const to = new URLSearchParams(params);
    if (next === 'board') to.delete('tab');
    else to.set('tab', next);
    setParams(to, { replace: true });
  };
  const { width, height } = film.document;
  const facts = [
    t('shots', { count: inOrder(film.document).length }),
    seconds(film.seconds),
    aspect(width, height),
    model,
  ];
  return (
    <main className={css.film}>
      <header className={css.head}>
        <nav aria-label={t('where')} className={css.where}>
          <Link to="/films">
            <IconChevronLeft size={16} stroke={1.9} aria-hidden />
            {t('title')}
          </Link>
        </nav>
        <Title here={here} />
        <span className={css.facts}>{facts.filter(Boolean).join(' · ')}</span>
        <Segment
          kind="tab"
          label={t('tabs')}
          panel="film-tab"
          className={css.tabs}
          value={tab}
          onChange={open}
          choices={TABS.map((value) => ({ value, label: t(`tab.${value}`) }))}
        />
        <div className={css.tools}>
          <IconButton label={t('undoKey')} disabled={!film.can_undo} onClick={() => void back('undo')}>
            <IconArrowBackUp size={18} stroke={1.7} aria-hidden />
          </IconButton>
          <IconButton label={t('redoKey')} disabled={!film.can_redo} onClick={() => void back('redo')}>
            <IconArrowForwardUp size={18} stroke={1.7} aria-hidden />
          </IconButton>
          <SavedWord saved={here.saved} />
        </div>
      </header>
      <div id="film-tab" role="tabpanel" aria-label={t(`tab.${tab}`)} className={css.tab}>
        {tab === 'board' && <BoardTab here={here} />}
        {tab === 'cast' && <CastTab here={here} />}
        {tab === 'cut' && (
          <Suspense fallback={<div className="page-wait" aria-busy />}>
            <CutTab film={film} />
          </Suspense>
        )}
      </div>
    </main>
  );
}

export function SavedWord({ saved }: { saved: Saved }) {
  const { t } = useTranslation('films');
  return (
    <span className={css.saved} role="status" data-saved={saved}>
      {t(`saved.${saved}`)}
    </span>
  );
}

/** The page's heading, which can be written over. */
function Title({ here: { film, change } }: { here: Film }) {
  const { t } = useTranslation('films');
  const { value, onChange, onBlur } = useDraft(film.document.title ?? '', (title) => {
    if (title.trim()) change({ title: title.trim() });
  });
  return (
    <h1 className={css.title}>
      <span className="sr">{value}</span>
      <input
        aria-label={t('titleOf')}
        value={value}
        maxLength={200}
        style={{
          width: `min(${Math.max(
            6,
            [...value].reduce((sum, one) => sum + (one > '\u2e80' ? 2 : 1), 1),
          )}ch, 100%)`,
        }}
        onChange={(event) => onChange(event.currentTarget.value)}
        onBlur={onBlur}
        onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
      />
    </h1>
  );
}

/** Ctrl Z and Ctrl Shift Z. In a field they belong to the field. */
export function useUndoKeys(back: (way: 'undo' | 'redo') => Promise<void>) {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && event.target.closest('input, textarea, [contenteditable]');
      if (typing || !(event.ctrlKey || event.metaKey) || event.altKey) return;
      const key = event.key.toLowerCase();
      if (key !== 'z' && key !== 'y') return;
      event.preventDefault();
      void back(key === 'y' || event.shiftKey ? 'redo' : 'undo');
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [back]);
}
