// All words of the studio, in two languages. One file for each part of the studio is one namespace:
// `useTranslation('stage')` reads words/en/stage.json. English is the source of the types.
import i18n from 'i18next';
import { initReactI18next } from 'react-i18next';

export type Language = 'en' | 'zh';

const files = import.meta.glob<Record<string, unknown>>('./{en,zh}/*.json', { eager: true, import: 'default' });
const resources: Record<Language, Record<string, Record<string, unknown>>> = { en: {}, zh: {} };
for (const [path, words] of Object.entries(files)) {
  const [, language, name] = /^\.\/(en|zh)\/(\w+)\.json$/.exec(path) ?? [];
  if (language && name) resources[language as Language][name] = words;
}

export function language(): Language {
  return i18n.language === 'zh' ? 'zh' : 'en';
}

/** The chosen language, else the browser's. */
export function firstLanguage(): Language {
  return /^zh/i.test(localStorage.getItem('vitascope.language') ?? navigator.language) ? 'zh' : 'en';
}

export function speak(wanted: Language) {
  localStorage.setItem('vitascope.language', wanted);
  void i18n.changeLanguage(wanted);
}

i18n.on('languageChanged', (now) => {
  document.documentElement.lang = now === 'zh' ? 'zh-CN' : 'en';
});

void i18n.use(initReactI18next).init({
  resources,
  lng: firstLanguage(),
  fallbackLng: 'en',
  defaultNS: 'shell',
  ns: Object.keys(resources.en),
  interpolation: { escapeValue: false }, // React escapes
  returnNull: false,
});

export default i18n;
