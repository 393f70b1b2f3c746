// What only the model in use has, as its card lists it: LoRAs and options.
import { NumberInput, Select, Slider, Switch, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Card } from '../api/types';
import { Greyed } from '../models/Greyed';
import { Row } from './AdvancedRow';
import { useForm } from './form';
import type { OptionValue } from './format';
import css from './make.module.css';

const [LEAST_WEIGHT, MOST_WEIGHT] = [0, 2]; // of those that the server takes, the ones that are of use

/** `card`: the model that is tried on, or the same. */
export function ModelExtras({ used, card }: { used: Card; card: Card }) {
  const { t } = useTranslation(['make', 'picker']);
  const { loras, options, fill } = useForm();
  const without = t('picker:without.extras');
  const sameOptions = used.options.every(({ name }) => card.options.some((one) => one.name === name));
  return (
    <>
      {used.loras.length > 0 && (
        <Greyed why={used.loras.every((name) => card.loras.includes(name)) ? '' : without} name={t('loras')}>
          <fieldset className={css.own}>
            <legend>{t('loras')}</legend>
            {used.loras.map((name) => (
              <Row
                key={name}
                name={name}
                value={(loras[name] ?? 0).toFixed(1)}
                changed={name in loras}
                onReset={() => fill({ loras: omit(loras, name) })}
              >
                <Slider
                  thumbLabel={name}
                  min={LEAST_WEIGHT}
                  max={MOST_WEIGHT}
                  step={0.1}
                  value={loras[name] ?? 0}
                  onChange={(value) => fill({ loras: value ? { ...loras, [name]: value } : omit(loras, name) })}
                  label={null}
                />
              </Row>
            ))}
          </fieldset>
        </Greyed>
      )}
      {used.options.length > 0 && (
        <Greyed why={sameOptions ? '' : without} name={t('options')}>
          <fieldset className={css.own}>
            <legend>{t('options')}</legend>
            {used.options.map((option) => (
              <OptionField
                key={option.name}
                option={option}
                value={options[option.name] ?? option.default}
                onChange={(value) =>
                  fill({ options: value === null ? omit(options, option.name) : { ...options, [option.name]: value } })
                }
              />
            ))}
          </fieldset>
        </Greyed>
      )}
    </>
  );
}

interface OptionProps {
  option: Card['options'][number];
  value: OptionValue | null;
  onChange: (value: OptionValue | null) => void; // null: the model's own
}

function OptionField({ option, value, onChange }: OptionProps) {
  const label = option.title || option.name;
  if (option.kind === 'flag')
    return (
      <Switch label={label} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />
    );
  if (option.kind === 'choice')
    return (
      <Select
        label={label}
        data={option.choices}
        value={value === null ? null : String(value)}
        clearable={option.default === null}
        allowDeselect={option.default === null}
        onChange={onChange}
      />
    );
  if (option.kind === 'text')
    return (
      <TextInput
        label={label}
        value={value === null ? '' : String(value)}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  return (
    <NumberInput
      label={label}
      min={option.low ?? undefined}
      max={option.high ?? undefined}
      allowDecimal={option.kind === 'number'}
      clampBehavior="blur"
      value={typeof value === 'number' ? value : ''}
      onChange={(now) => onChange(typeof now === 'number' ? now : null)}
    />
  );
}

function omit<T>(values: Record<string, T>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => key !== name));
}
