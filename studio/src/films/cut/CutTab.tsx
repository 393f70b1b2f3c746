// The cut of a film: the preview, what is chosen, and the rows below. The page's frame is ../FilmPage.tsx.
import { useMediaQuery } from '@mantine/hooks';
import { IconCheck, IconChevronDown, IconChevronUp, IconFlag } from '@tabler/icons-react';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../parts/Button';
import { useFilmActs } from '../acts';
import { Shape } from '../Mark';
import type { FilmView as Given } from '../types';
import { useActs } from './acts';
import css from './cut.module.css';
import { Deck } from './deck';
import { useDesk } from './desk';
import type { Draft } from './drag';
import { HandOff } from './HandOff';
import { Inspector } from './Inspector';
import { useCutKeys, useRun } from './keys';
import { ListView } from './ListView';
import { Player } from './Player';
import { speechOf } from './speech';
import { Timeline } from './Timeline';
import { endOf, labels, pieces } from './timeline';
import { Toolbar } from './Toolbar';
import type { FilmView } from './types';
import { useCut, type Work } from './useCut';

export default function CutTab({ film }: { film: Given }) {
  const work = useCut(film as unknown as FilmView);
  const { t } = useTranslation('filmcut');
  if (!work.timeline) return <div className="page-wait" aria-busy />;
  if (!work.all.length) {
    return (
      <div className="empty">
        <h2>{t('empty')}</h2>
        <p>{t('emptyText')}</p>
      </div>
    );
  }
  return <Desk work={work} />;
}

function Desk({ work }: { work: Work }) {
  const { t } = useTranslation('filmcut');
  const [deck] = useState(() => new Deck());
  const acts = useActs(work, deck);
  const run = useRun(acts, deck);
  useCutKeys(run);
  const [open, setOpen] = useState(false);
  const list = useDesk((desk) => desk.list);
  const narrow = useMediaQuery('(max-width: 1279.9px)', window.innerWidth < 1280, { getInitialValueInEffect: false });
  useEffect(() => () => useDesk.setState({ chosen: null, slip: false }), []);
  const [draft, setDraft] = useState<Draft | null>(null);
  const shown = useMemo(
    () => (draft ? { ...work, all: pieces({ ...work.document, cut: draft.cut }, work.known) } : work),
    [draft, work],
  );
  useEffect(() => {
    const piece = shown.all.find((one) => one.id === draft?.look?.id);
    if (!piece || !draft?.look) return;
    const { edge } = draft.look;
    deck.seek(edge === 'end' ? endOf(piece).minus(acts.frame).number : piece.start.number);
  }, [draft]);
  const speech = useMemo(() => speechOf(work), [work.voices, work.all, work.timeline, work.document]);
  return (
    <div className={css.desk}>
      <div className={css.upper} data-handing={open || undefined} data-narrow={narrow || undefined}>
        <Player work={shown} deck={deck} speech={speech} onStep={acts.goTo} />
        <aside className={css.side} aria-label={t('inspector')}>
          <div className={css.ends}>
            <Approve work={work} />
            <Button
              icon={open ? <IconChevronUp size={16} aria-hidden /> : <IconChevronDown size={16} aria-hidden />}
              aria-expanded={open}
              onClick={() => setOpen(!open)}
            >
              {t('handOff')}
            </Button>
          </div>
          <Inspector work={work} acts={acts} />
        </aside>
        {open && (
          <div className={css.handing}>
            <HandOff work={work} onClose={() => setOpen(false)} />
          </div>
        )}
      </div>
      <Toolbar work={work} acts={acts} run={run} />
      {list ? (
        <ListView work={work} acts={acts} />
      ) : (
        <Timeline work={work} acts={acts} deck={deck} speech={speech} all={shown.all} onDraft={setDraft} />
      )}
      <Foot work={work} />
    </div>
  );
}

function Approve({ work }: { work: Work }) {
  const { t } = useTranslation('filmcut');
  const { film } = work;
  const { gate } = useFilmActs(film.id);
  const passed = film.gates.cut === 'passed';
  const by = film.document.gates?.cut?.by ?? '';
  return (
    <Button
      icon={
        passed ? (
          <IconCheck size={17} stroke={1.9} color="var(--ok)" aria-hidden />
        ) : (
          <IconFlag size={17} stroke={1.7} aria-hidden />
        )
      }
      disabled={gate.isPending || !work.isSaved}
      title={passed ? t('approvedBy', { by }) : film.gates.cut === 'open again' ? t('openAgain') : undefined}
      onClick={() => gate.mutate({ name: 'cut', approve: !passed })}
    >
      {t(passed ? 'approved' : 'approve')}
    </Button>
  );
}

/** What is not as it should be, and a few keys. */
function Foot({ work: { film, document } }: { work: Work }) {
  const { t } = useTranslation('filmcut');
  const stale = film.states.filter((one) => one.kind === 'clip' && one.state === 'stale');
  const named = labels(document);
  const [first] = stale;
  const words = first
    ? t('stale', { count: stale.length, label: named[first.of] ?? first.label })
    : (film.warnings[0]?.replace(/\bS0*(\d+)-0*(\d+)/g, '$1-$2') ?? '');
  return (
    <footer className={css.foot}>
      {first && <Shape state="stale" />}
      <span className={css.warning} title={film.warnings.join('\n')}>
        {words}
        {film.warnings.length > 1 && !first && ` ${t('more', { count: film.warnings.length - 1 })}`}
      </span>
      <span>{t('someKeys')}</span>
    </footer>
  );
}
