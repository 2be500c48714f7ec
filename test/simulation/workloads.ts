/** The workloads that a seed chooses from. */
import { definitionsWith } from '../../actors/registry.ts';
import type { Event } from '../../runtime/message.ts';
import { createRegistry } from '../../runtime/registry.ts';
import { principal } from '../support/charts.ts';
import type { SeededRandom } from '../support/random.ts';
import { cell, isPoison, type CellContext } from './cell.ts';
import { Violation } from './books.ts';
import { registered } from './registered.ts';
import type { Asking, Workload } from './workload.ts';

const cells = ['a', 'b', 'c', 'd', 'e'];

function someCells(random: SeededRandom): string[] {
  const some = cells.filter(() => random.chance(0.4));
  return some.length > 0 ? some : [random.pick(cells)];
}

/** Each of the runtime's powers, at random, between five cells. */
const anything: Workload = {
  registry: createRegistry([cell]),
  principals: [principal, { ...principal, subject: 'bob' }],
  first: () => cells.map((id) => ({ key: `cell/${id}`, event: { type: 'cell.create' } })),
  next: (random) => ({
    key: `cell/${random.pick(cells)}`,
    event: random.pick<() => Event>([
      () => ({ type: 'cell.tell', to: someCells(random), n: random.below(40), hops: random.below(4) }),
      () => ({ type: 'cell.tell', to: someCells(random), n: random.below(40), hops: 0 }),
      () => ({ type: 'cell.take' }),
      () => ({ type: 'cell.arm', ms: 50 + random.below(4_000) }),
      () => ({ type: 'cell.arm', ms: 50 + random.below(400) }),
      () => ({ type: 'cell.disarm' }),
      () => ({ type: 'cell.work' }),
      () => ({ type: 'cell.stop' }),
    ])(),
  }),
  check(actors) {
    for (const { key, journal, context } of actors.values()) {
      const { heard } = context as CellContext;
      const heardOf = new Map<string, number>();
      for (const { event, outcome } of journal) {
        if (event.type !== 'cell.hear' || outcome !== 'accepted') continue;
        const { from, n } = event as unknown as { from: string; n: number };
        if (isPoison(n)) throw new Violation('R11', `${key} has taken what throws`);
        heardOf.set(from, (heardOf.get(from) ?? 0) + 1);
      }
      if (JSON.stringify(sorted(heard)) !== JSON.stringify(sorted(Object.fromEntries(heardOf))))
        throw new Violation('I2', `${key} has heard ${JSON.stringify(heard)}`);
    }
  },
};

const orders = ['o1', 'o2'];
const shipTo = { name: 'Ann', line1: 'Street 1', city: 'Town', postalCode: '12345', country: 'DE' };
const lines = [
  { lineId: 'l1', sku: 's1', quantity: 2, unitPrice: 5 },
  { lineId: 'l2', sku: 's2', quantity: 1, unitPrice: 9, warehouse: 'W2' },
];

/** Two orders with two fulfillments each. */
const shop: Workload = {
  registry: createRegistry(definitionsWith({ accountOverdue: 5_000, stopOverdue: 5_000, closing: 8_000 })),
  principals: [{ subject: 'ann', roles: ['admin', 'cs', 'customer'], warehouses: ['*'] }],
  first: () =>
    orders.map((id) => ({
      key: `order/${id}`,
      event: { type: 'order.create', customerId: 'ann', currency: 'EUR', shipTo, lines },
    })),
  next(random) {
    const id = random.pick(orders);
    const [fulfillment, picked] = random.pick([
      [`fulfillment/${id}~f1`, { lines: [{ lineId: 'l1', quantity: 2 }] }],
      [`fulfillment/${id}~f2`, { lines: [{ lineId: 'l2', quantity: 1 }] }],
    ] as const);
    const handle = random.pick(['h1', 'h2']);
    return random.pick<Asking>([
      { key: `order/${id}`, event: { type: 'order.hold', handle, reason: 'why' } },
      { key: `order/${id}`, event: { type: 'order.release', handle } },
      {
        key: `order/${id}`,
        event: { type: 'order.changeAddress', shipTo: { ...shipTo, city: random.id() } },
      },
      { key: `order/${id}`, event: { type: random.chance(0.2) ? 'order.cancel' : 'order.release', handle } },
      { key: fulfillment, event: { type: 'fulfillment.startPick' } },
      { key: fulfillment, event: { type: 'fulfillment.finishPick', ...picked } },
      { key: fulfillment, event: { type: 'fulfillment.startPack' } },
      { key: fulfillment, event: { type: 'fulfillment.finishPack' } },
      { key: fulfillment, event: { type: 'fulfillment.handOver' } },
      { key: fulfillment, event: { type: 'fulfillment.deliver' } },
    ]);
  },
  check(actors) {
    for (const { key, context, value } of actors.values()) {
      if (!key.startsWith('order/') || ended.has(String(value))) continue;
      const { fulfillments = {} } = context as { fulfillments?: Record<string, { version: number }> };
      for (const [id, { version }] of Object.entries(fulfillments)) {
        const account = actors.get(`fulfillment/${id}`)?.context as { accountCount: number } | undefined;
        if (version !== account?.accountCount)
          throw new Violation('shop', `${key} has account ${version} of ${id}, not ${account?.accountCount}`);
      }
    }
  },
};

const ended = new Set(['completed', 'cancelled', 'expired']);

export const workloads = { anything, shop, registered };

function sorted(of: Record<string, number>): [string, number][] {
  return Object.entries(of).sort(([one], [other]) => (one < other ? -1 : 1));
}
