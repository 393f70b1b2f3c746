// Stopped while it waits or runs: the credits are back, and the card says so.
import { ask, base, drive, ensure, finished } from './drive.mjs';

await drive(async (page) => {
  await page.goto(base);
  const video = await ask(page, '/v1/videos', { prompt: 'A yellow cylinder jumps on sand', seconds: 12, steps: 40 });
  const stage = page.getByRole('region', { name: 'Now showing' });
  await stage.getByText(/A yellow cylinder jumps/).first().waitFor();
  await stage.getByRole('button', { name: /^Cancel/ }).first().click();
  const done = await finished(page, video.id);
  ensure(done.state === 'cancelled' && done.charged === 0, `it ${done.state}, and ${done.charged} was charged`);
  await stage.getByText(/credits? (is|are) back in your balance|Nothing was charged/).first().waitFor();
});
