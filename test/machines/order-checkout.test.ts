/** From the customer's wish to held goods and an authorized payment. */
import { describe, expect, it } from 'vitest';
import type { OrderContext } from '../../machines/order.context.ts';
import * as stock from '../../machines/order.stock.ts';
import { defaultOptions } from '../../runtime/options.ts';
import {
  active,
  account,
  at,
  authorized,
  authorizing,
  books,
  f1,
  f2,
  held,
  holding,
  newOrder,
  oneLine,
  p1,
  p2,
  refuseAll,
  refused,
  releaseAll,
  told,
  twoLines,
} from '../support/order-played.ts';
import { elsewhere, shipTo } from '../support/shop-messages.ts';

describe('a draft', () => {
  it('owns nothing until it is placed', () => {
    const order = newOrder({ draft: true });
    expect(order.states()).toEqual(['draft']);
    expect(order.told()).toEqual([]);
    order.does('order.place', {}, 'customer');
    expect(order.states()).toEqual(['sourcing']);
    expect(told(order)).toEqual(['routing.ask routing/main']);
  });

  it('takes another address, without counting it', () => {
    const order = newOrder({ draft: true }).does('order.changeAddress', { shipTo: elsewhere }, 'customer');
    expect(order.context()).toMatchObject({ shipTo: elsewhere, addressRevision: 1 });
  });

  it('ends at once when it is cancelled or expires', () => {
    const cancelled = newOrder({ draft: true }).does('order.cancel', { reason: 'too dear' }, 'customer');
    expect(cancelled.states()).toEqual(['cancelled']);
    expect(cancelled.context()).toMatchObject({ reason: 'too dear', outcome: 'cancelled' });
    const expired = newOrder({ draft: true }).fire('draftExpiry');
    expect(expired.states()).toEqual(['expired']);
    for (const order of [cancelled, expired]) {
      expect(books(order)).toEqual({ cancelled: 2 });
      expect(order.timers()).toEqual([]);
    }
  });

  it('is placed once', () => {
    expect(newOrder().refusal('order.place')).toBe('unhandled');
  });
});

describe('the search for stock', () => {
  it('asks routing, and again until it answers (rule 16)', () => {
    const order = newOrder();
    expect(order.told()).toEqual([
      { to: 'routing/main', event: { type: 'routing.ask', orderId: 'o1', shipTo } },
    ]);
    for (const _ of [1, 2]) expect(told(order.fire('answerOverdue'))).toEqual(['routing.ask routing/main']);
  });

  it('is rejected where no warehouse takes on work', () => {
    const order = newOrder().hear('routing.candidates', { warehouses: [] });
    expect(order.states()).toEqual(['rejected']);
    expect(order.context()).toMatchObject({
      outcome: 'rejected',
      failed: [{ lineId: 'l1', missing: 2 }],
    });
    expect(books(order)).toEqual({ cancelled: 2 });
  });

  it('asks the best warehouse for whole lines first', () => {
    const order = holding({ lines: twoLines });
    expect(order.told().map(({ to, event }) => [to, event['reservation'], event['quantity']])).toEqual([
      ['stockItem/W1~A', 'o1~r1', 4],
      ['stockItem/W1~B', 'o1~r2', 1],
    ]);
    expect(order.told()[0]?.event).toMatchObject({ partial: false, owner: { kind: 'order', id: 'o1' } });
  });

  it('asks again what is not answered, with the same ids (rules 16, 18)', () => {
    const order = holding({ lines: twoLines });
    const [first] = order.told('stockItem.hold');
    held(order, first as never);
    for (const _ of [1, 2]) {
      order.fire('stockOverdue');
      expect(order.told().map(({ event }) => event['reservation'])).toEqual(['o1~r2']);
    }
  });

  it('goes through warehouses that are named like a property of every object', () => {
    const order = holding({ lines: twoLines }, ['constructor', 'valueOf']);
    refuseAll(refuseAll(order, { available: 1 }), { available: 1 });
    for (const hold of order.told('stockItem.hold')) held(order, hold);
    expect(order.states()).toEqual(['authorizing']);
  });

  it('goes to the next warehouse and gives back what the first one holds', () => {
    const order = holding({ lines: twoLines });
    const [a, b] = order.told('stockItem.hold');
    held(order, a as never);
    refused(order, b as never);
    expect(told(order)).toEqual([
      'stockItem.release stockItem/W1~A',
      'stockItem.release stockItem/W1~B',
      'stockItem.hold stockItem/W2~A',
      'stockItem.hold stockItem/W2~B',
    ]);
  });

  it('keeps no more of a long search than of a short one', () => {
    const lines = Array.from({ length: 30 }, (_, n) => ({ sku: `S${n}`, quantity: 2, unitPrice: 100 }));
    const warehouses = Array.from({ length: 20 }, (_, n) => `W${n}`);
    const order = holding({ lines }, warehouses);
    const kept: number[] = [];
    let holds = order.told('stockItem.hold');
    while (holds.length > 0) {
      for (const hold of holds) refused(order, hold, { available: 1 });
      kept.push(Object.keys(order.context().reservations).length);
      holds = order.told('stockItem.hold');
      releaseAll(order);
    }
    expect(order.states()).toEqual(['rejected']);
    expect(kept).toHaveLength(2 * warehouses.length);
    expect(Math.max(...kept)).toBe(2 * lines.length);
  });

  it('is not to be had in more pieces than fit into its record', () => {
    const ids = Array.from({ length: 200 }, (_, n) => `${n}`.padEnd(40, 'l'));
    const lines = ids.map((lineId) => ({ lineId, sku: 'S'.repeat(60), quantity: 100, unitPrice: 100 }));
    const warehouses = Array.from({ length: 20 }, (_, n) => `${n}`.padEnd(40, 'W'));
    const empty = { ...holding({ lines }, warehouses).context(), id: 'o'.repeat(100), reservations: {} };
    const inPieces = (count: number): OrderContext => {
      const pieces = Array.from({ length: count }, (_, n) => ({
        ...{ lineId: ids[n % 200] ?? '', warehouse: warehouses[Math.floor(n / 200)] ?? '' },
        ...{ quantity: 1, state: 'held' as const, pending: 0, untried: [] },
      }));
      return { ...empty, ...stock.withReservations(empty, pieces) };
    };
    expect(stock.nextSearch(inPieces(599))).toBeDefined();
    const full = inPieces(600);
    expect(stock.nextSearch(full)).toBeUndefined();
    for (const order of [full, { ...full, ...stock.assigned(full) }]) {
      expect(JSON.stringify(order).length).toBeLessThan(defaultOptions.messageMaxChars - 50_000);
    }
  });

  it('splits where no warehouse has all, and takes parts', () => {
    const some = { available: 1 };
    const order = refuseAll(refuseAll(holding(), some), some);
    const [first] = order.told('stockItem.hold');
    expect(first).toMatchObject({ to: 'stockItem/W1~A', event: { partial: true, quantity: 2 } });
    held(order, first as never, 1);
    const [second] = order.told('stockItem.hold');
    expect(second).toMatchObject({ to: 'stockItem/W2~A', event: { partial: true, quantity: 1 } });
    held(order, second as never);
    expect(order.states()).toEqual(['authorizing']);
    order.hear('payment.authorized', { paymentId: p1, capturesOnce: false });
    expect(order.told('fulfillment.start').map(({ to }) => to)).toEqual([
      `fulfillment/${f1}`,
      `fulfillment/${f2}`,
    ]);
  });

  it('asks in parts only where it was told of some, or of what may come back', () => {
    const order = holding({ lines: twoLines }, ['W1', 'W2', 'W3', 'W4']);
    const left = { 'W2~A': { available: 1 }, 'W4~B': { pending: 1 } } as Record<string, object>;
    const asked: string[][] = [];
    for (let holds = order.told('stockItem.hold'); holds.length > 0;) {
      asked.push(holds.map(({ to }) => to.slice('stockItem/'.length)));
      for (const hold of holds) {
        const isSome = hold.to.endsWith('W2~A') && hold.event['partial'] === true;
        if (isSome) held(order, hold, 1);
        else refused(order, hold, left[hold.to.slice('stockItem/'.length)]);
      }
      holds = order.told('stockItem.hold');
    }
    const whole = ['W1', 'W2', 'W3', 'W4'].map((warehouse) => [`${warehouse}~A`, `${warehouse}~B`]);
    expect(asked.slice(0, 6)).toEqual([...whole, ['W2~A'], ['W4~B']]);
  });

  it('asks nobody twice for what nobody has', () => {
    const order = refuseAll(refuseAll(holding({ lines: twoLines })));
    expect(order.states()).toEqual(['ending.releasing']);
    expect(order.context().failed.map(({ lineId }) => lineId)).toEqual(['l1', 'l2']);
    expect(Object.keys(order.context().reservations)).toHaveLength(4);
  });

  it('asks everybody again where it began before it took note of that', () => {
    const { offers: _offers, ...before } = holding().context().search;
    const order = { ...holding().context(), search: { ...before, step: 1 } };
    expect(stock.nextSearch(order)).toMatchObject({ mode: 'split', step: 0 });
  });

  it('rejects with the lines that failed, and waits for every release (rule 15)', () => {
    const order = holding({ lines: twoLines }, ['W1']);
    const [a, b] = order.told('stockItem.hold');
    held(order, a as never);
    refused(order, b as never);
    expect(order.states()).toEqual(['ending.releasing']);
    expect(order.context().failed).toEqual([{ lineId: 'l2', missing: 1 }]);
    for (const _ of [1, 2]) {
      order.fire('stockOverdue');
      expect(told(order)).toEqual(['stockItem.release stockItem/W1~A', 'stockItem.release stockItem/W1~B']);
    }
    expect(releaseAll(order).states()).toEqual(['rejected']);
    expect(order.context().payments).toEqual({});
  });

  it('rule 16: what was refused is released as well, as it may be granted when asked twice', () => {
    const order = holding({}, ['W1']);
    order.fire('stockOverdue');
    const [again] = order.told('stockItem.hold');
    refuseAll(order);
    expect(told(order)).toEqual(['stockItem.release stockItem/W1~A']);
    held(order, again as never);
    expect(order.states()).toEqual(['ending.releasing']);
    expect(releaseAll(order).states()).toEqual(['rejected']);
  });

  it('forgets no refusal when all is found elsewhere: an active order waits for no goods', () => {
    const order = refuseAll(holding());
    const [release, hold] = order.told();
    expect(release).toMatchObject({ to: 'stockItem/W1~A', event: { type: 'stockItem.release' } });
    held(order, hold as never);
    expect(told(order)).toEqual([`payment.authorize payment/${p1}`]);
    order.hear('payment.authorized', { paymentId: p1, capturesOnce: false });
    account(releaseAll(order), f1);
    expect(order.context().reservations).toEqual({});
    expect(at(order, 'supply')).toBe('supplied');
  });

  it('gives free goods to warehouses without a payment', () => {
    const order = authorizing({ lines: [{ sku: 'A', quantity: 1, unitPrice: 0 }] });
    expect(order.states()[0]).toBe('active.execution.planning');
    expect(order.context().payments).toEqual({});
    expect(at(order, 'money')).toBe('captured');
  });
});

describe('rule 17: orders that refused each other', () => {
  const pending = { pending: 1 };
  const lines = [
    { sku: 'B', quantity: 1, unitPrice: 300 },
    { sku: 'A', quantity: 1, unitPrice: 500 },
  ];

  it('give back all, and ask one by one in (sku, warehouse) order', () => {
    const order = holding({ lines }, ['W1']);
    const [b, a] = order.told('stockItem.hold');
    held(order, b as never);
    refused(order, a as never, pending);
    expect(told(order)).toEqual([
      'stockItem.release stockItem/W1~B',
      'stockItem.release stockItem/W1~A',
      'stockItem.hold stockItem/W1~A',
    ]);
    for (const hold of order.told('stockItem.hold')) held(order, hold);
    expect(told(order)).toEqual(['stockItem.hold stockItem/W1~B']);
    for (const hold of order.told('stockItem.hold')) held(order, hold);
    expect(order.states()).toEqual(['authorizing']);
    expect(releaseAll(order).context().reservations).toMatchObject({
      'o1~r3': { state: 'held' },
      'o1~r4': { state: 'held' },
    });
  });

  it('wait a little and ask again, three times, and are rejected then', () => {
    const order = holding({}, ['W1']);
    for (const _ of [1, 2, 3]) {
      refuseAll(refuseAll(order, pending), pending);
      expect(order.states()).toEqual(['holding.contended']);
      order.fire('contendedRetry');
      expect(told(order)).toEqual(['stockItem.release stockItem/W1~A', 'stockItem.hold stockItem/W1~A']);
    }
    refuseAll(order, pending);
    expect(order.states()).toEqual(['ending.releasing']);
    expect(releaseAll(order).states()).toEqual(['rejected']);
  });
});

describe('the authorization', () => {
  it('is asked for once all is held, and again until it is answered (rules 16, 18)', () => {
    const order = authorizing();
    const expected = { orderId: 'o1', customerId: 'c1', gateway: 'sandbox', method: 'ok', currency: 'EUR' };
    for (const _ of [1, 2, 3]) {
      expect(order.told()).toEqual([
        { to: `payment/${p1}`, event: { type: 'payment.authorize', ...expected, amount: 1000 } },
      ]);
      order.fire('answerOverdue');
    }
  });

  it('rule 4: releases nothing and tries nothing else while it is unknown', () => {
    const order = authorizing().hear('payment.unknown', { paymentId: p1 });
    expect(order.states()).toEqual(['authorizing']);
    expect(order.told()).toEqual([]);
    expect(order.refusal('order.pay', { method: 'other' }, 'customer')).toBe('unhandled');
    order.does('order.cancel', {}, 'customer');
    expect(told(order)).toEqual([`payment.void payment/${p1}`]);
    expect(order.states()).toEqual(['ending.settling']);
    order.hear('payment.unknown', { paymentId: p1 });
    expect(order.context().reservations).toMatchObject({ 'o1~r1': { state: 'held' } });
  });

  it('starts a fulfillment that owns the goods from then on (rule 1)', () => {
    const order = authorized();
    expect(order.told()).toMatchObject([
      {
        to: `fulfillment/${f1}`,
        event: {
          type: 'fulfillment.start',
          ...{
            orderId: 'o1',
            warehouse: 'W1',
            candidates: ['W1', 'W2'],
            addressRevision: 1,
            holds: [],
            holdsRevision: 1,
          },
          lines: [{ lineId: 'l1', sku: 'A', quantity: 2, reservation: 'o1~r1' }],
        },
      },
    ]);
    expect(order.context().reservations).toEqual({});
  });

  it('waits for the customer when it is declined, three times', () => {
    const order = authorizing().hear('payment.declined', { paymentId: p1, reason: 'no' });
    expect(order.states()).toEqual(['awaitingPayment']);
    order.does('order.pay', { method: 'second' }, 'customer');
    expect(order.told()).toMatchObject([{ to: `payment/${p2}`, event: { method: 'second', amount: 1000 } }]);
    order.hear('payment.declined', { paymentId: p2, reason: 'no' });
    order.does('order.pay', { method: 'third' }, 'customer');
    order.hear('payment.declined', { paymentId: 'o1~p3', reason: 'no' });
    expect(order.states()).toEqual(['ending.releasing']);
    expect(releaseAll(order).states()).toEqual(['expired']);
  });

  it('expires when the customer does not pay in time, and the goods go back', () => {
    const order = authorizing().hear('payment.declined', { paymentId: p1, reason: 'no' }).fire('payWindow');
    expect(told(order)).toEqual(['stockItem.release stockItem/W1~A']);
    expect(releaseAll(order).states()).toEqual(['expired']);
    expect(order.context().outcome).toBe('expired');
  });

  it('goes on when the customer confirms later', () => {
    const order = authorizing().hear('payment.requiresAction', { paymentId: p1, url: 'https://bank' });
    expect(order.states()).toEqual(['awaitingPayment']);
    order.hear('payment.authorized', { paymentId: p1, capturesOnce: false });
    expect(at(order, 'execution')).toBe('planning');
  });

  it('rule 4: a late authorized of a payment that was given up confirms nothing', () => {
    const order = authorizing().hear('payment.requiresAction', { paymentId: p1 });
    order.does('order.pay', { method: 'second' }, 'customer');
    expect(told(order)).toEqual([`payment.void payment/${p1}`, `payment.authorize payment/${p2}`]);
    order.hear('payment.authorized', { paymentId: p1, capturesOnce: false });
    expect(order.states()).toEqual(['authorizing']);
    expect(told(order.fire('answerOverdue'))).toEqual([
      `payment.void payment/${p1}`,
      `payment.authorize payment/${p2}`,
    ]);
    order.hear('payment.voided', { paymentId: p1 });
    order.hear('payment.authorized', { paymentId: p2, capturesOnce: false });
    expect(at(order, 'execution')).toBe('planning');
  });

  it('voids what is authorized after the window has closed', () => {
    const order = authorizing().hear('payment.requiresAction', { paymentId: p1 }).fire('payWindow');
    expect(told(order)).toEqual([`payment.void payment/${p1}`]);
    order.hear('payment.authorized', { paymentId: p1, capturesOnce: false });
    expect(order.states()).toEqual(['ending.settling']);
    releaseAll(order.hear('payment.voided', { paymentId: p1 }));
    expect(order.states()).toEqual(['expired']);
  });

  it('takes one confirmation and drops repeated ones and a late no', () => {
    const order = active();
    const before = order.context();
    for (const _ of [1, 2]) order.hear('payment.authorized', { paymentId: p1, capturesOnce: false });
    expect(order.context()).toEqual(before);
    expect(order.told()).toEqual([]);
  });

  it('is over once it was voided: an older answer that comes late revives nothing', () => {
    const order = authorizing().does('order.cancel', {}, 'customer');
    order.hear('payment.voided', { paymentId: p1 });
    for (const type of [
      'payment.authorized',
      'payment.declined',
      'payment.unknown',
      'payment.requiresAction',
    ]) {
      const more = { 'payment.authorized': { capturesOnce: false }, 'payment.declined': { reason: 'no' } };
      order.hear(type, { paymentId: p1, ...(more as Record<string, object>)[type] });
      expect(order.context().payments[p1]?.state, type).toBe('voided');
    }
  });
});

describe('rule 1: a stock item that asks', () => {
  const question = { reservation: 'o1~r1', stockItem: 'W1~A' };

  it.each([
    ['asked', () => holding()],
    ['held', () => authorizing()],
    ['given to a fulfillment that has not told it yet', () => authorized()],
    ['owned by a fulfillment', () => active()],
  ])('hears keep while the reservation is %s', (_, make) => {
    expect(told(make().hear('stock.asked', question))).toEqual(['stockItem.keep stockItem/W1~A']);
  });

  it.each([
    ['refused', () => refuseAll(holding())],
    ['released', () => holding().does('order.cancel', {}, 'customer')],
    ['over', () => releaseAll(holding().does('order.cancel', {}, 'customer'))],
  ])('hears release when it is %s', (_, make) => {
    expect(make().hear('stock.asked', question).told()).toEqual([
      {
        to: 'stockItem/W1~A',
        event: {
          type: 'stockItem.release',
          ...{ reservation: 'o1~r1', owner: { kind: 'order', id: 'o1' }, keep: 0 },
        },
      },
    ]);
  });
});

it('keeps the address until warehouses are asked, whatever stage it is in', () => {
  const declined = (): ReturnType<typeof newOrder> =>
    authorizing().hear('payment.declined', { paymentId: p1, reason: 'no' });
  for (const make of [newOrder, holding, authorizing, declined]) {
    const order = make().does('order.changeAddress', { shipTo: elsewhere }, 'customer');
    expect(order.context()).toMatchObject({ shipTo: elsewhere, addressRevision: 1 });
  }
});

it('takes ids of its own, and never one twice (rule 18)', () => {
  const order = refuseAll(refuseAll(holding({ lines: [...oneLine, ...oneLine] }), { available: 1 }), {
    available: 1,
  });
  expect(order.told('stockItem.hold').map(({ event }) => event['reservation'])).toEqual(['o1~r5', 'o1~r6']);
});
