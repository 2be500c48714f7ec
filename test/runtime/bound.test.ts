/** What is bound in actors, and how often their records are read for it. */
import { expect, test } from 'vitest';
import { definitions } from '../../actors/registry.ts';
import { Bound } from '../../runtime/reading/bound.ts';
import type { BoardDefinition } from '../../runtime/definition.ts';
import { createManualClock, settled } from '../support/clock.ts';

const board: BoardDefinition = {
  ...{ steps: [], states: [], promiseMs: 1 },
  value: (context: { amount: number; currency: string }) => context,
};
const [order] = definitions;

function bench(padding = '') {
  const clock = createManualClock();
  const asked: string[][] = [];
  const stored = new Map<string, { version: number; amount: number; chart?: number }>();
  const put = (id: string, record: { version: number; amount: number; chart?: number }) =>
    void stored.set(`order/${id}`, record);
  const store = {
    records(keys: readonly string[]) {
      asked.push(keys.map((key) => key.slice('order/'.length)));
      return Promise.resolve(keys.map((key) => text(key)));
    },
  };
  function text(key: string): string | undefined {
    const record = stored.get(key);
    if (record === undefined || order === undefined) return undefined;
    const { version, amount, chart = order.version } = record;
    const snapshot = { context: { amount, currency: 'EUR', padding } };
    return JSON.stringify({ version, chart: { version: chart }, snapshot });
  }
  if (order === undefined) throw new Error('there is no definition');
  return { clock, asked, put, bound: new Bound({ store, clock }, { ...order, board }) };
}

test('reads an actor again only when it has gone on, for all who ask', async () => {
  const { asked, put, bound } = bench();
  put('a', { version: 3, amount: 10 });
  put('b', { version: 1, amount: 5 });
  put('old', { version: 1, amount: 100, chart: 0 });
  const all = new Map([
    ['a', 3],
    ['b', 1],
    ['old', 1],
    ['gone', 1],
  ]);
  expect(await Promise.all([bound.sums(all), bound.sums(all)])).toEqual([{ EUR: 15 }, { EUR: 15 }]);
  expect(asked).toEqual([['a', 'b', 'old', 'gone'], ['gone']]);
  put('b', { version: 2, amount: 7 });
  expect(await bound.sums(new Map([...all, ['b', 2]]))).toEqual({ EUR: 17 });
  expect(asked.at(-1)).toEqual(['b', 'gone']);
  expect(await bound.sums(new Map([['b', 2]]))).toEqual({ EUR: 7 });
  expect(asked).toHaveLength(3);
});

test('large records are not read in one go', async () => {
  const { clock, asked, put, bound } = bench('x'.repeat(50_000));
  const ids = Array.from({ length: 50 }, (_, n) => `o${n}`);
  for (const id of ids) put(id, { version: 1, amount: 1 });
  let sums: object | undefined;
  void bound.sums(new Map(ids.map((id) => [id, 1]))).then((found) => (sums = found));
  await settled();
  expect(asked.flat().length).toBeLessThan(50);
  await clock.until(() => sums !== undefined);
  expect(sums).toEqual({ EUR: 50 });
});
