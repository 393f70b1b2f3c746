// Nothing was made yet: clips of the model play, one press makes the same, and words are put into the prompt by clicks.
import { ask, base, drive, ensure, finished, known, newest, until } from './drive.mjs';

await drive(async (page) => {
  const failed = [];
  page.on('requestfailed', (request) => failed.push(`${request.url()}: ${request.failure()?.errorText}`));
  await page.goto(base);
  const form = page.getByRole('form', { name: 'Make' });
  await form.getByRole('button', { name: 'What this model can draw' }).waitFor();
  const again = form.getByRole('button', { name: 'Examples', exact: true });
  if (await again.count()) await again.click(); // something was made: then they are asked for
  const stage = page.getByRole('region', { name: 'Now showing' });
  await stage.getByRole('heading', { name: 'A red ball hits a blue cube on grass at noon' }).waitFor();
  const large = stage.locator('video').first();
  ensure(await large.evaluate((video) => video.paused), 'nothing moves for who wants no motion');
  await stage.getByRole('button', { name: 'Play all' }).click();
  await until(() => large.evaluate((video) => video.currentTime > 0.3), 'it plays');
  const length = await large.evaluate((video) => video.duration);
  ensure(length > 4.9 && length < 5.2, `it is ${length} s long`);
  await stage.getByRole('button', { name: 'Pause all' }).click();
  await until(() => stage.locator('video').evaluateAll((all) => all.every((video) => video.paused)), 'all stand still');

  const prompt = 'A large red ball bounces on snow at sunset';
  await stage.getByRole('button', { name: `Show large: ${prompt}` }).click();
  await stage.getByRole('heading', { name: prompt }).waitFor();
  const before = await known(page);
  await stage.getByRole('button', { name: /^Make the same · \d+ credit/ }).click();
  const video = await newest(page, before);
  ensure(video.prompt === prompt && video.seed === 11 && video.size === '352x192', JSON.stringify(video));
  ensure((await finished(page, video.id)).state === 'succeeded', 'it is made');
  await page.getByRole('region', { name: 'Finished' }).waitFor();
  const words = form.getByRole('textbox', { name: 'Describe the scene' });
  ensure((await words.inputValue()) === prompt, 'the form has its words');
  await form.getByText('Seed 11').first().waitFor();

  await words.fill('');
  const title = form.getByRole('button', { name: 'What this model can draw' });
  ensure((await title.getAttribute('aria-expanded')) === 'false', 'after the first clip it is one line');
  await title.click();
  const press = (name) => form.getByRole('button', { name, exact: true }).click();
  for (const word of ['blue', 'cube', 'spins', 'snow', 'night', 'ball']) await press(word);
  ensure((await words.inputValue()) === 'A blue cube spins beside a ball on snow at night', await words.inputValue());
  await form.getByRole('group', { name: 'Understood' }).getByText('blue cube').waitFor();
  ensure(!(await form.getByRole('group', { name: 'Not known' }).count()), 'all of it is known');
  await press('cone');
  await press('cone');
  await page.getByText('Three things are the most.').waitFor();
  const left = await ask(page, '/v1/reading', { prompt: await words.inputValue() });
  ensure(left.things.length === 3, JSON.stringify(left.things));
  const own = failed.filter((one) => one.includes('/assets/') && !one.includes('ERR_ABORTED'));
  ensure(!own.length, own.join('\n'));
});
