/** How far an order has come, worked out from what fulfillments tell; and what comes late. */
import { describe, expect, it } from 'vitest';
import type { OrderContext } from '../../machines/order.context.ts';
import {
  account,
  accountOf,
  active,
  at,
  authorized,
  authorizing,
  books,
  f1,
  f2,
  holding,
  moved,
  newOrder,
  p1,
  refuseAll,
  releaseAll,
  split,
  stopped,
  told,
  type Order,
} from '../support/order-played.ts';
import { played, type Who } from '../support/shop-messages.ts';

describe('the execution of an order', () => {
  it('goes from planning to delivered', () => {
    const order = authorized();
    expect(at(order, 'execution')).toBe('planning');
    expect(at(account(order, f1), 'execution')).toBe('inFulfillment');
    expect(at(moved(order, f1, 'handedOver'), 'execution')).toBe('shipped');
    expect(at(moved(order, f1, 'delivered'), 'execution')).toBe('delivered');
    expect(books(order)).toEqual({ shipped: 2, delivered: 2 });
  });

  it('is partial while one of two parcels is out (scenario 2)', () => {
    const order = moved(split(), f1, 'handedOver');
    expect(at(order, 'execution')).toBe('partiallyShipped');
    expect(at(moved(order, f1, 'delivered'), 'execution')).toBe('partiallyDelivered');
    expect(at(moved(order, f2, 'handedOver'), 'execution')).toBe('partiallyDelivered');
    expect(at(moved(order, f2, 'delivered'), 'execution')).toBe('delivered');
  });

  it('asks those again that have not answered, with what they were given (rule 16)', () => {
    const order = authorized();
    const [start] = order.told('fulfillment.start');
    for (const _ of [1, 2]) expect(order.fire('accountOverdue').told()).toEqual([start]);
    expect(Object.keys(order.context().fulfillments)).toEqual([f1]);
  });

  it('asks a later one again, too, when something is shipped already (rule 16)', () => {
    const order = account(split(), f2, { state: 'stopped', lines: { l1: { assigned: 0, short: 2 } } });
    moved(order, f1, 'handedOver');
    order.hear('payment.captured', { paymentId: p1, fulfillmentId: f1, amount: 1300 });
    order.does('order.resolveShort', { lineId: 'l1', quantity: 2, by: 'backorder' }, 'cs');
    const [reservation = ''] = Object.keys(order.context().reservations);
    order.hear('stock.held', { reservation, stockItem: 'W2~A', quantity: 2 });
    expect(at(order, 'execution')).toBe('partiallyShipped');
    for (const _ of [1, 2]) {
      expect(told(order.fire('answerOverdue'))).toEqual(['fulfillment.start fulfillment/o1~f3']);
    }
    account(order, 'o1~f3');
    expect(at(order, 'questions')).toBe('none');
  });

  it('is shipped when what was not cancelled is', () => {
    const order = split().does('order.cancelLine', { lineId: 'l1', quantity: 2 }, 'cs');
    account(order, f1, { change: 'o1~c1', lines: { l1: { assigned: 0, cut: 2 } } });
    moved(order, f1, 'handedOver');
    expect(at(order, 'execution')).toBe('partiallyShipped');
    expect(at(moved(order, f2, 'handedOver'), 'execution')).toBe('shipped');
  });
});

describe('rule 2: accounts', () => {
  it('count only with a higher version, whole, in whatever order they come', () => {
    const order = active();
    const older = accountOf(order, f1, { lines: {} });
    moved(moved(order, f1, 'handedOver'), f1, 'delivered');
    const before = order.context();
    order.hear('fulfillment.account', older);
    order.hear('fulfillment.account', { ...older, version: 3, state: 'stopped' });
    expect(order.context()).toEqual(before);
  });

  it('may skip versions', () => {
    const order = active();
    const account = accountOf(order, f1, { lines: { l1: { shipped: 2 } }, state: 'handedOver', version: 9 });
    expect(at(order.hear('fulfillment.account', account), 'execution')).toBe('shipped');
  });

  it('name the parcel and the warehouse', () => {
    const order = active();
    order.hear('fulfillment.account', accountOf(order, f1, { lines: {}, warehouse: 'W2', shipmentId: 's' }));
    expect(order.context().fulfillments[f1]).toMatchObject({ warehouse: 'W2', shipmentId: 's' });
  });
});

/** An order in each state, with what may still come there. */
const stages: [string, () => Order][] = [
  ['sourcing', newOrder],
  ['holding', holding],
  ['contended', () => refuseAll(refuseAll(holding({}, ['W1']), { pending: 1 }), { pending: 1 })],
  ['authorizing', authorizing],
  ['awaitingPayment', () => authorizing().hear('payment.declined', { paymentId: p1, reason: 'no' })],
  ['planning', authorized],
  ['inFulfillment', active],
  ['partiallyShipped', () => moved(split(), f1, 'handedOver')],
  ['delivered', () => moved(active(), f1, 'delivered')],
  ['closing', () => moved(active(), f1, 'delivered').fire('closing')],
  ['stopping', () => active().does('order.cancel')],
  ['settling', () => authorizing().does('order.cancel')],
  ['releasing', () => holding().does('order.cancel')],
  [
    'compensationStuck',
    () => authorizing().does('order.cancel').hear('payment.stuck', { paymentId: p1, reason: 'x' }),
  ],
  ['rejected', () => newOrder().hear('routing.candidates', { warehouses: [] })],
  ['cancelled', () => releaseAll(holding().does('order.cancel'))],
  ['cancelled after a fulfillment', cancelledLate],
  ['expired', () => newOrder({ draft: true }).fire('draftExpiry')],
  ['completed', completed],
];

function cancelledLate(): Order {
  return stopped(active().does('order.cancel'), f1).hear('payment.voided', { paymentId: p1 });
}

function completed(): Order {
  const order = moved(active(), f1, 'delivered');
  order.hear('payment.captured', { paymentId: p1, fulfillmentId: f1, amount: 1000 }).fire('closing');
  return order.hear('payment.closed', { paymentId: p1 });
}

const facts: [string, object][] = [
  ['stock.held', { reservation: 'o1~r9', stockItem: 'W1~A', quantity: 1 }],
  ['stock.refused', { reservation: 'o1~r9', stockItem: 'W1~A', available: 0, pending: 0 }],
  ['stock.released', { reservation: 'o1~r9', stockItem: 'W1~A', kept: 0 }],
  ['stock.asked', { reservation: 'o1~r9', stockItem: 'W1~A' }],
];

describe('late answers', () => {
  it.each(stages)('are taken in %s, and settle nothing', (_, make) => {
    for (const [type, payload] of facts) {
      const order = make();
      const [states, before] = [order.states(), order.context()];
      order.hear(type, payload);
      expect(order.states(), type).toEqual(states);
      expect(order.context(), type).toEqual(before);
      const isToGoBack = type === 'stock.asked' || type === 'stock.held';
      expect(order.told().map(({ event }) => event.type)).toEqual(isToGoBack ? ['stockItem.release'] : []);
    }
  });

  it.each(stages.filter(([name]) => name !== 'sourcing'))('of routing change nothing in %s', (_, make) => {
    const order = make();
    const [states, before] = [order.states(), order.context()];
    order.hear('routing.candidates', { warehouses: ['W7'] });
    expect(order.states()).toEqual(states);
    expect(order.context()).toEqual(before);
  });

  const ends: [string, () => Order][] = [
    ['cancelled', cancelledLate],
    ['completed', completed],
  ];

  it.each(ends)('of payments and fulfillments change no end: %s (rule 19)', (_, make) => {
    const order = make();
    const states = order.states();
    const paid = { paymentId: p1 };
    order
      .hear('payment.authorized', { ...paid, capturesOnce: false })
      .hear('payment.declined', { ...paid, reason: 'late' })
      .hear('payment.captured', { ...paid, fulfillmentId: f1, amount: 1000 })
      .hear('payment.refunded', { ...paid, refundId: '1', amount: 1000 })
      .hear('payment.voided', paid)
      .hear('payment.stuck', { ...paid, reason: 'late' });
    order.hear('fulfillment.account', accountOf(order, f1, { lines: {}, incidents: 1 }));
    expect(order.context().incidents).toEqual([`${f1}: the parcel moved after its label was voided`]);
    expect(order.states()).toEqual(states);
    expect(order.told()).toEqual([]);
    expect(order.timers()).toEqual([]);
  });

  it.each(ends)('bring no command back to life: %s', (_, make) => {
    const order = make();
    for (const name of ['place', 'cancel', 'retry']) {
      expect(order.refusal(`order.${name}`), name).toBe('unhandled');
    }
  });
});

describe('who may', () => {
  const may: [string, object, () => Order, Who[]][] = [
    ['order.place', {}, () => newOrder({ draft: true }), ['customer', 'cs', 'admin']],
    ['order.cancel', {}, newOrder, ['customer', 'cs', 'admin']],
    ['order.pay', { method: 'x' }, unpaid, ['customer', 'cs', 'admin']],
    ['order.cancelLine', { lineId: 'l1', quantity: 1 }, active, ['cs', 'admin']],
    ['order.hold', { handle: 'h', reason: 'r' }, active, ['cs', 'admin']],
    ['order.retry', {}, stuck, ['admin']],
    ['order.resolve', { reason: 'r' }, stuck, ['admin']],
  ];
  const everybody: Who[] = [
    'customer',
    'stranger',
    'cs',
    'admin',
    'picker',
    'packer',
    'manager',
    'foreigner',
  ];

  function unpaid(): Order {
    return authorizing().hear('payment.declined', { paymentId: p1, reason: 'no' });
  }

  function stuck(): Order {
    return authorizing().does('order.cancel').hear('payment.stuck', { paymentId: p1, reason: 'x' });
  }

  it.each(may)('%s', (...[type, payload, make, allowed]) => {
    const found = everybody.filter((who) => make().refusal(type, payload, who) !== 'forbidden');
    expect(found).toEqual(allowed);
  });

  it('creates an order only for oneself', () => {
    const { currency, shipTo } = newOrder().context();
    const input = { customerId: 'c1', currency, shipTo, lines: [{ sku: 'A', quantity: 1, unitPrice: 1 }] };
    const make = (who: Who): Order => played<OrderContext>('order', { id: 'o2', input, who });
    expect(() => make('stranger')).toThrow('order.create');
    expect(make('cs').states()).toEqual(['sourcing']);
  });
});
