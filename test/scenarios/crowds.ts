/** Scenarios with many orders at once. */
import type { Scenario } from './scenario.ts';
import type { Seen, Shop } from './shop.ts';
import { open } from './work.ts';

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `o${index + 1}`);

const crowded: Scenario = {
  number: 9,
  name: '150 orders for 100 slots and 30',
  steps: [
    open({ W1: { A: 150, slots: 100 }, W2: { A: 150, slots: 30 } }),
    ...[1, 2, 3].map((part) => {
      const fifty = names(150).slice(part * 50 - 50, part * 50);
      return [`customers order (${part} of 3)`, (shop: Shop) => placeAll(shop, fifty)] as const;
    }),
  ],
  async look(shop) {
    const all = await Promise.all(names(150).map((name) => shop.get(shop.fulfillment('f1', name))));
    const slots = await Promise.all(['W1', 'W2'].map((name) => shop.get(`/warehouses/${shop.id(name)}`)));
    const items = await Promise.all(['W1', 'W2'].map((name) => shop.get(shop.stock(name, 'A'))));
    const sum = (field: string): number =>
      items.reduce((total, item) => total + Number(item?.context[field]), 0);
    const waits = all.filter((each) => isAt(each, 'progress.unroutable'));
    return shop.plain({
      planned: countBy(
        all.filter((each) => isAt(each, 'progress.planned')),
        warehouseOf,
      ),
      unroutable: waits.length,
      withTimer: waits.filter((each) => each?.timers.some(({ event }) => event.includes('slotRetry'))).length,
      slots: slots.map((each) => each?.context['used']),
      onHand: sum('onHand'),
      reserved: sum('reserved'),
    });
  },
  end: {
    planned: { W1: 100, W2: 30 },
    unroutable: 20,
    withTimer: 20,
    slots: [100, 30],
    onHand: 300,
    reserved: 150,
  },
};

/** Also run a hundred times over. */
export const lastUnit: Scenario = {
  number: 10,
  name: 'fifty orders at once for the last unit',
  steps: [
    open({ W1: { A: 1 } }),
    ['fifty customers order', (shop) => placeAll(shop, names(50))],
    [
      'each has its answer',
      async (shop) => {
        for (const name of names(50)) await answered(shop, name);
      },
    ],
  ],
  async look(shop) {
    const orders = await Promise.all(names(50).map((name) => shop.get(shop.order(name))));
    const item = await shop.get(shop.stock('W1', 'A'));
    const ids = new Set(names(50).map((name) => shop.id(name)));
    const { authorizations, operations } = (await shop.ledger()).payments;
    return {
      orders: countBy(orders, (each) => each?.states[0]?.split('.')[0] ?? ''),
      /** Orders that have tried to pay. */
      payments: orders.filter((each) => (each?.context.payments.length ?? 0) > 0).length,
      stock: [item?.context['onHand'], item?.context['reserved'], item?.context['waiting']],
      authorizations: authorizations.filter(({ orderId }) => ids.has(orderId)).map(({ state }) => state),
      keys: operations.filter(({ orderId }) => ids.has(orderId)).length,
    };
  },
  end: {
    orders: { active: 1, rejected: 49 },
    payments: 1,
    stock: [1, 1, 0],
    authorizations: ['authorized'],
    keys: 1,
  },
};

async function placeAll(shop: Shop, all: readonly string[]): Promise<void> {
  await Promise.all(all.map((name) => shop.place([{ sku: 'A', quantity: 1 }], { name })));
}

async function answered(shop: Shop, name: string): Promise<void> {
  await shop.until(
    async () => {
      const order = await shop.get(shop.order(name));
      return order?.states.some((state) => /^(active|rejected)/.test(state)) === true ? true : undefined;
    },
    () => `${name} is active or rejected`,
  );
}

function isAt(seen: Seen | undefined, state: string): boolean {
  return seen?.states.includes(state) === true;
}

function warehouseOf(seen: Seen | undefined): string {
  return String(seen?.context['warehouse']);
}

function countBy<Value>(values: readonly Value[], nameOf: (value: Value) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[nameOf(value)] = (counts[nameOf(value)] ?? 0) + 1;
  return counts;
}

export const crowds: readonly Scenario[] = [crowded, lastUnit];
