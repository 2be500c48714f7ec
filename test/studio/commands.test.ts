/** Commands as a person sends them: corrected after a refusal, sent one after the other, repeated after no answer. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { openShop } from '../support/shop.ts';
import { until } from '../support/until.ts';
import { becomesQuiet, orderOf, placeOrder } from './order.ts';
import { startStudio } from './studio.ts';

const studio = startStudio({ begin: ({ post }) => openShop(post) });
let orders = 0;

/** An order of two teapots, with the form of a command open. */
async function form(command: string): Promise<{ page: Page; id: string }> {
  const id = await placeOrder(studio.app, `command-${++orders}`, 2);
  const { page } = await studio.open(`/studio?view=actor&machine=order&actor=${id}`);
  await page.getByRole('button', { name: command, exact: true }).click();
  return { page, id };
}

async function fill(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label).fill(value);
}

/** As behind a connection that is slow: the page is not told what becomes of the order. */
async function hearNothing(page: Page, id: string): Promise<void> {
  await page.route(`**/orders/${id}`, (route) => route.abort());
}

test('a refused command can be corrected and sent again', async () => {
  const { page, id } = await form('cancel line');
  await fill(page, { 'line id': 'l1', quantity: '9' });
  await page.getByRole('button', { name: 'Send cancel line' }).click();
  await page.getByRole('alert').getByText('A condition is not met').waitFor();
  await page.getByLabel('quantity').fill('1');
  await page.getByRole('button', { name: 'Send cancel line' }).click();
  await page.getByText('Done.').waitFor();
  // The warehouse has to agree.
  await until(async () => (await orderOf(studio.app, id)).context.lines[0]?.cancelled === 1);
});

test('a command is not refused for what the one before it has brought about', async () => {
  const { page, id } = await form('hold');
  await hearNothing(page, id);
  const answers: number[] = [];
  page.on('response', (response) => {
    if (response.url().endsWith(`/${id}/hold`)) answers.push(response.status());
  });
  await fill(page, { handle: 'fraud', reason: 'a second look' });
  await page.getByRole('button', { name: 'Send hold' }).click();
  // Then the form is empty again.
  await page.getByText('Done.').waitFor();
  // Its parcel was told, and has answered.
  await becomesQuiet(studio.app, id);
  await fill(page, { handle: 'address', reason: 'a second look' });
  await page.getByRole('button', { name: 'Send hold' }).click();
  await until(async () => (await orderOf(studio.app, id)).context.holds.length === 2);
  await page.getByText('Done.').waitFor();
  expect(answers).toEqual([200, 412, 200]);
});

test('a command for an order that has changed meanwhile can be sent for what it is now', async () => {
  const { page, id } = await form('hold');
  await fill(page, { handle: 'fraud', reason: 'a second look' });
  await hearNothing(page, id);
  await studio.app.post(`/orders/${id}/hold`, { handle: 'other', reason: 'somebody else was faster' });
  await page.getByRole('button', { name: 'Send hold' }).click();
  const refusal = page.getByRole('alert').filter({ hasText: 'The actor has changed' });
  await refusal.getByText('order.hold by').waitFor();
  expect((await orderOf(studio.app, id)).context.holds).toHaveLength(1);
  await page.unroute(`**/orders/${id}`);
  await until(async () => {
    await page.getByRole('button', { name: 'Send hold' }).click();
    return (await orderOf(studio.app, id)).context.holds.length === 2;
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
  await until(async () => (await orderOf(studio.app, id)).context.lines[0]?.cancelled === 1);
});
