// Lets TypeScript know which words there are: a key that English lacks is an error.
import type camera from './en/camera.json';
import type filmcut from './en/filmcut.json';
import type films from './en/films.json';
import type library from './en/library.json';
import type make from './en/make.json';
import type pages from './en/pages.json';
import type picker from './en/picker.json';
import type shell from './en/shell.json';
import type stage from './en/stage.json';
import type start from './en/start.json';
import type vendors from './en/vendors.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'shell';
    resources: {
      camera: typeof camera;
      filmcut: typeof filmcut;
      films: typeof films;
      library: typeof library;
      make: typeof make;
      pages: typeof pages;
      picker: typeof picker;
      shell: typeof shell;
      stage: typeof stage;
      start: typeof start;
      vendors: typeof vendors;
    };
  }
}
