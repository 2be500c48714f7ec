/**
 * The order's books: what was ordered, what is reserved, what each fulfillment last told (rule 2). Whether
 * the order is shipped, delivered or short is worked out from them, never remembered.
 */
import type { Account, Quantities } from './fulfillment.events.ts';
import type { Change, Execution, FulfillmentBook, OrderContext, OrderLine, Supply } from './order.context.ts';
import { incidentsWith } from './order.incidents.ts';
import type { Hold } from './schemas.ts';

/** The share of what is left of an order that makes it shipped. */
const shippedThreshold = 1;

/** The holds that the order has from now on. */
export function held(order: OrderContext, holds: readonly Hold[]): Partial<OrderContext> {
  return { holds, holdsRevision: order.holdsRevision + 1 };
}

export const nothing: Quantities = { assigned: 0, cut: 0, short: 0, shipped: 0, delivered: 0 };

/** The only way a fulfillment's quantities come into the books. */
export function enter(order: OrderContext, account: Account): Partial<OrderContext> {
  const { fulfillmentId: id, change, ...stands } = account;
  const before = order.fulfillments[id];
  if (before === undefined) return {};
  return {
    fulfillments: { ...order.fulfillments, [id]: { ...before, ...stands } },
    change: answered(order.change, id, change),
    incidents: incidentsWith(order, before, account),
  };
}

/** Done with the last fulfillment that answers; one that was handed over or stopped answers with its account. */
function answered(change: Change | null, fulfillmentId: string, answer: string | null): Change | null {
  if (change === null || change.id !== answer) return change;
  const { [fulfillmentId]: _answered, ...waiting } = change.waiting;
  return Object.keys(waiting).length === 0 ? null : { ...change, waiting };
}

export function isKnown(order: OrderContext, account: Account): boolean {
  return Object.hasOwn(order.fulfillments, account.fulfillmentId);
}

export function isNews(order: OrderContext, account: Account): boolean {
  return (
    isKnown(order, account) && account.version > (order.fulfillments[account.fulfillmentId]?.version ?? 0)
  );
}

/** Ids of the fulfillments that have not given their first account. */
export function silent(order: OrderContext): string[] {
  return idsWhere(order, ({ version }) => version === 0);
}

/** Ids of the fulfillments that are neither handed over nor stopped, as far as the order knows. */
export function open(order: OrderContext): string[] {
  return idsWhere(order, ({ state }) => state === 'open');
}

/** Whether a fulfillment that is open has told that it does not have the address or the holds of now. */
export function isOutdated(order: OrderContext, id: string): boolean {
  const book = order.fulfillments[id];
  if (book === undefined || book.state !== 'open' || book.version === 0) return false;
  return book.addressRevision < order.addressRevision || book.holdsRevision < order.holdsRevision;
}

export function outdated(order: OrderContext): string[] {
  return Object.keys(order.fulfillments).filter((id) => isOutdated(order, id));
}

/** Whether there is anything to cancel: with a warehouse, on its way to one, or not on the shelf. */
export function hasSomethingLeft(order: OrderContext): boolean {
  return (
    open(order).length > 0 ||
    Object.values(order.reservations).some(({ state }) => state !== 'releasing') ||
    booksOf(order).some(({ short }) => short > 0)
  );
}

/** Whether its goods went to fulfillments: the search for stock is over. */
export function isAssigned({ fulfillments }: OrderContext): boolean {
  return Object.keys(fulfillments).length > 0;
}

/** Whether a carrier has something that still counts. */
export function hasShippedSome(order: OrderContext): boolean {
  return total(order, 'shipped') > 0;
}

/** Whether a carrier had something, all of which was given up: lost, or come back, and written off (rule 12). */
export function hasShippedInVain(order: OrderContext): boolean {
  const shipped = Object.values(order.fulfillments).flatMap(({ lines }) => Object.values(lines));
  return !hasShippedSome(order) && shipped.some((quantities) => quantities.shipped > 0);
}

/** Planned as soon as each fulfillment has said that it is there; then what counts is handed over and delivered. */
export function execution(order: OrderContext): Execution {
  const shipped = total(order, 'shipped');
  const delivered = total(order, 'delivered');
  const needed = wanted(order);
  if (delivered > 0) return delivered >= needed ? 'delivered' : 'partiallyDelivered';
  if (shipped > 0) return shipped >= shippedThreshold * needed ? 'shipped' : 'partiallyShipped';
  return silent(order).length > 0 ? 'planning' : 'inFulfillment';
}

export function supply(order: OrderContext): Supply {
  if (Object.values(order.reservations).some(({ state }) => state === 'held')) return 'gathering';
  if (booksOf(order).some(({ short }) => short > 0)) return 'short';
  const isAwaiting = Object.values(order.reservations).some(({ state }) => state !== 'releasing');
  return isAwaiting ? 'awaitingStock' : 'supplied';
}

export type LineBook =
  'unplaced' | 'cancelled' | 'allocated' | 'short' | 'backordered' | 'shipped' | 'delivered';
export type LineBooks = Readonly<Record<LineBook, number>>;

export function lineBooks(order: OrderContext, line: OrderLine): LineBooks {
  return booksOf(order, [line])[0] as LineBooks;
}

/**
 * Of each line: quantity = unplaced + cancelled + allocated + short + backordered + shipped (invariant 8). One
 * pass over all that the order has: line by line, a large order takes seconds to look at.
 */
export function booksOf(order: OrderContext, lines: readonly OrderLine[] = order.lines): LineBooks[] {
  const reserved = reservedByLine(order);
  const { all, counted } = totalsByLine(order);
  return lines.map(({ lineId, quantity, withdrawn, resolved }) => {
    const { cut, short } = all.get(lineId) ?? nothing;
    const { assigned, shipped, delivered } = counted.get(lineId) ?? nothing;
    const books = {
      cancelled: withdrawn + cut,
      allocated: assigned - shipped,
      short: short - resolved,
      backordered: reserved.get(lineId) ?? 0,
      shipped,
    };
    const placed = Object.values(books).reduce((sum, part) => sum + part, 0);
    return { ...books, unplaced: quantity - placed, delivered };
  });
}

/** Of an order that ends, whatever is reserved is on its way out. */
function reservedByLine({ outcome, reservations }: OrderContext): Map<string, number> {
  const sums = new Map<string, number>();
  if (outcome !== null) return sums;
  for (const { lineId, quantity, state } of Object.values(reservations)) {
    if (state === 'refused' || state === 'releasing') continue;
    sums.set(lineId, (sums.get(lineId) ?? 0) + quantity);
  }
  return sums;
}

/** What fulfillments say of each line; `counted`: without parcels that were written off. */
function totalsByLine({ fulfillments }: OrderContext) {
  const all = new Map<string, Quantities>();
  const counted = new Map<string, Quantities>();
  for (const { lines, writtenOff } of Object.values(fulfillments)) {
    for (const [lineId, quantities] of Object.entries(lines)) {
      all.set(lineId, add(all.get(lineId) ?? nothing, quantities));
      if (!writtenOff) counted.set(lineId, add(counted.get(lineId) ?? nothing, quantities));
    }
  }
  return { all, counted };
}

/** How many of a line can still be cancelled. */
export function cancellable({ short, backordered, allocated }: LineBooks): number {
  return short + backordered + allocated;
}

export function lineOf(order: OrderContext, lineId: string): OrderLine | undefined {
  return order.lines.find((line) => line.lineId === lineId);
}

function add(one: Quantities, other: Quantities): Quantities {
  return {
    assigned: one.assigned + other.assigned,
    cut: one.cut + other.cut,
    short: one.short + other.short,
    shipped: one.shipped + other.shipped,
    delivered: one.delivered + other.delivered,
  };
}

/** What was ordered of a line and not cancelled. */
export function wantedOf(order: OrderContext, line: OrderLine): number {
  return line.quantity - line.withdrawn - cutOf(order, line.lineId);
}

function cutOf({ fulfillments }: OrderContext, lineId: string): number {
  let cut = 0;
  for (const { lines } of Object.values(fulfillments)) {
    if (Object.hasOwn(lines, lineId)) cut += lines[lineId]?.cut ?? 0;
  }
  return cut;
}

/** What was ordered and not cancelled. */
export function wanted(order: OrderContext): number {
  return order.lines.reduce((sum, line) => sum + wantedOf(order, line), 0);
}

function total(order: OrderContext, part: keyof Quantities): number {
  let sum = 0;
  for (const { lines, writtenOff } of Object.values(order.fulfillments)) {
    if (writtenOff) continue;
    for (const quantities of Object.values(lines)) sum += quantities[part];
  }
  return sum;
}

/** Everything that no fulfillment ships is cancelled. */
export function withdrawnRest(order: OrderContext): Pick<OrderContext, 'lines'> {
  return {
    lines: booksOf(order).map(({ unplaced, short, backordered }, index) => {
      const line = order.lines[index] as OrderLine;
      return {
        ...line,
        withdrawn: line.withdrawn + unplaced + short + backordered,
        resolved: line.resolved + short,
      };
    }),
  };
}

function idsWhere(order: OrderContext, is: (book: FulfillmentBook) => boolean): string[] {
  return Object.entries(order.fulfillments)
    .filter(([, book]) => is(book))
    .map(([id]) => id);
}
