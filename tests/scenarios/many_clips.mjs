// A library of many clips, scrolled to its end: what of it stands in the page, what that costs, and that nothing jumps.
import { base, drive, ensure, given, until } from './drive.mjs';

await drive(async (page, context) => {
  await page.addInitScript(() => {
    window.seen = { shift: 0, long: [] };
    const watch = (type, see) => new PerformanceObserver((list) => list.getEntries().forEach(see)).observe({ type });
    watch('layout-shift', (entry) => (window.seen.shift += entry.hadRecentInput ? 0 : entry.value));
    watch('longtask', (entry) => window.seen.long.push(Math.round(entry.duration)));
  });
  const wire = await context.newCDPSession(page);
  await wire.send('Performance.enable');
  const measure = async () => {
    await wire.send('HeapProfiler.collectGarbage');
    const { metrics } = await wire.send('Performance.getMetrics');
    const of = (name) => metrics.find((metric) => metric.name === name).value;
    return {
      cards: await page.locator('[data-clip]').count(),
      listeners: of('JSEventListeners'),
      nodes: of('Nodes'),
      megabytes: Math.round(of('JSHeapUsedSize') / 1e5) / 10,
    };
  };

  await page.goto(`${base}/library`);
  await page.locator('[data-clip]').first().waitFor();
  await page.getByText(`${given.count} clips`).first().waitFor();
  await page.waitForTimeout(1500);
  const first = await measure();
  await page.evaluate(() => (window.seen.long.length = 0));
  const last = page.getByRole('button', { name: `Open: ${given.oldest}` });
  await until(async () => {
    await page.evaluate(() => window.scrollBy(0, 700));
    await page.waitForTimeout(60);
    return (await last.count()) > 0;
  }, 'the oldest clip', 300_000);
  await last.waitFor();
  await page.waitForTimeout(500);
  const end = await measure();
  const { shift, long } = await page.evaluate(() => window.seen);
  const found = { first, end, shift: Math.round(shift * 1000) / 1000, long };
  if (given.report) return found;
  const told = JSON.stringify(found);
  ensure(end.cards <= 60, `cards in the page: ${told}`);
  ensure(end.listeners < 3000, `listeners: ${told}`);
  ensure(end.megabytes < first.megabytes + 10, `memory: ${told}`);
  ensure(shift < 0.05, `layout shift: ${told}`);

  await page.keyboard.press('k'); // back from the last one, into what is not in the page yet
  await page.getByRole('complementary', { name: 'Clip' }).waitFor();
  for (let step = 0; step < 12; step += 1) await page.keyboard.press('k');
  await until(async () => {
    const open = new URL(page.url()).pathname.split('/').pop();
    const card = page.locator(`[data-clip="${open}"]`);
    if (!(await card.count())) return false;
    const box = await card.boundingBox();
    return box && box.y >= 0 && box.y + box.height <= 900;
  }, 'the open clip is in view');
  return found;
});
