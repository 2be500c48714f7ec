/** Captures, refunds, and what is collected anew. */
import { describe, expect, it } from 'vitest';
import { moneyOf } from '../../machines/order.money.ts';
import {
  account,
  active,
  at,
  books,
  f1,
  f2,
  held,
  holding,
  moved,
  p1,
  p2,
  refused,
  releaseAll,
  secondChoice,
  split,
  told,
  twoLines,
  type Order,
} from '../support/order-played.ts';

function captured(order: Order, fulfillmentId: string, paymentId = p1): Order {
  const amount = order.context().payments[paymentId]?.captures[fulfillmentId]?.amount;
  return order.hear('payment.captured', { paymentId, fulfillmentId, amount });
}

/** In `inFulfillment`: the first line at the first warehouse, the second at the second one. */
function eachElsewhere(lines: object[]): Order {
  const order = holding({ lines });
  for (let asked = order.told('stockItem.hold'); asked.length > 0; asked = order.told('stockItem.hold')) {
    for (const hold of asked) {
      if (['stockItem/W1~A', 'stockItem/W2~B'].includes(hold.to)) held(order, hold);
      else refused(order, hold);
    }
  }
  releaseAll(order).hear('payment.authorized', { paymentId: p1, capturesOnce: false });
  return account(account(order, f1), f2);
}

function captureFailed(order: Order, fulfillmentId: string, paymentId = p1): Order {
  return order.hear('payment.captureFailed', { paymentId, fulfillmentId, reason: 'expired' });
}

function refunded(order: Order, refundId: string, amount: number): Order {
  return order.hear('payment.refunded', { paymentId: p1, refundId, amount });
}

describe('rule 14: captures', () => {
  it('are of what was handed over, line by line', () => {
    const order = moved(split(), f1, 'handedOver');
    expect(order.told()).toEqual([
      { to: `payment/${p1}`, event: { type: 'payment.capture', fulfillmentId: f1, amount: 1300 } },
    ]);
    expect(at(captured(order, f1), 'money')).toBe('partiallyCaptured');
    moved(order, f2, 'handedOver');
    expect(order.told()[0]?.event).toMatchObject({ fulfillmentId: f2, amount: 1000 });
    expect(at(captured(order, f2), 'money')).toBe('captured');
  });

  it('are asked for once, whatever accounts follow', () => {
    const order = moved(split(), f1, 'handedOver');
    for (const state of ['lost', 'delivered'] as const) {
      expect(moved(order, f1, state).told('payment.capture')).toEqual([]);
    }
  });

  it('are all at the first handover where the gateway captures once, and the difference is refunded', () => {
    const order = moved(split(true), f1, 'handedOver');
    expect(order.told()[0]?.event).toMatchObject({ fulfillmentId: f1, amount: 2300 });
    captured(order, f1);
    order.does('order.cancelLine', { lineId: 'l1', quantity: 2 }, 'cs');
    account(order, f2, { state: 'stopped', change: 'o1~c1', lines: { l1: { assigned: 0, cut: 2 } } });
    expect(order.told()).toEqual([
      { to: `payment/${p1}`, event: { type: 'payment.refund', refundId: '1', amount: 1000 } },
    ]);
    expect(at(refunded(order, '1', 1000), 'money')).toBe('partiallyRefunded');
  });

  it('take nothing at the second handover where the gateway captures once', () => {
    const order = moved(captured(moved(split(true), f1, 'handedOver'), f1), f2, 'handedOver');
    expect(order.told()).toEqual([]);
    expect(order.context().payments[p1]?.captures[f2]).toMatchObject({ amount: 0, state: 'captured' });
  });

  it('count lines that are named like a property of every object', () => {
    const lines = twoLines.map((line, index) => ({ ...line, lineId: ['l1', 'constructor'][index] }));
    const order = account(active({ lines }), f1, { lines: { l1: { assigned: 0, short: 4 } } });
    order.does('order.resolveShort', { lineId: 'l1', quantity: 4, by: 'backorder' }, 'cs');
    order.hear('stock.held', { reservation: 'o1~r3', stockItem: 'W1~A', quantity: 4 });
    moved(account(order, f2), f2, 'handedOver');
    expect(order.told()[0]?.event).toMatchObject({ fulfillmentId: f2, amount: 2000 });
    moved(order, f1, 'handedOver');
    expect(order.told()[0]?.event).toMatchObject({ fulfillmentId: f1, amount: 300 });
  });

  it('are asked again until they are answered, and not any more then (rule 16)', () => {
    const order = moved(split(), f1, 'handedOver');
    expect(at(order, 'questions')).toBe('open');
    for (const _ of [1, 2])
      expect(told(order.fire('answerOverdue'))).toEqual([`payment.capture payment/${p1}`]);
    captured(order, f1);
    expect(at(order, 'questions')).toBe('none');
    const before = order.context();
    captureFailed(captured(order, f1), f1);
    expect(order.context()).toEqual(before);
  });
});

describe('a payment that was stuck and has answered', () => {
  it('is captured from as before, and nothing is authorized anew', () => {
    const order = moved(split(), f1, 'handedOver');
    order.hear('payment.stuck', { paymentId: p1, reason: 'nobody knows what became of cap:o1~f1' });
    expect(at(captured(order, f1), 'money')).toBe('partiallyCaptured');
    expect(order.told()).toEqual([]);
    expect(moved(order, f2, 'handedOver').told()).toEqual([
      { to: `payment/${p1}`, event: { type: 'payment.capture', fulfillmentId: f2, amount: 1000 } },
    ]);
  });
});

describe('collecting', () => {
  const failed = (): Order => captureFailed(moved(split(), f1, 'handedOver'), f1);

  it('tries a new payment by itself, once, and puts the order on hold', () => {
    const order = failed();
    expect(at(order, 'money')).toBe('collecting');
    expect(told(order)).toEqual([
      `fulfillment.orderHolds fulfillment/${f2}`,
      `payment.void payment/${p1}`,
      `payment.authorize payment/${p2}`,
    ]);
    expect(order.told('payment.authorize')[0]?.event).toMatchObject({ amount: 2300 });
    expect(order.context().holds.map(({ handle }) => handle)).toEqual(['payment']);
    expect(at(order, 'hold')).toBe('held');
  });

  it('asks the same payment for a failed capture no more', () => {
    const order = failed();
    expect(order.told('payment.capture')).toEqual([]);
    expect(captureFailed(order, f1).told()).toEqual([]);
  });

  it('asks for all that is to be captured, also where more is to be given back of what was lost', () => {
    const lines = [
      { sku: 'A', quantity: 2, unitPrice: 500 },
      { sku: 'B', quantity: 3, unitPrice: 500 },
    ];
    const order = moved(captured(moved(eachElsewhere(lines), f1, 'handedOver'), f1), f1, 'lost');
    order.does('order.resolveParcel', { shipmentId: `${f1}~s1`, by: 'refund' }, 'cs');
    captureFailed(moved(order, f2, 'handedOver'), f2);
    expect(order.told('payment.authorize')[0]?.event).toMatchObject({ amount: 1500 });
    order.hear('payment.authorized', { paymentId: p2, capturesOnce: false });
    expect(order.told('payment.capture')[0]?.event).toMatchObject({ amount: 1500 });
    expect(captured(order, f2, p2).told('payment.refund')[0]?.event).toMatchObject({ amount: 1000 });
  });

  it('captures from the new payment what was handed over, and lifts the hold', () => {
    const order = failed().hear('payment.voided', { paymentId: p1 });
    order.hear('payment.authorized', { paymentId: p2, capturesOnce: false });
    expect(told(order)).toEqual([
      `payment.capture payment/${p2}`,
      `fulfillment.orderHolds fulfillment/${f2}`,
    ]);
    expect(order.told()[0]?.event).toMatchObject({ fulfillmentId: f1, amount: 1300 });
    expect(at(captured(order, f1, p2), 'money')).toBe('partiallyCaptured');
    expect(at(order, 'hold')).toBe('clear');
  });

  it('asks again for the new payment (rule 16)', () => {
    const order = failed();
    for (const _ of [1, 2]) {
      expect(told(order.fire('answerOverdue'))).toEqual([
        `payment.void payment/${p1}`,
        `payment.authorize payment/${p2}`,
        `fulfillment.orderHolds fulfillment/${f2}`,
      ]);
    }
  });

  it('is up to people once the new payment is declined or has to be confirmed', () => {
    const declined = failed().hear('payment.declined', { paymentId: p2, reason: 'no' });
    expect(declined.told()).toEqual([]);
    const unconfirmed = failed().hear('payment.requiresAction', { paymentId: p2 });
    for (const order of [declined, unconfirmed]) {
      expect(at(order, 'money')).toBe('collecting');
      order.does('order.pay', { method: 'other' }, 'customer');
      expect(order.told('payment.authorize')).toMatchObject([
        { to: 'payment/o1~p3', event: { method: 'other', amount: 2300 } },
      ]);
    }
  });

  /** A payment that is authorized, and whose capture fails. */
  const failedAgain = (order: Order, paymentId: string): Order =>
    captureFailed(order.hear('payment.authorized', { paymentId, capturesOnce: false }), f1, paymentId);

  it('is up to people once the new payment cannot be captured either, and stays held', () => {
    const order = failedAgain(failed().hear('payment.voided', { paymentId: p1 }), p2);
    expect(at(order, 'money')).toBe('collecting');
    expect(told(order)).toEqual([`fulfillment.orderHolds fulfillment/${f2}`]);
    expect(at(order, 'hold')).toBe('held');
    order.does('order.pay', { method: 'other' }, 'customer');
    expect(told(order)).toEqual([`payment.void payment/${p2}`, 'payment.authorize payment/o1~p3']);
  });

  it('is settled by hand, by an admin, whatever was tried: the order goes on, and ends', () => {
    const order = failedAgain(captureFailed(moved(active(), f1, 'handedOver'), f1), p2);
    expect(order.refusal('order.resolve', { reason: 'by bank' }, 'cs')).toBe('forbidden');
    order.does('order.resolve', { reason: 'by bank' }, 'admin');
    expect([at(order, 'money'), at(order, 'hold')]).toEqual(['captured', 'clear']);
    expect(order.context().reason).toBe('by bank');
    expect(order.told('payment.capture')).toEqual([]);
    moved(order, f1, 'delivered').fire('closing').hear('payment.voided', { paymentId: p1 });
    expect(order.hear('payment.closed', { paymentId: p2 }).states()).toEqual(['completed']);
  });

  it('settled by hand, still has to be paid for what is not handed over', () => {
    const order = failedAgain(failed(), p2).does('order.resolve', { reason: 'by bank' }, 'admin');
    expect([at(order, 'money'), at(order, 'hold')]).toEqual(['collecting', 'held']);
    expect(told(order)).toEqual([`payment.void payment/${p1}`, `payment.void payment/${p2}`]);
    expect(order.refusal('order.resolve', { reason: 'by bank' }, 'admin')).toBe('guard');
    order.hear('payment.voided', { paymentId: p2 }).does('order.pay', { method: 'other' }, 'customer');
    expect(order.told('payment.authorize')[0]?.event).toMatchObject({ amount: 1000 });
  });

  it('repeats what a person has paid with once too, and counts only what people have tried', () => {
    const order = failedAgain(failed(), p2);
    const last = (): string => `o1~p${Object.keys(order.context().payments).length}`;
    for (let byPeople = 1; byPeople < 20; byPeople += 1) {
      order.does('order.pay', { method: `m${byPeople}` }, 'customer');
      failedAgain(order, last());
      expect(order.told('payment.authorize')).toMatchObject([{ event: { method: `m${byPeople}` } }]);
      expect(failedAgain(order, last()).told('payment.authorize')).toEqual([]);
    }
    expect(Object.keys(order.context().payments)).toHaveLength(40);
    expect(order.refusal('order.pay', { method: 'more' }, 'customer')).toBe('guard');
    // What is handed over can be settled by hand, and the rest be cancelled: it never waits for nothing (32).
    order.does('order.resolve', { reason: 'by bank' }, 'admin').does('order.cancel', {}, 'cs');
    expect(order.states()).toEqual(['ending.stopping']);
  });

  it('takes no other payment while nobody knows what became of the new one (rule 4)', () => {
    const order = failed().hear('payment.unknown', { paymentId: p2 });
    expect(order.refusal('order.pay', { method: 'other' }, 'customer')).toBe('guard');
  });

  it('keeps what an earlier payment captured', () => {
    const order = captured(moved(split(), f1, 'handedOver'), f1);
    captureFailed(moved(order, f2, 'handedOver'), f2);
    expect(order.told('payment.authorize')[0]?.event).toMatchObject({ amount: 1000 });
  });

  it('leaves room for its hold and for those of people', () => {
    const order = split();
    for (let each = 1; each <= 20; each += 1) {
      order.does('order.hold', { handle: `h${each}`, reason: 'why' }, 'cs');
    }
    captureFailed(moved(order, f1, 'handedOver'), f1);
    account(order, f2, { lines: { l1: { assigned: 1, short: 1 } } });
    order.does('order.resolveShort', { lineId: 'l1', quantity: 1, by: 'backorder' }, 'cs');
    order.hear('stock.held', { reservation: 'o1~r8', stockItem: 'W2~A', quantity: 1 });
    expect(order.told('fulfillment.start')[0]?.event['holds']).toHaveLength(21);
  });
});

describe('refunds', () => {
  /** Captured 13.00 of 23.00, and the first parcel is lost and refunded. */
  function lost(): Order {
    const order = moved(captured(moved(split(), f1, 'handedOver'), f1), f1, 'lost');
    return order.does('order.resolveParcel', { shipmentId: `${f1}~s1`, by: 'refund' }, 'cs');
  }

  it('are of what was captured beyond the total; the rest pays for what is still to come', () => {
    const order = lost();
    expect(order.told()).toEqual([
      { to: `payment/${p1}`, event: { type: 'payment.refund', refundId: '1', amount: 300 } },
    ]);
    for (const _ of [1, 2])
      expect(told(order.fire('answerOverdue'))).toEqual([`payment.refund payment/${p1}`]);
    refunded(order, '1', 300);
    expect(moved(order, f2, 'handedOver').told()).toEqual([]);
    expect(order.context().payments[p1]?.captures[f2]).toMatchObject({ amount: 0 });
    expect(books(order)).toEqual({ cancelled: 2, shipped: 2 });
  });

  it('wait for captures, and count once', () => {
    const order = moved(active(), f1, 'handedOver');
    moved(order, f1, 'returned').does('order.resolveParcel', { shipmentId: `${f1}~s1`, by: 'refund' }, 'cs');
    expect(order.told('payment.refund')).toEqual([]);
    captured(order, f1);
    expect(order.told('payment.refund')).toHaveLength(1);
    refunded(order, '1', 1000);
    const { payments } = order.context();
    expect(refunded(order, '1', 1000).context().payments).toEqual(payments);
  });

  it('that fail are for a person, who tries again under another id', () => {
    const order = captured(moved(split(true), f1, 'handedOver'), f1);
    order.does('order.cancelLine', { lineId: 'l1', quantity: 1 }, 'cs');
    account(order, f2, { change: 'o1~c1', lines: { l1: { assigned: 1, cut: 1 } } });
    order.hear('payment.refundFailed', { paymentId: p1, refundId: '1', reason: 'no' });
    expect(at(order, 'money')).toBe('refundFailed');
    expect(order.refusal('order.retry', {}, 'cs')).toBe('forbidden');
    order.does('order.retry', {}, 'admin');
    expect(order.told()[0]?.event).toEqual({ type: 'payment.refund', refundId: '2', amount: 500 });
    expect(at(refunded(order, '2', 500), 'money')).toBe('partiallyRefunded');
  });
});

describe('what people took by hand', () => {
  /** By total, captured and refunded. */
  const sums = (order: Order): number[] => Object.values(moneyOf(order.context()));
  const lost = (order: Order, id: string, by: 'refund' | 'reship'): Order =>
    moved(order, id, 'lost').does('order.resolveParcel', { shipmentId: `${id}~s1`, by }, 'cs');
  const resolved = (order: Order): Order => order.does('order.resolve', { reason: 'in cash' }, 'admin');

  /** 10.00, all of it in one parcel. */
  const paidByHand = (): Order => resolved(captureFailed(unpaid(moved(active(), f1, 'handedOver')), f1, p2));
  /** 13.00 of 23.00; the gateway has captured the 10.00 of the second parcel. */
  const paidBothWays = (): Order =>
    resolved(captureFailed(moved(captured(moved(split(), f2, 'handedOver'), f2), f1, 'handedOver'), f1));

  function unpaid(order: Order): Order {
    captureFailed(order, f1).hear('payment.voided', { paymentId: p1 });
    return order.hear('payment.authorized', { paymentId: p2, capturesOnce: false });
  }

  it('is owed when the parcel is refunded, and the order ends once a person has given it back', () => {
    const order = lost(paidByHand().hear('payment.voided', { paymentId: p2 }), f1, 'refund');
    expect(order.told('payment.refund')).toEqual([]);
    expect([order.states(), sums(order)]).toEqual([['compensationStuck'], [0, 1000, 0]]);
    expect(order.refusal('order.retry', {}, 'admin')).toBe('guard');
    expect(order.refusal('order.resolve', { reason: 'in cash' }, 'cs')).toBe('forbidden');
    expect([resolved(order).states(), sums(order)]).toEqual([['refunded'], [0, 1000, 1000]]);
  });

  it('is owed, too, where the parcel was to be sent again and that is cancelled', () => {
    const order = lost(paidByHand().hear('payment.voided', { paymentId: p2 }), f1, 'reship');
    expect([at(order, 'money'), sums(order)]).toEqual(['captured', [1000, 1000, 0]]);
    order.does('order.cancel', {}, 'customer');
    expect([order.states(), sums(order)]).toEqual([['compensationStuck'], [0, 1000, 0]]);
    expect(releaseAll(resolved(order)).states()).toEqual(['refunded']);
    expect(sums(order)).toEqual([0, 1000, 1000]);
  });

  it('goes back the way it came, and what the gateway captured goes back by the gateway', () => {
    const byGateway = lost(paidBothWays(), f2, 'refund');
    expect(byGateway.told('payment.refund').map(({ event }) => event['amount'])).toEqual([1000]);
    expect(at(byGateway, 'money')).toBe('captured');

    const order = lost(paidBothWays(), f1, 'refund');
    expect(order.told('payment.refund')).toEqual([]);
    expect([at(order, 'money'), sums(order)]).toEqual(['refundOwed', [1000, 2300, 0]]);
    moved(order, f2, 'delivered').fire('closing');
    expect([order.told('payment.close'), at(order, 'execution')]).toEqual([[], 'closing']);
    expect(at(resolved(order), 'money')).toBe('partiallyRefunded');
    expect(sums(order)).toEqual([1000, 2300, 1300]);
    for (const paymentId of [p1, p2]) order.hear('payment.voided', { paymentId });
    expect(order.states()).toEqual(['completed']);
  });

  it('pays for what is still to come; owed is what is beyond that', () => {
    const order = resolved(captureFailed(unpaid(moved(split(), f1, 'handedOver')), f1, p2));
    expect([at(order, 'money'), sums(order)]).toEqual(['collecting', [2300, 1300, 0]]);
    expect([at(lost(order, f1, 'refund'), 'money'), sums(order)]).toEqual(['refundOwed', [1000, 1300, 0]]);
    expect([at(resolved(order), 'money'), sums(order)]).toEqual(['partiallyRefunded', [1000, 1300, 300]]);
    expect(moved(order, f2, 'handedOver').told('payment.capture')).toEqual([]);
    moved(order, f2, 'delivered').fire('closing').hear('payment.voided', { paymentId: p2 });
    expect([order.states(), sums(order)]).toEqual([['completed'], [1000, 1300, 300]]);
  });

  it('is given back apart from what a gateway failed to give', () => {
    const order = lost(paidBothWays(), f1, 'refund');
    const failed = (refundId: string): Order =>
      order.hear('payment.refundFailed', { paymentId: p1, refundId, reason: 'no' });
    expect(at(lost(order, f2, 'refund'), 'money')).toBeUndefined();
    for (const paymentId of [p1, p2]) order.hear('payment.voided', { paymentId });
    expect(order.states()).toEqual(['ending.settling']);
    expect([failed('2').states(), sums(order)]).toEqual([['compensationStuck'], [0, 2300, 0]]);
    order.does('order.retry', {}, 'admin');
    expect(order.told('payment.refund').map(({ event }) => event)).toEqual([
      { type: 'payment.refund', refundId: '3', amount: 1000 },
    ]);
    expect(order.states()).toEqual(['ending.settling']);
    expect(told(order.fire('answerOverdue'))).toEqual([`payment.refund payment/${p1}`]);
    refunded(order, '3', 1000);
    expect([order.states(), sums(order)]).toEqual([['compensationStuck'], [0, 2300, 1000]]);
    expect(sums(resolved(order))).toEqual([0, 2300, 2300]);
  });
});

describe('a refund that fails after it had succeeded', () => {
  const failLate = (order: Order): Order =>
    order.hear('payment.refundFailed', { paymentId: p1, refundId: '1', reason: 'the account is closed' });

  /** All was captured at the first handover, and the second parcel was cancelled. */
  function refundedInPart(): Order {
    const order = captured(moved(split(true), f1, 'handedOver'), f1);
    order.does('order.cancelLine', { lineId: 'l1', quantity: 2 }, 'cs');
    account(order, f2, { state: 'stopped', change: 'o1~c1', lines: { l1: { assigned: 0, cut: 2 } } });
    return refunded(order, '1', 1000);
  }

  function completed(): Order {
    const order = moved(refundedInPart(), f1, 'delivered').fire('closing');
    order.hear('payment.closed', { paymentId: p1 });
    expect(order.states()).toEqual(['completed']);
    return order;
  }

  function inVain(): Order {
    const order = captured(moved(active(), f1, 'handedOver'), f1);
    moved(order, f1, 'lost').does('order.resolveParcel', { shipmentId: `${f1}~s1`, by: 'refund' }, 'cs');
    refunded(order, '1', 1000).hear('payment.voided', { paymentId: p1 });
    expect(releaseAll(order).states()).toEqual(['refunded']);
    return order;
  }

  it('is for a person while the order is active', () => {
    expect(at(failLate(refundedInPart()), 'money')).toBe('refundFailed');
  });

  it('is for a person where the order was completed; there is no other work, and it completes again', () => {
    const order = failLate(completed());
    expect([at(order, 'money'), at(order, 'execution')]).toEqual(['refundFailed', 'delivered']);
    expect(order.told()).toEqual([]);
    order.does('order.retry', {}, 'admin');
    expect(order.told()[0]?.event).toEqual({ type: 'payment.refund', refundId: '2', amount: 1000 });
    refunded(order, '2', 1000).fire('closing');
    expect(order.states()).toEqual(['completed']);
  });

  it('is for a person where all was refunded, and it is so again', () => {
    const order = failLate(inVain());
    expect(order.states()).toEqual(['compensationStuck']);
    order.does('order.retry', {}, 'admin');
    expect(order.told()[0]?.event).toEqual({ type: 'payment.refund', refundId: '2', amount: 1000 });
    expect(releaseAll(refunded(order, '2', 1000)).states()).toEqual(['refunded']);
  });

  it('is settled by hand: the books say so, and nothing more is asked for', () => {
    const order = failLate(refundedInPart());
    expect(order.refusal('order.resolve', { reason: 'by bank' }, 'cs')).toBe('forbidden');
    order.does('order.resolve', { reason: 'by bank' }, 'admin');
    expect(at(order, 'money')).toBe('partiallyRefunded');
    expect(order.told()).toEqual([]);
    expect(order.context()).toMatchObject({
      reason: 'by bank',
      payments: { [p1]: { refunds: { 1: { state: 'byHand' } } } },
    });
  });

  it('is news once, and of a refund that was given', () => {
    const order = completed();
    order.hear('payment.refundFailed', { paymentId: p1, refundId: '9', reason: 'unknown' });
    expect(order.states()).toEqual(['completed']);
    const { payments } = failLate(order).context();
    expect(failLate(order).context().payments).toEqual(payments);
  });
});

describe('closing', () => {
  const delivered = (): Order => moved(captured(moved(active(), f1, 'handedOver'), f1), f1, 'delivered');

  it('comes some time after delivery, and asks the payment until it has closed', () => {
    const order = delivered();
    expect(at(order, 'execution')).toBe('delivered');
    order.fire('closing');
    for (const _ of [1, 2]) {
      expect(told(order)).toEqual([`payment.close payment/${p1}`]);
      order.fire('answerOverdue.order.active.execution.closing');
    }
    order.hear('payment.closed', { paymentId: p1 });
    expect(order.states()).toEqual(['completed']);
  });

  it('closes no payment as long as something is to be captured', () => {
    const order = moved(captureFailed(moved(active(), f1, 'handedOver'), f1), f1, 'delivered').fire(
      'closing',
    );
    expect(order.told('payment.close')).toEqual([]);
    order.fire('answerOverdue.order.active.execution.closing');
    expect(order.told('payment.close')).toEqual([]);
    order.hear('payment.voided', { paymentId: p1 });
    order.hear('payment.authorized', { paymentId: p2, capturesOnce: false });
    captured(order, f1, p2);
    order.fire('answerOverdue.order.active.execution.closing');
    expect(told(order)).toEqual([`payment.close payment/${p2}`]);
    order.hear('payment.closed', { paymentId: p2 });
    expect(order.states()).toEqual(['completed']);
  });

  it('waits for what is still being released, and asks again (rule 16)', () => {
    const order = secondChoice();
    expect(at(order, 'questions')).toBe('open');
    for (const _ of [1, 2]) {
      expect(told(order.fire('answerOverdue'))).toEqual(['stockItem.release stockItem/W1~A']);
    }
    moved(captured(moved(order, f1, 'handedOver'), f1), f1, 'delivered').fire('closing');
    order.hear('payment.closed', { paymentId: p1 });
    expect(at(order, 'execution')).toBe('closing');
    expect(releaseAll(order).states()).toEqual(['completed']);
  });
});

it('captures a reshipped parcel no second time', () => {
  const order = moved(captured(moved(active(), f1, 'handedOver'), f1), f1, 'lost');
  order.does('order.resolveParcel', { shipmentId: `${f1}~s1`, by: 'reship' }, 'cs');
  order.hear('stock.held', { reservation: 'o1~r2', stockItem: 'W1~A', quantity: 2 });
  moved(account(order, f2), f2, 'handedOver');
  expect(order.told()).toEqual([]);
  expect(at(order, 'money')).toBe('captured');
  expect(books(order)).toEqual({ shipped: 2 });
});

it('asks a payment that is stuck how it stands', () => {
  const order = moved(active(), f1, 'handedOver').hear('payment.stuck', { paymentId: p1, reason: 'unknown' });
  const questions = [`payment.authorize payment/${p1}`, `payment.capture payment/${p1}`];
  expect(told(order.fire('answerOverdue'))).toEqual(questions);
  order.hear('payment.authorized', { paymentId: p1, capturesOnce: false });
  expect(told(order.fire('answerOverdue'))).toEqual(questions.slice(1));
  expect(at(captured(order, f1), 'questions')).toBe('none');
});
