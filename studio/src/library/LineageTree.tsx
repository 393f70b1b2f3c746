// The family of a clip: what it came from and what came of it. The words on each edge say what changed.

import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Clip } from '../api/types';
import { told } from '../api/client';
import { address } from '../api/root';
import { span } from '../parts/time';
import { language } from '../words';
import { compare } from './differ';
import { local } from './files';
import { useLineage, useReading } from './hooks';
import css from './inspector.module.css';
import { type Row, rows } from './lineage';
import { useFacts } from './facts';

export function LineageTree({ clip }: { clip: Clip }) {
  const { t } = useTranslation('library');
  const lineage = useLineage(clip.id);
  const tree = lineage.data ? rows(lineage.data) : [];
  return (
    <section className={css.part} aria-labelledby="lineage">
      <header>
        <h3 id="lineage">{t('lineage.title')}</h3>
        {tree.length > 0 && <span>{t('lineage.takes', { count: tree.length })}</span>}
      </header>
      {lineage.isPending && <p className={css.quiet}>{t('lineage.loading')}</p>}
      {lineage.isError && (
        <p className={css.quiet} role="alert">
          {t('lineage.failed')} {told(lineage.error)}
        </p>
      )}
      <ol className={css.tree}>
        {tree.map((row) => (
          <Take key={row.clip.id} row={row} here={row.clip.id === clip.id} />
        ))}
      </ol>
    </section>
  );
}

const MOST_DEPTH = 5; // deeper ones stay in one column, or a narrow panel would have no room for words
const STEP = 28;

function Take({ row, here }: { row: Row; here: boolean }) {
  const { t } = useTranslation('library');
  const depth = Math.min(row.depth, MOST_DEPTH);
  return (
    <li className={css.take} style={{ paddingLeft: depth * STEP }} aria-current={here ? 'true' : undefined}>
      {row.open
        .filter((level) => level < MOST_DEPTH && level > 0)
        .map((level) => (
          <i key={level} className={css.pass} style={{ left: (level - 1) * STEP + 12 }} aria-hidden />
        ))}
      {depth > 0 && (
        <i
          className={css.edge}
          data-last={row.last || undefined}
          style={{ left: (depth - 1) * STEP + 12 }}
          aria-hidden
        />
      )}
      <Link to={`/library/${row.clip.id}`} className={css.leaf}>
        <img src={local(row.clip.thumbnail_url)} alt="" loading="lazy" />
        <span>
          <b>{here ? t('lineage.this') : row.clip.prompt}</b>
          <span>
            <Edge row={row} />
          </span>
          <Given clip={row.clip} />
        </span>
      </Link>
    </li>
  );
}

/** The pictures that it was given: they are where it came from, as much as another clip is. */
function Given({ clip }: { clip: Clip }) {
  const { t } = useTranslation('library');
  const which =
    clip.mode === 'frames' ? (['first', 'last'] as const) : clip.mode === 'image' ? (['first'] as const) : [];
  const [gone, setGone] = useState<readonly string[]>([]);
  const shown = which.filter((one) => clip.video_id && !gone.includes(one));
  if (!shown.length) return null;
  return (
    <span className={css.from}>
      {t('lineage.given', { count: shown.length })}
      {shown.map((one) => (
        <img
          key={one}
          src={address(`/v1/videos/${clip.video_id}/given?which=${one}`)}
          alt={t(one === 'first' ? 'recipe.first' : 'recipe.last')}
          onError={() => setGone((now) => [...now, one])}
        />
      ))}
    </span>
  );
}

function Edge({ row: { clip, parent } }: { row: Row }) {
  const { t } = useTranslation('library');
  const changed = useChanged(parent, clip);
  const gone = clip.trashed_at ? t('lineage.inTrash') : '';
  if (!parent) return [clip.draft ? t('relation.draft') : t('lineage.first'), gone].filter(Boolean).join(' · ');
  const relation =
    clip.relation === 'extend'
      ? t('lineage.extended', {
          span: span(Math.max(0, clip.seconds - parent.seconds), language()),
        })
      : t(`relation.${clip.relation}` as 'relation.remix', { defaultValue: clip.relation ?? '' });
  return [relation, clip.relation === 'finish' ? '' : changed, gone].filter(Boolean).join(' · ');
}

/** "sky: sunset → night", by what is known of both clips without their recipes. */
function useChanged(a: Clip | null, b: Clip): string {
  const facts = useFacts();
  const words = !!a && a.prompt !== b.prompt;
  const [one, two] = [useReading(words ? a.prompt : ''), useReading(words ? b.prompt : '')];
  if (!a) return '';
  const extended = b.relation === 'extend';
  const known = (clip: Clip) => ({
    prompt: clip.prompt,
    seed: extended ? null : clip.seed,
    steps: clip.steps ?? 0,
    guidance: null,
    seconds: extended ? 0 : clip.seconds,
    aspect: clip.size,
    model: clip.model ?? '',
    camera: clip.camera ?? null,
  });
  const { differs } = compare(known(a), known(b), one.data, two.data);
  const said = extended ? differs.filter(({ to }) => to) : differs; // what an extension does not say stays
  return said.slice(0, 2).map(facts.differs).join(', ');
}
