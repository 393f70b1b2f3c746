// A film from an idea: what leaves is said before the press that sends it.
import { readFileSync } from 'node:fs';
import { base, drive, ensure, given } from './drive.mjs';

const { theme, language, width, idea } = given;
const axe = readFileSync(process.env.AXE, 'utf8');
const words = {
  en: {
    idea: 'Idea', length: '30 s', leaves: `${[...idea].length} characters of your text go to 127.0.0.1 (model tiny).`,
    send: 'Send it and write a script',
  },
  zh: { idea: '想法', length: '30 秒', leaves: `${[...idea].length} 个字符发送到 127.0.0.1（模型 tiny）`, send: '发送并写剧本' },
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
    await page.goto(`${base}/films`);
    const add = page.getByRole('button', { name: /^(New film|新影片)$/ });
    const way = page.getByRole('radio', { name: words.idea });
    await add.or(way).first().waitFor();
    if (await add.isVisible()) await add.click();
    await way.click();
    await page.getByRole('textbox', { name: words.idea }).fill(idea);
    await page.getByRole('radio', { name: words.length }).click();
    await page.getByText(words.leaves).waitFor();
    const name = `idea-${theme}-${language}-${width}`;
    await page.screenshot({ path: `${process.env.ARTEFACTS}/${name}.png`, animations: 'disabled' });
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
    ensure(!violations.length, JSON.stringify(violations.map(({ id, nodes }) => [id, nodes[0].target])));
    await page.getByRole('button', { name: words.send }).click();
    await page.waitForURL(/\/films\/film_/);
    return { film: new URL(page.url()).pathname.split('/').at(-1) };
  },
  { viewport: { width, height: width < 600 ? 844 : 900 }, colorScheme: theme },
);
