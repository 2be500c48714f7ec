/** One order, played alone, up to where a test begins; the test answers for stock items, payments, fulfillments. */
import { lineBooks, lineOf } from '../../machines/order.books.ts';
import type { FulfillmentBook, OrderContext } from '../../machines/order.context.ts';
import { played, shipTo, type Played, type Told } from './shop-messages.ts';

export type Order = Played<OrderContext>;

/** Two of A at 5.00. */
export const oneLine = [{ sku: 'A', quantity: 2, unitPrice: 500 }];
/** 23.00 in all. */
export const twoLines = [
  { sku: 'A', quantity: 4, unitPrice: 500 },
  { sku: 'B', quantity: 1, unitPrice: 300 },
];

export const f1 = 'o1~f1';
export const f2 = 'o1~f2';
export const p1 = 'o1~p1';
export const p2 = 'o1~p2';

export function newOrder(given: object = {}): Order {
  const input = { customerId: 'c1', currency: 'EUR', shipTo, lines: oneLine, ...given };
  return played<OrderContext>('order', { id: 'o1', input, who: 'customer' });
}

/** In `holding`: warehouses are known, and stock is asked for. */
export function holding(given: object = {}, warehouses: readonly string[] = ['W1', 'W2']): Order {
  return newOrder(given).hear('routing.candidates', { warehouses });
}

/** In `authorizing`: everything is held at the first warehouse. */
export function authorizing(given: object = {}, warehouses?: readonly string[]): Order {
  const order = holding(given, warehouses);
  for (const hold of order.told('stockItem.hold')) held(order, hold);
  return order;
}

/** In `active`: authorized, and the fulfillment is asked for. */
export function authorized(given: object = {}, capturesOnce = false): Order {
  return authorizing(given).hear('payment.authorized', { paymentId: p1, capturesOnce });
}

/** In `inFulfillment`: one warehouse has all of it. */
export function active(given: object = {}, capturesOnce = false): Order {
  return account(authorized(given, capturesOnce), f1);
}

/** In `inFulfillment` at two warehouses: of A two at each, B at the first. */
export function split(capturesOnce = false): Order {
  const order = holding({ lines: twoLines });
  refuseAll(order, { available: 1 });
  refuseAll(order, { available: 1 });
  const at = { W1: 2, W2: 2 };
  for (const hold of order.told('stockItem.hold')) held(order, hold, hold.to.endsWith('A') ? at.W1 : 1);
  for (const hold of order.told('stockItem.hold')) held(order, hold, at.W2);
  releaseAll(order).hear('payment.authorized', { paymentId: p1, capturesOnce });
  return account(account(order, f1), f2);
}

/** Answers a hold; with less than was asked for, if so many are given. */
export function held(order: Order, { to, event }: Told, quantity = event['quantity']): Order {
  const { reservation } = event;
  return order.hear('stock.held', { reservation, stockItem: to.slice('stockItem/'.length), quantity });
}

interface Left {
  readonly available?: number;
  readonly pending?: number;
}

export function refused(order: Order, { to, event }: Told, { available = 0, pending = 0 }: Left = {}): Order {
  const { reservation } = event;
  const stockItem = to.slice('stockItem/'.length);
  return order.hear('stock.refused', { reservation, stockItem, available, pending });
}

/** Answers every hold of the last turn with no. */
export function refuseAll(order: Order, left: Left = {}): Order {
  for (const hold of order.told('stockItem.hold')) refused(order, hold, left);
  return order;
}

/** Answers every release that is still open. */
export function releaseAll(order: Order): Order {
  for (const [reservation, { warehouse, lineId, state }] of Object.entries(order.context().reservations)) {
    if (state !== 'releasing') continue;
    const stockItem = `${warehouse}~${lineOf(order.context(), lineId)?.sku ?? ''}`;
    order.hear('stock.released', { reservation, stockItem, kept: 0 });
  }
  return order;
}

type Parts = Partial<Record<'assigned' | 'cut' | 'short' | 'shipped' | 'delivered', number>>;

/** The next account of a fulfillment: as the last one, with what is given here. */
export function account(
  order: Order,
  id: string,
  { lines = {}, ...given }: { lines?: Record<string, Parts>; state?: string; change?: string } = {},
): Order {
  return order.hear('fulfillment.account', accountOf(order, id, { lines, ...given }));
}

export function accountOf(
  order: Order,
  id: string,
  { lines, ...given }: { lines: Record<string, Parts>; [field: string]: unknown },
): object {
  const { version, state, warehouse, shipmentId, incidents, lines: before } = bookOf(order, id);
  const { addressRevision, holdsRevision } = order.context();
  const entries = Object.entries(before).map(([lineId, parts]) => [lineId, { ...parts, ...lines[lineId] }]);
  return {
    ...{ fulfillmentId: id, version: version + 1, state, warehouse, shipmentId, incidents, change: null },
    ...{ addressRevision, holdsRevision },
    ...given,
    lines: Object.fromEntries(entries) as object,
  };
}

function bookOf(order: Order, id: string): FulfillmentBook {
  const book = order.context().fulfillments[id];
  if (book === undefined) throw new Error(`there is no ${id}`);
  return book;
}

/** All that is assigned is handed over, or delivered. */
export function moved(
  order: Order,
  id: string,
  state: 'handedOver' | 'delivered' | 'lost' | 'returned',
): Order {
  const { lines } = bookOf(order, id);
  const now = Object.entries(lines).map(([lineId, { assigned }]) => [
    lineId,
    { shipped: assigned, delivered: state === 'delivered' ? assigned : 0 },
  ]);
  const given = { state, shipmentId: `${id}~s1`, lines: Object.fromEntries(now) as Record<string, Parts> };
  return account(order, id, given);
}

/** All that is assigned is cut. */
export function stopped(order: Order, id: string): Order {
  const { lines } = bookOf(order, id);
  const now = Object.entries(lines).map(([lineId, { assigned, cut }]) => [
    lineId,
    { assigned: 0, cut: cut + assigned },
  ]);
  return account(order, id, { state: 'stopped', lines: Object.fromEntries(now) as Record<string, Parts> });
}

/** In `inFulfillment` at the second warehouse; what the first one refused is still being released. */
export function secondChoice(): Order {
  const order = refuseAll(holding());
  for (const hold of order.told('stockItem.hold')) held(order, hold);
  return account(order.hear('payment.authorized', { paymentId: p1, capturesOnce: false }), f1);
}

/** `type to`, for each message of the last turn. */
export function told(order: Order): string[] {
  return order.told().map(({ to, event }) => `${event.type} ${to}`);
}

/** Where one region of an active order is: `execution`, `supply`, `money`, `questions` or `hold`. */
export function at(order: Order, region: string): string | undefined {
  const prefix = `active.${region}.`;
  return order
    .states()
    .find((path) => path.startsWith(prefix))
    ?.slice(prefix.length);
}

export function books(order: Order, lineId = 'l1'): Partial<ReturnType<typeof lineBooks>> {
  const line = lineOf(order.context(), lineId);
  if (line === undefined) throw new Error(`there is no line ${lineId}`);
  const all = Object.entries(lineBooks(order.context(), line)).filter(([, quantity]) => quantity !== 0);
  return Object.fromEntries(all);
}
