import { Slider, Textarea } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Card } from '../api/types';
import { useForm } from './form';
import css from './make.module.css';

const MOST_STEPS = 16;
const MOST_GUIDANCE = 10;

/** For those who know what they want: steps, guidance, and what to leave out. */
export function Advanced({ card }: { card: Card | undefined }) {
  const { t } = useTranslation('make');
  const { steps, guidance, negative, fill } = useForm();
  const usual = card?.steps ?? 4;
  const shownGuidance = guidance ?? card?.guidance ?? null;
  return (
    <div className={css.advanced}>
      <Row
        name={t('steps')}
        value={String(steps ?? usual)}
        changed={steps !== null && steps !== usual}
        onReset={() => fill({ steps: null })}
      >
        <Slider
          thumbLabel={t('steps')}
          min={1}
          max={Math.max(MOST_STEPS, steps ?? 0)}
          value={steps ?? usual}
          onChange={(value) => fill({ steps: value === usual ? null : value })}
          label={null}
        />
      </Row>
      <Row
        name={t('guidance')}
        value={shownGuidance === null ? t('auto') : shownGuidance.toFixed(1)}
        changed={guidance !== null}
        onReset={() => fill({ guidance: null })}
      >
        <Slider
          thumbLabel={t('guidance')}
          min={1}
          max={MOST_GUIDANCE}
          step={0.5}
          value={shownGuidance ?? 1}
          onChange={(value) => fill({ guidance: value === card?.guidance ? null : value })}
          label={null}
        />
      </Row>
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

interface RowProps {
  name: string;
  value: string;
  changed: boolean;
  onReset: () => void;
  children: React.ReactNode;
}

function Row({ name, value, changed, onReset, children }: RowProps) {
  const { t } = useTranslation('make');
  return (
    <div className={css.advRow}>
      <span className={css.advName}>{name}</span>
      {children}
      <button
        type="button"
        className={css.advValue}
        disabled={!changed}
        onClick={onReset}
        title={changed ? t('reset') : undefined}
      >
        {value}
      </button>
    </div>
  );
}
