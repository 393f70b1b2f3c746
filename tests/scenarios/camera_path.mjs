// A path of the camera's own, one key of it moved by the keyboard; and camera moves by their words.
import { ask, base, drive, ensure, known, newest } from './drive.mjs';

await drive(async (page) => {
  await page.goto(base);
  const form = page.getByRole('form', { name: 'Make' });
  await form.getByRole('textbox', { name: 'Describe the scene' }).fill('A green cone on stone');
  await form.getByRole('group', { name: 'Camera' }).getByRole('button', { name: 'Push in' }).click();
  const before = await known(page);
  await form.getByRole('button', { name: /^Generate \d+ credit/ }).click();
  const worded = await newest(page, before);
  ensure(/push in/.test(worded.camera?.words), `the camera was told ${JSON.stringify(worded.camera)}`);
  await ask(page, `/v1/videos/${worded.id}/cancel`, {});

  await form.getByRole('radio', { name: 'Advanced' }).check({ force: true });
  await form.getByRole('group', { name: 'Camera', exact: true }).getByRole('button', { name: 'Path' }).click();
  const key = form.getByRole('button', { name: /^Key (\d+) of \1,/ });
  await key.focus();
  for (let step = 0; step < 3; step += 1) await page.keyboard.press('ArrowRight');
  const known_ = await known(page);
  await form.getByRole('button', { name: /^Generate \d+ credit/ }).click();
  const video = await newest(page, known_);
  const points = video.camera?.points ?? [];
  ensure(points.length >= 2 && points.every((row) => row.length === 8), `the camera was told ${JSON.stringify(video.camera)}`);
  const [first, last] = [points[0], points.at(-1)];
  ensure(first.some((value, index) => Math.abs(value - last[index]) > 0.01), 'the camera does not move');
  await ask(page, `/v1/videos/${video.id}/cancel`, {});
});
