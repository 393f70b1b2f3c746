// Above everything in the form, because it decides what the form has: the model in use, or the one that is tried on.
import { NativeSelect } from '@mantine/core';
import { IconAperture, IconChevronDown, IconCpu } from '@tabler/icons-react';
import { useForm } from '../make/form';
import { isWorld } from '../make/format';
import { Segment } from '../parts/Segment';
import { useShortcut } from '../shell/shortcuts';
import css from './bar.module.css';
import { Changed } from './Changed';
import { useModels } from './hooks';
import { useSay } from './say';
import { usePicker } from './store';
import { shortName } from './takes';

const ICON = { size: 20, stroke: 1.7, 'aria-hidden': true } as const;
const SHORT = 8; // letters of a preset that has room in the bar

export const BAR = 'model-bar';

export function ModelBar() {
  const { t, limit, unserved } = useSay();
  const { used, tried, shown } = useModels();
  const { open, show, close } = usePicker();
  const toggle = () => (open ? close() : show(used?.id ?? ''));
  useShortcut('m', toggle, t('key'));
  if (!used || !shown) return <div className={css.bar} aria-hidden />;
  const model = shortName(shown);
  const missing = tried || used.served ? undefined : unserved(used);
  const state = tried ? t('trying') : (missing?.short ?? limit(used));
  return (
    <>
      <div className={css.bar} data-open={open || undefined}>
        <button
          type="button"
          id={BAR}
          className={css.main}
          aria-haspopup="dialog"
          aria-expanded={open}
          onClick={toggle}
        >
          <span className={css.icon}>{isWorld(shown) ? <IconAperture {...ICON} /> : <IconCpu {...ICON} />}</span>
          <span className={css.words}>
            <span className="sr">{t('model')}: </span>
            <b>{model}</b>
            <span title={missing?.long ?? state} data-bad={missing && true}>
              {state}
            </span>
          </span>
        </button>
        {!tried && <Presets presets={used.presets} />}
        <button type="button" className={css.arrow} tabIndex={-1} aria-hidden onClick={toggle}>
          <IconChevronDown size={18} stroke={1.8} aria-hidden />
        </button>
      </div>
      <Changed />
    </>
  );
}

/** The model's own sets of settings, one of which may be chosen. */
function Presets({ presets }: { presets: readonly string[] }) {
  const { t } = useSay();
  const { preset, fill } = useForm();
  if (!presets.length) return null;
  const chosen = presets.includes(preset) ? preset : '';
  const choices = [{ value: '', label: t('usual') }, ...presets.map((value) => ({ value, label: value }))];
  if (presets.length > 2 || presets.some((name) => name.length > SHORT)) {
    return (
      <NativeSelect
        className={css.preset}
        aria-label={t('preset')}
        data={choices}
        value={chosen}
        onChange={(event) => fill({ preset: event.currentTarget.value })}
      />
    );
  }
  return (
    <Segment
      className={css.presets}
      label={t('preset')}
      value={chosen}
      choices={choices}
      onChange={(value) => fill({ preset: value })}
    />
  );
}
