/** Messages, journal entries and dead letters on their way, over faults and crashes (R4, R11). */
import { expect, test } from 'vitest';
import { RetryableError } from '../../runtime/errors.ts';
import type { Mailbox } from '../../runtime/ports.ts';
import { createOutbox } from '../../runtime/loop/outbox.ts';
import { counter } from '../support/charts.ts';
import { createManualClock, settled } from '../support/clock.ts';
import { createCluster, type Cluster } from '../support/cluster.ts';
import type { Interfere } from '../support/faults.ts';

type Entry = Parameters<Mailbox['append']>[0];

const tell = (by: number) => ({ type: 'counter.tell', to: ['there'], by });

const isMessage = (entry: Entry): boolean => entry.dedupe;

async function countOf({ stored }: Cluster, key = 'counter/there'): Promise<unknown> {
  return ((await stored(key))?.snapshot.context as { count?: number } | undefined)?.count;
}

/** Two counters in different partitions. */
const remote = { options: { partitions: 5 } };

test('a message whose publish failed is sent again', async () => {
  const cluster = createCluster([counter], remote);
  let fails = 2;
  const one = await cluster.start('one', {
    interfere: (call, pass) =>
      call.name === 'append' && call.to === 'mailbox' && isMessage(call.args[0] as Entry) && fails-- > 0
        ? Promise.reject(new RetryableError('away', { effect: 'none' }))
        : pass(),
  });
  expect(cluster.partition('counter/here')).not.toBe(cluster.partition('counter/there'));
  await one.reply('counter/here', 'counter.create');
  await one.reply('counter/there', 'counter.create');
  for (const by of [1, 2, 3]) await one.reply('counter/here', tell(by));
  await cluster.clock.until(async () => (await countOf(cluster)) === 6);
  const journal = await cluster.journal('counter/there');
  expect(journal.slice(1).map(({ event }) => (event as unknown as { by: number }).by)).toEqual([1, 2, 3]);
});

test('all that waits is sent again at once when the mailbox can be read again', async () => {
  const cluster = createCluster([counter], remote);
  let isLost = true;
  const sent: number[] = [];
  const one = await cluster.start('one', {
    interfere: (call, pass) => {
      if (call.name !== 'append' || call.to !== 'mailbox' || !isMessage(call.args[0] as Entry)) return pass();
      const { event } = JSON.parse((call.args[0] as Entry).body) as { event: { by: number } };
      sent.push(event.by);
      return isLost ? Promise.resolve() : pass();
    },
  });
  await one.reply('counter/here', 'counter.create');
  await one.reply('counter/there', 'counter.create');
  for (const by of [1, 2, 3]) await one.reply('counter/here', tell(by));
  isLost = false;
  sent.length = 0;
  one.backend.breakReaders();
  await cluster.clock.advance(50);
  expect(sent).toEqual([1, 2, 3]);
  expect(await countOf(cluster)).toBe(6);
});

test('a message that the broker took and lost is sent again, until the receiver has counted it', async () => {
  const cluster = createCluster([counter], remote);
  let lost = 3;
  const tries: string[] = [];
  const one = await cluster.start('one', {
    interfere: (call, pass) => {
      if (call.name !== 'append' || call.to !== 'mailbox' || !isMessage(call.args[0] as Entry)) return pass();
      tries.push((call.args[0] as Entry).id);
      return lost-- > 0 ? Promise.resolve() : pass();
    },
  });
  await one.reply('counter/here', 'counter.create');
  await one.reply('counter/there', 'counter.create');
  await one.reply('counter/here', tell(4));
  await cluster.clock.until(async () => (await countOf(cluster)) === 4);
  expect(tries.length).toBeGreaterThanOrEqual(4);
  expect(new Set(tries).size).toBe(1);
  const sent = tries.length;
  await cluster.clock.advance(600_000);
  expect(tries).toHaveLength(sent);
});

test('the outbox keeps a message until it is counted, and then drops it', async () => {
  const cluster = createCluster([counter], remote);
  let blocked = true;
  const one = await cluster.start('one', {
    interfere: (call, pass) =>
      blocked && call.name === 'append' && call.to === 'mailbox' && isMessage(call.args[0] as Entry)
        ? Promise.resolve()
        : pass(),
  });
  await one.reply('counter/here', 'counter.create');
  await one.reply('counter/there', 'counter.create');
  await one.reply('counter/here', tell(1));
  const channel = cluster.partition('counter/here');
  await cluster.clock.advance(5_000);
  expect(await outboxOf(cluster, channel, one.crash)).toHaveLength(1);

  const two = await cluster.start('two');
  blocked = false;
  await cluster.clock.until(async () => (await countOf(cluster)) === 1);
  await cluster.clock.advance(5_000);
  expect(await outboxOf(cluster, channel, two.crash)).toEqual([]);
});

/** Ends the owner first: only an owner may load. */
async function outboxOf({ direct, clock }: Cluster, partition: number, crash: () => void) {
  crash();
  const lease = { partition, token: `probe-${clock.now()}` };
  await clock.until(async () => (await direct.store.acquire(lease, 60_000)).acquired);
  const { outbox } = await direct.store.load(lease);
  await direct.store.release(lease);
  return outbox;
}

test('messages keep their order over lost publishes and a takeover', async () => {
  const cluster = createCluster([counter], remote);
  let number = 0;
  const one = await cluster.start('one', {
    interfere: (call, pass) => {
      if (call.name !== 'append' || call.to !== 'mailbox' || !isMessage(call.args[0] as Entry)) return pass();
      return ++number % 2 === 0 ? pass() : Promise.resolve();
    },
  });
  await one.reply('counter/here', 'counter.create');
  await one.reply('counter/there', 'counter.create');
  for (let by = 1; by <= 8; by++) await one.reply('counter/here', tell(by));
  one.crash();
  await cluster.start('two');
  await cluster.clock.until(async () => (await countOf(cluster)) === 36);
  const journal = await cluster.journal('counter/there');
  expect(journal.slice(1).map(({ event }) => (event as unknown as { by: number }).by)).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8,
  ]);
});

function failing(log: 'journal' | 'deadLetters', isDown: () => boolean): Interfere {
  return (call, pass) =>
    call.name === 'append' && call.to === log && isDown()
      ? Promise.reject(new RetryableError('away'))
      : pass();
}

test('journal entries wait for their log, and come in full', async () => {
  const cluster = createCluster([counter]);
  let down = true;
  const one = await cluster.start('one', { interfere: failing('journal', () => down) });
  await one.reply('counter/c', 'counter.create');
  for (let times = 0; times < 5; times++) await one.reply('counter/c', { type: 'counter.add', by: 1 });
  await cluster.clock.advance(30_000);
  expect(await cluster.journal('counter/c')).toEqual([]);
  down = false;
  await cluster.clock.until(async () => (await cluster.journal('counter/c')).length === 6);
});

test('dead letters that the log did not take survive a crash', async () => {
  const cluster = createCluster([counter]);
  const one = await cluster.start('one', { interfere: failing('deadLetters', () => true) });
  await one.reply('counter/c', 'counter.create');
  await one.reply('counter/c', { type: 'counter.spoil', how: 'throw' });
  one.crash();
  await cluster.start('two');
  await cluster.clock.until(async () => (await cluster.deadLetters('counter/c')).length === 1);
  await cluster.clock.advance(600_000);
  expect(await cluster.deadLetters('counter/c')).toHaveLength(1);
});

test('what the log has acknowledged is dropped from the store', async () => {
  const cluster = createCluster([counter]);
  const one = await cluster.start('one');
  await one.reply('counter/c', 'counter.create');
  await cluster.clock.advance(5_000);
  one.crash();
  const lease = { partition: cluster.partition('counter/c'), token: 'probe' };
  await cluster.clock.until(async () => (await cluster.direct.store.acquire(lease, 60_000)).acquired);
  expect((await cluster.direct.store.load(lease)).publications).toEqual([]);
});

test('what failed is published again at once and in order, not one at a time', async () => {
  const clock = createManualClock();
  const published: string[] = [];
  let fails = true;
  const mailbox = {
    append: ({ id }: Entry) => {
      published.push(id);
      return fails ? Promise.reject(new RetryableError('away')) : Promise.resolve();
    },
  } as unknown as Mailbox;
  const outbox = createOutbox({ mailbox, clock, resendMs: 1_000 });
  const ids = ['a', 'b', 'c'];
  const to = { kind: 'counter', id: 'there' };
  outbox.add(ids.map((id, index) => ({ channel: 1, number: index + 1, to, id, body: '' })));
  await settled();
  fails = false;
  outbox.tick();
  await settled();
  expect(published).toEqual([...ids, ...ids]);
  outbox.tick();
  expect(published).toHaveLength(6);
  expect(outbox.size()).toBe(3);
  outbox.dropped({ 1: 2 });
  expect(outbox.size()).toBe(1);
});
