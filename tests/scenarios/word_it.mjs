// Hints for the prompt; it is said what would leave; the other words are shown, and taken only when one takes them.
import { readFileSync } from 'node:fs';
import { base, drive, ensure, given } from './drive.mjs';

const { theme, language, width, new: other } = given;
const axe = readFileSync(process.env.AXE, 'utf8');
const words = {
  en: {
    open: 'Word it for this model', box: 'Describe the scene', hint: /^Short: say who/, rewrite: 'Have it rewritten',
    leaves: '5 characters of your text go to 127.0.0.1 (model tiny).', not: 'Don’t send', send: 'Send them',
    proposal: 'In other words', keep: 'Keep mine', use: 'Use these words', undo: 'Undo',
  },
  zh: {
    open: '按此模型改写', box: '描述画面', hint: /^太短/, rewrite: '请语言模型改写',
    leaves: '将把你的 5 个字符发送到 127.0.0.1（模型 tiny）。', not: '不发送', send: '发送', proposal: '换一种写法',
    keep: '保留原文', use: '用这些词', undo: '撤销',
  },
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
    await page.goto(base);
    const box = page.locator('#composer textarea').first();
    await box.fill('a cat');
    const button = (name) => page.getByRole('button', { name, exact: true });
    await button(words.open).click();
    await page.getByRole('listitem').filter({ hasText: words.hint }).waitFor();

    await button(words.rewrite).click();
    await page.getByText(words.leaves).waitFor();
    await button(words.not).click();
    await button(words.rewrite).click();
    await page.getByText(words.leaves).waitFor();
    await button(words.send).click();
    const proposal = page.getByRole('group', { name: words.proposal });
    await proposal.getByText(other).waitFor();
    ensure((await box.inputValue()) === 'a cat', 'nothing takes the words by itself');
    await proposal.scrollIntoViewIfNeeded();
    const name = `word-it-${theme}-${language}-${width}`;
    await page.screenshot({ path: `${process.env.ARTEFACTS}/${name}.png`, animations: 'disabled' });
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
    ensure(!violations.length, JSON.stringify(violations.map(({ id, nodes }) => [id, nodes[0].target])));

    await button(words.use).click();
    ensure((await box.inputValue()) === other, 'the words are taken');
    await button(words.undo).click();
    ensure((await box.inputValue()) === 'a cat', 'and given back');
  },
  { viewport: { width, height: width < 600 ? 844 : 900 }, colorScheme: theme },
);
