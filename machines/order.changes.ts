/** What people change in an order that is being fulfilled: lines, what is short, what was lost. */
import { booksOf, cancellable, lineBooks, lineOf, open } from './order.books.ts';
import type { FulfillmentBook, OrderContext, OrderLine, Reservation } from './order.context.ts';
import { withReservations } from './order.stock.ts';

interface Part {
  readonly lineId: string;
  readonly quantity: number;
}

/** Asked first: where it is not so, no payload can be right, and the command is not offered. */
export function hasCancellable(order: OrderContext): boolean {
  return booksOf(order).some((books) => cancellable(books) > 0);
}

export function isCancellable(order: OrderContext, { lineId, quantity }: Part): boolean {
  const line = lineOf(order, lineId);
  return line !== undefined && quantity <= cancellable(lineBooks(order, line));
}

/** Reservations that a cancellation makes smaller, with what is kept of each. */
export function reducedReservations(
  order: OrderContext,
  part: Part,
): { id: string; one: Reservation; keep: number }[] {
  const line = lineOf(order, part.lineId);
  if (line === undefined) return [];
  let left = part.quantity - Math.min(part.quantity, lineBooks(order, line).short);
  const reduced: { id: string; one: Reservation; keep: number }[] = [];
  for (const [id, one] of Object.entries(order.reservations)) {
    if (left === 0 || one.lineId !== part.lineId || one.state === 'releasing') continue;
    const less = Math.min(left, one.quantity);
    left -= less;
    reduced.push({ id, one, keep: one.quantity - less });
  }
  return reduced;
}

/** First what is short, then what is not there yet, and of fulfillments what they still can. */
export function lineCancelled(order: OrderContext, part: Part): Partial<OrderContext> {
  const line = lineOf(order, part.lineId);
  if (line === undefined) return {};
  const short = Math.min(part.quantity, lineBooks(order, line).short);
  const reduced = reducedReservations(order, part);
  const unreserved = reduced.reduce((sum, { one, keep }) => sum + one.quantity - keep, 0);
  const waiting = reductions(order, line, part.quantity - short - unreserved);
  const changes = order.made.changes + 1;
  return {
    lines: order.lines.map((other) =>
      other === line
        ? { ...line, withdrawn: line.withdrawn + short + unreserved, resolved: line.resolved + short }
        : other,
    ),
    reservations: { ...order.reservations, ...reducedBooks(reduced) },
    made: { ...order.made, changes },
    change:
      Object.keys(waiting).length === 0
        ? null
        : { id: `${order.id}~c${changes}`, lineId: line.lineId, waiting },
  };
}

function reducedBooks(reduced: ReturnType<typeof reducedReservations>): OrderContext['reservations'] {
  const entries = reduced.map(({ id, one, keep }): [string, Reservation] => [
    id,
    keep === 0 ? { ...one, state: 'releasing' } : { ...one, quantity: keep },
  ]);
  return Object.fromEntries(entries);
}

function reductions(order: OrderContext, { lineId }: OrderLine, quantity: number): Record<string, number> {
  let left = quantity;
  const waiting: Record<string, number> = {};
  for (const id of open(order)) {
    const less = Math.min(left, order.fulfillments[id]?.lines[lineId]?.assigned ?? 0);
    if (less === 0) continue;
    waiting[id] = less;
    left -= less;
  }
  return waiting;
}

/** Asked first, as `hasCancellable`. */
export function hasShort(order: OrderContext): boolean {
  return booksOf(order).some(({ short }) => short > 0);
}

export function isShort(order: OrderContext, { lineId, quantity }: Part): boolean {
  const line = lineOf(order, lineId);
  return line !== undefined && quantity <= lineBooks(order, line).short;
}

/** Rule 10: a person decides what becomes of what was not on the shelf. */
export function shortResolved(
  order: OrderContext,
  { lineId, quantity, by }: Part & { by: 'backorder' | 'warehouse' | 'cancel' },
): Partial<OrderContext> {
  const withdrawn = by === 'cancel' ? quantity : 0;
  const lines = order.lines.map((line) =>
    line.lineId === lineId
      ? { ...line, resolved: line.resolved + quantity, withdrawn: line.withdrawn + withdrawn }
      : line,
  );
  if (by === 'cancel') return { lines };
  const from = shortIn(order, lineId);
  const [other = from, ...untried] = order.candidates.filter((warehouse) => warehouse !== from);
  const wish: Reservation =
    by === 'backorder'
      ? { lineId, quantity, warehouse: from, state: 'waiting', pending: 0, untried: [] }
      : { lineId, quantity, warehouse: other, state: 'asked', pending: 0, untried };
  return { lines, ...withReservations(order, [wish]) };
}

/** The warehouse that last found the line short. */
function shortIn(order: OrderContext, lineId: string): string {
  const books = Object.values(order.fulfillments).filter(({ lines }) => (lines[lineId]?.short ?? 0) > 0);
  return books.at(-1)?.warehouse ?? order.candidates[0] ?? '';
}

export function hasOtherWarehouse(order: OrderContext, lineId: string): boolean {
  const from = shortIn(order, lineId);
  return order.candidates.some((warehouse) => warehouse !== from);
}

function parcelOf(order: OrderContext, shipmentId: string): [string, FulfillmentBook] | undefined {
  return Object.entries(order.fulfillments).find(([, book]) => book.shipmentId === shipmentId);
}

/** Whether a parcel is lost or came back, and nobody has decided about it. Asked first, as `hasCancellable`. */
export function hasOpenParcel(order: OrderContext): boolean {
  return Object.values(order.fulfillments).some(isOpenParcel);
}

export function isParcelOpen(order: OrderContext, shipmentId: string): boolean {
  const book = parcelOf(order, shipmentId)?.[1];
  return book !== undefined && isOpenParcel(book);
}

function isOpenParcel({ writtenOff, state }: OrderContext['fulfillments'][string]): boolean {
  return !writtenOff && (state === 'lost' || state === 'returned');
}

/** The parcel is written off for good (rule 12); its goods are reserved once more, or cancelled. */
export function parcelResolved(
  order: OrderContext,
  { shipmentId, by }: { shipmentId: string; by: 'reship' | 'refund' },
): Partial<OrderContext> {
  const parcel = parcelOf(order, shipmentId);
  if (parcel === undefined) return {};
  const [id, book] = parcel;
  const fulfillments = { ...order.fulfillments, [id]: { ...book, writtenOff: true } };
  const shipped = Object.entries(book.lines).filter(([, quantities]) => quantities.shipped > 0);
  if (by === 'refund') {
    const refunded = new Map(shipped.map(([lineId, quantities]) => [lineId, quantities.shipped]));
    const lines = order.lines.map((line) => ({
      ...line,
      withdrawn: line.withdrawn + (refunded.get(line.lineId) ?? 0),
    }));
    return { fulfillments, lines };
  }
  const wishes = shipped.map(([lineId, quantities]): Reservation => ({
    ...{ lineId, quantity: quantities.shipped, warehouse: book.warehouse },
    ...{ state: 'waiting', pending: 0, untried: [] },
  }));
  return { fulfillments, ...withReservations(order, wishes) };
}
