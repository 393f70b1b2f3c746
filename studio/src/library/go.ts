// From a clip back to Make, with the form filled for what comes next.

import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { told } from '../api/client';
import type { Clip, Recipe } from '../api/types';
import { useToast } from '../parts/toast';
import { fillExtend, fillFrame, fillFrom } from './form';
import { clipQuery, recipeQuery } from './hooks';

export function useClipGo() {
  const { t } = useTranslation('library');
  const toast = useToast();
  const cache = useQueryClient();
  const navigate = useNavigate();
  const toMake = () => void navigate('/');

  /** Its whole recipe into the form, to be changed. */
  const remix = async (clip: Clip) => {
    try {
      const found = await cache.fetchQuery(recipeQuery(clip.id));
      const recipe = found.recipe as unknown as Recipe;
      const from = recipe.spec.extend && clip.parent_id;
      const source = from ? await cache.fetchQuery(clipQuery(from)).catch(() => null) : null;
      fillFrom(clip, recipe, source);
      toast(t('toast.filled'));
      toMake();
    } catch (error) {
      toast(told(error), { tone: 'bad' });
    }
  };

  const extend = (clip: Clip) => {
    fillExtend(clip);
    toMake();
  };

  const frame = (clip: Clip, at: 'last' | number = 'last') => {
    fillFrame(clip, at);
    toMake();
  };

  return { remix, extend, frame };
}
