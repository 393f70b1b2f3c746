// Script and board: the gates, the script beside its shots, the shot that is open, and at the foot what is still to be
// made. Which shot is chosen stands in the address.
import { Drawer } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { Button } from '../../parts/Button';
import { Segment } from '../../parts/Segment';
import { useShortcut } from '../../shell/shortcuts';
import { useTimeline } from '../acts';
import { inOrder, moveShot, shownTake } from '../document';
import type { Film } from '../edits';
import { ShotSheet } from '../sheet/ShotSheet';
import { BatchBar } from './BatchBar';
import { Board } from './Board';
import css from './board.module.css';
import { GateStrip } from './GateStrip';
import { ShotList } from './ShotList';
import { Script } from './Script';
import { Summary } from './Summary';
import { Thread } from './Thread';

export function BoardTab({ here }: { here: Film }) {
  const { t } = useTranslation('films');
  const { film } = here;
  const wide = useMediaQuery('(min-width: 1280px)', window.innerWidth >= 1280, { getInitialValueInEffect: false });
  const narrow = useMediaQuery('(max-width: 899.9px)', window.innerWidth < 900, { getInitialValueInEffect: false });
  const [params, setParams] = useSearchParams();
  const [half, setHalf] = useState<'script' | 'board'>('board');
  const [view, setView] = useState<'board' | 'list'>('board');
  const [drawer, setDrawer] = useState(false);
  const work = useRef<HTMLDivElement>(null);
  const asked = useRef<string | null>(null); // the shot that was chosen last, until the address has it
  const shots = useMemo(() => inOrder(film.document), [film.document]);
  const timeline = useTimeline(film).data;
  const lengths = useMemo(
    () => Object.fromEntries((timeline?.pieces ?? []).map((piece) => [piece.shot, piece.seconds])),
    [timeline],
  );
  const wanted = params.get('shot') ?? '';
  const current = shots.find(({ shotId }) => shotId === wanted);

  const set = useRef(setParams);
  set.current = setParams; // another one after each step, for which no card needs to be drawn anew
  const choose = useCallback((id: string, open = true) => {
    asked.current = id;
    set.current(
      (old) => {
        const to = new URLSearchParams(old);
        if (id) to.set('shot', id);
        else to.delete('shot');
        return to;
      },
      { replace: true },
    );
    if (open) setDrawer(Boolean(id));
  }, []);
  const chosen = () => asked.current ?? current?.shotId ?? '';
  const close = () => {
    const at = document.activeElement;
    if (at === document.body || at?.closest('aside')) cardOf(chosen())?.focus({ preventScroll: true });
    choose('');
  };
  const toCard = useBoardKeys(here, shots, chosen, choose, close);
  const entering = useRef(false); // Enter on a card or a row leads into the sheet, which is far by Tab; a press does not
  const enter = () => {
    if (!entering.current || chosen() !== (current?.shotId ?? '')) return;
    entering.current = false;
    work.current?.querySelector('aside')?.focus();
  };
  const press = ({ detail, target }: React.MouseEvent) => {
    entering.current = detail === 0 && target instanceof Element && target.matches('[aria-pressed]:not(aside *)');
    enter();
  };
  useEffect(() => {
    if ((current?.shotId ?? '') === asked.current) asked.current = null;
    if (asked.current === null) toCard(current?.shotId ?? '');
    enter();
    if (!current) return;
    const card = work.current?.querySelector(`[data-card="${current.shotId}"]`);
    const row = work.current?.querySelector(`[data-row="${current.shotId}"]`);
    for (const one of [card, row]) one?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [current?.shotId]);

  const sheet = current && (
    <ShotSheet
      key={current.shotId}
      here={here}
      placed={current}
      length={lengths[current.shotId]}
      onClose={close}
      onChoose={choose}
    />
  );
  const common = { here, shots, lengths, current: current?.shotId ?? '', onChoose: choose };
  return (
    <div className={css.tab}>
      <GateStrip here={here} />
      {narrow && (
        <Segment
          className={css.halves}
          label={t('halves')}
          value={half}
          onChange={setHalf}
          choices={[
            { value: 'script', label: t('script') },
            { value: 'board', label: t('board') },
          ]}
        />
      )}
      {wanted && !current && asked.current === null && (
        <p role="status" className={css.noShot}>
          {t('noShot', { id: wanted.slice(0, 40) })}{' '}
          <Button small kind="quiet" onClick={() => choose('')}>
            {t('close')}
          </Button>
        </p>
      )}
      <div ref={work} onClick={press} className={css.work} data-sheet={(wide && Boolean(sheet)) || undefined}>
        {(!narrow || half === 'script') && <Script {...common} />}
        {(!narrow || half === 'board') && (
          <section className={css.board} aria-label={t('board')} data-scroll>
            <header className={css.boardHead}>
              <Segment
                label={t('view')}
                value={view}
                onChange={setView}
                choices={[
                  { value: 'board', label: t('board') },
                  { value: 'list', label: t('list') },
                ]}
              />
              <Summary film={film} />
            </header>
            {view === 'board' ? <Board {...common} /> : <ShotList {...common} />}
          </section>
        )}
        {wide && sheet && (
          <aside tabIndex={-1} className={css.aside} aria-label={t('shotOf', { label: current.label })}>
            {sheet}
          </aside>
        )}
        {!narrow && view === 'board' && current && <Thread within={work} id={current.shotId} />}
      </div>
      {!wide && (
        <Drawer
          opened={drawer && Boolean(sheet)}
          onClose={() => setDrawer(false)}
          position="right"
          size={400}
          withCloseButton={false}
          padding={0}
          attributes={{ content: { 'aria-label': current ? t('shotOf', { label: current.label }) : t('board') } }}
        >
          {sheet}
        </Drawer>
      )}
      <BatchBar here={here} onChoose={choose} />
    </div>
  );
}

/** Arrows between cards, [ and ] between takes, A approves, Alt and arrows move the shot. `chosen()` is ahead of what is
 * drawn, so that keys which come faster than the page are not lost. Returns what gives a card the focus, where a key led
 * to it.
 */
function useBoardKeys(
  { film, change }: Film,
  shots: ReturnType<typeof inOrder>,
  chosen: () => string,
  choose: (id: string, open?: boolean) => void,
  close: () => void,
): (id: string) => void {
  const { t } = useTranslation('films');
  const led = useRef(''); // the shot to which a key led, whose card may not be drawn yet
  const place = () => shots.findIndex(({ shotId }) => shotId === chosen());
  const toCard = (id: string) => {
    if (led.current === id) cardOf(id)?.focus({ preventScroll: true });
    led.current = '';
  };
  const go = (to: number) => {
    const next = shots[Math.max(0, Math.min(shots.length - 1, to))];
    if (!next) return;
    led.current = next.shotId;
    if (next.shotId === chosen())
      cardOf(next.shotId)?.focus(); // the end of the film
    else choose(next.shotId, false);
  };
  /** The first shot of the scene above or below, or the one at the same place in it. */
  const jump = (step: 1 | -1) => {
    const at = place();
    if (at < 0) return go(0);
    const scenes = [...new Set(shots.map(({ sceneId }) => sceneId))];
    const mine = shots.filter(({ sceneId }) => sceneId === shots[at].sceneId);
    const other = shots.filter(({ sceneId }) => sceneId === scenes[scenes.indexOf(shots[at].sceneId) + step]);
    if (other.length) go(shots.indexOf(other[Math.min(mine.indexOf(shots[at]), other.length - 1)]));
  };
  const take = (step: 1 | -1) => {
    const one = shots[place()];
    if (!one) return;
    const made = film.takes
      .filter((take) => take.of === one.shotId && take.kind === 'clip' && take.media)
      .sort((a, b) => a.number - b.number);
    const shown = shownTake(film.takes, one.shotId, 'clip', one.shot.take);
    const next = made[made.findIndex(({ id }) => id === shown?.id) + step];
    if (next) change({ shots: { [one.shotId]: { take: next.id } } });
  };
  useShortcut('right', () => go(place() + 1), t('keys.next'));
  useShortcut('left', () => go(place() - 1), t('keys.previous'));
  useShortcut('down', () => jump(1), t('keys.below'));
  useShortcut('up', () => jump(-1), t('keys.above'));
  useShortcut(']', () => take(1), t('keys.nextTake'));
  useShortcut('[', () => take(-1), t('keys.previousTake'));
  useShortcut('esc', (event) => {
    // The menu that it closes has gone when this is heard.
    if (event.target instanceof Element && event.target.closest('[role=menu]')) return;
    close();
  });
  const move = useRef<(step: 1 | -1) => void>(() => undefined);
  move.current = (step) => {
    const one = shots[place()];
    const patch = one && moveShot(film.document, one, step);
    if (patch) change(patch);
  };
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.target instanceof HTMLElement && event.target.closest('input, textarea, [role=dialog]')) return;
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key] as 1 | -1 | undefined;
      if (!step) return;
      event.preventDefault();
      move.current(step);
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);
  return toCard;
}

const cardOf = (id: string) => document.querySelector<HTMLElement>(`[data-card="${CSS.escape(id)}"] [data-open]`);
