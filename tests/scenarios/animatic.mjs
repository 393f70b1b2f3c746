// Before any take is there the cut plays as an animatic: cards with their captions, and overlays as the render draws them.
import { readFileSync } from 'node:fs';
import { base, drive, ensure, given, until } from './drive.mjs';

const { theme, language, width, film } = given;
const axe = readFileSync(process.env.AXE, 'utf8');
const words = {
  en: { play: 'Play the animatic', player: 'Player', tag: 'Animatic: no take yet' },
  zh: { play: '播放动态分镜', player: '播放器', tag: '动态分镜：尚无成片' },
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
    await page.goto(`${base}/films/${film}?tab=cut`);
    const player = page.getByRole('region', { name: words.player });
    await player.getByText(words.tag).waitFor();
    const card = (text) => player.locator('[data-kind=slate]').filter({ hasText: text });
    await card('A red ball rolls.').waitFor();
    const shot = async (name) => {
      const file = `animatic-${name}-${theme}-${language}-${width}`;
      await page.screenshot({ path: `${process.env.ARTEFACTS}/${file}.png`, animations: 'disabled' });
    };
    await shot('stands');
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
    ensure(!violations.length, JSON.stringify(violations.map(({ id, nodes }) => [id, nodes[0].target])));

    // What is seen at each moment, written down while it plays.
    await page.evaluate(() => {
      window.seen = new Set();
      const look = () => {
        const shown = [...document.querySelectorAll('[data-kind=slate]')].filter((box) => Number(box.style.opacity) > 0);
        const over = [...document.querySelectorAll('[data-overlay]')].filter((one) => one.checkVisibility());
        const caption = document.querySelector('[data-style]')?.textContent ?? '';
        window.seen.add([shown[0]?.dataset.piece, over.map((one) => one.dataset.overlay).join('+'), caption].join('|'));
        requestAnimationFrame(look);
      };
      look();
    });
    await player.getByRole('button', { name: words.play }).click();
    await until(() => page.evaluate(() => [...window.seen].some((one) => one.startsWith('k2|'))), 'the second card');
    await shot('plays');
    await player.getByRole('button', { name: words.play }).waitFor(); // it has come to its end
    const drawn = await page.locator('[data-overlay]').evaluateAll((all) => all.map((one) => one.naturalWidth));
    return { seen: await page.evaluate(() => [...window.seen]), drawn };
  },
  { viewport: { width, height: width < 600 ? 844 : 900 }, colorScheme: theme },
);
