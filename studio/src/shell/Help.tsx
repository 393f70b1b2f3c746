import { Modal, Switch } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { create } from 'zustand';
import i18n from '../words';
import { ALL_KEYS } from './allKeys';
import { switchShortcuts, useShortcut, useShortcuts } from './shortcuts';

const useOpen = create<{ open: boolean }>(() => ({ open: false }));

export function openHelp() {
  useOpen.setState({ open: true });
}

/** The list of keys that do something here and now, and the switch that turns the single letters off. */
export function Help() {
  const { t } = useTranslation('shell');
  const open = useOpen((state) => state.open);
  const on = useShortcuts((store) => store.on);
  useShortcut('?', openHelp, t('shortcutHelp'));
  const words = (key: string, page?: string) => i18n.t(key as never, { page: page && i18n.t(page as never) }) as string;
  return (
    <Modal
      opened={open}
      onClose={() => useOpen.setState({ open: false })}
      title={t('shortcuts')}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      {ALL_KEYS.map(({ where, keys: all }) => (
        <section key={where} aria-label={t(`keysOf.${where}`)}>
          <h3 className="keys-of">{t(`keysOf.${where}`)}</h3>
          <dl className="keys">
            {all.map(({ keys, label, page }) => (
              <div key={keys}>
                <dt>{words(label, page)}</dt>
                <dd>
                  {keys.split(' ').map((key) => (
                    <Keys key={key} keys={key} />
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
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
      {(keys === '+' ? [keys] : keys.split('+'))
        .map((key) => SIGNS[key] ?? (key.length === 1 ? key.toUpperCase() : key[0]?.toUpperCase() + key.slice(1)))
        .join(' ')}
    </kbd>
  );
}
