// Chinese and back; the choice is remembered.
import { base, drive, ensure, until } from './drive.mjs';

await drive(async (page) => {
  await page.goto(base);
  await page.getByRole('button', { name: /^You/ }).click();
  await page.getByRole('radio', { name: '中文' }).check({ force: true });
  await page.getByRole('link', { name: '片库', exact: true }).waitFor();
  await until(() => page.evaluate(() => document.documentElement.lang.startsWith('zh')), 'lang=zh');
  await page.reload();
  await page.getByRole('heading', { name: '创作' }).first().waitFor();
  const left = await page.locator('main').innerText();
  ensure(!/Describe the scene|Generate|Now showing/.test(left), `English is left: ${left.slice(0, 300)}`);
});
