// One short message at the bottom, at most one at a time, for six seconds; with Undo where there is one.
import { create } from 'zustand';

export interface Toast {
  id: number;
  text: string;
  tone?: 'bad' | 'ok';
  action?: { label: string; run: () => void };
}

const SHOWN_MS = 6_000;
const useStore = create<{ toast: Toast | null }>(() => ({ toast: null }));
let timer = 0;

export function toast(text: string, more: Omit<Toast, 'id' | 'text'> = {}) {
  const id = Date.now();
  useStore.setState({ toast: { id, text, ...more } });
  hold(false);
}

export function closeToast() {
  window.clearTimeout(timer);
  useStore.setState({ toast: null });
}

/** While somebody points at it, it stays. */
export function hold(on: boolean) {
  window.clearTimeout(timer);
  if (!on) timer = window.setTimeout(closeToast, SHOWN_MS);
}

/** `const toast = useToast(); toast('Moved to the trash.', {action: {label: 'Undo', run}})` */
export function useToast() {
  return toast;
}

export function useShownToast() {
  return useStore((store) => store.toast);
}
