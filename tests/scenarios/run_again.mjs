// What was cancelled is run again at the price that its button shows, and at no more.
import { ask, base, drive, ensure, known, newest } from './drive.mjs';

await drive(async (page) => {
  await page.goto(base);
  const order = { prompt: 'a ball that waits', model: 'murmur', seconds: 2 }; // no worker makes it
  const video = await ask(page, '/v1/videos', order);
  await ask(page, `/v1/videos/${video.id}/cancel`, {});
  await page.reload();
  await page.getByRole('heading', { name: 'a ball that waits' }).waitFor();
  const { credits } = await ask(page, '/v1/quote', { again: video.id, relation: 'rerun' });
  const before = await known(page);
  const [asked] = await Promise.all([
    page.waitForRequest((request) => request.url().endsWith(`/v1/videos/${video.id}/rerun`)),
    page.getByRole('button', { name: `Run again · ${credits} credits` }).click(),
  ]);
  ensure(asked.postDataJSON().max_credits === credits, asked.postData());
  const again = await newest(page, before);
  ensure(again.credits === credits && again.state === 'queued', JSON.stringify(again));
  await ask(page, `/v1/videos/${again.id}/cancel`, {});
});
