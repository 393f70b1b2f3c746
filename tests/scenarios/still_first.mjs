// One press makes a still with the model for stills; it lies in the form as the picture, and the clip is ordered from it.
import { ask, base, drive, ensure, finished, known, newest } from './drive.mjs';

await drive(async (page) => {
  await page.goto(base);
  const form = page.getByRole('form', { name: 'Make' });
  const first = form.getByRole('button', { name: /^Make a still, then animate it/ });
  await form.getByRole('button', { name: /^Model: / }).click();
  await page.getByRole('dialog').locator('[data-picker-row]').filter({ hasText: 'Plate' }).dblclick();
  await form.getByRole('tab', { name: 'Still', selected: true }).waitFor();
  await first.click();
  const words = form.getByRole('textbox', { name: 'Describe the scene' });
  ensure(await words.evaluate((box) => box === document.activeElement), 'without words it asks for them');
  await words.fill('a red ball on snow');
  const before = await known(page);
  const [order] = await Promise.all([
    page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/v1/videos')),
    first.click(),
  ]);
  const sent = order.postDataJSON();
  ensure(sent.model === 'plate' && sent.seconds === 0 && sent.max_credits === 0.5, JSON.stringify(sent));
  const still = await finished(page, (await newest(page, before)).id);
  ensure(still.state === 'succeeded' && still.model === 'plate', JSON.stringify(still.error));
  await form.getByRole('tab', { name: 'Image', selected: true }).waitFor();
  await form.locator('#slot-image img').waitFor();
  ensure((await words.inputValue()) === 'a red ball on snow', 'the words stay');
  const [clip] = await Promise.all([
    page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/v1/videos')),
    form.getByRole('button', { name: /^Generate.*credit/ }).click(),
  ]);
  const asked = clip.postDataJSON();
  ensure(asked.input_reference.clip_id === still.clip_id && asked.seconds > 0 && asked.model !== 'plate', JSON.stringify(asked));
  const made = await finished(page, (await newest(page, [...before, still.id])).id);
  ensure(made.state === 'succeeded' && made.mode === 'image', JSON.stringify(made.error));
  ensure((await ask(page, `/v1/videos/${still.id}`)).charged === 0.5, 'it cost what was shown');
});
