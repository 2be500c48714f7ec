/** What is found otherwise than by its key: actors by their terms, timers by their deadlines. */
import { expect, it } from 'vitest';
import type { DueTimer } from '../../runtime/ports.ts';
import { commitRecords, epoch, own, ownAll, record, type Current } from './store-fixture.ts';

export function termTests(current: Current): void {
  /** Walks through the pages to the end. */
  async function pages(
    kind: string,
    terms: string[],
    limit: number,
  ): Promise<{ key: string; createdAt: number }[]> {
    const all: { key: string; createdAt: number }[] = [];
    for (;;) {
      const after = all.at(-1);
      const page = await current().store.list({ kind, terms, limit, ...(after && { after }) });
      all.push(...page);
      expect(page.length).toBeLessThanOrEqual(limit);
      if (page.length < limit) return all;
    }
  }

  it('lists newest first, page by page, also where many have the same creation time', async () => {
    const { store } = current();
    const created = new Map(
      Array.from({ length: 57 }, (_, n) => [`order/o-${n}`, epoch + Math.floor(n / 9)]),
    );
    await commitRecords(
      await ownAll(store),
      [...created].map(([key, createdAt]) => record(key, { createdAt, addTerms: ['state=new'] })),
    );
    for (const limit of [1, 4, 7, 57, 100]) {
      const listed = await pages('order', ['state=new'], limit);
      expect(new Map(listed.map(({ key, createdAt }) => [key, createdAt]))).toEqual(created);
      expect(listed).toHaveLength(57);
      expect(listed.map(({ createdAt }) => createdAt)).toEqual([...created.values()].toReversed());
    }
  });

  it('lists actors that carry all terms, and all of a kind without terms', async () => {
    const { store } = current();
    const keys = Array.from({ length: 60 }, (_, n) => `order/${n}`);
    const divisors = [2, 3, 5];
    const termsOf = (n: number): string[] =>
      ['even', 'third', 'fifth'].filter((_, i) => n % (divisors[i] ?? 1) === 0);
    await commitRecords(await ownAll(store), [
      ...keys.map((key, n) => record(key, { createdAt: epoch + n, addTerms: termsOf(n) })),
      record('payment/1', { addTerms: ['even', 'third'] }),
      record('ord/1', { addTerms: ['even', 'third'] }),
    ]);
    const numbers = async (terms: string[], limit: number): Promise<string[]> =>
      (await pages('order', terms, limit)).map(({ key }) => key.slice('order/'.length));
    const expected = (divisor: number): string[] =>
      keys.flatMap((_, n) => (n % divisor === 0 ? [String(n)] : [])).toReversed();
    expect(await numbers(['even', 'third'], 3)).toEqual(expected(6));
    expect(await numbers(['fifth', 'even', 'third'], 100)).toEqual(expected(30));
    expect(await numbers(['third'], 7)).toEqual(expected(3));
    expect(await numbers([], 11)).toEqual(expected(1));
    expect(await numbers(['even', 'none'], 5)).toEqual([]);
    expect(await store.list({ kind: 'nothing', terms: [], limit: 5 })).toEqual([]);
  });

  it('goes on behind an actor that has left the list', async () => {
    const { store } = current();
    const owners = await ownAll(store);
    const keys = Array.from({ length: 9 }, (_, n) => `order/${n}`);
    await commitRecords(
      owners,
      keys.map((key) => record(key, { addTerms: ['open'] })),
    );
    const all = await store.list({ kind: 'order', terms: ['open'], limit: 9 });
    const after = all[4];
    if (after === undefined) throw new Error('nine are listed');
    await commitRecords(owners, [record(after.key, { dropTerms: ['open'] })]);
    expect(await store.list({ kind: 'order', terms: ['open'], limit: 9, after })).toEqual(all.slice(5));
  });

  it('moves an actor from one term to another, in the index and in the count', async () => {
    const { store } = current();
    const owners = await ownAll(store);
    const keys = ['order/1', 'order/2', 'order/3', 'order/4', 'order/5'];
    await commitRecords(
      owners,
      keys.map((key) => record(key, { addTerms: ['state=neü', 'customer=a b'] })),
    );
    expect(await store.count('order', 'state=neü')).toBe(5);
    expect(await store.count('order', 'customer=a b')).toBe(5);
    await commitRecords(owners, [
      record('order/2', { addTerms: ['state=done'], dropTerms: ['state=neü'] }),
      record('order/3', { addTerms: ['state=done'], dropTerms: ['state=neü'] }),
      record('order/4', {}),
    ]);
    expect(await store.count('order', 'state=neü')).toBe(3);
    expect(await store.count('order', 'state=done')).toBe(2);
    expect(await store.count('order', 'state=none')).toBe(0);
    expect(await store.count('payment', 'state=done')).toBe(0);
    const done = await store.list({ kind: 'order', terms: ['state=done', 'customer=a b'], limit: 10 });
    expect(done.map(({ key }) => key).toSorted()).toEqual(['order/2', 'order/3']);
    expect(await store.list({ kind: 'order', terms: [], limit: 10 })).toHaveLength(5);
  });
}

export function timerTests(current: Current): void {
  const timer = (token: string, at: number): DueTimer => ({
    key: 'order/ü',
    timer: `after.${token}`,
    at,
    token,
  });

  it('answers timers that are due, earliest first, up to the limit', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    const timers = [5, 3, 9, 1, 7].map((n) => timer(`order/ü:${n}:0`, epoch + n));
    await owner.commit({ addTimers: timers });
    const byTime = timers.toSorted((a, b) => a.at - b.at);
    expect(await store.due(1, epoch + 7, 100)).toEqual(byTime.slice(0, 4));
    expect(await store.due(1, epoch + 100, 2)).toEqual(byTime.slice(0, 2));
    expect(await store.due(1, epoch, 100)).toEqual([]);
    expect(await store.due(2, epoch + 100, 100)).toEqual([]);
    expect(await store.due(1, epoch + 100, 100)).toEqual(byTime);
  });

  it('drops timers by token, whether it has them or not', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    await owner.commit({ addTimers: [timer('a', epoch + 1), timer('b', epoch + 2)] });
    await owner.commit({ dropTimers: ['a', 'none'] });
    expect(await store.due(1, epoch + 9, 9)).toEqual([timer('b', epoch + 2)]);
  });

  it('replaces a timer whose token is dropped and added in one commit', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    await owner.commit({ addTimers: [timer('a', epoch + 1), timer('b', epoch + 2)] });
    const replaced = { ...timer('a', epoch + 5), timer: 'other' };
    await owner.commit({ dropTimers: ['a'], addTimers: [replaced] });
    expect(await store.due(1, epoch + 9, 9)).toEqual([timer('b', epoch + 2), replaced]);
  });

  it('keeps the same token apart between partitions', async () => {
    const { store } = current();
    const [first, second] = await ownAll(store);
    await first?.commit({ addTimers: [timer('a', epoch + 1)] });
    await second?.commit({ addTimers: [timer('a', epoch + 2)] });
    await first?.commit({ dropTimers: ['a'] });
    expect(await store.due(0, epoch + 9, 9)).toEqual([]);
    expect(await store.due(1, epoch + 9, 9)).toEqual([timer('a', epoch + 2)]);
  });
}
