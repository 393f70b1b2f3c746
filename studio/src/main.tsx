import '@mantine/core/styles.css';
import '@fontsource-variable/inter/opsz.css';
import './theme/tokens.css';
import './theme/base.css';
import './theme/mantine.css';
import './parts/parts.css';
import './words';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { address, goInside, isOutside } from './api/root';
import { App } from './App';

if (isOutside) goInside();
else
  createRoot(document.getElementById('root') as HTMLElement).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );

// What makes it installable. It keeps the page's own files, never an answer of the server.
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  void navigator.serviceWorker.register(address('/worker.js')).catch(() => undefined);
}
