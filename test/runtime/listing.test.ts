/** What a list shows to callers who may see few of many, and what it costs. */
import { expect, test } from 'vitest';
import { definitions } from '../../actors/registry.ts';
import { createMemoryServer } from '../../persistence/memory/server.ts';
import { pageOf, type ListingContext, type Page } from '../../runtime/reading/listing.ts';
import type { Principal } from '../../runtime/message.ts';
import type { Commit, ListQuery } from '../../runtime/ports.ts';
import { recordText } from '../../runtime/core/record.ts';
import { createRegistry, kindOf } from '../../runtime/core/registry.ts';
import { turn } from '../../runtime/core/turn.ts';
import { emptyCommit } from '../persistence/sqlite-support.ts';
import { epoch } from '../support/clock.ts';
import { recordingLogger } from '../support/loggers.ts';
import { command } from '../support/messages.ts';

const registry = createRegistry(definitions);
const clock = { now: () => epoch, after: (_ms: number, action: () => void) => void setImmediate(action) };
const admin: Principal = { subject: 'x', roles: ['admin'], warehouses: ['*'] };
const picker = (...warehouses: string[]): Principal => ({ subject: 'p', roles: ['picker'], warehouses });

const texts = new Map<string, string>();

/** Of a stock item of this warehouse, whatever its SKU. */
function textOf(warehouse: string): string {
  const kind = kindOf(registry, 'stockItem');
  const event = { type: 'stockItem.receive', quantity: 1, receiptId: 'r' };
  const message = command(`stockItem/${warehouse}~A`, event, { principal: admin });
  const { record } = turn({ registry, record: undefined, time: epoch, sequence: 1, message });
  const text = texts.get(warehouse) ?? (record && recordText(record, kind)) ?? '';
  texts.set(warehouse, text);
  return text;
}

type Item = readonly [warehouse: string, createdAt: number];

/** Counts what is asked of the store. `indexed`: whether the items are found by their warehouse. */
async function bench(items: readonly Item[], { indexed = true, pageMaxChars = 1_000_000 } = {}) {
  const { store } = createMemoryServer({ clock: { ...clock, after: () => () => undefined } }).connect('x');
  const lease = { partition: 0, token: 't' };
  const records = items.map(([warehouse, createdAt], n): Commit['records'][number] => ({
    key: `stockItem/${warehouse}~S${n}`,
    body: textOf(warehouse),
    createdAt,
    addTerms: indexed ? [`warehouse=${warehouse}`] : [],
    dropTerms: [],
  }));
  await store.acquire(lease, 60_000);
  await store.commit(lease, 0, { ...emptyCommit, records });
  const asked = { records: 0, pause: 0 };
  const given: ListingContext = {
    registry: indexed
      ? registry
      : createRegistry(definitions.map((each) => ({ ...each, narrow: () => ({}) }))),
    options: { pageMaxChars },
    logger: recordingLogger().logger,
    clock: {
      now: () => epoch,
      after(_ms, action) {
        asked.pause += 1;
        const immediate = setImmediate(action);
        return () => clearImmediate(immediate);
      },
    },
    backend: {
      store: {
        ...store,
        records(keys) {
          asked.records += keys.length;
          return store.records(keys);
        },
      },
    },
  };
  const page = (principal: Principal, query: Partial<ListQuery> = {}): Promise<Page> =>
    pageOf(given, { kind: 'stockItem', terms: [], limit: 50, ...query }, principal);
  return { page, asked };
}

/** All pages of a list: when each shown one was created. */
async function pagesOf(page: Awaited<ReturnType<typeof bench>>['page'], principal: Principal, limit = 50) {
  const pages: number[] = [];
  const ids: string[] = [];
  let after: ListQuery['after'];
  do {
    const { items, next } = await page(principal, { limit, ...(after && { after }) });
    pages.push(items.length);
    ids.push(...items.map(({ createdAt }) => createdAt));
    after = next;
  } while (after !== undefined);
  return { pages, ids };
}

const many = (count: number, of: (n: number) => Item): Item[] =>
  Array.from({ length: count }, (_, n) => of(n));

test('finds the one of a caller’s warehouse behind thousands of others, without a look at those', async () => {
  const { page, asked } = await bench([...many(6_000, (n) => ['W2', n + 10]), ['W1', 1]]);
  const { items, next } = await page(picker('W1'), { limit: 1 });
  expect(items).toMatchObject([{ kind: 'stockItem', context: { warehouse: 'W1' } }]);
  expect(next).toBeUndefined();
  expect(asked).toEqual({ records: 1, pause: 0 });
});

test('merges several warehouses, newest first, page by page, each once', async () => {
  const { page } = await bench(many(90, (n) => [`W${n % 3}`, Math.floor(n / 2)]));
  for (const limit of [1, 7, 50, 200]) {
    let after: ListQuery['after'];
    const shown: string[] = [];
    do {
      const got = await page(picker('W0', 'W2'), { limit, ...(after && { after }) });
      shown.push(...got.items.map(({ context }) => (context as { warehouse: string }).warehouse));
      after = got.next;
    } while (after !== undefined);
    expect([shown.length, shown.filter((warehouse) => warehouse === 'W1')]).toEqual([60, []]);
  }
});

test('large records make a page shorter, and the next one goes on behind it', async () => {
  const chars = textOf('W1').length;
  const { page } = await bench(
    many(10, (n) => ['W1', n]),
    { pageMaxChars: 3 * chars },
  );
  expect((await pagesOf(page, admin)).pages).toEqual([3, 3, 3, 1]);
  const { page: small } = await bench(
    many(2, (n) => ['W1', n]),
    { pageMaxChars: 1 },
  );
  expect((await pagesOf(small, admin)).pages.slice(0, 2)).toEqual([1, 1]);
});

test('a filter by a warehouse that is not theirs shows nothing; by their own, only that', async () => {
  const { page } = await bench(many(30, (n) => [`W${n % 3}`, n]));
  const shown = async (warehouse: string) =>
    (await page(picker('W0', 'W2'), { terms: [`warehouse=${warehouse}`] })).items.length;
  expect([await shown('W0'), await shown('W1'), await shown('W2')]).toEqual([10, 0, 10]);
  expect((await page(picker())).items).toEqual([]);
});

test('where no index helps, goes on behind what it has looked at, names nobody unseen, and misses nobody', async () => {
  // Several in each millisecond, also where a page is cut.
  const visible = new Set([3, 5_400, 5_401, 6_998]);
  const items = many(7_000, (n): Item => [visible.has(n) ? 'W1' : 'W2', Math.floor((7_000 - n) / 7)]);
  const { page, asked } = await bench(items, { indexed: false });
  const first = await page(picker('W1'), { limit: 2 });
  expect(first.items).toHaveLength(1);
  expect(first.next?.key).toBe('stockItem/-');
  expect(asked.records).toBeLessThan(5_500);
  expect(asked.pause).toBeGreaterThan(20);
  const { pages, ids } = await pagesOf(page, picker('W1'), 2);
  expect(ids).toHaveLength(4);
  expect(pages.reduce((total, count) => total + count, 0)).toBe(4);
});

test('looks through one millisecond to its end, however many there are', async () => {
  const { page } = await bench([...many(5_600, (): Item => ['W2', 5]), ['W1', 4]], { indexed: false });
  expect((await pagesOf(page, picker('W1'))).ids).toHaveLength(1);
});
