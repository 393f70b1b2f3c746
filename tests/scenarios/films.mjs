// A script becomes a board; what is missing is made at the price that is shown; a take is chosen; a change is taken back;
// and what two people changed at once is asked.
import { ask, base, drive, ensure, until } from './drive.mjs';

const SCRIPT = `EXT. SNOW FIELD - SUNSET

A red ball rolls right on snow.

A white cube stands on snow near a dragon.
`;

await drive(async (page, context) => {
  await page.goto(`${base}/films`);
  await page.getByRole('textbox', { name: 'Script' }).fill(SCRIPT);
  await page.getByRole('textbox', { name: 'Title' }).fill('The ball goes home');
  await page.getByRole('button', { name: 'Break it down' }).click();
  const board = page.getByRole('region', { name: 'Board' });
  await board.getByRole('button', { name: 'Shot 1-2: A white cube stands on snow near a dragon.' }).waitFor();
  await page.getByRole('list', { name: 'Not known to the model' }).getByText('dragon').waitFor();
  const id = new URL(page.url()).pathname.split('/').at(-1);
  const film = () => ask(page, `/v1/films/${id}`);
  const saved = () => page.getByRole('status').getByText('Saved', { exact: true }).waitFor();

  // A row of the script leads to its shot. A change is kept, taken back and done again.
  await page.getByRole('region', { name: 'Script' }).getByRole('button', { name: /^A red ball/ }).click();
  const sheet = page.getByRole('complementary', { name: 'Shot 1-1' });
  const words = sheet.getByRole('textbox', { name: 'Picture in words' });
  await words.fill('A blue ball rolls right on snow.');
  await words.blur();
  const action = async () => (await film()).document.shots.k1.action;
  await until(async () => (await action()).includes('blue'), 'the change');
  await saved();
  await page.locator('h2').first().click();
  await page.keyboard.press('Control+z');
  await until(async () => (await action()).includes('red'), 'the change to be taken back');
  await page.keyboard.press('Control+Shift+z');
  await until(async () => (await action()).includes('blue'), 'the change to be done again');
  await words.and(page.getByText('A blue ball rolls right on snow.')).waitFor();

  // What is missing is made, all of it, at the price on the button.
  const bar = page.getByRole('region', { name: 'What is to be made' });
  const buy = bar.getByRole('button', { name: /^Make 2 · [\d.]+ credits?$/ });
  await buy.waitFor();
  const price = Number(/· ([\d.]+)/.exec(await buy.innerText())[1]);
  await buy.click();
  await until(async () => (await film()).summary.current === 2, 'both takes');
  await board.locator('[data-card=k1]').getByText('Current').waitFor();
  await bar.getByRole('button', { name: 'Nothing to make' }).waitFor();
  ensure(Math.abs((await film()).estimate.spent - price) < 0.001, `it cost ${(await film()).estimate.spent}, not ${price}`);

  // Another take; the first one is chosen again.
  await sheet.getByRole('button', { name: /^Another take · / }).click();
  const takes = sheet.getByRole('group', { name: 'Takes' });
  await takes.getByRole('button', { name: /^Take 2/ }).waitFor();
  await takes.getByRole('button', { name: /^Take 1/ }).click();
  await until(async () => {
    const { document, takes } = await film();
    return document.shots.k1.take === takes.find((take) => take.of === 'k1' && take.number === 1).id;
  }, 'the choice');
  await saved();

  // Other words make the take out of date; it is remade only when it is ticked.
  await words.fill('A green ball rolls right on snow.');
  await words.blur();
  await board.locator('[data-card=k1]').getByText('Out of date').waitFor();
  await bar.getByRole('button', { name: 'Nothing to make' }).waitFor();
  await bar.getByRole('checkbox', { name: 'Out of date' }).check();
  await bar.getByRole('button', { name: /^Make 1 · / }).waitFor();

  // Changed here while the server is away, and by Mia meanwhile.
  await saved();
  await context.setOffline(true);
  await words.fill('A yellow ball rolls right on snow.');
  await words.blur();
  await page.getByText('Kept here, sent when the server is back').waitFor();
  const theirs = { changes: { shots: { k1: { action: 'A cone spins on snow.' } } }, by: 'Mia' };
  const answer = await context.request.patch(`${base}/v1/films/${id}`, { data: theirs, headers: { origin: base } });
  ensure(answer.ok(), `Mia: ${answer.status()} ${await answer.text()}`);
  await context.setOffline(false);
  const both = page.getByRole('dialog', { name: 'Two versions' });
  await both.getByText('A cone spins on snow.').waitFor();
  await both.getByText('A yellow ball rolls right on snow.').waitFor();
  await both.getByRole('button', { name: 'Go on with these' }).click();
  await until(async () => (await action()).includes('yellow'), 'the chosen version');
  await saved();
  return { film: id };
});
