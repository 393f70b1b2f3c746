// From a picture that is dropped into the form.
import { base, drive, ensure, finished, given, known, newest } from './drive.mjs';

await drive(async (page) => {
  await page.goto(base);
  const form = page.getByRole('form', { name: 'Make' });
  await form.getByRole('tab', { name: 'Image', exact: true }).click();
  await form.getByRole('textbox', { name: 'Describe the scene' }).fill('A blue cube spins');
  await form.locator('input[type=file]').first().setInputFiles(given.picture);
  await form.getByRole('button', { name: 'Remove' }).first().waitFor();
  const before = await known(page);
  await form.getByRole('button', { name: /^Generate \d+ credit/ }).click();
  const done = await finished(page, (await newest(page, before)).id);
  ensure(done.state === 'succeeded', `it ${done.state}: ${JSON.stringify(done.error)}`);
  ensure(done.mode === 'image' && done.given.includes('first'), `it was made from ${done.mode}`);
});
