/**
 * Who owns a partition: leases, and the tokens and commit numbers that fence its commits. Beside them what all
 * nodes know of each other: how many there are, and what they have settled.
 */
import { expect, it } from 'vitest';
import { FencedError } from '../../runtime/errors.ts';
import { longMs, newLease, nothing, own, record, shortMs, type Current } from './store-fixture.ts';

export function settingsTests(current: Current): void {
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

export function attendanceTests(current: Current): void {
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

export function leaseTests(current: Current): void {
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

export function fencingTests(current: Current): void {
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
