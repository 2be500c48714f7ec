/** The edge's side of a command (R6): what it may say when an answer, or the broker, is late. */
import { expect, test } from 'vitest';
import { RetryableError } from '../../runtime/errors.ts';
import { warnings } from '../../runtime/status.ts';
import { counter } from '../support/charts.ts';
import { createCluster, outcomeOf, type Cluster, type TestNode } from '../support/cluster.ts';
import type { Interfere } from '../support/faults.ts';

const key = 'counter/c';
const add = { type: 'counter.add', by: 1 };

/** Owns nothing, so that nothing is answered until an owner comes. */
async function onlyEdge(interfere?: Interfere): Promise<{ cluster: Cluster; edge: TestNode }> {
  const cluster = createCluster([counter]);
  for (const partition of [0, 1]) {
    const lease = { partition, token: `blocked-${partition}` };
    await cluster.direct.store.acquire(lease, 20_000);
  }
  const edge = await cluster.start('edge', interfere === undefined ? {} : { interfere });
  return { cluster, edge };
}

function appendFails(effect: 'none' | 'unknown', stores: boolean, times = Infinity): Interfere {
  let left = times;
  return async (call, pass) => {
    if (call.name !== 'append' || call.to !== 'mailbox' || left-- <= 0) return pass();
    if (stores) await pass();
    throw new RetryableError('the broker is away', { effect });
  };
}

const versionOf = async ({ stored }: Cluster) => (await stored(key))?.version;

test('says that nothing happened when the broker certainly has not stored it', async () => {
  const { edge } = await onlyEdge(appendFails('none', false));
  const reply = await edge.reply(key, 'counter.create', { waitMs: 3_000 });
  expect(reply).toEqual({ reply: 'unavailable', why: 'the broker is away' });
});

test('says so too when it was not to wait', async () => {
  const { edge } = await onlyEdge(appendFails('none', false));
  expect(await edge.reply(key, 'counter.create', { waitMs: 0 })).toMatchObject({ reply: 'unavailable' });
});

test.each([0, 3_000])(
  'says so for good when it is too large for a message (waiting %i ms)',
  async (waitMs) => {
    const { cluster, edge } = await onlyEdge();
    const before = cluster.clock.now();
    const large = { type: 'counter.create', text: 'x'.repeat(300_000) };
    expect(await edge.reply(key, large, { waitMs })).toMatchObject({ reply: 'too-large' });
    expect(cluster.clock.now()).toBe(before);
  },
);

test('waits on when the broker may have stored it, and passes the answer on', async () => {
  const cluster = createCluster([counter]);
  const one = await cluster.start('one', { interfere: appendFails('unknown', true, 1) });
  expect(outcomeOf(await one.reply(key, 'counter.create'))).toBe('accepted');
});

test('says unknown, with the id, when the broker never says that it is stored', async () => {
  const { cluster, edge } = await onlyEdge(appendFails('unknown', false));
  const before = cluster.clock.now();
  const reply = await edge.reply(key, 'counter.create', { waitMs: 3_000, idempotencyKey: 'k1' });
  expect(reply).toEqual({ reply: 'unknown', id: 'k1' });
  expect(cluster.clock.now() - before).toBeGreaterThanOrEqual(3_000);
});

test('stores a command again as one that always runs before it says later, and it runs', async () => {
  const { cluster, edge } = await onlyEdge(appendFails('none', false, 0));
  const reply = await edge.reply(key, 'counter.create', { waitMs: 3_000 });
  expect(reply).toMatchObject({ reply: 'later' });
  await cluster.clock.advance(cluster.options.madeKeepMs);
  await cluster.clock.until(async () => (await versionOf(cluster)) === 1);
});

test('a command that was not stored in time runs late all the same, once, and its id gives the answer', async () => {
  const { cluster, edge } = await onlyEdge(appendFails('unknown', false, 1));
  const reply = await edge.reply(key, 'counter.create', { waitMs: 3_000 });
  if (reply.reply !== 'later') throw new Error(`not later but ${reply.reply}`);
  await cluster.clock.until(async () => (await versionOf(cluster)) === 1);
  const again = await edge.reply(key, 'counter.create', { idempotencyKey: reply.id });
  expect(again).toMatchObject({ answer: { head: { outcome: 'accepted', created: true, replayed: true } } });
});

test('a made id that waited for too long is not run, and says so', async () => {
  const cluster = createCluster([counter]);
  const one = await cluster.start('one', {
    interfere: async (call, pass) => {
      if (call.name === 'append' && call.to === 'mailbox')
        await cluster.clock.advance(cluster.options.madeKeepMs / 2 + 1);
      return pass();
    },
  });
  let outcome = '';
  void one.ask(key, 'counter.create', { waitMs: 2_000_000 }).then((reply) => (outcome = outcomeOf(reply)));
  await cluster.clock.until(() => outcome !== '');
  expect(outcome).toBe('unknown');
  expect(await versionOf(cluster)).toBeUndefined();
});

const hourMs = 3_600_000;

for (const aheadMs of [hourMs, -hourMs]) {
  test(`answers at once where its clock is ${aheadMs / 60_000} min ahead of the mailbox’s, and says so`, async () => {
    const cluster = createCluster([counter]);
    const one = await cluster.start('one', { aheadMs });
    const outcomes = [outcomeOf(await one.reply(key, 'counter.create'))];
    for (let times = 3; times > 0; times--) outcomes.push(outcomeOf(await one.reply(key, add)));
    expect(outcomes).toEqual(['accepted', 'accepted', 'accepted', 'accepted']);
    expect(await versionOf(cluster)).toBe(4);
    await cluster.clock.advance(cluster.options.healthMs);
    const said = one.lines.filter(({ level }) => level === 'error');
    expect(said.map(({ message }) => message)).toEqual(["this node's clock differs from the mailbox's"]);
    expect(warnings(one.node.status.getSnapshot().context)).toEqual([
      `the mailbox's clock is 3600 s ${aheadMs > 0 ? 'behind' : 'ahead of'} this node's`,
    ]);
  });
}

test('learns the mailbox’s time from one command: the next ones are stored once', async () => {
  const cluster = createCluster([counter]);
  let appends = 0;
  const one = await cluster.start('one', {
    aheadMs: hourMs,
    interfere: (call, pass) => {
      if (call.name === 'append' && call.to === 'mailbox') appends += 1;
      return pass();
    },
  });
  await one.reply(key, 'counter.create');
  expect(appends).toBe(2);
  for (let times = 3; times > 0; times--) await one.reply(key, add);
  expect(appends).toBe(5);
});

test('says unknown where the second copy is not stored either', async () => {
  const cluster = createCluster([counter]);
  let appends = 0;
  const one = await cluster.start('one', {
    aheadMs: hourMs,
    interfere: (call, pass) => {
      if (call.name !== 'append' || call.to !== 'mailbox' || ++appends === 1) return pass();
      return Promise.reject(new RetryableError('the broker is away', { effect: 'none' }));
    },
  });
  expect(await one.reply(key, 'counter.create')).toMatchObject({ reply: 'unknown' });
});

test('does not wait when it was told not to, and keeps the command', async () => {
  const { cluster, edge } = await onlyEdge();
  const before = cluster.clock.now();
  const reply = await edge.reply(key, 'counter.create', { waitMs: 0 });
  expect(reply.reply).toBe('later');
  expect(cluster.clock.now()).toBe(before);
  await cluster.clock.until(async () => (await versionOf(cluster)) === 1);
});

test('gives a client its own key back, whatever is in it', async () => {
  const { edge } = await onlyEdge();
  const reply = await edge.reply(key, 'counter.create', { waitMs: 0, idempotencyKey: 'shop|42|a' });
  expect(reply).toEqual({ reply: 'later', id: 'shop|42|a' });
});

test('turns a command away when too many are waited for', async () => {
  const cluster = createCluster([counter], { options: { waitingMax: 2 } });
  await cluster.direct.store.acquire({ partition: cluster.partition(key), token: 'blocked' }, 60_000);
  const one = await cluster.start('one');
  void one.ask(key, 'counter.create', { waitMs: 4_000 });
  void one.ask(key, add, { waitMs: 4_000 });
  expect(await one.ask(key, add)).toMatchObject({ reply: 'unavailable' });
  await cluster.clock.advance(10_000);
  expect(one.node.caller.waiting()).toBe(0);
  expect((await one.reply(key, add, { waitMs: 0 })).reply).toBe('later');
});

test('a key that is being worked on is not worked on twice at once', async () => {
  const { cluster, edge } = await onlyEdge();
  void edge.ask(key, 'counter.create', { idempotencyKey: 'k', waitMs: 2_000 });
  expect(await edge.ask(key, 'counter.create', { idempotencyKey: 'k' })).toEqual({ reply: 'in-progress' });
  await cluster.clock.advance(10_000);
  const after = await edge.reply(key, 'counter.create', { idempotencyKey: 'k', waitMs: 60_000 });
  expect(outcomeOf(after)).toBe('accepted');
});

test('the same key of another caller or for another actor is another command', async () => {
  const cluster = createCluster([counter]);
  const one = await cluster.start('one');
  const principal = { subject: 'bob', roles: ['user'], warehouses: [] };
  await one.reply(key, 'counter.create');
  await one.reply('counter/d', 'counter.create');
  for (const ask of [{}, { principal }]) await one.reply(key, add, { idempotencyKey: 'k', ...ask });
  await one.reply('counter/d', add, { idempotencyKey: 'k' });
  expect(await versionOf(cluster)).toBe(3);
  expect((await cluster.stored('counter/d'))?.version).toBe(2);
});

test('answers are forgotten by mailbox time, a client’s later than a made one’s', async () => {
  const cluster = createCluster([counter], { options: { madeKeepMs: 100_000, keptKeepMs: 300_000 } });
  const one = await cluster.start('one');
  await one.reply(key, 'counter.create');
  const asking = { idempotencyKey: 'k' };
  await one.reply(key, add, asking);
  await cluster.clock.advance(250_000);
  await one.reply(key, 'counter.note');
  expect(await one.reply(key, add, asking)).toMatchObject({ answer: { head: { replayed: true } } });
  await cluster.clock.advance(310_000);
  await one.reply(key, 'counter.note');
  await cluster.clock.advance(70_000);
  const again = await one.reply(key, add, asking);
  expect(again).toMatchObject({ answer: { head: { outcome: 'accepted' } } });
  expect(again).not.toHaveProperty('answer.head.replayed');
});
