// The page is loaded anew in the middle: the job goes on, and the page finds it where it is.
import { ask, base, drive, ensure, finished, until } from './drive.mjs';

await drive(async (page) => {
  await page.goto(base);
  const video = await ask(page, '/v1/videos', { prompt: 'A purple ball drops on grass', seconds: 12, steps: 40 });
  await until(async () => (await ask(page, `/v1/videos/${video.id}`)).step >= 2, 'two steps');
  await page.reload();
  const stage = page.getByRole('region', { name: 'Now showing' });
  await stage.getByText(/A purple ball drops/).first().waitFor();
  await stage.getByText(/Step \d+ of \d+/i).first().waitFor();
  const now = await ask(page, `/v1/videos/${video.id}`);
  ensure(now.state === 'running' && now.step >= 2, `it is ${now.state} at ${now.step}`);
  await ask(page, `/v1/videos/${video.id}/cancel`, {});
  await finished(page, video.id);
});
