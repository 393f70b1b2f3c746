import { Modal, Switch } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { create } from 'zustand';
import { switchShortcuts, useShortcut, useShortcuts } from './shortcuts';

const useOpen = create<{ open: boolean }>(() => ({ open: false }));

export function openHelp() {
  useOpen.setState({ open: true });
}

/** The list of keys that do something here and now, and the switch that turns the single letters off. */
export function Help() {
  const { t } = useTranslation('shell');
  const open = useOpen((state) => state.open);
  const { shown, on } = useShortcuts();
  useShortcut('?', openHelp, t('shortcutHelp'));
  const seen = new Map(shown.filter((one) => one.label).map((one) => [one.keys, one.label]));
  return (
    <Modal
      opened={open}
      onClose={() => useOpen.setState({ open: false })}
      title={t('shortcuts')}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <dl className="keys">
        {[...seen].map(([keys, label]) => (
          <div key={keys}>
            <dt>{label}</dt>
            <dd>
              {keys.split(' ').map((key) => (
                <Keys key={key} keys={key} />
              ))}
            </dd>
          </div>
        ))}
      </dl>
      <Switch
        mt={16}
        checked={on}
        onChange={(event) => switchShortcuts(event.currentTarget.checked)}
        label={t('singleLetters')}
      />
    </Modal>
  );
}

const MAC = /mac|iphone|ipad/i.test(navigator.userAgent);
const SIGNS: Record<string, string> = {
  mod: MAC ? '⌘' : 'Ctrl',
  enter: '↵',
  left: '←',
  right: '→',
  up: '↑',
  down: '↓',
};

/** Keys as they are written on a keyboard. */
export function Keys({ keys }: { keys: string }) {
  return (
    <kbd>
      {keys
        .split('+')
        .map((key) => SIGNS[key] ?? (key.length === 1 ? key.toUpperCase() : key[0]?.toUpperCase() + key.slice(1)))
        .join(' ')}
    </kbd>
  );
}
