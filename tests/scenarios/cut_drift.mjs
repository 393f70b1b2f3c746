// The preview plays all of the film in step: how far its pictures are from the clock, frame by frame.
import { base, drive, ensure, given, until } from './drive.mjs';

await drive(async (page) => {
  await page.goto(`${base}/films/${given.film}?tab=cut`);
  const player = page.getByRole('region', { name: 'Player' });
  await until(
    () => player.locator('video').evaluateAll((all) => all.some((video) => video.readyState >= 3)),
    'a take that can play',
  );
  await page.evaluate(() => {
    window.seen = [];
    const screens = [...document.querySelectorAll('[data-kind] > video')].map((video) => video.parentElement);
    const look = () => {
      for (const box of screens) {
        const video = box.querySelector('video');
        if (Number(box.style.opacity) > 0 && box.dataset.drift !== undefined && !video.paused) {
          window.seen.push({ piece: box.dataset.piece, drift: Number(box.dataset.drift), seeking: video.seeking });
        }
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await player.getByRole('button', { name: 'Play', exact: true }).click();
  await player.getByRole('button', { name: 'Pause', exact: true }).waitFor();
  await player.getByRole('button', { name: 'Play', exact: true }).waitFor(); // it has come to its end
  const seen = await page.evaluate(() => window.seen);
  const away = seen.map(({ drift }) => Math.abs(drift)).sort((a, b) => a - b);
  const at = (share) => away[Math.min(away.length - 1, Math.floor(away.length * share))];
  ensure(away.length > 20, `only ${away.length} frames were looked at`);
  const pieces = [...new Set(seen.map(({ piece }) => piece))];
  return {
    frames: away.length, median: at(0.5), p90: at(0.9), p95: at(0.95), worst: at(1), pieces,
    over: seen.filter(({ drift }) => Math.abs(drift) > 40).length,
  };
});
