// A large take is played as its smaller copy.
import { base, drive, given } from './drive.mjs';

await drive(async (page) => {
  await page.goto(`${base}/films/${given.film}?tab=cut`);
  const video = page.locator('[data-kind=video] > video[data-file$=".proxy.mp4"]').first();
  await video.waitFor();
  await page.waitForFunction((one) => one.readyState >= 2, await video.elementHandle());
  return { height: await video.evaluate((one) => one.videoHeight) };
});
