/** A visit to a busy shop: every view, with the traffic of `npm run simulate-shop`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { admin, tokenOf } from '../support/app.ts';
import { until } from '../support/until.ts';
import { everything, expectAccessible } from './browser.ts';
import { startStudio } from './studio.ts';

let shop: ChildProcess | undefined;
// Asked nicely it would see all of its orders to their end.
afterAll(() => void shop?.kill('SIGKILL'));
const studio = startStudio({ begin: async ({ url }) => void (shop = await simulateShop(url)) });

async function simulateShop(url: string): Promise<ChildProcess> {
  const token = await tokenOf({ ...admin, roles: everything });
  return spawn(
    process.execPath,
    ['cli/shop/shop.ts', '--url', url, '--rate', '5', '--pause', '500', '--seed', '7'],
    {
      cwd: join(import.meta.dirname, '..', '..'),
      env: { ...process.env, WAYBILL_TOKEN: token },
      stdio: 'ignore',
    },
  );
}

test('one sees it work, follows an order to its end, and finds it on the board', async () => {
  const { page, complaints } = await studio.open('/studio?view=process&machine=fulfillment');
  const note = page.locator('g.state[data-state="progress.picking"] > text.note');
  const seen = new Set<string>();
  await until(async () => seen.add((await note.allTextContents()).join()).size > 3);
  await expectAccessible(page);

  await page
    .getByRole('navigation', { name: 'Kinds of actors' })
    .getByRole('link', { name: /^Order/ })
    .click();
  await page.locator('g.state[data-state="active.execution.inFulfillment"] text.name').click();
  const there = page.getByRole('complementary', { name: 'State active.execution.inFulfillment' });
  await there.locator('.actors a').first().click();
  await page.getByRole('heading', { name: /^Order shop-/ }).waitFor();
  const happened = page.getByRole('region', { name: 'What happened' }).getByRole('listitem');
  const before = await happened.count();
  await until(async () => (await happened.count()) > before);
  await expectAccessible(page);

  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Board' }).click();
  const through = page.locator('.numbers > div').filter({ hasText: 'Came through' }).locator('strong');
  await until(async () => Number(await through.innerText()) > 0);
  await page.getByRole('meter', { name: 'delivered' }).waitFor();
  await expectAccessible(page);

  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Trouble' }).click();
  await page.getByText('✓ There are none.').waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'Order board' }).waitFor();
  expect(complaints).toEqual([]);
});
