/** The whole domain at work: two warehouses, their goods, and orders of one customer, whatever goes wrong. */
import { createRegistry } from '../../runtime/core/registry.ts';
import type { Event } from '../../runtime/message.ts';
import { seededRandom, type SeededRandom } from '../support/random.ts';
import { domain } from './domain.ts';
import { cities, methods, someStep } from './people.ts';
import { checkAlways, checkAtRest } from './shop-checks.ts';
import type { Asking, Workload } from './workload.ts';

const orders = ['o1', 'o2', 'o3'];
const skus = ['A', 'B'];
const warehouses = ['W1', 'W2'];

export const shop: Workload = {
  registry: createRegistry(domain),
  principals: [{ subject: 'ann', roles: ['admin', 'cs', 'customer'], warehouses: ['*'] }],
  first: (random) => [
    ...warehouses.map((id) => ({ ...opening(id, random), at: 0 })),
    ...warehouses.flatMap((id) => skus.map((sku) => ({ ...receipt(`${id}~${sku}`, random), at: 300 }))),
    ...orders.slice(0, 2).map((id, index) => ({ ...newOrder(id, random), at: 700 + index * 400 })),
  ],
  next: (random) => ({ draw: random.below(2 ** 31) }),
  drawn(draw, actors) {
    const random = seededRandom(draw);
    // Some answers were lost on the way: then it is asked for again.
    const lacking = warehouses.find((id) => !actors.has(`warehouse/${id}`));
    if (lacking !== undefined) return opening(lacking, random);
    const order = orders.find((id) => !actors.has(`order/${id}`));
    if (order !== undefined && random.chance(0.15)) return newOrder(order, random);
    return someStep(random, actors);
  },
  always: checkAlways,
  check: checkAtRest,
};

function opening(id: string, random: SeededRandom): Asking {
  const location = { lat: 50, lon: id === 'W1' ? 10 : 11 };
  const event = { type: 'warehouse.create', country: 'DE', location, capacity: random.pick([1, 3]) };
  return { key: `warehouse/${id}`, event };
}

function receipt(item: string, random: SeededRandom): Asking {
  const event = { type: 'stockItem.receive', quantity: 2 + random.below(4), receiptId: 'opening' };
  return { key: `stockItem/${item}`, event };
}

function newOrder(id: string, random: SeededRandom): Asking {
  const lines = Array.from({ length: 1 + random.below(2) }, () => ({
    ...{ sku: random.pick(skus), quantity: 1 + random.below(3) },
    unitPrice: random.chance(0.1) ? 0 : 500,
  }));
  const event: Event = {
    ...{ type: 'order.create', customerId: 'ann', currency: 'EUR', shipTo: random.pick(cities), lines },
    payment: { gateway: random.chance(0.25) ? 'once' : 'sandbox', method: random.pick(methods) },
    draft: random.chance(0.1),
  };
  return { key: `order/${id}`, event };
}
