// What the scenarios share: a fresh window in the browser that runs already, and ways to wait that suit a busy machine.
// Each scenario is one file that ends with exit code 0, or throws. What it found out it prints as JSON, in one line.
const { chromium } = await import(process.env.PLAYWRIGHT);

export const base = process.env.BASE;
export const given = JSON.parse(process.env.GIVEN ?? '{}');
const PATIENCE = 120_000;

/** Run `scenario(page)` in a window of its own. Faults of the page itself fail it. */
export async function drive(scenario, options = {}) {
  const browser = await chromium.connectOverCDP(process.env.BROWSER);
  const context = await browser.newContext({
    locale: 'en-US',
    viewport: { width: 1440, height: 900 },
    colorScheme: 'dark',
    reducedMotion: 'reduce',
    ...options,
  });
  context.setDefaultTimeout(PATIENCE);
  const [name, value] = (process.env.COOKIE ?? '').split('=');
  if (value) await context.addCookies([{ name, value, url: base, httpOnly: true, sameSite: 'Strict' }]);
  const faults = [];
  context.on('page', (page) => {
    page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`));
    page.on('console', (said) => {
      if (said.type() === 'error' && /Content Security|Minified React|Warning:/.test(said.text())) faults.push(said.text());
    });
    page.on('response', (answer) => {
      if (answer.status() >= 500 && answer.status() !== 503) faults.push(`${answer.status()} ${answer.url()}`);
    });
  });
  const page = await context.newPage();
  try {
    const found = await scenario(page, context);
    if (faults.length) throw new Error(`the page had faults:\n${faults.join('\n')}`);
    console.log(JSON.stringify(found ?? {}));
  } catch (error) {
    await page.screenshot({ path: `${process.env.ARTEFACTS}/failed-${process.env.NAME}.png` }).catch(() => {});
    const seen = await page.locator('body').ariaSnapshot({ timeout: 5000 }).catch(() => '');
    console.error(`at ${page.url()}\n${seen.slice(0, 6000)}`);
    throw error;
  } finally {
    await context.close();
    await browser.close();
  }
}

/** What `look()` gives as soon as it gives something. */
export async function until(look, what, patience = PATIENCE) {
  const end = Date.now() + patience;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`it did not come: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

export function ensure(true_, what) {
  if (!true_) throw new Error(what);
}

const below = new URL(base).pathname.replace(/\/$/, ''); // where the server stands, behind a proxy

/** Ask the API as the page's own visitor. */
export function ask(page, path, body, method) {
  return page.evaluate(
    async ([path, body, method]) => {
      const answer = await fetch(path, {
        method: method ?? (body ? 'POST' : 'GET'),
        headers: body ? { 'content-type': 'application/json' } : {},
        body: body ? JSON.stringify(body) : undefined,
      });
      return answer.json();
    },
    [below + path, body, method],
  );
}

export const finished = (page, id) =>
  until(async () => {
    const video = await ask(page, `/v1/videos/${id}`);
    return ['succeeded', 'failed', 'cancelled'].includes(video.state) && video;
  }, `the end of ${id}`);

/** The newest video of this visitor, once there is one that is not in `before`. */
export const newest = (page, before = []) =>
  until(async () => {
    const found = (await ask(page, '/v1/videos?limit=20')).data;
    return found.find((video) => !before.includes(video.id));
  }, 'a new video');

export const known = async (page) => (await ask(page, '/v1/videos?limit=100')).data.map((video) => video.id);
