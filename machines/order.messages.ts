/** What an order tells routing, stock items, payments and its fulfillments. */
import type { FulfillmentEvent } from './fulfillment.events.ts';
import { open, outdated, silent } from './order.books.ts';
import type { OrderContext, Reservation } from './order.context.ts';
import { currentPaymentId, isAwaitingAuthorization, isPaidUp, livePayments } from './order.money.ts';
import { isPartialWelcome, stockItemOf } from './order.stock.ts';
import type { PaymentEvent } from './payment.events.ts';
import type { RoutingEvent } from './routing.events.ts';
import type { Message } from './send.ts';
import type { StockItemEvent } from './stockItem.events.ts';

export function routingQuestion({ id, region, shipTo }: OrderContext): Message {
  const event: RoutingEvent = { type: 'routing.ask', orderId: id, shipTo };
  return { to: { kind: 'routing', id: region }, event };
}

/** Asked again, a stock item answers the same. */
export function stockRequests(order: OrderContext): Message[] {
  return Object.entries(order.reservations)
    .filter(([, { state }]) => state === 'asked' || state === 'waiting')
    .map(([id, one]) => {
      const common = { reservation: id, owner: ownerOf(order), quantity: one.quantity };
      const isHold = one.state === 'asked';
      return toStock(
        order,
        one,
        isHold
          ? { type: 'stockItem.hold', ...common, partial: isPartialWelcome(order) }
          : { type: 'stockItem.backorder', ...common },
      );
    });
}

export function releaseOf(order: OrderContext, [id, one]: readonly [string, Reservation], keep = 0): Message {
  return toStock(order, one, { type: 'stockItem.release', reservation: id, owner: ownerOf(order), keep });
}

export function releases(order: OrderContext): Message[] {
  return Object.entries(order.reservations)
    .filter(([, { state }]) => state === 'releasing')
    .map((entry) => releaseOf(order, entry));
}

function ownerOf({ id }: OrderContext): { kind: 'order'; id: string } {
  return { kind: 'order', id };
}

function toStock(order: OrderContext, one: Reservation, event: StockItemEvent): Message {
  return { to: { kind: 'stockItem', id: stockItemOf(order, one) }, event };
}

/** The present payment is asked for, those before it are given up. */
export function authorization(order: OrderContext): Message[] {
  const current = currentPaymentId(order);
  return [
    ...livePayments(order)
      .filter((id) => id !== current)
      .flatMap((id) => voidOf(order, id)),
    ...authorizationOf(order, current),
  ];
}

function authorizationOf(order: OrderContext, paymentId: string): Message[] {
  const { id: orderId, customerId, currency } = order;
  const payment = order.payments[paymentId];
  if (payment === undefined) return [];
  const { gateway } = order.payment;
  const { method, amount } = payment;
  const event = { orderId, customerId, gateway, method, amount, currency };
  return [toPayment(paymentId, { type: 'payment.authorize', ...event })];
}

/** One that has never answered may not be there: it is made first, so that there is one to answer. */
function voidOf(order: OrderContext, id: string): Message[] {
  const isUnsure = order.payments[id]?.state === 'asked';
  return [...(isUnsure ? authorizationOf(order, id) : []), toPayment(id, { type: 'payment.void' })];
}

/** What payments were asked and have not answered. */
export function unanswered(order: OrderContext): Message[] {
  const isUnsure = order.outcome === null && isAwaitingAuthorization(order);
  return [...(isUnsure ? authorization(order) : []), ...movements(order)];
}

function movements(order: OrderContext): Message[] {
  return Object.entries(order.payments).flatMap(([id, payment]) => [
    ...Object.entries(payment.captures)
      .filter(([, { state }]) => state === 'asked')
      .map(([fulfillmentId, { amount }]) =>
        toPayment(id, { type: 'payment.capture', fulfillmentId, amount }),
      ),
    ...Object.entries(payment.refunds)
      .filter(([, { state }]) => state === 'asked')
      .map(([refundId, { amount }]) => toPayment(id, { type: 'payment.refund', refundId, amount })),
  ]);
}

/** A person has settled the money: what a payment has not begun would come on top. */
export function drops(order: OrderContext): Message[] {
  const to = new Set(movements(order).map(({ to: { id } }) => id));
  return [...to].map((id) => toPayment(id, { type: 'payment.drop' }));
}

export function voids(order: OrderContext): Message[] {
  return livePayments(order).flatMap((id) => voidOf(order, id));
}

/** As long as something is still to be captured, a payment is needed. */
export function closings(order: OrderContext): Message[] {
  if (!isPaidUp(order)) return [];
  return livePayments(order).map((id) => toPayment(id, { type: 'payment.close' }));
}

export function toPayment(id: string, event: PaymentEvent): Message {
  return { to: { kind: 'payment', id }, event };
}

/** Asks for the fulfillment's account, and creates the fulfillment if this is the first time. */
export function startOf(order: OrderContext, id: string): Message {
  const { holds, holdsRevision, addressRevision, shipTo, fulfillments, candidates } = order;
  const book = fulfillments[id];
  const lines = order.lines
    .filter(({ lineId }) => book !== undefined && Object.hasOwn(book.lines, lineId))
    .map(({ lineId, sku }) => ({
      ...{ lineId, sku, quantity: book?.lines[lineId]?.assigned ?? 0 },
      reservation: book?.reservations[lineId] ?? '',
    }));
  return toFulfillment(id, {
    type: 'fulfillment.start',
    ...{ orderId: order.id, warehouse: book?.warehouse ?? '', candidates: [...candidates], lines },
    ...{ shipTo, addressRevision, holds: [...holds], holdsRevision },
  });
}

/** One that has never answered may not be there: it is started first, so that there is one to answer. */
export function stops(order: OrderContext): Message[] {
  const unsure = new Set(silent(order));
  return open(order).flatMap((id) => {
    const stop = toFulfillment(id, { type: 'fulfillment.stop' });
    return unsure.has(id) ? [startOf(order, id), stop] : [stop];
  });
}

export function addressChanges(order: OrderContext): Message[] {
  return open(order).map((id) => toFulfillment(id, newAddress(order)));
}

export function holdChanges(order: OrderContext): Message[] {
  return open(order).map((id) => toFulfillment(id, newHolds(order)));
}

/** Once more the address and the holds, to those whose account shows that they do not have them. */
export function updates(order: OrderContext): Message[] {
  return outdated(order).flatMap((id) => {
    const { addressRevision = 0, holdsRevision = 0 } = order.fulfillments[id] ?? {};
    return [
      ...(addressRevision < order.addressRevision ? [toFulfillment(id, newAddress(order))] : []),
      ...(holdsRevision < order.holdsRevision ? [toFulfillment(id, newHolds(order))] : []),
    ];
  });
}

function newAddress({ shipTo, addressRevision: revision }: OrderContext): FulfillmentEvent {
  return { type: 'fulfillment.changeAddress', shipTo, revision };
}

function newHolds({ holds, holdsRevision }: OrderContext): FulfillmentEvent {
  return { type: 'fulfillment.orderHolds', holds: [...holds], holdsRevision };
}

export function reductions({ change }: OrderContext): Message[] {
  if (change === null) return [];
  const { id, lineId, waiting } = change;
  return Object.entries(waiting).map(([fulfillment, quantity]) =>
    toFulfillment(fulfillment, { type: 'fulfillment.reduce', change: id, lineId, quantity }),
  );
}

function toFulfillment(id: string, event: FulfillmentEvent): Message {
  return { to: { kind: 'fulfillment', id }, event };
}
