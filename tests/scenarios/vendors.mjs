// The operator's page of keys and servers: a key is added and hidden, a budget set, buying stopped, an order let go.
import { base, drive, ensure } from './drive.mjs';

await drive(async (page) => {
  await page.goto(`${base}/models`);
  await page.getByRole('tab', { name: 'Keys and servers' }).click();
  const buying = page.getByRole('switch', { name: 'Buying is on' });
  ensure(await buying.isChecked(), 'buying is on');
  await page.getByText('No key yet. Everything here runs without one.').waitFor();

  await page.getByRole('button', { name: 'Add a key', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Vendor').selectOption('kling');
  await dialog.locator('input').last().fill('ak-0123456789abcdef:sk-fedcba9876543210');
  await dialog.getByRole('button', { name: 'Keep the key' }).click();
  const kling = page.getByRole('listitem', { name: /^Kling \(API before/ });
  await kling.getByText('key ends 3210').waitFor();
  await kling.getByText('Connected').waitFor();
  ensure(!(await page.content()).includes('fedcba9876'), 'the key is nowhere on the page');

  // A service account's file has many lines, which a field for keys drops when they are pasted.
  const account = JSON.stringify(
    {
      type: 'service_account',
      project_id: 'clips-4711',
      private_key_id: '0123456789ab4711',
      private_key: '-----BEGIN PRIVATE KEY-----\nMIIEnobodyMaySeeThis\n-----END PRIVATE KEY-----\n',
      client_email: 'relay@clips-4711.iam.gserviceaccount.com',
      token_uri: 'https://oauth2.googleapis.com/token',
    },
    null,
    2,
  );
  await page.getByRole('button', { name: 'Add a key', exact: true }).click();
  await dialog.getByLabel('Vendor').selectOption('vertex');
  await dialog.getByText('The whole JSON file of a service account').waitFor();
  await dialog.locator('input').last().focus();
  await page.keyboard.insertText(account);
  await dialog.getByRole('button', { name: 'Keep the key' }).click();
  const vertex = page.getByRole('listitem', { name: 'Google Veo (Vertex AI)' });
  await vertex.getByText('key ends 4711').waitFor();
  await vertex.getByText('Connected').waitFor();
  ensure(!(await page.content()).includes('nobodyMaySee'), 'nor is the account');

  await page.getByRole('button', { name: 'Set a budget' }).click();
  await dialog.getByLabel('For').selectOption('kling');
  await dialog.getByLabel('US dollars').fill('50');
  await dialog.getByRole('button', { name: 'Set it' }).click();
  await page.getByText('Kling (API before 2.0), a month').waitFor();
  await kling.getByText('of $50.00').waitFor();

  const made = await page.evaluate(async () => {
    const sent = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name":"ci"}' };
    return (await fetch('/v1/keys', sent)).json();
  });
  await page.getByRole('button', { name: 'Set a budget' }).click();
  await dialog.getByLabel('For').selectOption('An API key');
  await dialog.getByLabel('Its first ten characters').fill(made.key.slice(0, 10));
  await dialog.getByLabel('US dollars').fill('5');
  await dialog.getByRole('button', { name: 'Set it' }).click();
  await page.getByText(`API key ci (${made.key.slice(0, 10)}...), a month`).waitFor();

  const order = page.getByRole('listitem', { name: 'vendor/m' });
  await order.getByText('Perhaps bought', { exact: true }).waitFor();
  await order.getByRole('button', { name: 'Let it go' }).click();
  await page.getByText('It is let go.').waitFor();

  await page.locator('label').filter({ has: buying }).first().click().catch(() => buying.click({ force: true }));
  await page.getByRole('heading', { name: 'Buying is off' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Buying is off' }).waitFor();
});
