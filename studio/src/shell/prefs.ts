// What a person chooses for this browser: theme and language. The language is kept with the account too, so that it
// follows to another machine.
import { create } from 'zustand';
import i18n, { firstLanguage, speak, type Language } from '../words';

export type ThemeChoice = 'light' | 'dark' | 'auto';

const KEPT = 'vitascope.theme';
const system = window.matchMedia('(prefers-color-scheme: light)');

function kept(): ThemeChoice {
  const found = localStorage.getItem(KEPT);
  return found === 'light' || found === 'dark' ? found : 'auto';
}

function resolved(choice: ThemeChoice): 'light' | 'dark' {
  return choice === 'auto' ? (system.matches ? 'light' : 'dark') : choice;
}

export const usePrefs = create<{ choice: ThemeChoice; scheme: 'light' | 'dark'; language: Language }>(() => ({
  choice: kept(),
  scheme: resolved(kept()),
  language: firstLanguage(),
}));

export function chooseTheme(choice: ThemeChoice) {
  localStorage.setItem(KEPT, choice);
  usePrefs.setState({ choice, scheme: resolved(choice) });
}

export function chooseLanguage(language: Language) {
  speak(language);
}

system.addEventListener('change', () => usePrefs.setState(({ choice }) => ({ scheme: resolved(choice) })));
i18n.on('languageChanged', (now) => usePrefs.setState({ language: now === 'zh' ? 'zh' : 'en' }));
