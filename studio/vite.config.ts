// Where the page is built to, and how it is served while one works on it. In development /v1 goes on to a running
// server: VITASCOPE=http://127.0.0.1:8410 npm run dev.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const server = process.env.VITASCOPE ?? 'http://127.0.0.1:8410';
const onwards = { target: server, changeOrigin: true, headers: { origin: server } };

export default defineConfig({
  base: './', // where the page stands is known when it is served
  plugins: [react()],
  // The server puts a fresh one in for every answer; styles that are written at run time carry it.
  html: { cspNonce: '__NONCE__' },
  build: {
    outDir: '../vitascope/server/studio',
    emptyOutDir: true,
    target: 'es2022',
    chunkSizeWarningLimit: 760,
    // No picture or font is put into the code: the page's security policy allows files only.
    assetsInlineLimit: 0,
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/v1': onwards, '/files': onwards, '/openapi.json': onwards },
  },
});
