/** What commits keep for a partition, and what is loaded, fetched and browsed of it; also where it is large. */
import { expect, it } from 'vitest';
import {
  commitRecords,
  epoch,
  madeId,
  outgoing,
  own,
  ownAll,
  record,
  range,
  type Current,
} from './store-fixture.ts';

export function recordTests(current: Current): void {
  it('keeps the position of the last commit that has one, and the latest time', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    const position = { sequence: 9_007_199_254_740_991, time: epoch, id: 'anna|1é "\n' };
    await owner.commit({ position, highWater: epoch });
    expect(await store.load(owner.lease)).toMatchObject({ position, highWater: epoch });
    await owner.commit({ highWater: epoch + 5 });
    expect(await store.load(owner.lease)).toMatchObject({ position, highWater: epoch + 5 });
    await owner.commit({ position: { ...position, sequence: 3, id: 'b' }, highWater: epoch + 5 });
    expect((await store.load(owner.lease)).position).toEqual({ ...position, sequence: 3, id: 'b' });
  });

  it('keeps the versions of the charts, by partition and kind', async () => {
    const { store } = current();
    const [owner, other] = [await own(store, 1), await own(store, 2)];
    expect((await store.load(owner.lease)).charts).toEqual({});
    await owner.commit({ charts: { order: 1, payment: 3 } });
    await owner.commit({});
    await owner.commit({ charts: { order: 2 } });
    expect((await store.load(owner.lease)).charts).toEqual({ order: 2, payment: 3 });
    expect((await store.load(other.lease)).charts).toEqual({});
  });

  it('keeps what the index is made by, by partition', async () => {
    const { store } = current();
    const [owner, other] = [await own(store, 1), await own(store, 2)];
    await owner.commit({ indexed: 'one' });
    await owner.commit({ indexed: 'two' });
    await owner.commit({});
    expect(await store.load(owner.lease)).toMatchObject({ indexed: 'two' });
    expect(await store.load(other.lease)).not.toHaveProperty('indexed');
  });

  it('is browsed in pages, and misses nothing that is there throughout', async () => {
    const { store } = current();
    const [owner, other] = [await own(store, 1), await own(store, 2)];
    const keys = range(1, 700).map((n) => `${n % 3 === 0 ? 'order' : 'payment'}/ü${n}`);
    await owner.commit({ records: keys.map((key) => record(key, { body: `{"of":"${key}"}` })) });
    await other.commit({ records: [record('order/other')] });
    const found = new Map<string, string>();
    let pages = 0;
    for (let from: string | undefined, more = true; more; more = from !== undefined) {
      const { records, next } = await store.browse(1, from, 50);
      for (const { key, body } of records) found.set(key, body);
      from = next;
      // What comes meanwhile, and what changes, is in nobody's way.
      await owner.commit({ records: [record(`order/late${++pages}`), record('order/ü3', { body: '{}' })] });
    }
    expect(pages).toBeGreaterThan(5);
    expect([...found.keys()]).toEqual(expect.arrayContaining(keys));
    expect(found.get('payment/ü2')).toBe('{"of":"payment/ü2"}');
    expect(found.has('order/other')).toBe(false);
    expect(await store.browse(3, undefined, 50)).toEqual({ records: [] });
  });

  it('answers records in the order asked, undefined for those that it does not have', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    await owner.commit({
      records: [record('order/a', { body: '{"a":1}' }), record('order/b', { body: '{"b":1}' })],
    });
    await owner.commit({ records: [record('order/b', { body: '{"b":2}' })] });
    const keys = ['order/b', 'order/none', 'order/a', 'order/b'];
    const fetched = await store.fetch(1, keys, []);
    expect(fetched).toEqual({ records: ['{"b":2}', undefined, '{"a":1}', '{"b":2}'], answers: [] });
    expect(await store.record(1, 'order/b')).toBe('{"b":2}');
    expect(await store.record(1, 'order/none')).toBeUndefined();
    expect(await store.fetch(1, [], [])).toEqual({ records: [], answers: [] });
  });

  it('keeps partitions apart', async () => {
    const { store } = current();
    const [first, second] = await ownAll(store);
    await first?.commit({ records: [record('order/a', { body: '0' })] });
    await second?.commit({ records: [record('order/a', { body: '1' })] });
    expect(await store.record(0, 'order/a')).toBe('0');
    expect(await store.record(1, 'order/a')).toBe('1');
    expect(await store.record(2, 'order/a')).toBeUndefined();
  });

  it('answers records over all partitions in the order asked', async () => {
    const { store } = current();
    const owners = await ownAll(store);
    const keys = Array.from({ length: 40 }, (_, n) => `order/${n}`);
    await commitRecords(
      owners,
      keys.map((key) => record(key, { body: key })),
    );
    const asked = ['order/none', ...keys.toReversed(), 'order/7'];
    expect(await store.records(asked)).toEqual([undefined, ...keys.toReversed(), 'order/7']);
    expect(await store.records([])).toEqual([]);
  });

  it('shows committed records to everybody, whoever owns the partition', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    await owner.commit({ records: [record('order/a')] });
    await store.release(owner.lease);
    expect(await store.record(1, 'order/a')).toBe('{"key":"order/a"}');
  });
}

export function sizeTests(current: Current): void {
  it('keeps text of any script and of 200 kB as it was', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    const large = JSON.stringify({ text: 'Füße 🚚 \u0000 \u2028 \r\n "\\ 漢字 '.repeat(8_000) });
    expect(large.length).toBeGreaterThan(200_000);
    await owner.commit({
      records: [record('order/1', { body: large })],
      addActivities: [
        { key: 'order/1', activity: 'a', source: 's', token: 't', input: large, startedAt: epoch },
      ],
      addOutbox: [outgoing(1, 1, large)],
      addHeld: [{ channel: 1, number: 2, body: large, id: 'ü', time: epoch }],
      answers: [{ id: 'a', kept: true, time: epoch, body: large }],
      publications: ['a', 'b'].map((id) => ({
        log: 'dead',
        to: { kind: 'order', id: '1' },
        id,
        body: large,
      })),
    });
    const state = await store.load(owner.lease);
    expect(state.activities[0]?.input === large).toBe(true);
    expect(state.held[0]?.body === large).toBe(true);
    const fetched = await store.fetch(1, ['order/1'], [{ id: 'a', kept: true }]);
    expect(fetched.records[0] === large).toBe(true);
    expect(fetched.answers[0] === large).toBe(true);
    if (store.delivers) return;
    expect(state.outbox[0]?.body === large).toBe(true);
    expect(state.publications[0]?.entries.map(({ body }) => body === large)).toEqual([true, true]);
  });

  it('commits 5,000 records with all that belongs to them', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    const numbers = Array.from({ length: 5_000 }, (_, n) => n);
    await owner.commit({
      records: numbers.map((n) =>
        record(`order/${n}`, { createdAt: epoch + n, addTerms: ['all', `n=${n % 10}`] }),
      ),
      addTimers: numbers.map((n) => ({ key: `order/${n}`, timer: 't', at: epoch + n, token: `t${n}` })),
      addOutbox: numbers.map((n) => outgoing(2, n + 1, String(n))),
      answers: numbers.map((n) => ({
        id: madeId(epoch + n * 100, String(n)),
        kept: n % 2 === 0,
        time: epoch,
        body: 'a',
      })),
      publications: numbers.map((n) => ({
        log: 'journal',
        to: { kind: 'order', id: `${n}` },
        id: `${n}`,
        body: '{}',
      })),
    });
    const keys = numbers.map((n) => `order/${n}`);
    const ids = numbers.map((n) => ({ id: madeId(epoch + n * 100, String(n)), kept: n % 2 === 0 }));
    const { records, answers } = await store.fetch(1, keys, ids);
    expect(records).toEqual(keys.map((key) => `{"key":"${key}"}`));
    expect(answers).toEqual(ids.map(() => 'a'));
    expect(await store.count('order', 'all')).toBe(5_000);
    expect(await store.count('order', 'n=3')).toBe(500);
    expect(await store.due(1, epoch + 10_000, 10_000)).toHaveLength(5_000);
    const state = await store.load(owner.lease);
    expect(state.outbox).toHaveLength(store.delivers ? 0 : 5_000);
    expect(state.publications[0]?.entries ?? []).toHaveLength(store.delivers ? 0 : 5_000);
    await owner.commit({
      dropTimers: numbers.map((n) => `t${n}`),
      dropOutbox: { 2: 5_000 },
      dropPublications: [1],
    });
    expect(await store.due(1, epoch + 10_000, 10_000)).toEqual([]);
    expect(await store.load(owner.lease)).toMatchObject({ commits: 2, outbox: [], publications: [] });
  });
}
