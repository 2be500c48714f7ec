/** Commands as a person sends them: corrected after a refusal, sent one after the other, repeated after no answer. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type App, startApp } from '../support/app.ts';
import { createCleanUp, openFile } from '../support/places.ts';
import { openShop } from '../support/shop.ts';
import { until } from '../support/until.ts';
import { closePages, openBrowser, visit } from './browser.ts';
import { orderOf, placeOrder } from './order.ts';

const cleanUp = createCleanUp();
let app: App;
let browser: Browser;
let orders = 0;

beforeAll(async () => {
  const place = await openFile();
  cleanUp.add(() => place.close());
  app = await startApp(place.env);
  cleanUp.add(() => app.stop());
  await openShop(app.post);
  browser = await openBrowser();
  cleanUp.add(() => browser.close());
});
afterEach(() => closePages(browser));
afterAll(cleanUp.run);

/** An order of two teapots, with the form of a command open. */
async function form(command: string): Promise<{ page: Page; id: string }> {
  const id = await placeOrder(app, `command-${++orders}`, 2);
  const { page } = await visit(browser, { url: app.url });
  await page.goto(`${app.url}/studio?view=actor&machine=order&actor=${id}`);
  await page.getByRole('button', { name: command, exact: true }).click();
  return { page, id };
}

async function fill(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label).fill(value);
}

test('a refused command can be corrected and sent again', async () => {
  const { page, id } = await form('cancel line');
  await fill(page, { 'line id': 'l1', quantity: '9' });
  await page.getByRole('button', { name: 'Send cancel line' }).click();
  await page.getByRole('alert').getByText('A condition is not met').waitFor();
  await page.getByLabel('quantity').fill('1');
  await page.getByRole('button', { name: 'Send cancel line' }).click();
  await until(async () => {
    // A message of the order's own may have been faster.
    const isStale = await page.getByText('The actor has changed').isVisible();
    if (isStale) await page.getByRole('button', { name: 'Send cancel line' }).click();
    return page.getByText('Done.').isVisible();
  });
  await until(async () => (await orderOf(app, id)).context.lines[0]?.cancelled === 1);
});

test('a command can be sent again with other words once it is done', async () => {
  const { page, id } = await form('hold');
  for (const handle of ['fraud', 'address']) {
    await fill(page, { handle, reason: 'a second look' });
    // Its partners' answers may change the order between the page's look at it and the next command.
    await until(async () => {
      await page.getByRole('button', { name: 'Send hold' }).click();
      return (await orderOf(app, id)).context.holds.some((hold) => hold.handle === handle);
    });
    // Then the form is empty again.
    await page.getByText('Done.').waitFor();
  }
});

test('a command for an order that has changed meanwhile can be sent for what it is now', async () => {
  const { page, id } = await form('hold');
  await fill(page, { handle: 'fraud', reason: 'a second look' });
  // The page hears of nothing, as behind a connection that is slow.
  await page.route(`**/orders/${id}`, (route) => route.abort());
  await app.post(`/orders/${id}/hold`, { handle: 'other', reason: 'somebody else was faster' });
  await page.getByRole('button', { name: 'Send hold' }).click();
  await page.getByRole('alert').getByText('The actor has changed').waitFor();
  await page.unroute(`**/orders/${id}`);
  await until(async () => {
    await page.getByRole('button', { name: 'Send hold' }).click();
    return (await orderOf(app, id)).context.holds.length === 2;
  });
});

test('a command that nobody has answered says so, and is done once when it is repeated', async () => {
  const { page, id } = await form('cancel line');
  await fill(page, { 'line id': 'l1', quantity: '1' });
  const keys: (string | undefined)[] = [];
  await page.route(`**/orders/${id}/cancel-line`, async (route) => {
    keys.push(route.request().headers()['idempotency-key']);
    const response = await route.fetch();
    await (keys.length === 1 ? route.abort() : route.fulfill({ response }));
  });
  await page.getByRole('button', { name: 'Send cancel line' }).click();
  await page.getByRole('alert').getByText('Nobody knows whether it was done').waitFor();
  await page.getByRole('button', { name: 'Repeat cancel line' }).click();
  await page.getByText('Done.').waitFor();
  expect(keys[1]).toBe(keys[0]);
  await until(async () => (await orderOf(app, id)).context.lines[0]?.cancelled === 1);
});
