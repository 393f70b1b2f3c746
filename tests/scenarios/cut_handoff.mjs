// Render and download, hand off to OTIO, shorten a piece in that file, and bring it back.
import { readFileSync, writeFileSync } from 'node:fs';
import { ask, base, drive, ensure, given, until } from './drive.mjs';

const { film } = given;

await drive(
  async (page) => {
    await page.addInitScript(() => localStorage.setItem('vitascope.language', 'en'));
    await page.goto(`${base}/films/${film}?tab=cut`);
    await page.getByRole('button', { name: 'Hand off' }).click();
    const panel = page.getByRole('region', { name: 'Hand off' });
    await panel.getByRole('checkbox', { name: /^OpenTimelineIO/ }).check();
    const otio = page.waitForEvent('download');
    await panel.getByRole('button', { name: 'Render and download 2' }).click();
    const first = await otio;
    const path = `${process.env.ARTEFACTS}/cut.otio`;
    await first.saveAs(path);
    const link = panel.getByRole('link', { name: /^Film of / });
    await link.waitFor();
    const mp4 = page.waitForEvent('download');
    await link.click();
    const second = await mp4;
    ensure(readFileSync(await second.path()).subarray(4, 8).toString() === 'ftyp', 'the film is an mp4');

    const edited = JSON.parse(readFileSync(path, 'utf8'));
    const row = edited.tracks.children.find((one) => one.kind === 'Video');
    const clip = row.children.find((one) => one.OTIO_SCHEMA.startsWith('Clip'));
    clip.source_range.duration.value -= 6;
    writeFileSync(path, JSON.stringify(edited));
    const before = await ask(page, `/v1/films/${film}/timeline`);
    await panel.getByRole('button', { name: 'Bring a cut back' }).click();
    const dialog = page.getByRole('dialog', { name: 'Bring a cut back' });
    await dialog.locator('input[type=file]').setInputFiles(path);
    await dialog.getByText(/^1 difference/).waitFor();
    await dialog.getByRole('button', { name: 'Accept 1' }).click();
    const after = await until(async () => {
      const now = await ask(page, `/v1/films/${film}/timeline`);
      return now.version > before.version && now;
    }, 'the accepted cut');
    const value = (said) => said.split('/').reduce((a, b) => Number(a) / Number(b));
    ensure(value(String(after.seconds)) < value(String(before.seconds)), 'the film is shorter');
    return { files: [first.suggestedFilename(), second.suggestedFilename()], differences: 1, seconds: value(String(before.seconds)) };
  },
  { acceptDownloads: true },
);
