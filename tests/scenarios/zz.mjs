// Every page in one theme and language: photographed, and looked at by axe, which must find no serious fault.
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
      let t0=Date.now(); const lap=(w)=>{console.error(name,w,Date.now()-t0); t0=Date.now();}; await page.goto(base + path); lap("goto");
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      lap("h1"); await page.evaluate(() => document.fonts.ready);lap("fonts");
      await page.waitForTimeout(600); // answers and pictures; the line of events stays open, so nothing ever says "idle"
      const at = `${name} ${theme} ${language} ${width}`;
      const wide = await page.evaluate(tooWide);
      if (wide) faults.push(`${at}: wider than the window: ${wide}`);
      await page.screenshot({ path: `${process.env.ARTEFACTS}/${at.replaceAll(' ', '-')}.png`, animations: 'disabled' });
      lap("shot"); await page.evaluate(axe); lap("axe src");
      const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
      lap("axe run"); for (const fault of violations.filter((one) => ['serious', 'critical'].includes(one.impact))) {
        faults.push(`${at}: ${fault.id}: ${fault.help}: ${fault.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(' | ')}`);
      }
    }
    ensure(!faults.length, faults.join('\n'));
  },
  { viewport: { width: given.width, height: given.width < 600 ? 844 : 900 }, colorScheme: theme },
);
