/** The comparison with the world outside, on cases written by hand: an honest one, and the same with one lie in it. */
import { expect, test } from 'vitest';
import {
  compareDeal,
  compareNumbers,
  compareStock,
  type Deal,
  type Ledger,
} from '../support/compare-outside.ts';
import { shelves } from '../support/shop.ts';
import type { ActorView } from '../support/traffic.ts';

function view(id: string, states: readonly string[], context: object): ActorView {
  return { id, version: 1, status: 'active', tags: [], states, state: null, context: { ...context } };
}

const line = { lineId: 'l1', sku: 'TEAPOT', unitPrice: 500, shipped: 2 };
const auth = { id: 'auth', kind: 'authorize', key: 'o1~p1:auth', amount: 1_000, state: 'succeeded' };
const capture = {
  id: 'cap:o1~f1',
  kind: 'capture',
  key: 'o1~p1:cap:o1~f1',
  amount: 1_000,
  state: 'succeeded',
};
const fulfillment = view('o1~f1', ['progress.completed.delivered'], {
  ...{ warehouse: 'W1', shipmentId: 'o1~f1~s1' },
  lines: [{ sku: 'TEAPOT', assigned: 2, shipped: 2 }],
});
const shipment = view('o1~f1~s1', ['transport.delivered'], {
  ...{ booking: 'o1~f1~s1#1', trackingNumber: 'SB1', surplus: [], fulfillmentId: 'o1~f1' },
});
const order = view('o1', ['active.execution.delivered'], {
  ...{ captured: 1_000, refunded: 0, lines: [line], reservations: [], payments: [{ id: 'o1~p1' }] },
});
const payment = view('o1~p1', ['gateway.idle'], { operations: [auth, capture] });
const deal: Deal = { order, fulfillments: [fulfillment], payments: [payment], shipments: [shipment] };

const done = { orderId: 'o1', paymentId: 'o1~p1', result: { outcome: 'succeeded' } };
const authorization = { ...done, state: 'authorized', captured: 1_000, refunded: 0 };
const label = { booking: 'o1~f1~s1#1', trackingNumber: 'SB1', shipmentId: 'o1~f1~s1', isVoid: false };
const operations = [auth, capture].map((each) => ({ ...each, ...done }));
const ledger = ledgerOf({});

function ledgerOf(given: {
  operations?: Ledger['payments']['operations'];
  authorizations?: Ledger['payments']['authorizations'];
  labels?: Ledger['carriers']['sandbox']['labels'];
}): Ledger {
  const { labels = [label], ...payments } = given;
  const all = { operations, authorizations: [authorization], ...payments };
  return { payments: all, carriers: { sandbox: { labels } } };
}

function changed(actor: ActorView, context: object): ActorView {
  return { ...actor, context: { ...actor.context, ...context } };
}

const other = { ...capture, key: 'o1~p1:cap:o1~f2', id: 'cap:o1~f2' };
const again = { ...capture, key: 'o1~p2:cap:o1~f1' };

test('agrees with what happened', () => {
  expect(compareDeal(deal, ledger)).toEqual([]);
  expect(compareNumbers([deal])).toEqual([]);
});

test.each<[string, Partial<Deal>, Ledger, RegExp]>([
  [
    'a capture that no payment knows of',
    {},
    ledgerOf({ operations: [...operations, { ...other, ...done }] }),
    /no payment knows/,
  ],
  [
    'a capture twice',
    { payments: [changed(payment, { operations: [auth, capture, again] })] },
    ledgerOf({ operations: [...operations, { ...again, ...done }] }),
    /asked for more than once/,
  ],
  [
    'more captured than it says',
    {},
    ledgerOf({ authorizations: [{ ...authorization, captured: 2_000 }] }),
    /2000 was captured, it says 1000/,
  ],
  [
    'a refund that it does not know of',
    {},
    ledgerOf({ authorizations: [{ ...authorization, refunded: 1 }] }),
    /1 was refunded, it says 0/,
  ],
  [
    'goods that nobody paid for',
    { order: changed(order, { lines: [{ ...line, shipped: 3 }] }) },
    ledger,
    /charged for goods of 1500/,
  ],
  [
    'a capture that did not happen',
    {},
    ledgerOf({ operations: operations.slice(0, 1) }),
    /the gateway does not know of it/,
  ],
  [
    'a capture that failed',
    {},
    ledgerOf({ operations: operations.map((each) => ({ ...each, result: { outcome: 'failed' } })) }),
    /is succeeded, at the gateway failed/,
  ],
  [
    'another amount',
    {},
    ledgerOf({ operations: operations.map((each) => ({ ...each, amount: 1 })) }),
    /is about 1000, at the gateway about 1/,
  ],
  [
    'money that is set aside for good',
    { order: { ...order, tags: ['ended'] } },
    ledger,
    /it has ended, and o1~p1 is authorized/,
  ],
  ['a payment that is not there', { payments: [] }, ledger, /it knows o1~p1, there are/],
  [
    'a second label',
    {},
    ledgerOf({ labels: [label, { ...label, booking: 'x', trackingNumber: 'SB2' }] }),
    /SB2 is valid, and nobody wants it/,
  ],
  [
    'a parcel without a label',
    {},
    ledgerOf({ labels: [{ ...label, isVoid: true }] }),
    /left without a label/,
  ],
  [
    'another number',
    {},
    ledgerOf({ labels: [{ ...label, trackingNumber: 'SB2' }] }),
    /goes by SB1, its label is SB2/,
  ],
])('finds %s', (_, ...[change, seen, problem]) => {
  expect(compareDeal({ ...deal, ...change }, seen).join('\n')).toMatch(problem);
});

test('finds two parcels under one number', () => {
  expect(compareNumbers([deal, deal])).toEqual(['two shipments go by SB1']);
});

test('finds goods that were sold, reserved or received otherwise than the orders have it', () => {
  const received = shelves[0]?.quantity ?? 0;
  const books = { received, consumed: 2, short: 0, adjusted: 0 };
  const shelf = {
    warehouse: 'W1',
    sku: 'TEAPOT',
    ledger: books,
    onHand: received - 2,
    reserved: 0,
    waiting: 0,
  };
  const item = view('W1~TEAPOT', [], shelf);
  const found = (context: object): string => compareStock(changed(item, context), [deal]).join('\n');
  expect(found({})).toBe('');
  expect(found({ ledger: { ...books, consumed: 4 } })).toMatch(/consumed is 4, the orders make it 2/);
  expect(found({ ledger: { ...books, received: 2 * received } })).toMatch(/received is/);
  expect(found({ reserved: 2 })).toMatch(/reserved is 2, the orders make it 0/);
  expect(found({ waiting: 1 })).toMatch(/waiting is 1/);
  const reservation = { lineId: 'l1', warehouse: 'W1', quantity: 2, state: 'held' };
  const holding = { ...deal, order: changed(order, { reservations: [reservation] }) };
  expect(compareStock(item, [holding]).join('\n')).toMatch(/reserved is 0, the orders make it 2/);
  expect(compareStock(changed(item, { reserved: 2 }), [holding])).toEqual([]);
});
