// A clip of the library goes on.
import { ask, base, drive, ensure, finished, given, known, newest } from './drive.mjs';

await drive(async (page) => {
  await page.goto(`${base}/library/${given.clip}`);
  await page.getByRole('complementary', { name: 'Clip' }).getByRole('button', { name: 'Extend', exact: true }).click();
  const form = page.getByRole('form', { name: 'Make' });
  await form.getByRole('tab', { name: 'Extend', selected: true }).waitFor();
  const prompt = form.getByRole('textbox', { name: 'Describe the scene' });
  if (!(await prompt.inputValue())) await prompt.fill('The ball stops');
  const before = await known(page);
  await form.getByRole('button', { name: /^Generate \d+ credit/ }).click();
  const video = await newest(page, before);
  ensure(video.mode === 'extend' && video.parent_clip_id === given.clip, `it is ${video.mode} of ${video.parent_clip_id}`);
  const done = await finished(page, video.id);
  ensure(done.state === 'succeeded', `it ${done.state}: ${JSON.stringify(done.error)}`);
  const lineage = await ask(page, `/v1/library/${done.clip_id}/lineage`);
  ensure(lineage.parents[0].id === given.clip && lineage.clip.frames > lineage.parents[0].frames, 'it went on');
});
