// Makes the studio installable and quick to open: the files of the page itself are kept, answers of the server never.
// A page is always asked for anew, so that a newer studio is there at once; what is kept is for when the server is away.
const ROOT = new URL(self.registration.scope).pathname; // "/", or what a proxy puts before all paths
const KEPT = `vitascope-studio${ROOT}`;

self.addEventListener('install', () => self.skipWaiting());

self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (request.headers.has('range')) return; // of a clip a part is asked for, and a part cannot be kept
  if (url.pathname.startsWith(`${ROOT}assets/`))
    event.respondWith(keptFirst(request)); // their names say what is in them
  else if (request.mode === 'navigate') event.respondWith(newest(request));
});

async function keptFirst(request) {
  const store = await caches.open(KEPT);
  const found = await store.match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) await store.put(request, answer.clone());
  return answer;
}

async function newest(request) {
  const store = await caches.open(KEPT);
  try {
    const answer = await fetch(request);
    const page = answer.headers.get('content-type')?.startsWith('text/html');
    if (answer.ok && page && !new URL(request.url).pathname.startsWith(`${ROOT}docs`)) {
      const old = await store.match(ROOT);
      const html = (await answer.clone().text()).replace(/nonce="[^"]*"/g, ''); // each answer has its own
      if (!old || (await old.text()) !== html) await renew(store); // another build: its old files are not needed
      await store.put(ROOT, new Response(html, { headers: { 'content-type': 'text/html; charset=utf-8' } }));
    }
    return answer;
  } catch (away) {
    const kept = await store.match(ROOT);
    if (kept) return kept;
    throw away;
  }
}

async function renew(store) {
  for (const key of await store.keys()) await store.delete(key);
}
