// Cutting by hand: trim by an edge, split by a key, a dissolve, a value in the list, undo; then approve. What the server
// has afterwards is what was seen.
import { readFileSync } from 'node:fs';
import { ask, base, drive, ensure, given, until } from './drive.mjs';

const { theme, film } = given;

await drive(
  async (page) => {
    await page.addInitScript((chosen) => {
      localStorage.setItem('vitascope.theme', chosen);
      localStorage.setItem('vitascope.language', 'en');
      localStorage.removeItem('vitascope.cut');
    }, theme);
    await page.goto(`${base}/films/${film}?tab=cut`);
    const items = async () => (await ask(page, `/v1/films/${film}`)).document.cut?.items ?? [];
    const settled = (what, look) => until(async () => look(await items()), what, 20_000);
    const before = await items();
    const picture = page.getByRole('region', { name: 'Picture' });
    const piece = (label) => picture.getByRole('button', { name: new RegExp(`^${label} `) });

    await piece('1-2').click();
    const edge = picture.getByRole('slider', { name: 'End of 1-2' });
    const box = await edge.boundingBox();
    await page.mouse.move(box.x + 5, box.y + 20);
    await page.mouse.down();
    for (let step = 1; step <= 8; step += 1) await page.mouse.move(box.x + 5 - step * 5, box.y + 20);
    await page.mouse.up();
    const trimmed = await settled('a trimmed piece', (all) => {
      const item = all.find((one) => one.id === 'k2');
      return item?.seconds !== '3/2' && item;
    });
    ensure(/^\d+\/(2|3|4|6|8|12|24)$|^\d+$/.test(trimmed.seconds), `${trimmed.seconds} lies on no frame`);
    await edge.press('ArrowRight');
    const longer = await settled('a frame more', (all) => all.find((one) => one.id === 'k2')?.seconds !== trimmed.seconds);
    ensure(longer, 'the handle is moved by arrow keys');

    await piece('1-3').click();
    for (let step = 0; step < 12; step += 1) await page.keyboard.press('ArrowRight');
    await page.keyboard.press('b');
    await settled('a split piece', (all) => all.some((one) => one.id === 'k3_2'));
    await page.keyboard.press('Control+z');
    await settled('one piece again', (all) => !all.some((one) => one.id === 'k3_2'));

    await piece('1-2').click();
    await page.getByRole('combobox', { name: 'Before it' }).selectOption('dissolve');
    await settled('a dissolve', (all) => all.find((one) => one.id === 'k2')?.dissolve === '1/2');

    await page.getByRole('button', { name: 'As a list' }).click();
    const field = page.getByRole('textbox', { name: '1-1: Shown for' });
    await field.fill('1.5');
    await field.press('Enter');
    await settled('the typed length', (all) => all.find((one) => one.id === 'k1')?.seconds === '3/2');
    await page.evaluate(readFileSync(process.env.AXE, 'utf8'));
    const list = await faults(page);
    await page.getByRole('button', { name: 'As a list' }).click();
    await page.getByRole('button', { name: 'Hand off' }).click();
    await page.getByRole('region', { name: 'Hand off' }).waitFor();
    await page.screenshot({ path: `${process.env.ARTEFACTS}/cut-${theme}.png`, animations: 'disabled' });
    const rows = await faults(page);
    ensure(!list.length && !rows.length, `axe: ${[...list, ...rows].join('\n')}`);

    await page.getByRole('button', { name: 'Approve the cut' }).click();
    await page.getByRole('button', { name: 'Cut approved' }).waitFor();
    return { before: before.length, after: (await items()).length };
  },
  { colorScheme: theme },
);

async function faults(page) {
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
}
