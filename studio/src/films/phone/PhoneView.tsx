// A film on a phone: watch it, tick shots, write notes, approve the cut. Nothing here buys anything.
import { IconChevronLeft, IconCheck, IconLink, IconMessage } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { local } from '../../library/files';
import { Button } from '../../parts/Button';
import { Segment } from '../../parts/Segment';
import { useFilmActs, useTimeline } from '../acts';
import { inOrder, shownTake, titleOf, toSeconds } from '../document';
import type { Film } from '../edits';
import { Mark } from '../Mark';
import { SavedWord } from '../FilmPage';
import { seconds, SMOOTH, stateOf } from '../say';
import css from './phone.module.css';

const Watch = lazy(() => import('./Watch')); // with the preview of the Cut page

export function PhoneView({ here }: { here: Film }) {
  const { t } = useTranslation('films');
  const { film, change } = here;
  const { gate } = useFilmActs(film.id);
  const [tab, setTab] = useState<'shots' | 'notes' | 'script'>('shots');
  const [playing, setPlaying] = useState('');
  const [writing, setWriting] = useState('');
  const [note, setNote] = useState('');
  const timeline = useTimeline(film).data;
  const shots = inOrder(film.document);
  const ticked = shots.filter(({ shot }) => shot.locked).length;
  const noted = shots.filter(({ shot }) => shot.note);
  const approved = film.gates.cut === 'passed';
  const old = shots.filter(({ shotId }) => stateOf(film, shotId)?.state === 'stale').map(({ label }) => label);
  const shown = tab === 'notes' ? noted : shots;
  const write = (id: string, text: string) => {
    setWriting(id);
    setNote(text);
  };
  const send = () => {
    change({ shots: { [writing]: { note: note.trim() || null } } });
    setWriting('');
  };
  return (
    <main className={css.page}>
      <header className={css.head}>
        <Link to="/films" className="button" data-kind="quiet" data-icon aria-label={t('all')}>
          <IconChevronLeft size={20} stroke={1.8} aria-hidden />
        </Link>
        <div>
          <h1>{film.document.title}</h1>
          <p>
            {t('shots', { count: shots.length })} · {seconds(film.seconds)} · <SavedWord saved={here.saved} />
          </p>
        </div>
      </header>
      <Suspense fallback={<div className={css.player} aria-busy />}>
        <Watch film={film} onPlaying={setPlaying} />
      </Suspense>
      <div className={css.tabs}>
        <Segment
          label={t('tabs')}
          value={tab}
          onChange={setTab}
          choices={[
            { value: 'shots', label: t('phone.shots') },
            { value: 'notes', label: noted.length ? t('phone.notesOf', { count: noted.length }) : t('phone.notes') },
            { value: 'script', label: t('script') },
          ]}
        />
        <span>{t('phone.ticked', { count: ticked, all: shots.length })}</span>
      </div>
      {tab === 'script' ? (
        <pre className={css.script}>{film.document.source?.text || t('noScript')}</pre>
      ) : (
        <ol className={css.shots} aria-label={t(tab === 'notes' ? 'phone.notes' : 'phone.shots')}>
          {shown.map(({ sceneId, scene, shotId, shot, label }, at) => {
            const take = shownTake(film.takes, shotId, 'clip', shot.take);
            const still = shownTake(film.takes, shotId, 'still', shot.still);
            const picture = take?.thumbnail_url ?? still?.thumbnail_url ?? still?.media?.url;
            const state = stateOf(film, shotId);
            const length = timeline?.pieces.find((piece) => piece.shot === shotId)?.seconds;
            const seam = shot.start === 'continue' ? (take?.seam ?? null) : null;
            return (
              <li key={shotId}>
                {shown[at - 1]?.sceneId !== sceneId && (
                  <h2>{scene.heading || t('scene', { number: Number(label.split('-')[0]) })}</h2>
                )}
                <div className={css.shot} data-on={playing === shotId || undefined}>
                  <div className={css.thumb}>
                    {picture && <img src={local(picture)} alt="" loading="lazy" />}
                    <span>{label}</span>
                    {length && <span data-right>{seconds(toSeconds(length) ?? 0)}</span>}
                  </div>
                  <div className={css.text}>
                    <b>{titleOf(shot) || t('untold')}</b>
                    <span>{shot.lines?.[0]?.text ? t('quoted', { text: shot.lines[0].text }) : t('noLine')}</span>
                    {playing === shotId ? (
                      <span className={css.playing}>{t('phone.playing')}</span>
                    ) : (
                      state && <Mark state={state.state} />
                    )}
                    {seam !== null && (
                      <span className={css.seam} data-jump={seam >= SMOOTH || undefined}>
                        <IconLink size={14} stroke={1.8} aria-hidden />
                        {seam.toFixed(1)} {seam >= SMOOTH && t('jump')}
                      </span>
                    )}
                  </div>
                  <button
                    type="button"
                    className={css.act}
                    aria-label={t('phone.note', { label })}
                    data-noted={Boolean(shot.note) || undefined}
                    onClick={() => write(shotId, shot.note ?? '')}
                  >
                    <IconMessage size={20} stroke={1.7} aria-hidden />
                  </button>
                  <button
                    type="button"
                    className={css.act}
                    aria-label={t('phone.tick', { label })}
                    aria-pressed={Boolean(shot.locked)}
                    onClick={() => change({ shots: { [shotId]: { locked: shot.locked ? null : true } } })}
                  >
                    <IconCheck size={20} stroke={1.9} aria-hidden />
                  </button>
                </div>
                {writing === shotId ? (
                  <textarea
                    autoFocus
                    className={css.note}
                    aria-label={t('phone.note', { label })}
                    rows={3}
                    maxLength={4000}
                    value={note}
                    onChange={(event) => setNote(event.currentTarget.value)}
                  />
                ) : (
                  shot.note && <p className={css.noted}>{shot.note}</p>
                )}
              </li>
            );
          })}
          {tab === 'notes' && !noted.length && <li className={css.none}>{t('phone.noNotes')}</li>}
        </ol>
      )}
      <footer className={css.foot}>
        <div>
          <Button
            disabled={gate.isPending || approved || here.saved !== 'saved' || !film.takes.some((take) => take.media)}
            onClick={() => gate.mutate({ name: 'cut', approve: true })}
          >
            {t(approved ? 'phone.approved' : 'phone.approve')}
          </Button>
          {writing && (
            <Button kind="fill" onClick={send}>
              {t('phone.send')}
            </Button>
          )}
        </div>
        <p>
          {t(writing ? 'phone.neither' : 'phone.buysNothing')}{' '}
          {old.length > 0 && t('phone.old', { list: old.join(', '), count: old.length })}
        </p>
      </footer>
    </main>
  );
}
