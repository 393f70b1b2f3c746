// The board of a long film: how much of it is drawn, and what opening, a key, a change and scrolling cost the page.
import { base, drive, ensure, given, until } from './drive.mjs';

await drive(async (page, context) => {
  const cdp = await context.newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' }); // of the page's thread, whatever else runs
  const spent = async () => {
    const { metrics } = await cdp.send('Performance.getMetrics');
    const of = (name) => metrics.find((one) => one.name === name).value;
    const layout = of('LayoutDuration') + of('RecalcStyleDuration');
    return { busy: of('TaskDuration'), script: of('ScriptDuration'), layout };
  };
  const cards = () => page.locator('[data-card]').count();
  /** Milliseconds of the page's thread that `act` took, and what is drawn after it. */
  const cost = async (act) => {
    const before = await spent();
    await act();
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const after = await spent();
    const ms = (name) => Math.round(1000 * (after[name] - before[name]));
    const nodes = await page.locator('[data-cell] *').count();
    return { nodes, cards: await cards(), busy: ms('busy'), script: ms('script'), layout: ms('layout') };
  };
  /** Drawn once it rests: the same twice in a row. */
  const rest = () =>
    until(async () => {
      const before = await cards();
      await page.waitForTimeout(400);
      return before > 0 && (await cards()) === before;
    }, 'the board to rest');
  const card = (id) => page.locator(`[data-card=${id}]`);
  const inSight = (id) =>
    until(async () => {
      const box = await card(id).boundingBox();
      return box && box.y >= 0 && box.y + box.height <= 900;
    }, `${id} in sight`);

  await page.goto(`${base}/films`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  const found = {};
  found.open = await cost(async () => {
    await page.locator(`a[href$="/films/${given.film}"]`).first().click();
    await card('k1').waitFor();
    await rest();
  });

  // Keys come faster than the page draws, and none is lost.
  await page.keyboard.press('ArrowRight');
  await page.getByRole('complementary').waitFor(); // its sheet
  found.keys = await cost(async () => {
    await Promise.all(Array.from({ length: 12 }, () => page.keyboard.press('ArrowRight')));
    await page.locator('[data-card=k13][data-on] [data-open]:focus').waitFor();
  });
  await inSight('k13');
  found.change = await cost(async () => {
    await page.keyboard.press('Alt+ArrowRight');
    await page.getByRole('button', { name: /^Shot 2-4: Number 13:/ }).waitFor();
    await page.getByRole('status').getByText('Saved', { exact: true }).waitFor();
    await rest(); // prices and the timeline too
  });

  // To the end and back: what has passed is not kept, and nothing jumps.
  const board = () => page.locator('[data-scroll]', { has: page.locator('[data-cell]') });
  const most = [];
  const heights = new Set();
  found.scroll = await cost(async () => {
    for (let end = false; !end; ) {
      end = await board().evaluate(async (one) => {
        one.scrollTop += 700;
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        return one.scrollTop + one.clientHeight >= one.scrollHeight - 1;
      });
      most.push(await cards());
      heights.add(await board().evaluate((one) => one.scrollHeight));
    }
    await card(given.last).waitFor();
    await rest();
  });
  await inSight(given.last);
  // The chosen one is still there, so that its keys go on from it.
  ensure(await card('k13').count(), 'the chosen card has gone');
  await page.keyboard.press('ArrowRight');
  await page.locator('[data-card=k15][data-on] [data-open]:focus').waitFor();
  await inSight('k15');
  // By keys alone into its sheet, and back to its card.
  await page.keyboard.press('Enter');
  await page.locator('aside:focus').waitFor();
  await page.keyboard.press('Tab');
  await page.locator('aside :focus').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('complementary').waitFor({ state: 'detached' });
  await page.locator('[data-card=k15]:not([data-on]) [data-open]:focus').waitFor();
  return { ...found, most: Math.max(...most), heights: [...heights] };
});
