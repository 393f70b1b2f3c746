// On a phone the cut is watched with its captions, scrubbed and approved; nothing there buys.
import { readFileSync } from 'node:fs';
import { base, drive, ensure, given, until } from './drive.mjs';

const { theme, language, film } = given;
const axe = readFileSync(process.env.AXE, 'utf8');
const words = {
  en: { player: 'Player', play: 'Play', pause: 'Pause', place: 'Place in the film', approve: 'Approve the cut' },
  zh: { player: '播放器', play: '播放', pause: '暂停', place: '播放位置', approve: '通过剪辑' },
}[language];

await drive(
  async (page) => {
    await page.addInitScript(
      ([theme, language]) => {
        localStorage.setItem('vitascope.theme', theme);
        localStorage.setItem('vitascope.language', language);
      },
      [theme, language],
    );
    await page.goto(`${base}/films/${film}`);
    const player = page.getByRole('region', { name: words.player });
    const button = (name) => player.getByRole('button', { name, exact: true });
    const place = page.getByRole('slider', { name: words.place });
    await button(words.play).click();
    await until(async () => Number(await place.inputValue()) > 0.5, 'it to play');
    await button(words.pause).click();

    // Scrubbed to the last shot, by hand and by key.
    const { x, y, width, height } = await place.boundingBox();
    ensure(height >= 44, `the bar is ${height} px high`);
    await page.touchscreen.tap(x + width * 0.9, y + height / 2);
    await until(async () => Number(await place.inputValue()) > 4.5, 'the tapped place');
    await player.getByText(/^2-1 · /).waitFor();
    const before = Number(await place.inputValue());
    await place.press('ArrowLeft');
    ensure(Math.abs(Number(await place.inputValue()) - before + 0.1) < 0.01, 'a key moves it a tenth');
    await page.locator('[data-style]').getByText('Careful.').waitFor();
    await page.waitForTimeout(300); // the picture of that moment
    await page.screenshot({ path: `${process.env.ARTEFACTS}/phone-${theme}-${language}.png`, animations: 'disabled' });
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
    ensure(!violations.length, JSON.stringify(violations.map(({ id, nodes }) => [id, nodes[0].target])));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    ensure(wide <= 0, `it is ${wide} px too wide`);

    await page.getByRole('button', { name: words.approve }).click();
    await page.getByRole('button', { name: words.approve }).waitFor({ state: 'detached' });
  },
  { viewport: { width: 390, height: 844 }, colorScheme: theme, hasTouch: true },
);
