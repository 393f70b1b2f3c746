// The takes of a shot, and its stills: one is shown, the others wait. Choosing is a change of the document.
import { Menu } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { local } from '../../library/files';
import { PickClip } from '../../make/PickClip';
import { useFilmActs } from '../acts';
import { shownTake, type Placed } from '../document';
import type { Film } from '../edits';
import { ratio, seconds, SMOOTH, usePrice } from '../say';
import type { Take } from '../types';
import css from './sheet.module.css';

export function Takes({ here, placed }: { here: Film; placed: Placed }) {
  const { t } = useTranslation('films');
  const { film } = here;
  const { shotId, shot } = placed;
  const clip = shownTake(film.takes, shotId, 'clip', shot.take);
  const still = shownTake(film.takes, shotId, 'still', shot.still);
  const shown = clip ?? still;
  const stills = film.takes.some((take) => take.of === shotId && take.kind === 'still') || shot.start === 'still';
  return (
    <div className={css.takes}>
      <div className={css.screen} style={{ aspectRatio: ratio(film) }}>
        {clip?.media ? (
          <Playing key={clip.id} take={clip} />
        ) : shown?.media ? (
          <img src={local(shown.thumbnail_url ?? shown.media.url)} alt={shot.action ?? ''} />
        ) : (
          <span>{t('noTake')}</span>
        )}
      </div>
      <Strip here={here} placed={placed} kind="clip" shown={clip} />
      {stills && <Strip here={here} placed={placed} kind="still" shown={still} />}
      {clip && <About here={here} placed={placed} take={clip} />}
    </div>
  );
}

/** From where the take begins: what comes before belongs to the shot that it continues. */
function Playing({ take }: { take: Take }) {
  const { t } = useTranslation('films');
  const begin = fraction(take.media?.begin);
  return (
    <video
      src={`${local(take.media?.url) ?? ''}${begin ? `#t=${begin}` : ''}`}
      poster={local(take.thumbnail_url)}
      controls
      playsInline
      preload="metadata"
      aria-label={t('take', { number: take.number })}
    />
  );
}

function fraction(said: string | undefined): number {
  const [above, below = '1'] = (said ?? '0').split('/');
  return Number(above) / Number(below) || 0;
}

function Strip({ here, placed, kind, shown }: { here: Film; placed: Placed; kind: 'clip' | 'still'; shown?: Take }) {
  const { t } = useTranslation('films');
  const { film, change } = here;
  const { addTake } = useFilmActs(film.id);
  const chooser = useRef<HTMLInputElement>(null);
  const [picking, setPicking] = useState(false);
  const { shotId } = placed;
  const mine = film.takes
    .filter((take) => take.of === shotId && take.kind === kind)
    .sort((a, b) => a.number - b.number);
  const name = (take: Take) => t(kind === 'clip' ? 'take' : 'stillNumber', { number: take.number });
  return (
    <div className={css.strip} role="group" aria-label={t(kind === 'clip' ? 'takes' : 'stills')}>
      {mine.map((take) =>
        take.media ? (
          <button
            key={take.id}
            type="button"
            className={css.thumb}
            aria-pressed={take.id === shown?.id}
            aria-label={`${name(take)}${film.suggested[shotId] === take.id ? ` (${t('suggested')})` : ''}`}
            data-suggested={film.suggested[shotId] === take.id || undefined}
            style={{ aspectRatio: ratio(film) }}
            onClick={() => change({ shots: { [shotId]: { [kind === 'clip' ? 'take' : 'still']: take.id } } })}
          >
            {(take.thumbnail_url || kind === 'still') && (
              <img src={local(take.thumbnail_url ?? take.media.url)} alt="" loading="lazy" />
            )}
            <span>{take.number}</span>
          </button>
        ) : (
          <span
            key={take.id}
            className={css.thumb}
            data-state={take.state}
            style={{ aspectRatio: ratio(film) }}
            title={take.error}
          >
            <span className="sr">{name(take)}: </span>
            {take.state === 'running' ? `${take.progress} %` : t('state.failed')}
          </span>
        ),
      )}
      <Menu position="bottom-end" width={200}>
        <Menu.Target>
          <button
            type="button"
            className={css.thumb}
            data-add
            aria-label={t(kind === 'clip' ? 'ownFile' : 'ownStill')}
            title={t(kind === 'clip' ? 'ownFile' : 'ownStill')}
            style={{ aspectRatio: ratio(film) }}
            disabled={addTake.isPending}
          >
            <IconPlus size={18} stroke={1.7} aria-hidden />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t('ownFile')}</Menu.Label>
          <Menu.Item onClick={() => chooser.current?.click()}>{t('fromDisk')}</Menu.Item>
          <Menu.Item onClick={() => setPicking(true)}>{t('fromLibrary')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <input
        ref={chooser}
        type="file"
        hidden
        accept={kind === 'clip' ? 'video/*' : 'image/*'}
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) addTake.mutate({ of: shotId, kind, file });
          event.target.value = '';
        }}
      />
      {picking && (
        <PickClip
          kind="reference"
          onPick={(_, clip) => addTake.mutate({ of: shotId, kind, clip: clip.id })}
          onClose={() => setPicking(false)}
        />
      )}
    </div>
  );
}

/** What the shown take is, what is known of it, and the way to be rid of it. */
function About({ here, placed, take }: { here: Film; placed: Placed; take: Take }) {
  const { t } = useTranslation('films');
  const price = usePrice();
  const { removeTake } = useFilmActs(here.film.id);
  const chosen = placed.shot.take === take.id;
  const suggested = here.film.suggested[placed.shotId];
  const facts = [
    chosen ? t('chosen', { number: take.number }) : t('newest', { number: take.number }),
    take.own ? t('ownTake') : take.engine,
    take.media ? seconds(fraction(take.media.seconds) - fraction(take.media.begin)) : '',
    take.credits ? price(take.credits) : '',
    take.seam === null ? '' : `${t('seam')} ${take.seam.toFixed(1)}${take.seam >= SMOOTH ? ` ${t('jump')}` : ''}`,
    ...take.defects.map((defect) => t('defect', { defect })),
  ];
  const better = here.film.takes.find(({ id }) => id === suggested && id !== take.id);
  return (
    <p className={css.about}>
      <span title={take.notes.join('\n')}>
        {facts.filter(Boolean).join(' · ')}
        {better && ` · ${t('suggests', { number: better.number })}`}
      </span>
      <button
        type="button"
        aria-label={t('removeTake', { number: take.number })}
        title={t('removeTake', { number: take.number })}
        disabled={removeTake.isPending}
        onClick={() => removeTake.mutate(take.id)}
      >
        <IconTrash size={15} stroke={1.7} aria-hidden />
      </button>
    </p>
  );
}
