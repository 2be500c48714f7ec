/** Cancel, reject and expire: one saga, from every stage (rules 3, 13, 15). */
import { describe, expect, it } from 'vitest';
import { moneyOf } from '../../machines/order.money.ts';
import {
  account,
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
  p2,
  refuseAll,
  releaseAll,
  secondChoice,
  split,
  stopped,
  told,
  type Order,
} from '../support/order-played.ts';

const cancel = (order: Order, reason?: string): Order =>
  order.does('order.cancel', reason === undefined ? {} : { reason }, 'customer');

describe('rule 15: a cancellation', () => {
  it.each<[string, () => Order]>([
    ['sourcing', newOrder],
    ['holding', holding],
    [
      'holding, the search going on',
      () => refuseAll(refuseAll(holding(), { available: 1 }), { available: 1 }),
    ],
    ['contended', () => refuseAll(refuseAll(holding({}, ['W1']), { pending: 1 }), { pending: 1 })],
  ])('ends an order in %s when every release is answered, without a payment', (_, make) => {
    const order = cancel(make(), 'too slow');
    expect(order.told().every(({ event }) => event.type === 'stockItem.release')).toBe(true);
    expect(releaseAll(order).states()).toEqual(['cancelled']);
    expect(order.context()).toMatchObject({ reason: 'too slow', outcome: 'cancelled', payments: {} });
    expect(order.timers()).toEqual([]);
  });

  it('voids before it releases, and makes a payment that never answered so that one can', () => {
    const order = cancel(authorizing());
    const question = [`payment.authorize payment/${p1}`, `payment.void payment/${p1}`];
    expect(told(order)).toEqual(question);
    for (const _ of [1, 2]) expect(told(order.fire('answerOverdue'))).toEqual(question);
    order.hear('payment.voided', { paymentId: p1 });
    expect(told(order)).toEqual(['stockItem.release stockItem/W1~A']);
    expect(releaseAll(order).states()).toEqual(['cancelled']);
  });

  it('stops fulfillments before it voids, and asks again (rule 16)', () => {
    const order = cancel(split());
    for (const _ of [1, 2]) {
      expect(told(order)).toEqual([
        `fulfillment.stop fulfillment/${f1}`,
        `fulfillment.stop fulfillment/${f2}`,
      ]);
      order.fire('stopOverdue');
    }
    expect(stopped(order, f1).told()).toEqual([]);
    expect(told(stopped(order, f2))).toEqual([`payment.void payment/${p1}`]);
    releaseAll(order.hear('payment.voided', { paymentId: p1 }));
    expect(order.states()).toEqual(['cancelled']);
    expect(books(order)).toEqual({ cancelled: 4 });
  });

  it('starts what has never answered, so that there is one to stop', () => {
    const order = cancel(authorized());
    expect(told(order)).toEqual([
      `fulfillment.start fulfillment/${f1}`,
      `fulfillment.stop fulfillment/${f1}`,
    ]);
    account(order, f1);
    expect(order.states()).toEqual(['ending.stopping']);
    expect(stopped(order, f1).states()).toEqual(['ending.settling']);
  });

  it('twice changes nothing', () => {
    const order = cancel(active());
    const before = order.context();
    cancel(order, 'again');
    expect(order.told()).toEqual([]);
    expect(order.context()).toEqual(before);
  });

  it.each(['cancelLine', 'changeAddress', 'hold', 'pay', 'retry', 'resolve'])('bars order.%s', (name) => {
    const payloads: Record<string, object> = {
      cancelLine: { lineId: 'l1', quantity: 1 },
      changeAddress: { shipTo: active().context().shipTo },
      hold: { handle: 'h', reason: 'r' },
      pay: { method: 'ok' },
      resolve: { reason: 'r' },
    };
    expect(cancel(active()).refusal(`order.${name}`, payloads[name])).toBe('unhandled');
  });

  it('drops an open change, and its late answer changes no more than the books', () => {
    const order = split().does('order.cancelLine', { lineId: 'l1', quantity: 1 }, 'cs');
    expect(cancel(order).context().change).toBeNull();
    account(order, f1, { change: 'o1~c1', lines: { l1: { assigned: 1, cut: 1 } } });
    stopped(stopped(order, f1), f2);
    expect(books(order)).toEqual({ cancelled: 4 });
  });
});

describe('rule 3: a cancellation that crosses a handover', () => {
  it('leaves what was handed over, and cancels the rest (scenario 13)', () => {
    const order = cancel(split());
    moved(order, f1, 'handedOver');
    expect(order.states()).toEqual(['ending.stopping']);
    stopped(order, f2);
    expect(at(order, 'execution')).toBe('shipped');
    expect(told(order)).toEqual([`payment.capture payment/${p1}`]);
    expect(order.context().outcome).toBeNull();
    expect(books(order)).toEqual({ cancelled: 2, shipped: 2 });
    expect(order.context().payments[p1]?.captures[f1]).toMatchObject({ amount: 1300, state: 'asked' });
    expect(order.context().payments[p1]).toMatchObject({ state: 'authorized', givenUp: false });
  });

  it('is refused once nothing is left', () => {
    const order = moved(active(), f1, 'handedOver');
    expect(order.refusal('order.cancel', {}, 'customer')).toBe('guard');
    const lost = moved(order, f1, 'lost');
    expect(lost.refusal('order.cancel', {}, 'customer')).toBe('guard');
  });

  it('is refused once nothing is left, also after a search that was refused somewhere', () => {
    const order = secondChoice();
    expect(moved(order, f1, 'handedOver').refusal('order.cancel', {}, 'customer')).toBe('guard');
  });

  it('cancels what is short or awaited, and goes on with what was shipped', () => {
    const order = account(split(), f2, { lines: { l1: { assigned: 0, short: 2 } }, state: 'stopped' });
    order.does('order.resolveShort', { lineId: 'l1', quantity: 1, by: 'backorder' }, 'cs');
    moved(order, f1, 'handedOver');
    cancel(order);
    expect(order.states()).toEqual(['ending.releasing']);
    expect(order.told('stockItem.release').some(({ to }) => to === 'stockItem/W2~A')).toBe(true);
    expect(at(releaseAll(order), 'execution')).toBe('shipped');
    expect(books(order)).toEqual({ cancelled: 2, shipped: 2 });
  });
});

describe('goods asked for elsewhere', () => {
  /** One of A is short, and asked for at W1. */
  function asked(): Order {
    const order = account(split(), f2, { lines: { l1: { assigned: 1, short: 1 } } });
    return order.does('order.resolveShort', { lineId: 'l1', quantity: 1, by: 'warehouse' }, 'cs');
  }

  it('that are refused while the payment is being voided break no books', () => {
    const order = asked();
    const [hold] = order.told('stockItem.hold');
    stopped(stopped(cancel(order), f1), f2);
    expect(order.states()).toEqual(['ending.settling']);
    const reservation = hold?.event['reservation'];
    order.hear('stock.refused', { reservation, stockItem: 'W1~A', available: 0, pending: 0 });
    expect(order.told()).toEqual([]);
    expect(books(order)).toEqual({ cancelled: 4 });
    releaseAll(order.hear('payment.voided', { paymentId: p1 }));
    expect(order.states()).toEqual(['cancelled']);
  });

  it('that are held too late are given back', () => {
    const order = asked();
    const [hold] = order.told('stockItem.hold');
    stopped(stopped(cancel(order), f1), f2);
    const reservation = hold?.event['reservation'];
    order.hear('stock.held', { reservation, stockItem: 'W1~A', quantity: 1 });
    order.hear('payment.voided', { paymentId: p1 });
    expect(order.told('stockItem.release').map(({ event }) => event['reservation'])).toContain(reservation);
    expect(releaseAll(order).states()).toEqual(['cancelled']);
    expect(Object.keys(order.context().fulfillments)).toEqual([f1, f2]);
  });
});

describe('rule 13: nothing left of an order', () => {
  it('cancels it, when the last line is cut', () => {
    const order = active().does('order.cancelLine', { lineId: 'l1', quantity: 2 }, 'cs');
    account(order, f1, { state: 'stopped', change: 'o1~c1', lines: { l1: { assigned: 0, cut: 2 } } });
    expect(order.states()).toEqual(['ending.settling']);
    releaseAll(order.hear('payment.voided', { paymentId: p1 }));
    expect(order.states()).toEqual(['cancelled']);
  });

  it('cancels it, when all is short and cancelled, without a fulfillment to ask', () => {
    const order = account(active(), f1, { state: 'stopped', lines: { l1: { assigned: 0, short: 2 } } });
    order.does('order.resolveShort', { lineId: 'l1', quantity: 2, by: 'cancel' }, 'cs');
    expect(order.states()).toEqual(['ending.settling']);
  });

  it('refunds it, when the only parcel is lost and refunded', () => {
    const order = moved(active(), f1, 'handedOver');
    order.hear('payment.captured', { paymentId: p1, fulfillmentId: f1, amount: 1000 });
    moved(order, f1, 'lost').does('order.resolveParcel', { shipmentId: `${f1}~s1`, by: 'refund' }, 'cs');
    expect(order.states()).toEqual(['ending.settling']);
    expect(told(order).sort()).toEqual([`payment.refund payment/${p1}`, `payment.void payment/${p1}`]);
    order.hear('payment.refunded', { paymentId: p1, refundId: '1', amount: 1000 });
    expect(order.states()).toEqual(['ending.settling']);
    order.hear('payment.voided', { paymentId: p1 });
    expect([order.states(), order.context().outcome]).toEqual([['refunded'], 'refunded']);
  });

  it('is refunded, not cancelled, when the rest is cancelled after a parcel was sent again in vain', () => {
    const order = moved(active(), f1, 'handedOver');
    order.hear('payment.captured', { paymentId: p1, fulfillmentId: f1, amount: 1000 });
    moved(order, f1, 'lost').does('order.resolveParcel', { shipmentId: `${f1}~s1`, by: 'reship' }, 'cs');
    cancel(order).hear('payment.refunded', { paymentId: p1, refundId: '1', amount: 1000 });
    order.hear('payment.voided', { paymentId: p1 });
    expect(releaseAll(order).states()).toEqual(['refunded']);
  });
});

describe('a capture that is not answered', () => {
  it('is waited for, though the payment is void, and given back', () => {
    const order = moved(active(), f1, 'handedOver');
    moved(order, f1, 'lost').does('order.resolveParcel', { shipmentId: `${f1}~s1`, by: 'refund' }, 'cs');
    order.hear('payment.voided', { paymentId: p1 });
    expect(order.states()).toEqual(['ending.settling']);
    expect(told(order.fire('answerOverdue'))).toEqual([`payment.capture payment/${p1}`]);
    order.hear('payment.captured', { paymentId: p1, fulfillmentId: f1, amount: 1000 });
    expect(order.told('payment.refund')[0]?.event).toMatchObject({ amount: 1000 });
    order.hear('payment.refunded', { paymentId: p1, refundId: '1', amount: 1000 });
    expect(order.states()).toEqual(['refunded']);
  });
});

describe('a compensation that is stuck', () => {
  const stuck = (): Order =>
    cancel(authorizing()).hear('payment.stuck', { paymentId: p1, reason: 'the gateway does not void it' });

  it('waits for a person, with its goods held', () => {
    const order = stuck();
    expect(order.states()).toEqual(['compensationStuck']);
    expect(order.context().reservations).toMatchObject({ 'o1~r1': { state: 'held' } });
    for (const name of ['retry', 'resolve']) {
      expect(order.refusal(`order.${name}`, { reason: 'x' }, 'cs')).toBe('forbidden');
    }
    cancel(order);
    expect(order.states()).toEqual(['compensationStuck']);
  });

  it('is tried again', () => {
    const order = stuck().does('order.retry');
    expect(order.states()).toEqual(['ending.settling']);
    expect(told(order)).toEqual([`payment.void payment/${p1}`]);
    releaseAll(order.hear('payment.voided', { paymentId: p1 }));
    expect(order.states()).toEqual(['cancelled']);
  });

  it('is resolved by hand', () => {
    const order = stuck().does('order.resolve', { reason: 'voided at the gateway' });
    expect(order.states()).toEqual(['ending.releasing']);
    expect(releaseAll(order).states()).toEqual(['cancelled']);
    expect(order.context().reason).toBe('voided at the gateway');
  });

  it('is not tried any more once it is resolved by hand', () => {
    const order = moved(active(), f1, 'handedOver');
    order.hear('payment.captured', { paymentId: p1, fulfillmentId: f1, amount: 1000 });
    moved(order, f1, 'lost').does('order.resolveParcel', { shipmentId: `${f1}~s1`, by: 'refund' }, 'cs');
    order.hear('payment.stuck', { paymentId: p1, reason: 'the gateway does not void it' });
    expect(order.states()).toEqual(['compensationStuck']);
    order.does('order.resolve', { reason: 'paid back by bank' });
    expect(told(order)).toEqual([`payment.drop payment/${p1}`, `payment.void payment/${p1}`]);
    expect([order.states(), moneyOf(order.context()).refunded]).toEqual([['refunded'], 1000]);
  });

  it('is not resolved by hand while another payment gives back', () => {
    const order = moved(active(), f1, 'handedOver');
    order.hear('payment.captureFailed', { paymentId: p1, fulfillmentId: f1, reason: 'expired' });
    order.hear('payment.authorized', { paymentId: p2, capturesOnce: false });
    order.hear('payment.captured', { paymentId: p2, fulfillmentId: f1, amount: 1000 });
    moved(order, f1, 'lost').does('order.resolveParcel', { shipmentId: `${f1}~s1`, by: 'refund' }, 'cs');
    order.hear('payment.stuck', { paymentId: p1, reason: 'the gateway does not void it' });
    expect(order.states()).toEqual(['compensationStuck']);
    expect(order.refusal('order.resolve', { reason: 'voided at the gateway' })).toBe('guard');
    order.hear('payment.refunded', { paymentId: p2, refundId: '1', amount: 1000 });
    order.does('order.resolve', { reason: 'voided at the gateway' });
    expect([order.states(), moneyOf(order.context()).refunded]).toEqual([['refunded'], 1000]);
  });

  it('comes of a refund that is taken back while the goods are released', () => {
    const order = moved(active(), f1, 'handedOver');
    order.hear('payment.captured', { paymentId: p1, fulfillmentId: f1, amount: 1000 });
    moved(order, f1, 'lost').does('order.resolveParcel', { shipmentId: `${f1}~s1`, by: 'reship' }, 'cs');
    cancel(order).hear('payment.refunded', { paymentId: p1, refundId: '1', amount: 1000 });
    order.hear('payment.voided', { paymentId: p1 });
    order.hear('payment.refundFailed', { paymentId: p1, refundId: '1', reason: 'the account is closed' });
    expect(releaseAll(order).states()).toEqual(['compensationStuck']);
    expect(order.does('order.resolve', { reason: 'paid back by bank' }).states()).toEqual(['refunded']);
  });

  it('goes on by itself when the payment is settled after all', () => {
    const order = stuck().hear('payment.voided', { paymentId: p1 });
    expect(order.states()).toEqual(['ending.releasing']);
  });

  it('keeps what was to become of the order', () => {
    const order = authorizing().hear('payment.requiresAction', { paymentId: p1 }).fire('payWindow');
    order.hear('payment.stuck', { paymentId: p1, reason: 'x' }).does('order.resolve', { reason: 'x' });
    expect(releaseAll(order).states()).toEqual(['expired']);
  });

  it('comes of a refund that failed, too', () => {
    const order = moved(active(), f1, 'handedOver');
    order.hear('payment.captured', { paymentId: p1, fulfillmentId: f1, amount: 1000 });
    moved(order, f1, 'lost').does('order.resolveParcel', { shipmentId: `${f1}~s1`, by: 'refund' }, 'cs');
    order.hear('payment.refundFailed', { paymentId: p1, refundId: '1', reason: 'no' });
    expect(order.states()).toEqual(['compensationStuck']);
    order.does('order.retry');
    expect(order.told('payment.refund')[0]?.event).toMatchObject({ refundId: '2', amount: 1000 });
  });
});
