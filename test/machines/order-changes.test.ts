/** What people change while an order is being fulfilled. */
import { describe, expect, it } from 'vitest';
import { hasCancellable, hasShort } from '../../machines/order.changes.ts';
import type { OrderContext } from '../../machines/order.context.ts';
import {
  account,
  accountOf,
  active,
  at,
  authorized,
  books,
  f1,
  f2,
  moved,
  newOrder,
  p1,
  releaseAll,
  split,
  told,
  type Order,
} from '../support/order-played.ts';
import { elsewhere, type Who } from '../support/shop-messages.ts';

const cancelLine = (order: Order, quantity: number): Order =>
  order.does('order.cancelLine', { lineId: 'l1', quantity }, 'cs');

const resolveShort = (order: Order, by: string, quantity = 2): Order =>
  order.does('order.resolveShort', { lineId: 'l1', quantity, by }, 'cs');

/** At two warehouses; the second has not found its two of A. */
const short = (): Order =>
  account(split(), f2, { state: 'stopped', lines: { l1: { assigned: 0, short: 2 } } });

describe('rule 13: a change of a line', () => {
  it('is asked of fulfillments until all have answered (rule 16)', () => {
    const order = cancelLine(split(), 3);
    const reductions = [f1, f2].map((id) => `fulfillment.reduce fulfillment/${id}`);
    expect(told(order)).toEqual(reductions);
    expect(order.told().map(({ event }) => [event['change'], event['quantity']])).toEqual([
      ['o1~c1', 2],
      ['o1~c1', 1],
    ]);
    expect(told(order.fire('answerOverdue'))).toEqual(reductions);
    account(order, f1, { change: 'o1~c1', state: 'stopped', lines: { l1: { assigned: 0, cut: 2 } } });
    expect(told(order.fire('answerOverdue'))).toEqual(reductions.slice(1));
    account(order, f2, { change: 'o1~c1', lines: { l1: { assigned: 1, cut: 1 } } });
    expect(order.context().change).toBeNull();
    expect(at(order, 'questions')).toBe('none');
    expect(books(order)).toEqual({ cancelled: 3, allocated: 1 });
  });

  it('is the only one: another is refused meanwhile', () => {
    const order = cancelLine(split(), 1);
    expect(order.refusal('order.cancelLine', { lineId: 'l2', quantity: 1 }, 'cs')).toBe('guard');
    account(order, f1, { change: 'o1~c1', lines: { l1: { assigned: 1, cut: 1 } } });
    cancelLine(order, 1);
    expect(order.told()[0]?.event).toMatchObject({ change: 'o1~c2' });
  });

  it('rule 2: changes the books only as accounts say, also where it came too late', () => {
    const order = cancelLine(split(), 2);
    expect(books(order)).toEqual({ allocated: 4 });
    account(order, f1, { change: 'o1~c1' });
    expect(order.context().change).toBeNull();
    expect(books(order)).toEqual({ allocated: 4 });
  });

  it('is done when the one that was asked is handed over meanwhile', () => {
    const order = cancelLine(split(), 1);
    moved(order, f1, 'handedOver');
    expect(order.context().change).not.toBeNull();
    account(order, f1, { change: 'o1~c1' });
    expect(order.context().change).toBeNull();
  });

  it('is refused for more than is left, for a line that there is not, and to a customer', () => {
    const order = moved(split(), f1, 'handedOver');
    for (const part of [
      { lineId: 'l1', quantity: 3 },
      { lineId: 'l2', quantity: 1 },
      { lineId: 'l9', quantity: 1 },
    ]) {
      expect(order.refusal('order.cancelLine', part, 'cs')).toBe('guard');
    }
    expect(order.refusal('order.cancelLine', { lineId: 'l1', quantity: 1 }, 'customer')).toBe('forbidden');
  });

  it('takes what is short first, then what is awaited, then what fulfillments have', () => {
    const order = resolveShort(short(), 'backorder', 1);
    cancelLine(order, 3);
    expect(order.told().map(({ event }) => event)).toMatchObject([
      { type: 'stockItem.release', keep: 0 },
      { type: 'fulfillment.reduce', quantity: 1 },
    ]);
    expect(books(order)).toEqual({ cancelled: 2, allocated: 2 });
    releaseAll(order);
    expect(at(order, 'supply')).toBe('supplied');
  });

  it('leaves the rest of what is awaited', () => {
    const order = cancelLine(resolveShort(short(), 'backorder'), 1);
    expect(order.told()).toMatchObject([
      { to: 'stockItem/W2~A', event: { type: 'stockItem.release', keep: 1 } },
    ]);
    const { reservation } = order.told()[0]?.event as unknown as { reservation: string };
    order.hear('stock.released', { reservation, stockItem: 'W2~A', kept: 1 });
    expect(books(order)).toEqual({ cancelled: 1, allocated: 2, backordered: 1 });
    order.hear('stock.held', { reservation, stockItem: 'W2~A', quantity: 2 });
    expect(order.told('fulfillment.start')[0]?.event['lines']).toMatchObject([{ quantity: 1 }]);
  });
});

describe('rule 10: what was not on the shelf', () => {
  const hold = (order: Order): string =>
    String(order.told().find(({ to }) => to.startsWith('stockItem/'))?.event['reservation']);

  it('waits for a person, who may be the manager of that warehouse', () => {
    const order = short();
    expect(at(order, 'supply')).toBe('short');
    expect(books(order)).toEqual({ allocated: 2, short: 2 });
    const command = { lineId: 'l1', quantity: 1, by: 'cancel' };
    for (const who of ['customer', 'picker', 'manager', 'foreigner'] as const) {
      expect(order.refusal('order.resolveShort', command, who)).toBe('forbidden');
    }
    account(order, f1, { lines: { l1: { assigned: 1, short: 1 } } });
    order.does('order.resolveShort', command, 'manager');
    expect(books(order)).toEqual({ allocated: 1, short: 2, cancelled: 1 });
  });

  it('is refused for more than is short', () => {
    expect(short().refusal('order.resolveShort', { lineId: 'l1', quantity: 3, by: 'cancel' })).toBe('guard');
    expect(short().refusal('order.resolveShort', { lineId: 'l9', quantity: 1, by: 'cancel' })).toBe('guard');
  });

  it('rule 11: is waited for at the same warehouse, and asked for again every day', () => {
    const order = resolveShort(short(), 'backorder');
    expect(at(order, 'supply')).toBe('awaitingStock');
    for (const _ of [1, 2]) {
      expect(told(order)).toEqual(['stockItem.backorder stockItem/W2~A']);
      order.fire('backorderAsk');
    }
    order.hear('stock.held', { reservation: hold(order), stockItem: 'W2~A', quantity: 2 });
    expect(told(order)).toEqual(['fulfillment.start fulfillment/o1~f3']);
    expect(books(order)).toEqual({ allocated: 4 });
    expect(at(order, 'supply')).toBe('supplied');
  });

  it('is waited for, and asked for again, also while something else is short (rule 16)', () => {
    const order = resolveShort(short(), 'backorder', 1);
    expect(at(order, 'supply')).toBe('short');
    for (const _ of [1, 2]) {
      expect(told(order.fire('backorderAsk'))).toEqual(['stockItem.backorder stockItem/W2~A']);
    }
  });

  it('is taken from another warehouse, whole, whatever the search was like', () => {
    const order = resolveShort(short(), 'warehouse');
    expect(order.told()).toMatchObject([{ to: 'stockItem/W1~A', event: { quantity: 2, partial: false } }]);
    order.hear('stock.held', { reservation: hold(order), stockItem: 'W1~A', quantity: 2 });
    expect(order.told('fulfillment.start')[0]).toMatchObject({
      to: 'fulfillment/o1~f3',
      event: { warehouse: 'W1', lines: [{ lineId: 'l1', quantity: 2 }] },
    });
  });

  it('is short again when the last other warehouse refuses, and the refused one is released', () => {
    const order = resolveShort(short(), 'warehouse');
    const reservation = hold(order);
    order.hear('stock.refused', { reservation, stockItem: 'W1~A', available: 1, pending: 0 });
    expect(told(order)).toEqual(['stockItem.release stockItem/W1~A']);
    expect(books(order)).toEqual({ allocated: 2, short: 2 });
    releaseAll(order);
    expect(at(order, 'supply')).toBe('short');
  });

  it('is asked of one warehouse after the other, at once', () => {
    const order = newOrder().hear('routing.candidates', { warehouses: ['W1', 'W2', 'W3'] });
    order.hear('stock.held', { reservation: 'o1~r1', stockItem: 'W1~A', quantity: 2 });
    order.hear('payment.authorized', { paymentId: p1, capturesOnce: false });
    account(order, f1, { state: 'stopped', lines: { l1: { assigned: 0, short: 2 } } });
    resolveShort(order, 'warehouse');
    expect(told(order)).toEqual(['stockItem.hold stockItem/W2~A']);
    const reservation = hold(order);
    order.hear('stock.refused', { reservation, stockItem: 'W2~A', available: 0, pending: 0 });
    expect(told(order)).toEqual(['stockItem.release stockItem/W2~A', 'stockItem.hold stockItem/W3~A']);
    expect(books(order)).toEqual({ backordered: 2 });
  });

  it('cannot be taken from another warehouse where there is none', () => {
    const order = newOrder().hear('routing.candidates', { warehouses: ['W1'] });
    order.hear('stock.held', { reservation: 'o1~r1', stockItem: 'W1~A', quantity: 2 });
    order.hear('payment.authorized', { paymentId: p1, capturesOnce: false });
    account(order, f1, { lines: { l1: { assigned: 0, short: 2 } }, state: 'stopped' });
    const command = { lineId: 'l1', quantity: 1, by: 'warehouse' };
    expect(order.refusal('order.resolveShort', command, 'cs')).toBe('guard');
  });

  it('is short again when the stock item knows the reservation as over', () => {
    const order = resolveShort(short(), 'backorder');
    const reservation = hold(order);
    order.hear('stock.refused', { reservation, stockItem: 'W2~A', available: 0, pending: 0 });
    expect(books(order)).toEqual({ allocated: 2, short: 2 });
  });

  it('is cancelled', () => {
    expect(books(resolveShort(short(), 'cancel'))).toEqual({ allocated: 2, cancelled: 2 });
  });
});

describe('rule 12: a parcel that is lost or came back', () => {
  const parcel = { shipmentId: `${f1}~s1` };
  const lost = (state: 'lost' | 'returned' = 'lost'): Order =>
    moved(moved(split(), f1, 'handedOver'), f1, state);

  it.each(['reship', 'refund'])('is written off for good by %s, and turning up is an incident', (by) => {
    const order = lost().does('order.resolveParcel', { ...parcel, by }, 'cs');
    expect(order.context().fulfillments[f1]?.writtenOff).toBe(true);
    const before = books(order);
    expect(order.refusal('order.resolveParcel', { ...parcel, by: 'refund' }, 'cs')).toBe('guard');
    moved(order, f1, 'delivered');
    account(order, f1);
    expect(order.context().incidents).toEqual([`${f1}: the parcel arrived after it was written off`]);
    expect(books(order)).toEqual(before);
    expect(at(order, 'execution')).toBe('inFulfillment');
  });

  it('is sent again from the same warehouse, as soon as it has the goods', () => {
    const order = lost('returned').does('order.resolveParcel', { ...parcel, by: 'reship' }, 'cs');
    expect(told(order)).toEqual(['stockItem.backorder stockItem/W1~A', 'stockItem.backorder stockItem/W1~B']);
    expect(books(order)).toEqual({ allocated: 2, backordered: 2 });
    for (const { to, event } of order.told()) {
      const { reservation, quantity } = event;
      order.hear('stock.held', { reservation, stockItem: to.slice('stockItem/'.length), quantity });
    }
    expect(Object.keys(order.context().fulfillments)).toEqual([f1, f2, 'o1~f3']);
    expect(order.context().fulfillments['o1~f3']?.lines).toMatchObject({
      ...{ l1: { assigned: 2 }, l2: { assigned: 1 } },
    });
  });

  it('is sent again without what does not come in time', () => {
    const order = lost().does('order.resolveParcel', { ...parcel, by: 'reship' }, 'cs');
    const [first] = order.told().map(({ event }) => event);
    order.hear('stock.held', { reservation: first?.reservation, stockItem: 'W1~A', quantity: 2 });
    expect(at(order, 'supply')).toBe('gathering');
    expect(Object.keys(order.context().fulfillments)).toEqual([f1, f2]);
    order.fire('gathering');
    expect(Object.keys(order.context().fulfillments)).toEqual([f1, f2, 'o1~f3']);
    expect(at(order, 'supply')).toBe('awaitingStock');
  });

  it('is short when the goods to send it again are not to be had', () => {
    const order = lost().does('order.resolveParcel', { ...parcel, by: 'reship' }, 'cs');
    for (const { to, event } of order.told()) {
      const { reservation } = event;
      const stockItem = to.slice('stockItem/'.length);
      order.hear('stock.refused', { reservation, stockItem, available: 0, pending: 0 });
    }
    expect(books(order)).toEqual({ allocated: 2, short: 2 });
    resolveShort(order, 'cancel');
    expect(books(order)).toEqual({ allocated: 2, cancelled: 2 });
  });

  it.each(['picker', 'manager', 'customer'] as Who[])('is not for %s to decide', (who) => {
    expect(lost().refusal('order.resolveParcel', { ...parcel, by: 'refund' }, who)).toBe('forbidden');
  });

  it('has to be lost or back', () => {
    const order = moved(split(), f1, 'handedOver');
    expect(order.refusal('order.resolveParcel', { ...parcel, by: 'reship' }, 'cs')).toBe('guard');
    expect(lost().refusal('order.resolveParcel', { shipmentId: 'x', by: 'reship' }, 'cs')).toBe('guard');
  });

  it('is delivered after all, as long as nobody has decided', () => {
    const order = moved(lost(), f1, 'delivered');
    expect(at(order, 'execution')).toBe('partiallyDelivered');
    expect(order.refusal('order.resolveParcel', { ...parcel, by: 'refund' }, 'cs')).toBe('guard');
  });
});

it('counts a parcel that moved after its label was voided as an incident', () => {
  const order = active();
  order.hear('fulfillment.account', accountOf(order, f1, { lines: {}, incidents: 1 }));
  expect(order.context().incidents).toEqual([`${f1}: the parcel moved after its label was voided`]);
});

describe('a new address', () => {
  const change = (order: Order, who: Who = 'customer'): Order =>
    order.does('order.changeAddress', { shipTo: elsewhere }, who);

  it('rule 6: is told with the next revision to what is still open', () => {
    const order = moved(split(), f1, 'handedOver');
    expect(change(order).told()).toMatchObject([
      {
        to: `fulfillment/${f2}`,
        event: { type: 'fulfillment.changeAddress', shipTo: elsewhere, revision: 2 },
      },
    ]);
    expect(change(order, 'cs').told()[0]?.event).toMatchObject({ revision: 3 });
  });

  it('is refused once nothing is left, and to strangers', () => {
    const order = moved(active(), f1, 'handedOver');
    expect(order.refusal('order.changeAddress', { shipTo: elsewhere }, 'customer')).toBe('guard');
    expect(active().refusal('order.changeAddress', { shipTo: elsewhere }, 'stranger')).toBe('forbidden');
  });

  it('goes with later fulfillments', () => {
    const order = change(resolveShort(short(), 'backorder'));
    const [reservation = ''] = Object.keys(order.context().reservations);
    order.hear('stock.held', { reservation, stockItem: 'W2~A', quantity: 2 });
    expect(order.told('fulfillment.start')[0]?.event).toMatchObject({
      shipTo: elsewhere,
      addressRevision: 2,
    });
  });
});

describe('rule 16: a fulfillment that does not have the latest address or holds', () => {
  const late = { lines: {}, addressRevision: 1, holdsRevision: 1 };
  const hold = { handle: 'fraud', reason: 'looks odd' };

  it('is told again, as its account shows that it has not heard', () => {
    const order = split().does('order.hold', hold, 'cs');
    account(order, f1, late);
    expect(at(order, 'questions')).toBe('open');
    account(order, f2);
    order.does('order.changeAddress', { shipTo: elsewhere }, 'customer');
    account(order, f1, late);
    expect(told(order.fire('answerOverdue'))).toEqual([
      `fulfillment.changeAddress fulfillment/${f1}`,
      `fulfillment.orderHolds fulfillment/${f1}`,
      `fulfillment.changeAddress fulfillment/${f2}`,
    ]);
    account(order, f1);
    account(order, f2);
    expect(at(order, 'questions')).toBe('none');
  });

  it('is left alone once it is stopped or handed over', () => {
    const order = split().does('order.hold', hold, 'cs');
    account(order, f1, { ...late, state: 'handedOver' });
    account(order, f2);
    expect(at(order, 'questions')).toBe('none');
  });
});

describe('rule 9: holds of an order', () => {
  const hold = { handle: 'fraud', reason: 'looks odd' };

  it('are told to what is open, with their handle', () => {
    const order = moved(split(), f1, 'handedOver').does('order.hold', hold, 'cs');
    const holds = { type: 'fulfillment.orderHolds', holds: [hold], holdsRevision: 2 };
    expect(order.told()).toEqual([{ to: `fulfillment/${f2}`, event: holds }]);
    expect(at(order, 'hold')).toBe('held');
    order.does('order.release', { handle: 'fraud' }, 'cs');
    const none = { type: 'fulfillment.orderHolds', holds: [], holdsRevision: 3 };
    expect(order.told()).toEqual([{ to: `fulfillment/${f2}`, event: none }]);
    expect(at(order, 'hold')).toBe('clear');
  });

  it('go with new fulfillments', () => {
    const order = resolveShort(short(), 'backorder').does('order.hold', hold, 'cs');
    const [reservation = ''] = Object.keys(order.context().reservations);
    order.hear('stock.held', { reservation, stockItem: 'W2~A', quantity: 2 });
    expect(order.told('fulfillment.start')[0]?.event).toMatchObject({ holds: [hold] });
  });

  it('bar neither answers nor accounts nor cancelling', () => {
    const order = moved(active().does('order.hold', hold, 'cs'), f1, 'handedOver');
    expect(at(order, 'execution')).toBe('shipped');
    expect(active().does('order.hold', hold, 'cs').does('order.cancel', {}, 'customer').states()).toEqual([
      'ending.stopping',
    ]);
  });

  it('are several, each lifted by its handle; the same twice changes nothing', () => {
    const order = active()
      .does('order.hold', hold, 'cs')
      .does('order.hold', { ...hold, handle: 'b' }, 'cs');
    order.does('order.hold', { ...hold, reason: 'another' }, 'cs');
    expect(order.told()).toEqual([]);
    order.does('order.release', { handle: 'fraud' }, 'cs');
    expect(at(order, 'hold')).toBe('held');
    expect(order.refusal('order.release', { handle: 'fraud' }, 'cs')).toBe('guard');
    expect(order.context().holds).toEqual([{ ...hold, handle: 'b' }]);
  });

  it('have a limit', () => {
    const order = active();
    for (let each = 1; each <= 20; each += 1) order.does('order.hold', { ...hold, handle: `h${each}` }, 'cs');
    expect(order.refusal('order.hold', hold, 'cs')).toBe('guard');
  });

  it('still hold when a cancellation came too late', () => {
    const order = split().does('order.hold', hold, 'cs').does('order.cancel', {}, 'customer');
    moved(order, f1, 'handedOver');
    account(order, f2, { state: 'stopped', lines: { l1: { assigned: 0, cut: 2 } } });
    expect(at(order, 'hold')).toBe('held');
  });

  it('are for customer service', () => {
    for (const who of ['customer', 'manager', 'picker'] as const) {
      expect(authorized().refusal('order.hold', hold, who)).toBe('forbidden');
    }
  });
});

it('is looked through once to say what could be changed, however many lines it has', () => {
  const order = short().context();
  let looks = 0;
  const { fulfillments } = order;
  const lines = Array.from({ length: 200 }, (_, index) => ({ ...order.lines[0], lineId: `n${index}` }));
  const watched = { ...order, lines } as OrderContext;
  Object.defineProperty(watched, 'fulfillments', { get: () => ((looks += 1), fulfillments) });
  expect(hasShort(watched)).toBe(false);
  expect(hasCancellable(watched)).toBe(false);
  expect(looks).toBe(2);
});
