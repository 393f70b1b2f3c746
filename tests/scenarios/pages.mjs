// Every page in one theme and language: photographed, and looked at by axe, which must find no fault at all.
import { readFileSync } from 'node:fs';
import { base, drive, ensure, given } from './drive.mjs';

const axe = readFileSync(process.env.AXE, 'utf8');
const { theme, language, pages, width } = given;

/** What sticks out of a page that can be scrolled sideways; empty when it cannot. */
function tooWide() {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return '';
  const out = [...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right > room + 1);
  const name = (one) => `${one.tagName.toLowerCase()}.${[...one.classList].join('.')}`;
  return `${document.documentElement.scrollWidth} of ${room}: ${out.slice(0, 6).map(name).join(' ')}`;
}

/** The page in the state that its name says, where it is not the one in which it opens. */
async function open(page, name, path) {
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  if (name === 'start') {
    const nothing = { object: 'list', data: [], has_more: false };
    await page.route(/\/v1\/(videos|library)\?/, (route) => route.fulfill({ json: nothing }));
  }
  await page.goto(base + path);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  const states = {
    help: async () => {
      await page.waitForTimeout(500); // until keys are listened to
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
    },
    you: async () => {
      await page.locator('nav button').last().click();
      await page.getByRole('dialog').waitFor();
    },
    picker: async () => {
      await page.locator('#model-bar').click();
      await page.getByRole('dialog').getByRole('row').nth(1).waitFor();
      for (let at = 0; at < 2; at++) await page.keyboard.press('ArrowDown');
      await page.waitForTimeout(600); // until it is priced and greyed
    },
    compare: async () => {
      await page.locator('[data-clip]').first().waitFor();
      for (const key of ['j', 'c', 'j', 'c']) {
        await page.keyboard.press(key);
        await page.waitForTimeout(300); // until the clip is the open one
      }
    },
    selected: async () => {
      await page.locator('[data-clip]').first().waitFor();
      await page.getByRole('checkbox').first().click({ force: true });
    },
  };
  await states[name]?.();
}

await drive(
  async (page) => {
    await page.addInitScript(
      ([theme, language]) => {
        localStorage.setItem('vitascope.theme', theme);
        localStorage.setItem('vitascope.language', language);
      },
      [theme, language],
    );
    const faults = [];
    for (const [name, path] of Object.entries(pages)) {
      await open(page, name, path);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      await page.evaluate(() => document.fonts.ready);
      await page.waitForTimeout(600); // answers and pictures; the line of events stays open, so nothing ever says "idle"
      const at = `${name} ${theme} ${language} ${width}`;
      const wide = await page.evaluate(tooWide);
      if (wide) faults.push(`${at}: wider than the window: ${wide}`);
      await page.screenshot({ path: `${process.env.ARTEFACTS}/${at.replaceAll(' ', '-')}.png`, animations: 'disabled' });
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
      for (const fault of violations) {
        faults.push(`${at}: ${fault.id}: ${fault.help}: ${fault.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(' | ')}`);
      }
    }
    ensure(!faults.length, faults.join('\n'));
  },
  { viewport: { width: given.width, height: given.width < 600 ? 844 : 900 }, colorScheme: theme },
);
