/** Servers that lose what they had acknowledged (R7, R8, I7). */
import { expect, test } from 'vitest';
import { counter, sleeper } from '../support/charts.ts';
import { createCluster, outcomeOf, type Cluster, type TestNode } from '../support/cluster.ts';
import { createLossyServer, type LossyServer } from '../support/lossy.ts';
import { seededRandom, seeds } from '../support/random.ts';

const keys = ['counter/a', 'counter/b', 'counter/c', 'counter/d'];
const ids = keys.map((key) => key.slice('counter/'.length));

async function shop(partitions = 3): Promise<{ cluster: Cluster; lossy: LossyServer; one: TestNode }> {
  let lossy: LossyServer | undefined;
  const cluster = createCluster([counter, sleeper], {
    options: { partitions },
    serverWith: (clock) => (lossy = createLossyServer(clock)),
  });
  if (lossy === undefined) throw new Error('just made');
  const one = await cluster.start('one');
  for (const key of keys) await one.reply(key, 'counter.create');
  return { cluster, lossy, one };
}

const records = (cluster: Cluster) =>
  Promise.all(keys.map((key) => cluster.direct.store.record(cluster.partition(key), key)));

const counts = async (cluster: Cluster) =>
  Promise.all(
    keys.map(async (key) => ((await cluster.stored(key))?.snapshot.context as { count: number }).count),
  );

test('a store that fell back comes to the same states, byte for byte, and sends nothing twice', async () => {
  const { cluster, lossy, one } = await shop();
  for (let by = 1; by <= 5; by++) {
    for (const key of keys) await one.reply(key, { type: 'counter.tell', to: ids, by });
  }
  await cluster.clock.advance(5_000);
  const before = await records(cluster);
  await lossy.fallBack((_, made) => Math.ceil(made / 2));
  expect(await records(cluster)).not.toEqual(before);
  await cluster.clock.advance(60_000);
  expect(await records(cluster)).toEqual(before);
});

test('a store that fell back in one partition only comes to the same states', async () => {
  for (const partition of [0, 1, 2]) {
    const { cluster, lossy, one } = await shop();
    for (const key of keys) await one.reply(key, { type: 'counter.tell', to: ids, by: 3 });
    await cluster.clock.advance(5_000);
    const before = await records(cluster);
    await lossy.fallBack((number, made) => (number === partition ? made : 0));
    await cluster.clock.advance(60_000);
    expect(await records(cluster)).toEqual(before);
  }
});

test('a store that lost everything is told anew what nobody may change', async () => {
  const { cluster, lossy } = await shop(3);
  await lossy.fallBack((_, made) => made);
  await cluster.clock.advance(60_000);
  expect(await cluster.direct.store.settle('partitions', '5')).toBe('3');
});

test('an answer that was given survives a store that fell back', async () => {
  const { cluster, lossy, one } = await shop();
  const add = { type: 'counter.add', by: 1 };
  const asking = { idempotencyKey: 'k', waitMs: 60_000 };
  expect(outcomeOf(await one.reply('counter/a', add, asking))).toBe('accepted');
  await lossy.fallBack((_, made) => made);
  const again = await one.reply('counter/a', add, asking);
  expect(again).toMatchObject({ answer: { head: { outcome: 'accepted', version: 2, replayed: true } } });
  await cluster.clock.advance(30_000);
  expect(await counts(cluster)).toEqual([1, 0, 0, 0]);
});

test('a mailbox that lost what is committed and uses its sequences again loses and repeats nothing', async () => {
  const { cluster, lossy, one } = await shop(1);
  for (let by = 1; by <= 3; by++)
    await one.reply('counter/a', { type: 'counter.add', by }, { idempotencyKey: `k${by}` });
  const position = lossy.messages().at(-1)?.sequence;
  lossy.loseTail(2);
  const asked = [1, 2, 3, 4].map((by) =>
    one.ask('counter/b', { type: 'counter.add', by }, { waitMs: 60_000, idempotencyKey: `n${by}` }),
  );
  await cluster.clock.advance(30_000);
  expect((await Promise.all(asked)).map(outcomeOf)).toEqual(['accepted', 'accepted', 'accepted', 'accepted']);
  expect(lossy.messages().some(({ sequence }) => sequence === position)).toBe(true);
  expect(await counts(cluster)).toEqual([6, 10, 0, 0]);
  expect(one.lines.map(({ message }) => message)).toContain('the mailbox has lost its tail: reading again');
});

test('sequences that were used again before the owner looks are read all the same', async () => {
  const { cluster, lossy, one } = await shop(1);
  for (let times = 0; times < 3; times++) await one.reply('counter/a', { type: 'counter.add', by: 1 });
  one.crash();
  lossy.loseTail(2);
  const edge = await cluster.start('two');
  const asked = [1, 2, 3].map((by) =>
    edge.ask('counter/b', { type: 'counter.add', by }, { waitMs: 60_000, idempotencyKey: `n${by}` }),
  );
  await cluster.clock.advance(60_000);
  expect((await Promise.all(asked)).map(outcomeOf)).toEqual(['accepted', 'accepted', 'accepted']);
  expect(await counts(cluster)).toEqual([3, 6, 0, 0]);
});

test('messages between actors that the mailbox lost come again', async () => {
  const { cluster, lossy, one } = await shop();
  for (const key of keys) await one.reply(key, { type: 'counter.tell', to: ids, by: 1 });
  lossy.loseTail(12);
  await cluster.clock.advance(600_000);
  expect(await counts(cluster)).toEqual([4, 4, 4, 4]);
});

test.each(seeds(25))('whatever is lost, sent messages count once and in order (seed %i)', async (seed) => {
  const random = seededRandom(seed);
  const { cluster, lossy, one } = await shop();
  // What the mailbox has lost, only the store still has: it must not lose that too (I7).
  let safe: ReadonlyMap<number, number> = new Map();
  for (let round = 0; round < 12; round++) {
    const asking = { idempotencyKey: `k${round}`, waitMs: 120_000 };
    const reply = await one.reply(random.pick(keys), { type: 'counter.tell', to: ids, by: 1 }, asking);
    expect(outcomeOf(reply)).toBe('accepted');
    if (random.chance(0.5)) await cluster.clock.advance(random.below(2_000));
    const loss = random.pick(['store', 'mailbox', 'none']);
    if (loss === 'store') {
      await lossy.fallBack((partition, made) => random.below(made - (safe.get(partition) ?? 0) + 1));
    } else if (loss === 'mailbox') {
      lossy.loseTail(random.below(6));
      await cluster.clock.advance(60_000);
      safe = lossy.commits();
    }
    await cluster.clock.advance(30_000);
  }
  await cluster.clock.advance(600_000);
  expect(await counts(cluster)).toEqual(keys.map(() => 12));
});
