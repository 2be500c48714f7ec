/** The contract of `Store` (runtime/ports.ts), run against every adapter. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { partitionOf } from '../../runtime/address.ts';
import { FencedError } from '../../runtime/errors.ts';
import type { Commit, DueTimer, PartitionState, PendingActivity, Publication } from '../../runtime/ports.ts';
import {
  commitRecords,
  epoch,
  longMs,
  madeId,
  newLease,
  nothing,
  outgoing,
  own,
  ownAll,
  partitions,
  record,
  shortMs,
  staged,
  type OpenStore,
  type OpenStoreFunction,
  type Owner,
} from './store-fixture.ts';
import { randomizedStoreTests } from './store-random.ts';

export type { OpenStore, OpenStoreFunction, StoreOptions } from './store-fixture.ts';

/** `stages`: whether the store keeps messages and entries for others to deliver, or delivers them itself. */
export function storeContract(name: string, open: OpenStoreFunction, { stages }: { stages: boolean }): void {
  describe(`${name}: a store`, () => {
    let opened: OpenStore;
    beforeEach(async () => {
      opened = await open({ partitions });
    });
    afterEach(async () => {
      await opened.close();
    });
    const current = (): OpenStore => opened;

    describe('settings', () => settingsTests(current));
    describe('attendance', () => attendanceTests(current));
    describe('leases', () => leaseTests(current));
    describe('fencing', () => fencingTests(current));
    describe('position and records', () => recordTests(current));
    describe('terms', () => termTests(current));
    describe('timers', () => timerTests(current));
    describe('activities', () => activityTests(current));
    describe('channels', () => channelTests(current));
    describe('answers', () => answerTests(current));
    if (stages) describe('staging', () => stagingTests(current));
    describe('atomicity', () => atomicityTests(current));
    describe('sizes', () => sizeTests(current));
    describe('anything', () => randomizedStoreTests(current));
  });
}

type Current = () => OpenStore;

const entry = (channel: number, number: number): Commit['addOutbox'][number] =>
  outgoing(channel, number, `{"to":"${channel}é","number":${number}}`);
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);

function settingsTests(current: Current): void {
  it('keeps the first value that is settled', async () => {
    const { store } = current();
    expect(await store.settle('partitions', '16')).toBe('16');
    expect(await store.settle('partitions', '32')).toBe('16');
    expect(await store.settle('other', 'zäh')).toBe('zäh');
  });

  it('gives all who settle at once the same value', async () => {
    const { store } = current();
    const values = await Promise.all(Array.from({ length: 20 }, (_, n) => store.settle('name', String(n))));
    expect(new Set(values).size).toBe(1);
    expect(await store.settle('name', 'late')).toBe(values[0]);
  });
}

function attendanceTests(current: Current): void {
  it('counts the nodes that have said that they live', async () => {
    const { store } = current();
    expect(await store.attend('one', longMs)).toBe(1);
    expect(await store.attend('two', longMs)).toBe(2);
    expect(await store.attend('one', longMs)).toBe(2);
  });

  it('does not count one that has said that it goes', async () => {
    const { store } = current();
    await store.attend('one', longMs);
    await store.attend('two', longMs);
    expect(await store.attend('one', 0)).toBe(1);
    expect(await store.attend('two', longMs)).toBe(1);
  });

  it('does not count one that has not said so for as long as it held', async () => {
    const { store, advance } = current();
    await store.attend('one', shortMs);
    await store.attend('two', longMs);
    await advance(shortMs);
    expect(await store.attend('two', longMs)).toBe(1);
  });
}

function leaseTests(current: Current): void {
  it('gives a free lease, and says to others how long it runs', async () => {
    const { store } = current();
    expect(await store.acquire(newLease(1), longMs)).toEqual({ acquired: true });
    const second = await store.acquire(newLease(1), longMs);
    expect(second.acquired).toBe(false);
    if (second.acquired) return;
    expect(second.remainingMs).toBeGreaterThan(0);
    expect(second.remainingMs).toBeLessThanOrEqual(longMs);
  });

  it('gives the leases of different partitions to different owners', async () => {
    const { store } = current();
    expect(await store.acquire(newLease(0), longMs)).toEqual({ acquired: true });
    expect(await store.acquire(newLease(1), longMs)).toEqual({ acquired: true });
  });

  it('gives a lease to exactly one of many who ask at once', async () => {
    const { store } = current();
    const answers = await Promise.all(Array.from({ length: 20 }, () => store.acquire(newLease(2), longMs)));
    expect(answers.filter(({ acquired }) => acquired)).toHaveLength(1);
  });

  it('gives a lease again when its deadline has passed', async () => {
    const { store, advance } = current();
    await store.acquire(newLease(1), shortMs);
    await advance(shortMs);
    expect(await store.acquire(newLease(1), longMs)).toEqual({ acquired: true });
  });

  it('gives a lease again when it was released', async () => {
    const { store } = current();
    const first = newLease(1);
    await store.acquire(first, longMs);
    await store.release(first);
    expect(await store.acquire(newLease(1), longMs)).toEqual({ acquired: true });
  });

  it('ignores a release by somebody else', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    await store.release(newLease(1));
    await store.release(newLease(3));
    expect((await store.acquire(newLease(1), longMs)).acquired).toBe(false);
    await owner.commit({ highWater: 1 });
  });

  it('moves the deadline on renewal', async () => {
    const { store, advance } = current();
    const owner = await own(store, 1, 1_000);
    await store.renew(owner.lease, 0, longMs);
    await advance(1_000);
    expect((await store.acquire(newLease(1), longMs)).acquired).toBe(false);
    await owner.commit({ highWater: 1 });
    await store.renew(owner.lease, 1, longMs);
  });

  it('refuses to renew with another token', async () => {
    const { store } = current();
    await expect(store.renew(newLease(1), 0, longMs)).rejects.toThrow(FencedError);
    await own(store, 1);
    await expect(store.renew(newLease(1), 0, longMs)).rejects.toThrow(FencedError);
  });

  it('refuses to renew with another commit number', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    await owner.commit({ highWater: 1 });
    await expect(store.renew(owner.lease, 0, longMs)).rejects.toThrow(FencedError);
    await expect(store.renew(owner.lease, 2, longMs)).rejects.toThrow(FencedError);
    await store.renew(owner.lease, 1, longMs);
  });

  it('refuses to renew when the deadline has passed, even if nobody took over', async () => {
    const { store, advance } = current();
    const lease = newLease(1);
    await store.acquire(lease, shortMs);
    await advance(shortMs);
    await expect(store.renew(lease, 0, longMs)).rejects.toThrow(FencedError);
  });

  it('refuses to renew what was released', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    await store.release(owner.lease);
    await expect(store.renew(owner.lease, 0, longMs)).rejects.toThrow(FencedError);
  });
}

function fencingTests(current: Current): void {
  it('refuses to load without the lease', async () => {
    const { store } = current();
    await expect(store.load(newLease(1))).rejects.toThrow(FencedError);
    await own(store, 1);
    await expect(store.load(newLease(1))).rejects.toThrow(FencedError);
  });

  it('loads an empty partition', async () => {
    const { store } = current();
    const lease = newLease(1);
    await store.acquire(lease, longMs);
    expect(await store.load(lease)).toEqual({
      commits: 0,
      highWater: 0,
      charts: {},
      sent: {},
      received: {},
      outbox: [],
      held: [],
      activities: [],
      publications: [],
    });
  });

  it('refuses a commit with a stale lease token', async () => {
    const { store } = current();
    const first = await own(store, 1);
    await store.release(first.lease);
    const second = await own(store, 1);
    await expect(first.commit({ records: [record('order/1')] })).rejects.toThrow(FencedError);
    expect(await store.record(1, 'order/1')).toBeUndefined();
    await second.commit({ records: [record('order/1')] });
  });

  it('refuses a commit after a release that nobody has followed', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    await store.release(owner.lease);
    await expect(owner.commit({ highWater: 1 })).rejects.toThrow(FencedError);
    await expect(store.load(owner.lease)).rejects.toThrow(FencedError);
  });

  it('refuses a commit with another commit number', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    await owner.commit({ highWater: 1 });
    for (const commits of [0, 2]) {
      const late = store.commit(owner.lease, commits, {
        ...nothing,
        highWater: 9,
        records: [record('order/1')],
      });
      await expect(late).rejects.toThrow(FencedError);
    }
    expect(await store.load(owner.lease)).toMatchObject({ commits: 1, highWater: 1 });
    expect(await store.record(1, 'order/1')).toBeUndefined();
  });

  it('refuses a commit when the deadline has passed, even if nobody took over', async () => {
    const { store, advance } = current();
    const lease = newLease(1);
    await store.acquire(lease, shortMs);
    await advance(shortMs);
    const late = store.commit(lease, 0, { ...nothing, records: [record('order/1')] });
    await expect(late).rejects.toThrow(FencedError);
    expect(await store.record(1, 'order/1')).toBeUndefined();
  });

  it('raises the commit number by one, and keeps it over a change of owners', async () => {
    const { store } = current();
    const first = await own(store, 1);
    await first.commit({ highWater: 1 });
    await first.commit({ highWater: 2 });
    expect(await store.load(first.lease)).toMatchObject({ commits: 2 });
    await store.release(first.lease);
    const second = await own(store, 1);
    expect(second.commits).toBe(2);
    await second.commit({ highWater: 3 });
    expect(await store.load(second.lease)).toMatchObject({ commits: 3, highWater: 3 });
  });
}

function recordTests(current: Current): void {
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

function termTests(current: Current): void {
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

function timerTests(current: Current): void {
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

function activityTests(current: Current): void {
  const activity = (token: string): PendingActivity => ({
    key: 'payment/1',
    activity: 'capture',
    source: 'gateway.capture',
    token,
    input: `{"line":"\\n ${token} 🚚"}`,
    startedAt: epoch + token.length,
  });

  it('keeps activities until they are dropped', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    await owner.commit({ addActivities: [activity('a'), activity('b')] });
    await owner.commit({ addActivities: [activity('c')], dropActivities: ['a', 'none'] });
    const { activities } = await store.load(owner.lease);
    expect(activities.toSorted((a, b) => a.token.localeCompare(b.token))).toEqual([
      activity('b'),
      activity('c'),
    ]);
  });
}

function channelTests(current: Current): void {
  const held = (channel: number, number: number): Commit['addHeld'][number] => ({
    ...staged(entry(channel, number)),
    id: `order/1:${number}:0 "\n`,
    time: epoch + number,
  });
  it('keeps what is held back until it is dropped, by channel and number', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    await owner.commit({ addHeld: [held(3, 12), held(3, 4), held(0, 7)] });
    await owner.commit({ addHeld: [held(3, 5)], dropHeld: [{ channel: 3, number: 12 }] });
    expect((await store.load(owner.lease)).held).toEqual([held(0, 7), held(3, 4), held(3, 5)]);
    const gone = [0, 3].flatMap((channel) => [4, 5, 7, 8].map((number) => ({ channel, number })));
    await owner.commit({ dropHeld: gone });
    expect((await store.load(owner.lease)).held).toEqual([]);
  });

  it('keeps the channel counters, changing only those given', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    await owner.commit({ sent: { 0: 3, 12: 1 }, received: { 1: 5 } });
    await owner.commit({ sent: { 12: 2 }, received: { 3: 9_007_199_254_740_991 } });
    expect(await store.load(owner.lease)).toMatchObject({
      sent: { 0: 3, 12: 2 },
      received: { 1: 5, 3: 9_007_199_254_740_991 },
    });
  });

  it('answers how far the receivers have taken from a sender', async () => {
    const { store } = current();
    const owners = await ownAll(store);
    await owners[0]?.commit({ received: { 1: 5, 2: 6 } });
    await owners[3]?.commit({ received: { 1: 7 } });
    const answer = await store.received(1, [0, 2, 3]);
    expect({ 2: 0, ...answer }).toEqual({ 0: 5, 2: 0, 3: 7 });
    expect(await store.received(2, [0])).toEqual({ 0: 6 });
    expect(await store.received(1, [])).toEqual({});
  });
}

function answerTests(current: Current): void {
  it('answers by id, kept and made ones apart, in the order asked', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    const made = madeId(epoch, 'x');
    await owner.commit({
      answers: [
        { id: 'anna|key-1', kept: true, time: epoch, body: '{"status":"é"}' },
        { id: made, kept: false, time: epoch + 40, body: 'a' },
        { id: 'unusual', kept: false, time: epoch + 40, body: 'u' },
      ],
    });
    const asked = [
      { id: made, kept: false },
      { id: 'anna|none', kept: true },
      { id: 'anna|key-1', kept: true },
      { id: madeId(epoch, 'y'), kept: false },
      { id: 'unusual', kept: false },
    ];
    const { records, answers } = await store.fetch(1, ['order/1'], asked);
    expect(records).toEqual([undefined]);
    expect(answers).toEqual(['a', undefined, '{"status":"é"}', undefined, 'u']);
    expect((await store.fetch(2, [], asked)).answers).toEqual(asked.map(() => undefined));
  });

  it('finds made answers of any age among each other', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    const ids = Array.from({ length: 300 }, (_, n) => ({
      id: madeId(epoch + n * 7_000, String(n)),
      kept: false,
    }));
    for (let n = 0; n < ids.length; n += 50) {
      const some = ids.slice(n, n + 50);
      await owner.commit({
        answers: some.map((id, m) => ({ ...id, time: epoch + (n + m) * 7_000, body: id.id })),
      });
    }
    const { answers } = await store.fetch(1, [], ids);
    expect(answers).toEqual(ids.map(({ id }) => id));
  });

  it('forgets answers whose mailbox time is below, and none that is younger', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    const hour = 3_600_000;
    const answers = (name: string, made: number, time: number): Commit['answers'][number][] => [
      { id: madeId(made, name), kept: false, time, body: `made ${name}` },
      { id: `unusual-${name}`, kept: false, time, body: `unusual ${name}` },
      { id: `anna|${name}`, kept: true, time, body: `kept ${name}` },
    ];
    const old = Array.from({ length: 500 }, (_, n) => answers(`old-${n}`, epoch + n, epoch + n)).flat();
    // Made in the same moment as the old ones, but long on its way to the mailbox: not to be forgotten.
    const late = answers('late', epoch, epoch + 2 * hour);
    const young = answers('young', epoch + 2 * hour, epoch + 2 * hour);
    await owner.commit({ answers: old });
    await owner.commit({ answers: [...young, ...late] });
    const found = async (ids: Commit['answers']): Promise<(string | undefined)[]> =>
      (await store.fetch(1, [], ids)).answers.filter((answer) => answer !== undefined);

    /** Forgets, again and again where it takes several shares, until nothing of these is left. */
    const forgetAll = (ids: Commit['answers'], forget: NonNullable<Commit['forget']>): Promise<void> =>
      vi.waitFor(async () => {
        await owner.commit({ forget });
        expect(await found(ids)).toEqual([]);
      }, 20_000);

    const oldKept = old.filter(({ kept }) => kept);
    await forgetAll(oldKept, { madeBefore: epoch, keptBefore: epoch + hour });
    expect(await found(old)).toHaveLength(1_000);

    const oldUnusual = old.filter(({ id }) => id.startsWith('unusual'));
    await forgetAll(oldUnusual, { madeBefore: epoch + 2 * hour, keptBefore: 0 });
    expect(await found([...young, ...late])).toEqual([...young, ...late].map(({ body }) => body));

    await forgetAll([...old, ...young, ...late], {
      madeBefore: epoch + 3 * hour,
      keptBefore: epoch + 3 * hour,
    });
  });
}

/** Only of a store that does not deliver by itself: what must leave later is kept until it has. */
function stagingTests(current: Current): void {
  const publication = (id: string): Publication => ({
    log: id.startsWith('dead') ? 'dead' : 'journal',
    to: { kind: 'order', id: `o~${id}` },
    id,
    body: `{"text":"🚚 é \\n ${id}"}\n`,
  });

  it('loads the outbox by channel and number, as numbers', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    const numbers = [11, 2, 1, 10, 9, 100];
    await owner.commit({ addOutbox: [10, 2].flatMap((channel) => numbers.map((n) => entry(channel, n))) });
    await owner.commit({ addOutbox: [entry(2, 3)] });
    const { outbox } = await store.load(owner.lease);
    expect(outbox).toEqual([
      ...[1, 2, 3, 9, 10, 11, 100].map((n) => staged(entry(2, n))),
      ...[1, 2, 9, 10, 11, 100].map((n) => staged(entry(10, n))),
    ]);
  });

  it('drops outbox entries up to a number, per channel', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    await owner.commit({
      addOutbox: [0, 1, 2].flatMap((channel) => range(1, 12).map((n) => entry(channel, n))),
    });
    await owner.commit({ dropOutbox: { 0: 9, 2: 12 } });
    const left = [...range(10, 12).map((n) => entry(0, n)), ...range(1, 12).map((n) => entry(1, n))];
    expect((await store.load(owner.lease)).outbox).toEqual(left.map(staged));
    await owner.commit({ dropOutbox: { 0: 10, 1: 12, 2: 12, 3: 1 }, addOutbox: [entry(2, 13)] });
    expect((await store.load(owner.lease)).outbox).toEqual(
      [entry(0, 11), entry(0, 12), entry(2, 13)].map(staged),
    );
  });

  it('drops a long outbox at once', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    await owner.commit({ addOutbox: range(1, 3_000).map((n) => entry(1, n)) });
    await owner.commit({ dropOutbox: { 1: 2_990 } });
    expect((await store.load(owner.lease)).outbox).toEqual(
      range(2_991, 3_000).map((n) => staged(entry(1, n))),
    );
  });

  it('keeps publications under the number of their commit until they are dropped, in order', async () => {
    const { store } = current();
    const owner = await own(store, 1);
    for (let n = 1; n <= 12; n++) {
      const publications =
        n === 2 ? [] : ['journal-a', 'dead-b', 'journal-c'].map((id) => publication(`${id}${n}`));
      await owner.commit({ publications });
    }
    const kept = async (): Promise<unknown> => (await store.load(owner.lease)).publications;
    const expected = (n: number): unknown => ({
      commit: n,
      entries: ['journal-a', 'dead-b', 'journal-c'].map((id) => publication(`${id}${n}`)),
    });
    expect(await kept()).toEqual([1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map(expected));
    await owner.commit({ dropPublications: [1, 2, 3, 4, 5, 6, 8, 9, 12] });
    expect(await kept()).toEqual([7, 10, 11].map(expected));
    await owner.commit({ dropPublications: [7, 10, 11], publications: [publication('dead-x')] });
    expect(await kept()).toEqual([{ commit: 14, entries: [publication('dead-x')] }]);
  });
}

function atomicityTests(current: Current): void {
  /** One of everything, all with `name` in it. */
  function everything(name: string, sequence: number): Partial<Commit> {
    return {
      position: { sequence, time: epoch, id: name },
      highWater: epoch + sequence,
      records: [record('order/1', { body: name, addTerms: [`by=${name}`] }), record(`order/${name}`)],
      addTimers: [{ key: 'order/1', timer: 't', at: epoch, token: name }],
      addActivities: [
        { key: 'order/1', activity: 'a', source: 's', token: name, input: '{}', startedAt: epoch },
      ],
      sent: { 0: sequence },
      received: { 0: sequence },
      addOutbox: [outgoing(0, sequence, name)],
      addHeld: [{ channel: 0, number: sequence, body: name, id: name, time: epoch }],
      answers: [{ id: name, kept: true, time: epoch, body: name }],
      publications: [{ log: 'journal', to: { kind: 'order', id: '1' }, id: name, body: name }],
    };
  }

  function stagedTraces({ outbox, publications }: PartitionState, name: string): boolean[] {
    return [
      outbox.some(({ body }) => body === name),
      publications.some(({ entries }) => entries[0]?.id === name),
    ];
  }

  async function traces(lease: Owner['lease'], name: string): Promise<boolean[]> {
    const { store } = current();
    const { partition } = lease;
    const state = await store.load(lease);
    const asked = await store.fetch(partition, ['order/1', `order/${name}`], [{ id: name, kept: true }]);
    return [
      state.position?.id === name,
      state.held.some(({ body }) => body === name),
      state.activities.some(({ token }) => token === name),
      asked.records[0] === name,
      asked.records[1] !== undefined,
      asked.answers[0] === name,
      (await store.due(partition, epoch, 1_000)).some(({ token }) => token === name),
      (await store.count('order', `by=${name}`)) === 1,
      ...(store.delivers ? [] : stagedTraces(state, name)),
    ];
  }

  it('writes nothing of a refused commit and all of an accepted one', async () => {
    const { store } = current();
    const partition = partitionOf('order/1', partitions);
    const owner = await own(store, partition);
    const refused = store.commit(owner.lease, 7, { ...nothing, ...everything('no', 1) });
    await expect(refused).rejects.toThrow(FencedError);
    expect(await traces(owner.lease, 'no')).not.toContain(true);
    await owner.commit(everything('yes', 1));
    expect(await traces(owner.lease, 'yes')).not.toContain(false);
  });

  it('accepts exactly one of two commits with the same number, whole', async () => {
    const { store } = current();
    const owner = await own(store, partitionOf('order/1', partitions));
    for (let round = 0; round < 50; round++) {
      const names = [`left-${round}`, `right-${round}`];
      const outcomes = await Promise.allSettled(
        names.map((name) => store.commit(owner.lease, round, { ...nothing, ...everything(name, round + 1) })),
      );
      const winners = names.filter((_, n) => outcomes[n]?.status === 'fulfilled');
      expect(winners).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(FencedError);
      }
      for (const name of names) {
        expect(await traces(owner.lease, name)).toEqual(
          Array(store.delivers ? 8 : 10).fill(winners.includes(name)),
        );
      }
    }
    expect((await store.load(owner.lease)).commits).toBe(50);
  });

  it('refuses all but one of many commits with the same number', async () => {
    const { store } = current();
    const owner = await own(store, 0);
    const attempts = Array.from({ length: 30 }, (_, n) =>
      store.commit(owner.lease, 0, { ...nothing, highWater: n + 1 }),
    );
    const outcomes = await Promise.allSettled(attempts);
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await store.load(owner.lease)).toMatchObject({ commits: 1, highWater: winner + 1 });
  });
}

function sizeTests(current: Current): void {
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
