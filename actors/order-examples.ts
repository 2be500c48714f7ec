/** Payloads that lead through the whole order chart, for the tests that walk it: answers to what was asked. */
import type { Account, Quantities } from '../machines/fulfillment.events.ts';
import { lineBooks } from '../machines/order.books.ts';
import type { FulfillmentBook, OrderContext, PaymentBook } from '../machines/order.context.ts';
import { currentPaymentId } from '../machines/order.money.ts';
import type { Examples } from '../runtime/definition.ts';

type Payloads = (order: OrderContext) => readonly unknown[];

const shipTo = { name: 'Ann', line1: 'Street 1', city: 'North', postalCode: '12345', country: 'DE' };
const base = { customerId: 'ann', currency: 'EUR', shipTo };
const line = { sku: 'A', quantity: 2, unitPrice: 5 };
const one = { ...line, quantity: 1 };

export const orderExamples: Readonly<Record<string, Examples>> = {
  'order.create': [
    { ...base, lines: [line] },
    { ...base, lines: [{ ...line, unitPrice: 0 }] },
    { ...base, lines: [line], draft: true },
    { ...base, lines: [one, { ...one, sku: 'B', unitPrice: 0 }] },
  ],
  'order.changeAddress': [{ shipTo: { ...shipTo, city: 'South' } }],
  'order.cancel': [{}],
  'order.pay': [{ method: 'ok' }],
  'order.cancelLine': of((order) =>
    order.lines.flatMap(({ lineId, quantity }) => [
      { lineId, quantity: 1 },
      { lineId, quantity },
    ]),
  ),
  'order.hold': [{ handle: 'h1', reason: 'a look' }],
  'order.release': [{ handle: 'h1' }, { handle: 'h9' }],
  'order.resolveShort': of((order) =>
    order.lines
      .map((each) => ({ lineId: each.lineId, quantity: Math.max(1, lineBooks(order, each).short) }))
      .flatMap((part) => ['backorder', 'warehouse', 'cancel'].map((by) => ({ ...part, by }))),
  ),
  'order.resolveParcel': of(({ fulfillments }) =>
    Object.values(fulfillments).flatMap(({ shipmentId }) =>
      shipmentId === null ? [] : ['reship', 'refund'].map((by) => ({ shipmentId, by })),
    ),
  ),
  'order.resolve': [{ reason: 'settled at the gateway' }],

  'routing.candidates': [{ warehouses: ['W1', 'W2'] }, { warehouses: [] }],
  ...answersOfStock(),
  ...answersOfPayments(),
  'fulfillment.account': of((order) => [
    ...Object.entries(order.fulfillments).flatMap(([id, book]) => accounts(order, id, book)),
    account({ fulfillmentId: 'o9~f1', version: 1, warehouse: 'W1' }),
  ]),
};

/** Of an order that there is. */
function of(payloads: Payloads): Examples {
  return (order: OrderContext | undefined) => (order === undefined ? [] : payloads(order));
}

/** What a fulfillment owns: one is as good as all. */
function givenAway({ fulfillments }: OrderContext): string[] {
  return Object.values(fulfillments)
    .flatMap(({ reservations }) => Object.values(reservations))
    .slice(0, 1);
}

function answersOfStock(): Readonly<Record<string, Examples>> {
  const unknown = { reservation: 'o9~r1', stockItem: 'W1~A' };
  const each = (payloads: (about: object, quantity: number) => readonly unknown[]): Examples =>
    of((order) => [
      ...Object.entries(order.reservations).flatMap(([reservation, { lineId, warehouse, quantity }]) => {
        const sku = order.lines.find((one) => one.lineId === lineId)?.sku ?? '';
        return payloads({ reservation, stockItem: `${warehouse}~${sku}` }, quantity);
      }),
      ...payloads(unknown, 1),
      ...givenAway(order).flatMap((reservation) => payloads({ ...unknown, reservation }, 1)),
    ]);
  return {
    'stock.held': each((about, quantity) =>
      [quantity, ...(quantity > 1 ? [1] : [])].map((held) => ({ ...about, quantity: held })),
    ),
    'stock.refused': each((about) => [0, 1].map((pending) => ({ ...about, available: 0, pending }))),
    'stock.released': each((about) => [{ ...about, kept: 0 }]),
    'stock.asked': each((about) => [about]),
  };
}

function answersOfPayments(): Readonly<Record<string, Examples>> {
  const current = (rest: object = {}): Examples =>
    of((order) => [currentPaymentId(order), 'o9~p1'].map((paymentId) => ({ paymentId, ...rest })));
  const reason = 'no';
  return {
    'payment.authorized': of((order) =>
      [false, true].map((capturesOnce) => ({ paymentId: currentPaymentId(order), capturesOnce })),
    ),
    'payment.declined': current({ reason }),
    'payment.requiresAction': current(),
    'payment.unknown': current(),
    'payment.voided': eachPayment(() => [{}]),
    'payment.closed': eachPayment(() => [{}]),
    'payment.stuck': current({ reason }),
    'payment.captured': eachPayment(capturesOf),
    'payment.captureFailed': eachPayment((payment) =>
      capturesOf(payment).map(({ fulfillmentId }) => ({ fulfillmentId, reason })),
    ),
    'payment.refunded': eachPayment((payment) => refundsOf(payment)),
    'payment.refundFailed': eachPayment((payment) =>
      [...refundsOf(payment), ...refundsOf(payment, 'refunded')].map(({ refundId }) => ({
        refundId,
        reason,
      })),
    ),
  };
}

function eachPayment(payloads: (payment: PaymentBook) => readonly object[]): Examples {
  return of(({ payments }) =>
    Object.entries(payments).flatMap(([paymentId, payment]) =>
      payloads(payment).map((payload) => ({ paymentId, ...payload })),
    ),
  );
}

function capturesOf({ captures }: PaymentBook): { fulfillmentId: string; amount: number }[] {
  return Object.entries(captures)
    .filter(([, { state }]) => state === 'asked')
    .map(([fulfillmentId, { amount }]) => ({ fulfillmentId, amount }));
}

function refundsOf(
  { refunds }: PaymentBook,
  as: 'asked' | 'refunded' = 'asked',
): { refundId: string; amount: number }[] {
  return Object.entries(refunds)
    .filter(([, { state }]) => state === as)
    .map(([refundId, { amount }]) => ({ refundId, amount }));
}

/** All that it may tell next, and what it has told before. */
function accounts(order: OrderContext, fulfillmentId: string, book: FulfillmentBook): Account[] {
  const { version, warehouse, lines, state } = book;
  const next = { fulfillmentId, warehouse, version: version + 1, change: order.change?.id ?? null };
  const shipmentId = `${fulfillmentId}~s1`;
  const shipped = each(lines, (one) => ({ ...one, shipped: one.assigned }));
  const delivered = each(shipped, (one) => ({ ...one, delivered: one.shipped }));
  const gone = [
    account({ ...next, shipmentId, state: 'delivered', lines: delivered }),
    account({ ...next, shipmentId, state: 'lost', lines: shipped }),
    account({ ...next, shipmentId, state: 'returned', lines: shipped, incidents: book.incidents + 1 }),
  ];
  const known =
    version === 0 ? [] : [account({ ...next, version, state, lines, shipmentId: book.shipmentId })];
  if (state === 'stopped') return known;
  if (state !== 'open') return [...gone, ...known];
  const isNone = (one: Quantities): boolean => one.assigned === 0;
  const reduced = takenFrom(lines, 'cut', 1);
  const short = takenFrom(lines, 'short', 1);
  const stopped = takenFrom(lines, 'cut', Infinity);
  const isOver = (of: Account['lines']): boolean => Object.values(of).every(isNone);
  return [
    account({ ...next, lines }),
    account({ ...next, lines: reduced, state: isOver(reduced) ? 'stopped' : 'open' }),
    account({ ...next, lines: short, state: isOver(short) ? 'stopped' : 'open' }),
    account({ ...next, lines: stopped, state: 'stopped' }),
    account({ ...next, shipmentId, state: 'handedOver', lines: shipped }),
    ...gone,
    ...known,
  ];
}

function account(told: Pick<Account, 'fulfillmentId' | 'version' | 'warehouse'> & Partial<Account>): Account {
  const nothing = { state: 'open', shipmentId: null, change: null, incidents: 0, lines: {} } as const;
  return { ...nothing, addressRevision: 1, holdsRevision: 1, ...told };
}

function each(lines: Account['lines'], change: (one: Quantities) => Quantities): Account['lines'] {
  return Object.fromEntries(Object.entries(lines).map(([lineId, one]) => [lineId, change(one)]));
}

/** So many of each line, as far as there are. */
function takenFrom(lines: Account['lines'], to: 'cut' | 'short', most: number): Account['lines'] {
  return each(lines, (one) => {
    const taken = Math.min(one.assigned, most);
    return { ...one, assigned: one.assigned - taken, [to]: one[to] + taken };
  });
}
