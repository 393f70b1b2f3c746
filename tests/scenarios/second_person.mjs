// Another person signs up, sees nothing of the first, signs out, comes back, and deletes the account.
import { ask, base, drive, ensure, given } from './drive.mjs';

await drive(async (page) => {
  await page.goto(`${base}/signup`);
  await page.getByRole('textbox', { name: 'Name' }).fill('Mia');
  await page.getByRole('textbox', { name: 'Email' }).fill(given.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(given.password);
  await page.getByRole('button', { name: 'Sign up', exact: true }).click();
  await page.getByRole('form', { name: 'Make' }).waitFor();
  ensure((await ask(page, '/v1/account')).email === given.email, 'it is her account');
  await page.getByRole('link', { name: 'Library', exact: true }).click();
  await page.getByText('Nothing here yet').waitFor();
  await page.goto(`${base}/library/${given.clip}`);
  await page.getByText('This clip is not here').waitFor();
  ensure((await ask(page, '/v1/videos')).data.length === 0, 'she sees no video of his');

  await page.goto(base);
  await page.getByRole('button', { name: /^You/ }).click();
  await page.getByText('Sign out', { exact: true }).waitFor();
  ensure(!(await page.getByText('Operator', { exact: true }).count()), 'she is no operator');
  await page.getByText('Sign out', { exact: true }).click();
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  await page.getByRole('textbox', { name: 'Email' }).fill(given.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(given.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('form', { name: 'Make' }).waitFor();
  ensure((await ask(page, '/v1/account')).email === given.email, 'she is back');

  await page.goto(`${base}/account`);
  await page.getByRole('button', { name: 'Delete account', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete the account for good?' });
  await dialog.getByRole('link', { name: 'Export everything' }).waitFor();
  await dialog.getByRole('textbox', { name: 'Current password' }).fill('not the password');
  await dialog.getByRole('button', { name: 'Delete for good' }).click();
  await dialog.getByText('The current password is wrong.').waitFor();
  ensure((await ask(page, '/v1/account')).email === given.email, 'a wrong password deletes nothing');
  await dialog.getByRole('textbox', { name: 'Current password' }).fill(given.password);
  await dialog.getByRole('button', { name: 'Delete for good' }).click();
  await page.getByText('The account is deleted.').waitFor();
  await page.getByRole('textbox', { name: 'Email' }).fill(given.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(given.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText('The address or the password is wrong.').waitFor();
  ensure((await page.request.get(`${base}/v1/account`)).status() === 401, 'she is a stranger here');
});
