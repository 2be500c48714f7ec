/** Rules between actors: worlds that keep them, and worlds that break one each. */
import { describe, expect, test } from 'vitest';
import { findingsIn, relations, type Actors } from '../../actors/health/health.ts';
import type { Standing } from '../../actors/health/relation.ts';
import { newFulfillment, nextAccount, type FulfillmentContext } from '../../machines/fulfillment.books.ts';
import type { Account, Quantities } from '../../machines/fulfillment.events.ts';
import { enter } from '../../machines/order.books.ts';
import { newOrder, type OrderContext } from '../../machines/order.context.ts';
import { tried } from '../../machines/order.money.ts';
import { assigned, withReservations } from '../../machines/order.stock.ts';
import { newPayment, type PaymentContext } from '../../machines/payment.books.ts';
import { withEntry } from '../../machines/register.ts';
import { newShipment, type ShipmentContext } from '../../machines/shipment.books.ts';
import { hold, newStockItem, type StockItemContext } from '../../machines/stockItem.books.ts';
import type { TrackingNumberContext } from '../../machines/trackingNumber.machine.ts';
import { newWarehouse, type WarehouseContext } from '../../machines/warehouse.books.ts';

const shipTo = { name: 'Ada', line1: '1 Way', city: 'London', postalCode: 'N1', country: 'GB' };
const location = { lat: 0, lon: 0 };

interface Book<Context> {
  readonly state: Standing['state'];
  readonly context: Context;
}

/** One order with all that belongs to it, at work and at rest. */
interface World {
  readonly order: Book<OrderContext>;
  readonly fulfillment: Book<FulfillmentContext>;
  readonly stockItem: Book<StockItemContext>;
  readonly warehouse: Book<WarehouseContext>;
  readonly payment: Book<PaymentContext>;
  readonly shipment: Book<ShipmentContext>;
  readonly trackingNumber: Book<TrackingNumberContext>;
}

const ids: Readonly<Record<keyof World, string>> = {
  order: 'o1',
  fulfillment: 'o1~f1',
  stockItem: 'W1~A',
  warehouse: 'W1',
  payment: 'o1~p1',
  shipment: 'o1~f1~s1',
  trackingNumber: 'post~N1',
};

function orderOf(fulfillment: FulfillmentContext): OrderContext {
  const lines = [{ lineId: 'l1', sku: 'A', quantity: 2, unitPrice: 100 }];
  const payment = { gateway: 'sandbox', method: 'ok' } as const;
  const who = { id: 'o1', customerId: 'ada', currency: 'EUR', region: 'main' };
  const input = { ...who, shipTo, lines, payment, draft: false };
  const made = newOrder({ input });
  const wish = {
    lineId: 'l1',
    warehouse: 'W1',
    quantity: 2,
    state: 'held',
    pending: 0,
    untried: [],
  } as const;
  const reserved = { ...made, ...withReservations(made, [wish]) };
  const placed = { ...reserved, ...assigned(reserved) };
  const before = { ...fulfillment, accountCount: fulfillment.accountCount - 1 };
  const account = nextAccount(before, fulfillment.stands);
  return { ...placed, ...enter(placed, account) };
}

function wellWorld(): World {
  const lines = [{ lineId: 'l1', sku: 'A', quantity: 2, reservation: 'o1~r1' }];
  const from = { id: 'o1~f1', orderId: 'o1', warehouse: 'W1', candidates: ['W1'] };
  const start = { ...from, lines, shipTo, addressRevision: 1, holds: [], holdsRevision: 1 };
  const fulfillment = { ...newFulfillment({ input: start }), accountCount: 3 };
  const owner = { kind: 'fulfillment', id: 'o1~f1' } as const;
  const item = newStockItem({ input: { id: 'W1~A' } });
  const stocked = { ...item, ledger: { ...item.ledger, received: 10 } };
  const input = { id: 'W1', country: 'GB', location, capacity: 5, region: 'main' };
  const parcel = { id: 'o1~f1~s1', orderId: 'o1', fulfillmentId: 'o1~f1', warehouse: 'W1' };
  const label = { carrier: 'post', trackingNumber: 'N1', url: null, claimed: true };
  const bought = { id: 'o1~p1', orderId: 'o1', customerId: 'ada', gateway: 'sandbox', method: 'ok' };
  return {
    order: {
      state: { active: { execution: 'inFulfillment', hold: 'clear' } },
      context: orderOf(fulfillment),
    },
    fulfillment: { state: { progress: 'readyToShip', hold: 'clear' }, context: fulfillment },
    stockItem: {
      state: {},
      context: { ...stocked, ...hold(stocked, { reservation: 'o1~r1', owner, quantity: 2, partial: false }) },
    },
    warehouse: {
      state: {},
      context: { ...newWarehouse({ input }), slots: withEntry(' ', 'o1~f1', 1), used: 1 },
    },
    payment: {
      state: {},
      context: settledPayment(
        newPayment({ input: { ...bought, amount: 200, currency: 'EUR', capturesOnce: false } }),
      ),
    },
    shipment: {
      state: {},
      context: { ...newShipment({ input: { ...parcel, shipTo, revision: 1, lines } }), label },
    },
    trackingNumber: {
      state: 'claimed',
      context: { id: 'post~N1', carrier: 'post', trackingNumber: 'N1', shipmentId: 'o1~f1~s1' },
    },
  };
}

function settledPayment(payment: PaymentContext): PaymentContext {
  return { ...payment, operations: payment.operations.map((each) => ({ ...each, state: 'succeeded' })) };
}

type Kinds = Partial<Record<keyof World, ReadonlyMap<string, Book<unknown>>>>;

function actorsOf(world: Partial<World>, more: Kinds = {}): Actors {
  const kinds = new Map<string, Map<string, Omit<Standing, 'kind' | 'id'>>>();
  for (const [kind, book] of Object.entries(world) as [keyof World, Book<unknown>][]) {
    kinds.set(kind, new Map([[ids[kind], { version: 1, ...book }]]));
  }
  for (const [kind, books] of Object.entries(more)) {
    for (const [id, book] of books) kinds.get(kind)?.set(id, { version: 1, ...book });
  }
  return kinds;
}

function namesOf(actors: Actors): string[] {
  return [...new Set(findingsIn(actors).map(({ name }) => name))];
}

function changed<Kind extends keyof World>(
  kind: Kind,
  change: (book: World[Kind]) => Partial<World[Kind]>,
  world = wellWorld(),
): World {
  return { ...world, [kind]: { ...world[kind], ...change(world[kind]) } };
}

function context<Kind extends keyof World>(
  kind: Kind,
  change: Partial<World[Kind]['context']>,
  world = wellWorld(),
): World {
  const book = world[kind];
  return { ...world, [kind]: { ...book, context: { ...book.context, ...change } } };
}

/** What the gateway has captured, with a payment that the order knows. */
function captured(amount: number, world = wellWorld()): World {
  const before = world.payment.context.operations;
  const capture = {
    id: 'cap:o1~f1',
    kind: 'capture',
    key: 'o1~p1:cap:o1~f1',
    amount,
    state: 'succeeded',
  } as const;
  const ordered = { ...world.order.context, ...tried(world.order.context, 'ok') };
  return context('payment', { operations: [...before, capture] }, context('order', ordered, world));
}

/** The fulfillment, and what its order knows of it. */
function told(line: Partial<FulfillmentContext['lines'][number]>, world = wellWorld()): World {
  const { context: before } = world.fulfillment;
  const lines = before.lines.map((each) => ({ ...each, ...line }));
  const changed = { ...before, lines, stands: standsOf(line) };
  return context('order', orderOf(changed), context('fulfillment', changed, world));
}

function standsOf({ assigned, shipped, delivered }: Partial<Quantities>): Account['state'] {
  if (delivered !== undefined) return 'delivered';
  if (shipped !== undefined) return 'handedOver';
  return assigned === 0 ? 'stopped' : 'open';
}

const handedOver = { shipped: 2 };
const stopped = { assigned: 0, cut: 2 };

/** With the slot and the reservation given back. */
function left(world: World): World {
  return context('warehouse', { slots: ' ', used: 0 }, context('stockItem', { held: [] }, world));
}

const cancelled = (): World => changed('order', () => ({ state: 'cancelled' }), left(told(stopped)));

describe('a world that is well', () => {
  test.each([
    ['at work', wellWorld()],
    ['handed over', left(told(handedOver))],
    ['captured', captured(200)],
    ['delivered', context('shipment', { transport: 'delivered' }, left(told({ shipped: 2, delivered: 2 })))],
    [
      'cancelled',
      context(
        'payment',
        {
          operations: [
            ...wellWorld().payment.context.operations,
            { id: 'void', kind: 'void', key: 'o1~p1:void', amount: 0, state: 'succeeded' },
          ],
        },
        context('shipment', { givenUp: true, label: null }, cancelled()),
      ),
    ],
  ])('%s', (_, world) => {
    expect(findingsIn(actorsOf(world))).toEqual([]);
  });

  test('an order that a person has settled by hand, with money that may still be taken', () => {
    const { order } = captured(200);
    const byHand = context(
      'order',
      order.context,
      context('shipment', { givenUp: true, label: null }, cancelled()),
    );
    expect(findingsIn(actorsOf(byHand))).toEqual([]);
  });

  test('an order that a person has given money back for, which the gateway did not', () => {
    const world = captured(300);
    const [id = '', payment] = Object.entries(world.order.context.payments)[0] ?? [];
    if (payment === undefined) throw new Error('nothing was paid');
    const refunds = { 1: { amount: 100, state: 'byHand' as const } };
    const order = context('order', { payments: { [id]: { ...payment, refunds } } }, world);
    expect(findingsIn(actorsOf(order))).toEqual([]);
  });

  test('an order that came to nothing, whose money a person has given back, as the gateway did not', () => {
    const world = captured(200);
    const [id = '', payment] = Object.entries(world.order.context.payments)[0] ?? [];
    if (payment === undefined) throw new Error('nothing was paid');
    const refundedBy = (state: 'byHand' | 'refunded'): unknown[] => {
      const refunds = { 1: { amount: 200, state } };
      const payments = { [id]: { ...payment, state: 'closed' as const, refunds } };
      const ended = context('shipment', { givenUp: true, label: null }, cancelled());
      const { operations } = world.payment.context;
      const all = context('payment', { operations }, context('order', { payments }, ended));
      return findingsIn(actorsOf(all));
    };
    expect(refundedBy('byHand')).toEqual([]);
    expect(refundedBy('refunded')).not.toEqual([]);
  });

  test('nothing at all', () => {
    expect(findingsIn(new Map())).toEqual([]);
  });
});

const account = 'an order has no account of a fulfillment that it did not give (2)';
const last = 'an order has the last account of each of its fulfillments (10)';
const exists = 'a fulfillment that an order waits for exists (16)';
const reserved = 'nothing is reserved for an order or fulfillment that has ended (7)';
const noMoney = 'of an order that came to nothing no money is taken, nor can be (15)';

const broken: [string, () => Actors, string[]][] = [
  ['an account from nowhere', () => actorsOf(context('fulfillment', { accountCount: 2 })), [account, last]],
  [
    'an account that says otherwise',
    () =>
      actorsOf(
        context('fulfillment', {
          lines: wellWorld().fulfillment.context.lines.map((line) => ({ ...line, short: 1 })),
        }),
      ),
    [last],
  ],
  ['an account that never came', () => actorsOf(context('fulfillment', { accountCount: 9 })), [last]],
  [
    'a fulfillment that is missing',
    () => {
      const { order, payment, warehouse } = wellWorld();
      return actorsOf({ order, payment, warehouse });
    },
    [account, exists],
  ],
  [
    'a hold that did not arrive',
    () => actorsOf(context('order', { holds: [{ handle: 'h', reason: 'r' }] })),
    ['the holds of an order stand in each of its fulfillments at work (9)'],
  ],
  [
    'a fulfillment that goes on for nobody',
    () => actorsOf(changed('order', () => ({ state: 'completed' }))),
    ['no fulfillment of an ended order is at work (7)'],
  ],
  [
    'a fulfillment that its order does not know',
    () => actorsOf(context('order', { fulfillments: {} })),
    ['an order knows all of its fulfillments (18)'],
  ],
  [
    'stock that nobody gave back',
    () => actorsOf(context('warehouse', { slots: ' ', used: 0 }, told(handedOver))),
    [reserved],
  ],
  [
    'stock of an order that has ended',
    () =>
      actorsOf(
        context(
          'stockItem',
          { held: [{ id: 'o1~r1', owner: 'order/o1', quantity: 2, missing: 0, seen: 0 }] },
          changed('order', () => ({ state: 'completed' }), left(told(handedOver))),
        ),
      ),
    [reserved],
  ],
  [
    'a slot that nobody gave back',
    () => actorsOf(context('stockItem', { held: [] }, told(handedOver))),
    ['a fulfillment that has left its warehouse has no slot there (25)'],
  ],
  [
    'work without a slot',
    () => actorsOf(context('warehouse', { slots: ' ', used: 0 })),
    ['a fulfillment that is worked on has a slot (25)'],
  ],
  [
    'an order shown as shipped that is not',
    () => actorsOf(changed('order', () => ({ state: { active: { execution: 'shipped' } } }))),
    ['all that is wanted of an order shown as shipped or delivered is so (17)'],
  ],
  [
    'more money than is owed',
    () => actorsOf(captured(300)),
    ['no more is taken for an order than what is wanted of it costs (13)'],
  ],
  [
    'money that can still be taken',
    () => actorsOf(context('shipment', { givenUp: true, label: null }, cancelled())),
    [noMoney],
  ],
  [
    'a payment of nobody',
    () => actorsOf(context('payment', { orderId: 'o9' })),
    ['a payment has an order (18)'],
  ],
  [
    'a number of another shipment',
    () => actorsOf(context('trackingNumber', { shipmentId: 'o1~f1~s7' })),
    ['the number on a label belongs to its shipment (22)', 'a tracking number belongs to a shipment (18)'],
  ],
  [
    'handed over without a number',
    () => actorsOf(context('shipment', { label: null }, left(told(handedOver)))),
    ['what was handed over has a number that is its own (18)'],
  ],
  [
    'delivered by nobody',
    () => actorsOf(left(told({ shipped: 2, delivered: 2 }))),
    ['what is delivered has been delivered by its parcel (16)'],
  ],
  [
    'two labels that may leave',
    () => {
      const label = { carrier: 'post', trackingNumber: 'N2', url: null, claimed: false };
      const other = { ...wellWorld().shipment.context, id: 'o1~f1~s2', label };
      const second = new Map([['o1~f1~s2', { state: {}, context: other }]]);
      return actorsOf(wellWorld(), { shipment: second });
    },
    ['a fulfillment has at most one label that may leave (23)'],
  ],
  [
    'a shipment of nobody',
    () => actorsOf(context('shipment', { fulfillmentId: 'o1~f9' })),
    ['a shipment has a fulfillment (18)'],
  ],
];

test.each(broken)('%s is found, and nothing else', (_, world, names) => {
  expect(namesOf(world()).sort()).toEqual([...names].sort());
});

test('each rule is broken by one of these', () => {
  const found = new Set(broken.flatMap(([, , names]) => names));
  expect(relations.map(({ name }) => name).filter((name) => !found.has(name))).toEqual([]);
});

test('names are unique, and a finding tells whom it is about', () => {
  expect(new Set(relations.map(({ name }) => name)).size).toBe(relations.length);
  const [finding] = findingsIn(actorsOf(context('payment', { orderId: 'o9' })));
  expect(finding).toEqual({
    name: 'a payment has an order (18)',
    holds: 'always',
    actors: [
      { kind: 'payment', id: 'o1~p1', version: 1 },
      { kind: 'order', id: 'o9', version: 0 },
    ],
    what: 'order o9 does not exist',
  });
});

test('with messages under way, only what always holds is asked', () => {
  const world = actorsOf(context('fulfillment', { accountCount: 9 }));
  const always = relations.filter(({ holds }) => holds === 'always');
  expect(findingsIn(world, always)).toEqual([]);
});
