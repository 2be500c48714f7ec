/**
 * Orders and fulfillments on three nodes under faults and crashes. Afterwards the faults end, everything
 * settles, and the invariants are looked at from outside.
 */
import { expect, test } from 'vitest';
import { definitionsWith } from '../../actors/registry.ts';
import type { Reply } from '../../runtime/caller.ts';
import type { JournalEntry } from '../../runtime/entry.ts';
import type { Event, Principal } from '../../runtime/message.ts';
import { parseRecord, recordText } from '../../runtime/record.ts';
import { createRegistry, type Kind } from '../../runtime/registry.ts';
import { createCluster, type Cluster, type TestNode } from '../support/cluster.ts';
import { noFaults, randomFaults, type FaultRates } from '../support/faults.ts';
import { seededRandom, seeds, type SeededRandom } from '../support/random.ts';

const definitions = definitionsWith({ accountOverdue: 20_000, stopOverdue: 20_000, closing: 30_000 });
const registry = createRegistry(definitions);
const admin: Principal = { subject: 'ann', roles: ['admin', 'cs', 'customer'], warehouses: ['*'] };
const shipTo = { name: 'Ann', line1: 'Street 1', city: 'Town', postalCode: '12345', country: 'DE' };

const faults: FaultRates = {
  ...{ appendFails: 0.02, appendAckLost: 0.05, appendTwice: 0.1, appendDelayed: 0.05 },
  ...{ commitFails: 0.02, commitAckLost: 0.02, readFails: 0.01 },
  ...{ replyLost: 0.05, replyTwice: 0.05, delayMs: 500 },
};

const orders = ['o1', 'o2', 'o3'];

interface Asked {
  readonly key: string;
  readonly event: Event;
  readonly id: string;
  reply?: Reply;
}

function orderCommand(random: SeededRandom, id: string): { key: string; event: Event } {
  const lines = [
    { lineId: 'l1', sku: 's1', quantity: 2, unitPrice: 5 },
    { lineId: 'l2', sku: 's2', quantity: 1, unitPrice: 9, warehouse: 'W2' },
  ];
  const step = { lines: [{ lineId: 'l1', quantity: 2 }] };
  const other = { lines: [{ lineId: 'l2', quantity: 1 }] };
  const handle = random.pick(['h1', 'h2']);
  const [fulfillment, picked] = random.pick([
    [`fulfillment/${id}~f1`, step],
    [`fulfillment/${id}~f2`, other],
  ] as const);
  return random.pick([
    {
      key: `order/${id}`,
      event: { type: 'order.create', customerId: 'ann', currency: 'EUR', shipTo, lines },
    },
    { key: `order/${id}`, event: { type: 'order.hold', handle, reason: 'why' } },
    { key: `order/${id}`, event: { type: 'order.release', handle } },
    { key: `order/${id}`, event: { type: 'order.changeAddress', shipTo: { ...shipTo, city: random.id() } } },
    ...(random.chance(0.1) ? [{ key: `order/${id}`, event: { type: 'order.cancel' } }] : []),
    { key: fulfillment, event: { type: 'fulfillment.startPick' } },
    { key: fulfillment, event: { type: 'fulfillment.finishPick', ...picked } },
    { key: fulfillment, event: { type: 'fulfillment.startPack' } },
    { key: fulfillment, event: { type: 'fulfillment.finishPack' } },
    { key: fulfillment, event: { type: 'fulfillment.handOver' } },
    { key: fulfillment, event: { type: 'fulfillment.deliver' } },
  ]);
}

async function run(seed: number): Promise<{ cluster: Cluster; asked: Asked[] }> {
  const random = seededRandom(seed);
  const options = {
    partitions: 3,
    leaseMs: 2_000,
    retryMs: 200,
    resendMs: 500,
    passivateMs: 3_000,
    batchMax: 8,
  };
  const cluster = createCluster(definitions, { seed, options });
  let rates = faults;
  const start = (name: string): Promise<TestNode> => {
    const source = {
      clock: cluster.clock,
      random: seededRandom(seed * 31 + name.length, name),
      rates: () => rates,
    };
    return cluster.start(name, { meddling: randomFaults(source) });
  };
  const tryStart = (name: string): Promise<TestNode> => start(name).catch(() => tryStart(`${name}'`));

  const nodes = [await tryStart('one'), await tryStart('two'), await tryStart('three')];
  const asked: Asked[] = [];
  for (let round = 0; round < 60; round++) {
    const index = random.below(nodes.length);
    const node = nodes[index];
    if (node === undefined) throw new Error('three nodes');
    if (random.chance(0.04)) {
      node.crash();
      nodes[index] = await tryStart(`node${round}`);
    }
    if (random.chance(0.05)) node.backend.breakReaders();
    const ask: Asked = { ...orderCommand(random, random.pick(orders)), id: `k${round}` };
    asked.push(ask);
    for (let copies = random.chance(0.2) ? 2 : 1; copies > 0; copies--) {
      const given = { principal: admin, idempotencyKey: ask.id, waitMs: 3_000 };
      void nodes[random.below(nodes.length)]
        ?.ask(ask.key, ask.event, given)
        .then((reply) => (ask.reply = reply));
    }
    await cluster.clock.advance(random.below(600));
  }
  rates = noFaults;
  for (const node of nodes) node.backend.breakReaders();
  await cluster.clock.advance(150_000);
  return { cluster, asked };
}

/** Each accepted entry follows on the one before, and no cause is applied twice; faults may change their places. */
function checkJournal(key: string, journal: readonly JournalEntry[]): JournalEntry[] {
  const accepted = journal
    .filter(({ outcome }) => outcome === 'accepted')
    .sort((one, other) => one.version - other.version);
  expect(
    accepted.map(({ version }) => version),
    key,
  ).toEqual(accepted.map((_, index) => index + 1));
  expect(new Set(journal.map(({ cause }) => cause)).size, key).toBe(journal.length);
  for (const [index, entry] of accepted.entries()) {
    expect(entry.from, key).toEqual(accepted[index - 1]?.to ?? null);
  }
  return accepted;
}

test.each(seeds(100))('survives what happens to it (seed %i)', async (seed) => {
  const { cluster, asked } = await run(seed);
  const keys = orders.flatMap((id) => [`order/${id}`, `fulfillment/${id}~f1`, `fulfillment/${id}~f2`]);
  for (const key of keys) {
    const kind = registry.get(key.slice(0, key.indexOf('/'))) as Kind;
    const text = await cluster.direct.store.record(cluster.partition(key), key);
    const journal = await cluster.journal(key);
    expect(await cluster.deadLetters(key), key).toEqual([]);
    const accepted = checkJournal(key, journal);
    if (text === undefined) {
      expect(accepted, key).toEqual([]);
      continue;
    }
    // Legal: it can be restored, and is what its journal says.
    const record = parseRecord(text, kind);
    expect(recordText(record, kind), key).toBe(text);
    expect(record.version, key).toBe(accepted.length);
    expect(record.text, key).toBe(JSON.stringify(accepted.at(-1)?.after));
    expect(Object.keys(record.timers), key).toEqual([]);
  }
  for (const { key, id, reply } of asked) {
    if (reply?.reply !== 'answered') continue;
    const { head } = reply.answer;
    const causes = (await cluster.journal(key)).filter(({ cause }) => cause.endsWith(`|${id}`));
    if (head.outcome === 'accepted') {
      expect(causes, id).toMatchObject([{ outcome: 'accepted', version: head.version }]);
    } else if (head.outcome === 'refused') {
      expect(
        causes.map(({ outcome }) => outcome),
        id,
      ).not.toContain('accepted');
    }
  }
  await checkAccounts(cluster);
});

/** What the order has in its books is what its fulfillments have. */
async function checkAccounts(cluster: Cluster): Promise<void> {
  for (const id of orders) {
    const order = await cluster.stored(`order/${id}`);
    const books = (
      order?.snapshot.context as { fulfillments?: Record<string, { version: number }> } | undefined
    )?.fulfillments;
    for (const [fulfillment, book] of Object.entries(books ?? {})) {
      const { accountCount } = (await cluster.stored(`fulfillment/${fulfillment}`))?.snapshot.context as {
        accountCount: number;
      };
      if (!['completed', 'cancelled', 'expired'].includes(String(order?.snapshot.value)))
        expect(book.version, fulfillment).toBe(accountCount);
    }
  }
}

test('the traffic is not trivial', async () => {
  const outcomes = new Set<string>();
  for (const seed of [1, 2, 3, 4]) {
    const { cluster, asked } = await run(seed);
    for (const { reply } of asked) {
      outcomes.add(reply?.reply === 'answered' ? reply.answer.head.outcome : (reply?.reply ?? 'none'));
    }
    for (const id of orders) {
      const order = await cluster.stored(`order/${id}`);
      outcomes.add(JSON.stringify(order?.snapshot.value));
    }
  }
  expect([...outcomes]).toEqual(expect.arrayContaining(['accepted', 'refused', 'later']));
  expect(outcomes.size).toBeGreaterThan(5);
});
