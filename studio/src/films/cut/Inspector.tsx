// What is chosen, with every value as a field: a piece of picture, a piece of music, or a spoken line.
import { IconLink } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { told } from '../../api/client';
import { useCards } from '../../api/hooks';
import { local } from '../../library/files';
import { shortName } from '../../models/takes';
import { Button } from '../../parts/Button';
import { useToast } from '../../parts/toast';
import { figure } from '../../parts/time';
import { Mark } from '../Mark';
import type { Acts } from './acts';
import { useDesk } from './desk';
import { Field } from './Field';
import { fraction, ZERO } from './fraction';
import { makeTake, quoteTake } from './server';
import css from './side.module.css';
import { endOf, labels, type Piece, pieceAt, sourceOut } from './timeline';
import { usePlay } from './play';
import type { Work } from './useCut';

const SMOOTH = 1.5; // a seam below it is not seen

export function Inspector({ work, acts }: { work: Work; acts: Acts }) {
  const { t } = useTranslation('filmcut');
  const chosen = useDesk((desk) => desk.chosen);
  const under = usePlay(({ time, rate }) => (rate ? -1 : pieceAt(work.all, time)));
  const piece =
    chosen?.kind === 'piece' ? work.all.find((one) => one.id === chosen.id) : chosen ? undefined : work.all[under];
  return (
    <div className={css.inspector}>
      {piece && <PieceFields key={piece.id} work={work} acts={acts} piece={piece} />}
      {chosen?.kind === 'cue' && <CueFields work={work} id={chosen.id} />}
      {chosen?.kind === 'voice' && <VoiceWords work={work} id={chosen.id} />}
      {!piece && chosen?.kind !== 'cue' && chosen?.kind !== 'voice' && <p className={css.hint}>{t('chooseOne')}</p>}
    </div>
  );
}

export function PieceFields({ work, acts, piece }: { work: Work; acts: Acts; piece: Piece }) {
  const { t } = useTranslation('filmcut');
  const { film, document, all } = work;
  const cards = useCards().data ?? [];
  const state = film.states.find((one) => one.kind === 'clip' && one.of === piece.shot);
  const takes = film.takes.filter((one) => one.of === piece.shot && one.kind === 'clip' && one.media);
  const take = takes.find((one) => one.id === piece.take);
  const card = cards.find((one) => one.id === take?.engine);
  const made = card ? shortName(card) : take?.engine;
  const next = all[all.indexOf(piece) + 1];
  const moves = piece.media !== null && !piece.isStill;
  const s = t('unit');
  return (
    <>
      <h2 className={css.title} title={piece.text}>
        {piece.label} {piece.text}
      </h2>
      <p className={css.state}>
        {state && <Mark state={state.state} />}
        {made && <span>{made}</span>}
      </p>
      {state?.why && state.state !== 'current' && <p className={css.why}>{state.why}</p>}
      {takes.length > 0 && (
        <div className={css.takes} role="radiogroup" aria-label={t('takes')}>
          {takes.map((one) => (
            <button
              key={one.id}
              type="button"
              role="radio"
              aria-checked={one.id === piece.take}
              onClick={() => acts.set.take(piece.id, one.id)}
            >
              {one.thumbnail_url && <img src={local(one.thumbnail_url)} alt="" />}
              <span>{t('takeOf', { number: one.number })}</span>
            </button>
          ))}
        </div>
      )}
      <div className={css.fields}>
        {moves && (
          <>
            <Field
              label={t('from')}
              unit={s}
              min={0}
              value={piece.sourceIn.number}
              onSet={(value) => acts.set.sourceIn(piece.id, value)}
            />
            <Field
              label={t('to')}
              unit={s}
              min={0}
              value={sourceOut(piece).number}
              onSet={(value) => acts.set.sourceOut(piece.id, value)}
            />
          </>
        )}
        <Field
          label={t('shownFor')}
          unit={s}
          min={0}
          value={piece.seconds.number}
          onSet={(value) => acts.set.seconds(piece.id, value)}
        />
        {moves && (
          <Field
            label={t('speed')}
            unit="%"
            min={10}
            places={0}
            value={piece.speed.number * 100}
            onSet={(value) => acts.set.speed(piece.id, value.over(fraction(100)))}
          />
        )}
        <Join
          label={t('before')}
          piece={piece}
          first={all[0] === piece}
          acts={acts}
          usual={document.dissolve ?? '1/2'}
        />
        {next && <Join label={t('after')} piece={next} first={false} acts={acts} usual={document.dissolve ?? '1/2'} />}
        {piece.media?.sound && (
          <Field
            label={t('ownSound')}
            unit="dB"
            places={1}
            value={piece.gain}
            onSet={(_, value) => acts.set.gain(piece.id, value)}
          />
        )}
        {take?.seam != null && (
          <div className={css.field}>
            <span>{t('join')}</span>
            <span className={css.seam} data-jump={take.seam >= SMOOTH || undefined}>
              <IconLink size={16} stroke={1.8} aria-hidden />
              {t(take.seam < SMOOTH ? 'smooth' : 'jump', { value: take.seam.toFixed(1) })}
            </span>
          </div>
        )}
      </div>
      {piece.lacks && <p className={css.why}>{t('lacks', { label: piece.lacks })}</p>}
      <div className={css.buttons}>
        {piece.shot && (
          <Link className="button" to={`?shot=${piece.shot}`}>
            {t('openShot')}
          </Link>
        )}
        {piece.shot && <Another key={piece.shot} work={work} shot={piece.shot} />}
      </div>
    </>
  );
}

/** A cut or a dissolve into this piece. */
function Join(props: { label: string; piece: Piece; first: boolean; acts: Acts; usual: string }) {
  const { label, piece, first, acts, usual } = props;
  const { t } = useTranslation('filmcut');
  const on = !piece.dissolve.isZero || piece.lacks !== '';
  const value = piece.dissolve.number;
  return (
    <div className={css.field}>
      <span aria-hidden>{label}</span>
      <span className={css.join}>
        <select
          aria-label={label}
          disabled={first}
          value={on ? 'dissolve' : 'cut'}
          onChange={(event) => acts.dissolve(piece.id, event.currentTarget.value === 'cut' ? ZERO : fraction(usual))}
        >
          <option value="cut">{t('cut')}</option>
          <option value="dissolve">{t('dissolve')}</option>
        </select>
        {value > 0 && (
          <Field
            hidden
            label={`${label}: ${t('dissolveFor')}`}
            unit={t('unit')}
            min={0}
            value={value}
            onSet={(to) => acts.dissolve(piece.id, to)}
          />
        )}
      </span>
    </div>
  );
}

/** The one button here that buys, with its price. */
function Another({ work, shot }: { work: Work; shot: string }) {
  const { t } = useTranslation('filmcut');
  const toast = useToast();
  const { film } = work;
  const running = film.takes.find((one) => one.of === shot && one.kind === 'clip' && one.state === 'running');
  const quote = useQuery({
    queryKey: ['film', film.id, 'another', shot, film.version, film.takes.length],
    queryFn: () => quoteTake(film.id, shot),
    retry: false,
  }).data;
  const buy = async () => {
    if (!quote) return;
    try {
      await makeTake(film.id, shot, quote);
      toast(t('ordered'));
    } catch (error) {
      toast(told(error), { tone: 'bad' });
    }
  };
  if (running) return <span className={css.hint}>{t('making', { percent: running.progress })}</span>;
  const refused = quote?.refused[0];
  return (
    <Button disabled={!quote || !!refused || !work.isSaved} title={refused?.message} onClick={() => void buy()}>
      {t('newTake')}
      {quote?.credits_on && !refused
        ? ` · ${t('credits', { count: quote.credits, shown: figure(quote.credits) })}`
        : ''}
    </Button>
  );
}

function CueFields({ work, id }: { work: Work; id: string }) {
  const { t } = useTranslation('filmcut');
  const cue = work.document.cues?.[id];
  if (!cue) return null;
  const set = (fields: object) => work.change({ cues: { [id]: fields } });
  const s = t('unit');
  const value = (said: string | undefined, usual: string) => fraction(said ?? usual).number;
  return (
    <>
      <h2 className={css.title}>{t(cue.kind === 'sound' ? 'soundCue' : 'row.music')}</h2>
      <div className={css.fields}>
        <Field
          label={t('begins')}
          unit={s}
          min={0}
          value={value(cue.start, '0')}
          onSet={(to) => set({ start: String(to) })}
        />
        <Field
          label={t('ends')}
          unit={s}
          min={0}
          value={cue.end == null ? work.seconds : fraction(cue.end).number}
          onSet={(to) => set({ end: String(to) })}
        />
        <Field
          label={t('volume')}
          unit="dB"
          places={1}
          value={cue.gain ?? -12}
          onSet={(_, to) => set({ gain: Math.max(-60, Math.min(24, to)) })}
        />
        <Field
          label={t('fadeIn')}
          unit={s}
          min={0}
          value={value(cue.fade_in, '0')}
          onSet={(to) => set({ fade_in: String(to) })}
        />
        <Field
          label={t('fadeOut')}
          unit={s}
          min={0}
          value={value(cue.fade_out, '1')}
          onSet={(to) => set({ fade_out: String(to) })}
        />
        <label className={css.tick}>
          <input
            type="checkbox"
            checked={cue.duck ?? true}
            onChange={(event) => set({ duck: event.currentTarget.checked })}
          />
          {t('duck')}
        </label>
      </div>
    </>
  );
}

function VoiceWords({ work, id }: { work: Work; id: string }) {
  const { t } = useTranslation('filmcut');
  const said = work.timeline?.spoken.find((one) => one.line === id);
  const shots = Object.entries(work.document.shots ?? {});
  const shot = shots.find(([, one]) => one.lines?.some((line) => line.id === id))?.[0] ?? '';
  const piece = work.all.find((one) => one.shot === shot);
  return (
    <>
      <h2 className={css.title}>{said?.speaker || t('narrator')}</h2>
      <p className={css.quote}>{said?.text}</p>
      <p className={css.hint}>
        {t('followsShot', { label: labels(work.document)[shot] ?? '' })}
        {piece && ` ${t('atSeconds', { seconds: piece.start.number.toFixed(1) })}–${endOf(piece).number.toFixed(1)}`}
      </p>
      <div className={css.buttons}>
        <Link className="button" to={`?shot=${shot}`}>
          {t('openShot')}
        </Link>
      </div>
    </>
  );
}
