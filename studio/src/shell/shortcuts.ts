// Keys that do something. `useShortcut('g m', go, 'Go to Make')`: parts with a space are typed one after the other,
// `mod+enter` means Ctrl or Cmd. Single letters are off while one types, and can be switched off altogether.
import { useEffect, useRef } from 'react';
import { create } from 'zustand';

interface Shortcut {
  keys: string;
  label: string;
  run: (event: KeyboardEvent) => void;
}

interface Store {
  shown: Shortcut[];
  on: boolean;
}

const KEPT = 'vitascope.shortcuts';
const SEQUENCE_MS = 900;
const NAMES: Record<string, string> = {
  ' ': 'space',
  arrowleft: 'left',
  arrowright: 'right',
  arrowup: 'up',
  arrowdown: 'down',
  escape: 'esc',
  delete: 'del',
  backspace: 'del',
};

export const useShortcuts = create<Store>(() => ({ shown: [], on: localStorage.getItem(KEPT) !== 'off' }));

export function switchShortcuts(on: boolean) {
  localStorage.setItem(KEPT, on ? 'on' : 'off');
  useShortcuts.setState({ on });
}

/** While this part is on the page, the keys do this. The part mounted last wins. No label: not in the list of `?`. */
export function useShortcut(keys: string, run: (event: KeyboardEvent) => void, label = '', enabled = true) {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    if (!enabled) return;
    const shortcut: Shortcut = { keys, label, run: (event) => latest.current(event) };
    useShortcuts.setState((store) => ({ shown: [...store.shown, shortcut] }));
    return () => useShortcuts.setState((store) => ({ shown: store.shown.filter((one) => one !== shortcut) }));
  }, [keys, label, enabled]);
}

let pressed: string[] = [];
let last = 0;

window.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const key = event.key.toLowerCase();
  if (['control', 'shift', 'alt', 'meta'].includes(key)) return;
  const mod = event.ctrlKey || event.metaKey;
  if (event.altKey) return;
  const name = (mod ? 'mod+' : '') + (NAMES[key] ?? key);
  if (name === 'esc' && escapes(event.target)) return;
  const plain = !mod && name !== 'esc';
  const { shown, on } = useShortcuts.getState();
  if (plain && (!on || isTyping(event.target) || inDialog(event.target))) return;
  pressed = event.timeStamp - last < SEQUENCE_MS ? [...pressed, name].slice(-2) : [name];
  last = event.timeStamp;
  const found = shown.findLast((one) => one.keys === pressed.join(' ')) ?? shown.findLast((one) => one.keys === name);
  if (!found || (name === 'space' && isControl(event.target))) return;
  pressed = [];
  event.preventDefault();
  found.run(event);
});

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const kind = target instanceof HTMLInputElement ? target.type : '';
  if (kind) return !['checkbox', 'radio', 'button'].includes(kind);
  return (
    target.isContentEditable ||
    ['TEXTAREA', 'SELECT'].includes(target.tagName) ||
    target.getAttribute('role') === 'slider'
  );
}

/** Escape does one thing: it leaves the field, or closes what lies over the page, which hears it itself. */
function escapes(target: EventTarget | null): boolean {
  const over = [...document.querySelectorAll('[role=dialog]:not([data-beside]), [role=menu], [role=listbox]')];
  if (over.some((one) => one.getClientRects().length > 0)) return true;
  if (!isTyping(target)) return false;
  (target as HTMLElement).blur();
  return true;
}

function isControl(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && Boolean(target.closest('button, a, input, [role=slider]'));
}

function inDialog(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && Boolean(target.closest('[role=dialog], [role=menu]'));
}
