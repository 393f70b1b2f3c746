// A script's file is read in its encoding, or refused in words; the film of it has the language of its words; and the
// board says what cannot be made, and which shot is not there.
import { ask, base, drive, ensure, given } from './drive.mjs';

const { language, narrow } = given;
const words = {
  en: {
    script: 'Script',
    make: 'Break it down',
    none: /“film.mp4” is not a text\./,
    long: /These are 400,001 characters/,
    gone: 'This film has no shot “k99”.',
    voice: /No voice here speaks the language of this line/,
    buys: 'This buys nothing.',
  },
  zh: {
    script: '剧本',
    make: '拆分',
    none: /“film.mp4”不是文本。/,
    long: /这里有 400,001 个字符/,
    gone: '这部影片里没有镜头“k99”',
    voice: /这里没有会说这句台词所用语言的配音/,
    buys: '这一步不产生购买。',
  },
}[language];
const picture = (page, name) =>
  page.screenshot({ path: `${process.env.ARTEFACTS}/script-file-${name}-${language}.png`, animations: 'disabled' });

await drive(
  async (page) => {
    await page.addInitScript((language) => localStorage.setItem('vitascope.language', language), language);
    await page.goto(`${base}/films`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    if (narrow) {
      await page.goto(`${base}/films/${given.film}`);
      await page.getByText(words.buys).waitFor();
      await picture(page, 'phone');
      return;
    }
    const box = page.getByRole('textbox', { name: words.script });
    if (!(await box.isVisible())) await page.locator('header .button[data-kind=fill]').click();
    const choose = (name, hex) =>
      page.setInputFiles('input[type=file]', { name, mimeType: '', buffer: Buffer.from(hex, 'hex') });
    const make = page.getByRole('button', { name: words.make });

    await choose('film.mp4', given.video);
    await page.getByRole('alert').getByText(words.none).waitFor();
    ensure((await box.inputValue()) === '', 'nothing of the film stands in the box');
    ensure(await make.isDisabled(), 'there is nothing to break down');
    await picture(page, 'refused');

    await box.fill('a'.repeat(400_001));
    await page.getByRole('alert').getByText(words.long).waitFor();
    ensure(await make.isDisabled(), 'too long a script is not broken down');
    await picture(page, 'long');

    await choose('script.txt', given.bytes);
    await page.getByRole('alert').waitFor({ state: 'detached' });
    ensure((await box.inputValue()) === given.text, `the script is read: ${await box.inputValue()}`);
    await make.click();
    await page.waitForURL(/\/films\/film_/);
    const id = new URL(page.url()).pathname.split('/').at(-1);
    const film = await ask(page, `/v1/films/${id}`);
    ensure((film.document.language ?? 'en') === given.found, `its language is ${film.document.language}`);

    await page.goto(`${base}/films/${given.film}?shot=k99`);
    await page.getByText(words.gone).waitFor();
    await page.getByText(words.voice).waitFor();
    await picture(page, 'board');
  },
  narrow ? { viewport: { width: 390, height: 844 }, hasTouch: true } : {},
);
