/** An actor's past comes in pages that neither lose nor repeat, and are bounded in size. */
import { describe, expect, test } from 'vitest';
import { historyOf, type Start } from '../../runtime/reading/history.ts';
import { counter } from '../support/charts.ts';
import { createCluster } from '../support/cluster.ts';
import { at } from '../support/messages.ts';

const add = { type: 'counter.add', by: 1 };
const versions = Array.from({ length: 121 }, (_, n) => n + 1);

interface Way {
  readonly from: Start;
  readonly goOn: (last: number) => Start;
  readonly expected: readonly number[];
}

const forwards: Way = { from: { after: 0 }, goOn: (after) => ({ after }), expected: versions };
const backwards: Way = {
  from: { before: Number.MAX_SAFE_INTEGER },
  goOn: (before) => ({ before }),
  expected: versions.toReversed(),
};

/** A counter with 121 entries, and all pages of its history. */
async function pages({ from, goOn }: Way, limit: number, maxChars: number): Promise<number[][]> {
  const { start: open, direct } = createCluster([counter]);
  const one = await open('one');
  await one.reply('counter/c1', 'counter.create');
  for (let times = 0; times < 120; times++) await one.reply('counter/c1', add);
  const read: number[][] = [];
  for (let start = from; ;) {
    const page = await historyOf(direct.journal, at('counter/c1'), { start, limit, maxChars });
    const last = page.at(-1);
    if (last === undefined) return read;
    read.push(page.map(({ version }) => version));
    start = goOn(last.sequence);
  }
}

describe.each([
  ['oldest first', forwards],
  ['newest first', backwards],
])('%s', (_, way) => {
  test.each([1, 49, 50, 51, 100, 200])('pages of %i have all, in order', async (limit) => {
    const read = await pages(way, limit, Infinity);
    expect(read.flat()).toEqual(way.expected);
    expect(read.slice(0, -1).every(({ length }) => length === limit)).toBe(true);
  });

  test('a page ends with the entry that reaches its size', async () => {
    const each = await pages(way, 200, 1);
    expect(each.flat()).toEqual(way.expected);
    expect(each.every(({ length }) => length === 1)).toBe(true);
    const read = await pages(way, 200, 5_000);
    expect(read.flat()).toEqual(way.expected);
    expect(read.length).toBeGreaterThan(2);
    expect(read[0]?.length).toBeGreaterThan(2);
  });
});
