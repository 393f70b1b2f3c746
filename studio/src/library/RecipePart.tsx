// How a clip was made: all that makes the same bytes again.

import { IconSchema } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useAccount, useVideo } from '../api/hooks';
import { told } from '../api/client';
import type { Clip, Recipe } from '../api/types';
import { useToast } from '../parts/toast';
import { bytes, figure, moment, span } from '../parts/time';
import { language } from '../words';
import { useRecipe } from './hooks';
import css from './inspector.module.css';

export function RecipePart({ clip }: { clip: Clip }) {
  const { t } = useTranslation('library');
  const toast = useToast();
  const found = useRecipe(clip.id);
  const video = useVideo(clip.trashed_at ? undefined : (clip.video_id ?? undefined)).data;
  const on = useAccount().data?.credits_on ?? false;
  const recipe = found.data?.recipe as unknown as Recipe | undefined;
  const spec = recipe?.spec;
  const copy = () =>
    navigator.clipboard
      .writeText(JSON.stringify(recipe, null, 2))
      .then(() => toast(t('toast.copied')))
      .catch(() => toast(t('toast.notCopied'), { tone: 'bad' }));
  const took = video?.started_at && video.finished_at ? video.finished_at - video.started_at : null;
  const camera = spec?.camera;
  const given = spec
    ? [
        spec.image ? t('recipe.first') : '',
        spec.last_image ? t('recipe.last') : '',
        spec.extend ? t('recipe.source') : '',
      ]
    : [];
  const lines: [string, React.ReactNode][] = spec
    ? [
        [t('recipe.model'), spec.model],
        [t('recipe.size'), `${clip.width} × ${clip.height}`],
        [t('recipe.length'), clip.seconds ? span(clip.seconds, language()) : t('card.still')],
        [t('recipe.seed'), spec.seed],
        [t('recipe.steps'), spec.steps],
        [t('recipe.guidance'), spec.guidance ?? t('recipe.usual')],
        [t('recipe.negative'), spec.negative_prompt],
        [
          t('recipe.camera'),
          camera && ('words' in camera ? camera.words : t('recipe.path', { count: camera.points.length })),
        ],
        [t('recipe.given'), given.filter(Boolean).join(', ')],
        [t('recipe.made'), moment(clip.created_at, language())],
        [t('recipe.took'), took !== null && span(took, language())],
        [
          t('recipe.cost'),
          on &&
            video &&
            (clip.defects.length ? t('recipe.free') : t('recipe.credits', { count: Number(figure(video.credits)) })),
        ],
        [t('recipe.file'), bytes(clip.bytes)],
      ]
    : [];
  return (
    <section className={css.part} aria-labelledby="recipe">
      <header>
        <h3 id="recipe">{t('recipe.title')}</h3>
      </header>
      {found.isPending && <p className={css.quiet}>{t('recipe.loading')}</p>}
      {found.isError && <p className={css.quiet}>{told(found.error)}</p>}
      <dl className={css.recipe}>
        {lines
          .filter(([, value]) => value !== null && value !== undefined && value !== '' && value !== false)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      {recipe && (
        <footer>
          <IconSchema size={16} stroke={1.7} aria-hidden />
          <span>{t('recipe.inFile')}</span>
          <button type="button" className={css.link} onClick={() => void copy()}>
            {t('recipe.copy')}
          </button>
        </footer>
      )}
    </section>
  );
}
