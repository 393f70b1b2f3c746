// Lets TypeScript know which words there are: a key that English lacks is an error.
import type camera from './en/camera.json';
import type library from './en/library.json';
import type make from './en/make.json';
import type pages from './en/pages.json';
import type shell from './en/shell.json';
import type stage from './en/stage.json';
import type start from './en/start.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'shell';
    resources: {
      camera: typeof camera;
      library: typeof library;
      make: typeof make;
      pages: typeof pages;
      shell: typeof shell;
      stage: typeof stage;
      start: typeof start;
    };
  }
}
