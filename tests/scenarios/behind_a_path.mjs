// The whole studio below a path of a proxy: nothing that it asks for may lie outside of it.
import { ask, base, drive, ensure, finished, given, known, newest, until } from './drive.mjs';

await drive(async (page, context) => {
  const { origin, pathname } = new URL(base);
  const strays = [];
  const lost = [];
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin === origin && !`${url.pathname}/`.startsWith(`${pathname}/`)) strays.push(url.pathname);
  });
  context.on('response', (answer) => {
    const gone = answer.url().includes('/files/previews/'); // of a job that has ended meanwhile
    if (answer.status() === 404 && !gone) lost.push(answer.url());
  });
  await page.goto(`${base}/signup`);
  await page.getByRole('textbox', { name: 'Name' }).fill('Mia');
  await page.getByRole('textbox', { name: 'Email' }).fill(given.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(given.password);
  await page.getByRole('button', { name: 'Sign up', exact: true }).click();

  const stream = page.waitForResponse((answer) => answer.url().includes('/v1/events'));
  const form = page.getByRole('form', { name: 'Make' });
  await form.getByRole('textbox', { name: 'Describe the scene' }).fill('A red ball rolls right on snow');
  ensure((await stream).status() === 200, 'the stream of events is open');
  const before = await known(page);
  await form.getByRole('button', { name: /^Generate \d+ credit/ }).click();
  const video = await newest(page, before);
  const done = await finished(page, video.id);
  ensure(done.state === 'succeeded', `it ${done.state}: ${JSON.stringify(done.error)}`);
  ensure(done.url.startsWith(`${base}/files/`), `its link is ${done.url}`);
  await page.getByRole('region', { name: 'Finished' }).getByRole('button', { name: /^Open: A red ball/ }).first().waitFor();

  await page.getByRole('link', { name: 'Library', exact: true }).click();
  await page.getByRole('searchbox').waitFor();
  await page.getByRole('button', { name: /^Open: A red ball/ }).first().click();
  await page.waitForURL(`${base}/library/**`);
  await page.reload(); // an address of the page, deeper than its root
  const player = page.getByRole('complementary', { name: 'Clip' }).locator('video');
  await until(() => player.evaluate((video) => video.readyState > 0 && video.duration > 0), 'a clip to play');
  const pictures = page.locator('img[src*="/files/"]');
  await until(() => pictures.evaluateAll((all) => all.length > 0 && all.every((one) => one.naturalWidth > 0)), 'pictures');

  for (const place of ['projects', 'models', 'usage', 'account', 'keys']) {
    await page.goto(`${base}/${place}`);
    await page.getByRole('heading', { level: 1 }).first().waitFor();
  }
  await page.goto(`${base}/account`);
  const waiting = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Export', exact: true }).click();
  await (await waiting).path();

  const scope = await page.evaluate(async () => (await navigator.serviceWorker.ready).scope);
  ensure(scope === `${base}/`, `the worker's scope is ${scope}`);
  await page.goto(`${base}/docs`);
  await page.getByText('/v1/videos', { exact: true }).first().waitFor();
  ensure(strays.length === 0, `asked for outside of the path: ${strays}`);
  ensure(lost.length === 0, `not found: ${lost}`);

  await page.goto(`${given.direct}/library`); // beside the proxy: the page goes to where it is at home
  await page.waitForURL(`${given.direct}${pathname}/**`);
  await page.getByRole('searchbox').waitFor(); // signed in still: a cookie knows no port
  return { video: done.id };
});
