/** An actor's past comes in pages that neither lose nor repeat, and are bounded in size. */
import { expect, test } from 'vitest';
import { historyOf } from '../../runtime/reading/history.ts';
import { counter } from '../support/charts.ts';
import { createCluster } from '../support/cluster.ts';
import { at } from '../support/messages.ts';

const add = { type: 'counter.add', by: 1 };

/** A counter with 121 entries, and all pages of its history. */
async function pages(limit: number, maxChars: number): Promise<number[][]> {
  const { start, direct } = createCluster([counter]);
  const one = await start('one');
  await one.reply('counter/c1', 'counter.create');
  for (let times = 0; times < 120; times++) await one.reply('counter/c1', add);
  const read: number[][] = [];
  for (let after = 0; ;) {
    const page = await historyOf(direct.journal, at('counter/c1'), { after, limit, maxChars });
    if (page.length === 0) return read;
    read.push(page.map(({ version }) => version));
    after = page.at(-1)?.sequence ?? after;
  }
}

const versions = Array.from({ length: 121 }, (_, n) => n + 1);

test.each([1, 49, 50, 51, 100, 200])('pages of %i have all, in order', async (limit) => {
  const read = await pages(limit, Infinity);
  expect(read.flat()).toEqual(versions);
  expect(read.slice(0, -1).every(({ length }) => length === limit)).toBe(true);
});

test('a page ends with the entry that reaches its size', async () => {
  const each = await pages(200, 1);
  expect(each.flat()).toEqual(versions);
  expect(each.every(({ length }) => length === 1)).toBe(true);
  const read = await pages(200, 5_000);
  expect(read.flat()).toEqual(versions);
  expect(read.length).toBeGreaterThan(2);
  expect(read[0]?.length).toBeGreaterThan(2);
});
