// Pictures of who is in the clip: dropped in, named, written into the prompt, and sent under their names.
import { ask, base, drive, ensure, given } from './drive.mjs';

await drive(async (page) => {
  await page.goto(base);
  const form = page.getByRole('form', { name: 'Make' });
  await form.getByRole('button', { name: /^Model: / }).click();
  const picker = page.getByRole('dialog', { name: 'Choose a model' });
  const row = picker.locator('[data-picker-row]').filter({ hasText: 'Murmur' });
  await row.click();
  await picker.getByRole('button', { name: 'Use this model' }).click();
  await picker.waitFor({ state: 'detached' });

  const cast = form.getByRole('group', { name: 'Picture or cast' });
  await cast.locator('input[type=file]').setInputFiles([given.picture, given.picture]);
  await cast.getByRole('textbox', { name: 'Name of reference 2' }).waitFor();
  const name = cast.getByRole('textbox', { name: 'Name of reference 1' });
  ensure((await name.inputValue()) === 'picture', 'it is named after its file');
  await name.fill('picture-2');
  ensure((await name.getAttribute('aria-invalid')) === 'true', 'two have one name');
  await name.fill('Mia');
  await form.getByRole('textbox', { name: 'Describe the scene' }).fill('walks with @Tom');
  await cast.getByText('No reference is called @Tom.').waitFor();
  await cast.getByRole('button', { name: 'Write @Mia into the prompt' }).click();
  await cast.getByRole('button', { name: 'Remove picture-2' }).click();
  await form.screenshot({ path: `${process.env.ARTEFACTS}/references.png` });

  let sent;
  await page.route('**/v1/videos', (route) => {
    if (route.request().method() === 'POST') sent = route.request().postDataJSON();
    return route.continue();
  });
  await form.getByRole('textbox', { name: 'Describe the scene' }).fill('@Mia walks');
  const answered = page.waitForResponse((answer) => answer.url().endsWith('/v1/videos') && answer.request().method() === 'POST');
  await form.getByRole('button', { name: /^Generate/ }).click();
  const video = await (await answered).json();
  ensure(sent.references.length === 1 && sent.references[0].name === 'Mia', JSON.stringify(sent.references).slice(0, 200));
  await ask(page, `/v1/videos/${video.id}/cancel`, {}); // no worker serves it, and other scenarios look at what waits
  await page.reload();
  await cast.getByRole('textbox', { name: 'Name of reference 1' }).waitFor();
});
