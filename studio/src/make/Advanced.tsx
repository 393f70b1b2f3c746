import { Slider, Textarea } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Card } from '../api/types';
import { Greyed } from '../models/Greyed';
import { Row } from './AdvancedRow';
import { useForm } from './form';
import { mostSteps } from './format';
import css from './make.module.css';
import { ModelExtras } from './ModelExtras';

const MOST_GUIDANCE = 10;

/** For those who know what they want: what the model in use lets one choose, and what to leave out. `card`: the one that
 * is tried on, or the same.
 */
export function Advanced({ used, card }: { used: Card | undefined; card: Card | undefined }) {
  const { t } = useTranslation(['make', 'picker']);
  const { steps, guidance, negative, fill } = useForm();
  if (!used || !card) return null;
  const stepsOf = card.format.steps > 0 ? card : used;
  const guidanceOf = card.guidance !== null ? card : used;
  const usual = stepsOf.format.steps;
  const shownGuidance = guidance ?? guidanceOf.guidance;
  return (
    <div className={css.advanced}>
      {used.format.steps > 0 && (
        <Greyed why={stepsOf === card ? '' : t('picker:without.steps')} name={t('steps')}>
          <Row
            name={t('steps')}
            value={String(steps ?? usual)}
            changed={steps !== null && steps !== usual}
            onReset={() => fill({ steps: null })}
          >
            <Slider
              thumbLabel={t('steps')}
              min={1}
              max={mostSteps(stepsOf.format, steps)}
              value={steps ?? usual}
              onChange={(value) => fill({ steps: value === usual ? null : value })}
              label={null}
            />
          </Row>
        </Greyed>
      )}
      {used.guidance !== null && shownGuidance !== null && (
        <Greyed why={guidanceOf === card ? '' : t('picker:without.guidance')} name={t('guidance')}>
          <Row
            name={t('guidance')}
            value={shownGuidance.toFixed(1)}
            changed={guidance !== null}
            onReset={() => fill({ guidance: null })}
          >
            <Slider
              thumbLabel={t('guidance')}
              min={1}
              max={Math.max(MOST_GUIDANCE, 2 * (guidanceOf.guidance ?? 0))}
              step={0.5}
              value={shownGuidance}
              onChange={(value) => fill({ guidance: value === guidanceOf.guidance ? null : value })}
              label={null}
            />
          </Row>
        </Greyed>
      )}
      <ModelExtras used={used} card={card} />
      <Textarea
        className={css.negative}
        label={t('negative')}
        placeholder={t('negativePlaceholder')}
        autosize
        minRows={1}
        maxRows={4}
        maxLength={2000}
        value={negative}
        onChange={(event) => fill({ negative: event.currentTarget.value })}
      />
    </div>
  );
}
