/** The history of a stock item that is busy: the newest first, and back in time a part after the other. */
import type { Locator, Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { HistoryItem } from '../../http/history.ts';
import { openShop } from '../support/shop.ts';
import { until } from '../support/until.ts';
import { expectAccessible } from './browser.ts';
import { startStudio } from './studio.ts';

const studio = startStudio({ begin: ({ post }) => openShop(post) });
const path = '/stock-items/W1~TEAPOT';
const address = '/studio?view=actor&machine=stockItem&actor=W1~TEAPOT';
/** Two pages of the page, and half of one. */
const count = 500;
let receipts = 0;

async function receive(): Promise<void> {
  const answer = await studio.app.post(`${path}/receive`, { quantity: 1, receiptId: `r${++receipts}` });
  expect(answer.status).toBe(200);
}

async function historyFrom(query: string): Promise<HistoryItem[]> {
  const answer = await studio.app.get(`${path}/history?${query}`);
  return ((await answer.json()) as { items: HistoryItem[] }).items;
}

beforeAll(async () => {
  // One is there from the beginning.
  for (let made = 1; made < count; made += 20) {
    const still = Math.min(20, count - made);
    await Promise.all(Array.from({ length: still }, () => receive()));
  }
});

function entries(page: Page): Locator {
  return page.getByRole('region', { name: 'What happened' }).getByRole('listitem');
}

describe('a busy actor', () => {
  test('shows the newest first, and goes back to its beginning', async () => {
    const asked: string[] = [];
    const { page, complaints } = await studio.open(address);
    await until(async () => (await entries(page).count()) === 200);
    page.on('request', (request) => {
      if (request.url().includes('/history')) asked.push(request.url());
    });
    await page.reload();
    await until(async () => (await entries(page).count()) === 200);
    expect(asked).toHaveLength(1);
    const [newest] = await historyFrom('direction=desc&limit=1');
    expect(newest?.version).toBe(count);
    await entries(page).first().getByRole('button').click();
    await page.waitForURL(new RegExp(`at=${newest?.sequence}$`));
    await expectAccessible(page);

    for (const shown of [400, count]) {
      await page.getByRole('button', { name: 'Show older' }).click();
      await until(async () => (await entries(page).count()) === shown);
    }
    expect(await page.getByRole('button', { name: 'Show older' }).count()).toBe(0);
    const [oldest] = await historyFrom('limit=1');
    await entries(page).last().getByRole('button').click();
    await page.waitForURL(new RegExp(`at=${oldest?.sequence}$`));
    await page.getByText(`1 of ${count}: stockItem.receive`).waitFor();
    expect(complaints).toEqual([]);
  });

  test('a link leads to a moment long ago, with what was around it', async () => {
    const [, , third] = await historyFrom('limit=3');
    const { page } = await studio.open(`${address}&at=${third?.sequence}`);
    await page.getByRole('heading', { name: 'What stockItem.receive changed' }).waitFor();
    await page.locator('.changes').getByText('onHand').waitFor();
    expect(await entries(page).count()).toBe(203);
    const panel = page.getByRole('region', { name: 'What if…' });
    await panel.getByLabel('This happened').selectOption('stockItem.receive');
    await panel.getByLabel('quantity').fill('5');
    await panel.getByLabel('receipt id').fill('supposed');
    await panel.getByRole('button', { name: 'Try it' }).click();
    await panel.getByText('It would').waitFor();
    await receive();
    await page.getByRole('button', { name: 'Show newer' }).click();
    await until(async () => (await entries(page).count()) === 403);
    await page.getByRole('button', { name: 'Back to now' }).click();
    await until(async () => (await entries(page).count()) === 200);
    const [newest] = await historyFrom('direction=desc&limit=1');
    await entries(page).first().getByRole('button').click();
    await page.waitForURL(new RegExp(`at=${newest?.sequence}$`));
  });

  test('what happens is added to it, and the page does not fall behind', async () => {
    const { page } = await studio.open(address);
    await until(async () => (await entries(page).count()) === 200);
    const before = (await historyFrom('direction=desc&limit=1'))[0]?.version ?? 0;
    await Promise.all(Array.from({ length: 30 }, () => receive()));
    await until(async () => (await entries(page).count()) === 230);
    expect((await historyFrom('direction=desc&limit=1'))[0]?.version).toBe(before + 30);
  });

  test('what was before the first that is shown is not made up', async () => {
    const { page } = await studio.open(address);
    await entries(page).last().getByRole('button').click();
    await page.getByText('What it held before is further back').waitFor();
    expect(await page.locator('.changes > div').count()).toBe(0);
    await page.getByRole('button', { name: 'Show older' }).click();
    await page.locator('.changes').getByText('onHand').waitFor();
  });
});
