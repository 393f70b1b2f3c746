// Two takes of one request: one is kept, the other goes to the trash.
import { ask, base, drive, ensure, finished, known, until } from './drive.mjs';

await drive(async (page) => {
  await page.goto(base);
  const before = await known(page);
  const first = await ask(page, '/v1/videos', { prompt: 'A white cube on sand', seconds: 1, n: 2, size: '256x256' });
  const takes = (await ask(page, `/v1/videos?batch_id=${first.batch_id}`)).data.filter((one) => !before.includes(one.id));
  ensure(takes.length === 2, `${takes.length} takes`);
  const done = [];
  for (const take of takes) done.push(await finished(page, take.id));
  const stage = page.getByRole('region', { name: 'Now showing' });
  await stage.getByRole('button', { name: 'Result 1' }).or(stage.getByRole('checkbox', { name: 'Result 1' })).first().click();
  await stage.getByRole('button', { name: /^Keep 1/ }).click();
  const trashed = await until(async () => {
    const found = (await ask(page, '/v1/library?trashed=true')).data.map((clip) => clip.id);
    return done.filter((one) => found.includes(one.clip_id)).length === 1 && found;
  }, 'one of two in the trash');
  ensure(done.some((one) => !trashed.includes(one.clip_id)), 'one is kept');
});
