// A model is tried on and left, found by what it takes, chosen, and the change undone: the form loses nothing.
import { ask, base, drive, ensure, known, newest, until } from './drive.mjs';

await drive(async (page) => {
  await page.goto(base);
  const form = page.getByRole('form', { name: 'Make' });
  const bar = form.getByRole('button', { name: /^Model: / });
  const picker = page.getByRole('dialog', { name: 'Choose a model' });
  const rows = picker.locator('[data-picker-row]');
  const orbit = form.getByRole('button', { name: 'Orbit', exact: true });
  await form.getByRole('textbox', { name: 'Describe the scene' }).fill('a red ball rolls');
  await orbit.click();
  ensure((await bar.innerText()).includes('a drawn disc'), 'the default is in use');

  await page.locator('h1').click(); // out of the field: keys are keys again
  await page.keyboard.press('m');
  await rows.nth(3).waitFor();
  ensure(await rows.nth(0).evaluate((row) => row === document.activeElement), 'the row in use has the keys');
  const murmur = rows.filter({ hasText: 'Murmur' });
  const row = /^Murmur, takes Text, Image, First \+ last, References, Sound; 5 credits, no bill; not run yet; Community, Not EU, GB, KR; 22 GB GPU/;
  await until(async () => row.test(await murmur.getAttribute('aria-label')), 'a row that is one sentence');
  const quote = await ask(page, '/v1/quote', { prompt: '.', model: 'murmur', seconds: 5, aspect: '16:9' });
  ensure(quote.credits === 5 && quote.size === '640x352', `the server says the same: ${JSON.stringify(quote)}`);

  // Tried on by the keys: greyed and told, nothing lost.
  while (!(await murmur.evaluate((row) => row === document.activeElement))) await page.keyboard.press('ArrowDown');
  await picker.getByText('Murmur has no camera moves. The form keeps this for a model that does.').waitFor();
  await form.getByText('Made as 640 × 352 for 16:9, 5 s').waitFor();
  ensure((await form.getByRole('tab', { name: 'Extend' }).getAttribute('aria-disabled')) === 'true', 'it extends nothing');
  const greyed = form.locator('[aria-disabled=true][aria-label=Camera]');
  await greyed.focus();
  ensure(await greyed.evaluate((part) => part === document.activeElement), 'what is greyed can be reached');
  await form.getByRole('button', { name: /^Generate/ }).click();
  await form.getByText('Use this model first, or keep the one before.').waitFor();
  await page.keyboard.press('Escape');
  await picker.waitFor({ state: 'detached' });
  ensure((await bar.innerText()).includes('a drawn disc'), 'Esc keeps the old one');
  ensure(await bar.evaluate((button) => button === document.activeElement), 'the keys are where they were');
  ensure((await orbit.getAttribute('aria-pressed')) === 'true', 'the move is there');

  // Tried on by the pointer, and let go.
  await bar.click();
  await rows.filter({ hasText: 'Plate' }).hover();
  await picker.getByText(/^Plate has no Text or camera moves/).waitFor();
  await page.mouse.move(300, 500);
  await picker.getByText('Move onto a row to try it on').waitFor();

  // Found by what it takes, and by words.
  await page.keyboard.press('6');
  await until(async () => (await rows.count()) === 1, 'one model has sound');
  ensure((await picker.getByRole('button', { name: 'Sound' }).getAttribute('aria-pressed')) === 'true', 'the filter is on');
  await picker.getByText('3 hidden').waitFor();
  await picker.getByRole('button', { name: 'Show all' }).click();
  await page.keyboard.press('/');
  await picker.getByRole('textbox', { name: 'Name, maker or word' }).fill('resolutions');
  await until(async () => (await rows.count()) === 1, 'one model has two resolutions');
  await picker.getByText('Ladder makes all that the form holds, with other values: Length 6 s.').waitFor();
  await picker.getByRole('button', { name: 'Use this model' }).click();
  const changed = form.getByRole('status', { name: 'Ladder: what changed' });
  await changed.getByText('Length').waitFor();
  ensure((await changed.locator('dd').innerText()).replace(/\s+/g, ' ') === '5 s 6 s', await changed.innerText());
  await form.getByRole('button', { name: 'Length: 6 s' }).waitFor();
  await changed.getByRole('button', { name: 'Back to a drawn disc' }).click();
  await form.getByRole('button', { name: 'Length: 5 s' }).waitFor();

  // Chosen: what it lacks is not sent, what it costs is what the button says.
  await bar.click();
  await murmur.click();
  await picker.getByRole('radio', { name: /^fast/ }).click();
  await picker.getByRole('button', { name: 'Use this model' }).click();
  await form.getByRole('status', { name: 'Murmur: what changed' }).getByText('Orbit left').waitFor();
  ensure((await form.getByRole('radio', { name: 'fast' }).getAttribute('aria-checked')) === 'true', 'the preset is in the bar');
  await form.getByRole('switch', { name: 'Sound' }).check({ force: true });
  const button = form.getByRole('button', { name: /^Generate.*5 credits/ });
  await button.waitFor();
  const before = await known(page);
  const [order] = await Promise.all([
    page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/v1/videos')),
    button.click(),
  ]);
  const sent = order.postDataJSON();
  ensure(!('camera' in sent) && sent.model === 'murmur' && sent.max_credits === 5, JSON.stringify(sent));
  ensure(sent.preset === 'fast' && sent.sound === true, JSON.stringify(sent));
  const waiting = await newest(page, before);
  await ask(page, `/v1/videos/${waiting.id}/cancel`, {}); // no worker makes it
  await form.getByRole('button', { name: 'Back to a drawn disc' }).click();
  ensure((await orbit.getAttribute('aria-pressed')) === 'true', 'the move is there again');
});
