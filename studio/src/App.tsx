// The frame of the studio: what every page may use, and which page stands at which address.
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { BrowserRouter, Route, Routes } from 'react-router';
import { queries } from './api/hooks';
import { ROOT } from './api/root';
import { Broken } from './shell/Broken';
import { Nowhere } from './shell/Nowhere';
import { usePrefs } from './shell/prefs';
import { First } from './shell/First';
import { Shell } from './shell/Shell';
import { Toasts } from './shell/Toasts';
import { resolver, theme } from './theme/theme';

const Make = lazy(() => import('./make/Make'));
const Films = lazy(() => import('./films/FilmsPage'));
const Library = lazy(() => import('./library/LibraryPage'));
const Projects = lazy(() => import('./projects/ProjectsPage'));
const Models = lazy(() => import('./pages/Models'));
const Vendors = lazy(() => import('./vendors/VendorsPage'));
const Usage = lazy(() => import('./pages/Usage'));
const Account = lazy(() => import('./pages/Account'));
const Keys = lazy(() => import('./pages/Keys'));
const Operator = lazy(() => import('./pages/Operator'));
const SignIn = lazy(() => import('./pages/SignIn'));
const SignUp = lazy(() => import('./pages/SignUp'));

// The page's policy lets only those style elements work that carry the nonce of this answer.
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
Object.assign(window, { __webpack_nonce__: nonce }); // where the scroll lock of dialogs looks for it

export function App() {
  const scheme = usePrefs((prefs) => prefs.scheme);
  return (
    <MantineProvider
      getStyleNonce={() => nonce}
      theme={theme}
      cssVariablesResolver={resolver}
      forceColorScheme={scheme}
    >
      <QueryClientProvider client={queries}>
        <BrowserRouter basename={ROOT}>
          <Broken>
            <Suspense fallback={<First />}>
              <Routes>
                <Route path="/signin" element={<SignIn />} />
                <Route path="/signup" element={<SignUp />} />
                <Route element={<Shell />}>
                  <Route index element={<Make />} />
                  <Route path="films" element={<Films />} />
                  <Route path="films/:id" element={<Films />} />
                  <Route path="library" element={<Library />} />
                  <Route path="library/:clipId" element={<Library />} />
                  <Route path="projects" element={<Projects />} />
                  <Route path="projects/:id" element={<Projects />} />
                  <Route path="models" element={<Models />} />
                  <Route path="models/keys" element={<Vendors />} />
                  <Route path="usage" element={<Usage />} />
                  <Route path="account" element={<Account />} />
                  <Route path="keys" element={<Keys />} />
                  <Route path="operator" element={<Operator />} />
                  <Route path="*" element={<Nowhere />} />
                </Route>
              </Routes>
            </Suspense>
          </Broken>
          <Toasts />
        </BrowserRouter>
      </QueryClientProvider>
    </MantineProvider>
  );
}
