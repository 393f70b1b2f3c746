// An mp4 that was made here fills the whole form again.
import { base, drive, ensure, given, until } from './drive.mjs';

await drive(async (page) => {
  await page.goto(base);
  const form = page.getByRole('form', { name: 'Make' });
  await form.locator('input[type=file]').first().setInputFiles(given.clip);
  const prompt = form.getByRole('textbox', { name: 'Describe the scene' });
  await until(async () => (await prompt.inputValue()) === given.prompt, 'the prompt of the file');
  await form.getByRole('button', { name: /^Length: 1 s/ }).waitFor();
  await form.getByRole('button', { name: /^Aspect: 1:1/ }).waitFor();
  await form.getByRole('radio', { name: 'Advanced' }).check({ force: true });
  await form.getByText(`Seed ${given.seed}`).first().waitFor();
  ensure(await page.getByText(/settings of .* are back/).first().isVisible().catch(() => true), 'it says so');
});
