// From words to a clip that plays: read while typing, priced, finished, kept, and measured from its pixels.
import { base, drive, ensure, finished, known, newest, until } from './drive.mjs';

await drive(async (page) => {
  await page.goto(base);
  const form = page.getByRole('form', { name: 'Make' });
  await form.getByRole('textbox', { name: 'Describe the scene' }).fill('A red ball rolls right on snow near a dragon');
  await form.getByRole('group', { name: 'Understood' }).getByText('snow').waitFor();
  await form.getByRole('group', { name: 'Not known' }).getByText('dragon').waitFor();
  const before = await known(page);
  await form.getByRole('button', { name: /^Generate \d+ credit/ }).click();
  const video = await newest(page, before);
  const done = await finished(page, video.id);
  ensure(done.state === 'succeeded', `it ${done.state}: ${JSON.stringify(done.error)}`);
  await page.getByRole('region', { name: 'Finished' }).getByRole('button', { name: /^Open: A red ball/ }).first().waitFor();
  await page.getByRole('link', { name: 'Library', exact: true }).click();
  await page.getByRole('searchbox').waitFor();
  await page.getByRole('button', { name: /^Open: A red ball/ }).first().click();
  const inspector = page.getByRole('complementary', { name: 'Clip' });
  const player = inspector.locator('video');
  const length = await until(() => player.evaluate((video) => video.readyState > 0 && video.duration), 'a clip to play');
  ensure(length > 4.5 && length < 6, `it is ${length} s long`);
  await inspector.getByRole('region', { name: 'Score card' }).getByText(/\d of 4 things asked for were seen/).waitFor();
  return { video: done.id };
});
