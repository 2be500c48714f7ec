/**
 * The order's books: what was ordered, and what each fulfillment last told (rule 2). Whether the order is
 * shipped, delivered or wholly cancelled is worked out from them, never remembered.
 */
import { lineIdOf, type Account, type OrderInput, type Quantities } from './order.events.ts';
import type { Hold, ShipTo } from './schemas.ts';

export interface OrderLine {
  readonly lineId: string;
  readonly sku: string;
  readonly quantity: number;
  readonly unitPrice: number;
  readonly warehouse: string;
  /** Cancelled before any fulfillment had it; what a fulfillment cuts stands in its account. */
  readonly withdrawn: number;
}

export interface FulfillmentBook {
  readonly warehouse: string;
  /** Of the last account; 0 as long as there is none, and `lines` says what was asked for. */
  readonly version: number;
  readonly state: Account['state'];
  readonly lines: Readonly<Record<string, Quantities>>;
}

export interface OrderContext {
  readonly id: string;
  readonly customerId: string;
  readonly currency: string;
  readonly shipTo: ShipTo;
  readonly addressRevision: number;
  readonly payment: OrderInput['payment'];
  readonly draft: boolean;
  readonly lines: readonly OrderLine[];
  readonly holds: readonly Hold[];
  readonly cancelReason: string | null;
  readonly fulfillments: Readonly<Record<string, FulfillmentBook>>;
  /** Made so far; ids come from it and are never used again (rule 18). */
  readonly fulfillmentCount: number;
}

/** The share of what is left of an order that makes it shipped. */
const shippedThreshold = 1;

export function newOrder({ input }: { input: OrderInput }): OrderContext {
  const lines = input.lines.map((line, index) => ({ ...line, lineId: lineIdOf(line, index), withdrawn: 0 }));
  return {
    ...input,
    lines,
    addressRevision: 1,
    holds: [],
    cancelReason: null,
    fulfillments: {},
    fulfillmentCount: 0,
  };
}

/** A new fulfillment for each warehouse that still has lines nobody works on; none if there are none. */
export function allocate(order: OrderContext): Pick<OrderContext, 'fulfillments' | 'fulfillmentCount'> {
  const waiting = order.lines.filter((line) => unallocated(order, line) > 0);
  const made = [...Map.groupBy(waiting, ({ warehouse }) => warehouse)].map(([warehouse, lines], index) => {
    const asked = lines.map(
      (line) => [line.lineId, { ...nothing, assigned: unallocated(order, line) }] as const,
    );
    const book: FulfillmentBook = { warehouse, version: 0, state: 'open', lines: Object.fromEntries(asked) };
    return [`${order.id}~f${order.fulfillmentCount + index + 1}`, book] as const;
  });
  return {
    fulfillments: { ...order.fulfillments, ...Object.fromEntries(made) },
    fulfillmentCount: order.fulfillmentCount + made.length,
  };
}

const nothing: Quantities = { assigned: 0, cut: 0, short: 0, shipped: 0, delivered: 0 };

/** The only way a fulfillment's quantities come into the books. */
export function enter(order: OrderContext, account: Account): Pick<OrderContext, 'fulfillments'> {
  const { fulfillmentId, version, state, lines } = account;
  const warehouse = order.fulfillments[fulfillmentId]?.warehouse ?? '';
  return { fulfillments: { ...order.fulfillments, [fulfillmentId]: { warehouse, version, state, lines } } };
}

export function withdrawAll(order: OrderContext): Pick<OrderContext, 'lines'> {
  return {
    lines: order.lines.map((line) => ({ ...line, withdrawn: line.withdrawn + unallocated(order, line) })),
  };
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

export function isWhollyStopped(order: OrderContext): boolean {
  return Object.values(order.fulfillments).every(({ state }) => state === 'stopped');
}

export function hasShippedSome(order: OrderContext): boolean {
  return total(order, 'shipped') > 0;
}

export function isShipped(order: OrderContext): boolean {
  return hasShippedSome(order) && total(order, 'shipped') >= shippedThreshold * wanted(order);
}

export function hasDeliveredSome(order: OrderContext): boolean {
  return total(order, 'delivered') > 0;
}

export function isDelivered(order: OrderContext): boolean {
  return hasDeliveredSome(order) && total(order, 'delivered') >= wanted(order);
}

/** One line over all fulfillments: quantity = unallocated + allocated + short + cancelled + shipped. */
export function lineBooks(order: OrderContext, line: OrderLine): Record<LineBook, number> {
  const { assigned, cut, short, shipped, delivered } = lineTotals(order, line.lineId);
  return {
    unallocated: unallocated(order, line),
    allocated: assigned - shipped,
    short,
    cancelled: line.withdrawn + cut,
    shipped,
    delivered,
  };
}
type LineBook = 'unallocated' | 'allocated' | 'short' | 'cancelled' | 'shipped' | 'delivered';

function unallocated(order: OrderContext, line: OrderLine): number {
  const { assigned, cut, short } = lineTotals(order, line.lineId);
  return line.quantity - line.withdrawn - assigned - cut - short;
}

function lineTotals(order: OrderContext, lineId: string): Quantities {
  return Object.values(order.fulfillments)
    .filter(({ lines }) => Object.hasOwn(lines, lineId))
    .map(({ lines }) => lines[lineId] ?? nothing)
    .reduce(add, nothing);
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

/** What was ordered and not cancelled. */
function wanted(order: OrderContext): number {
  return (
    order.lines.reduce((sum, { quantity, withdrawn }) => sum + quantity - withdrawn, 0) - total(order, 'cut')
  );
}

function total(order: OrderContext, part: keyof Quantities): number {
  let sum = 0;
  for (const { lines } of Object.values(order.fulfillments)) {
    for (const quantities of Object.values(lines)) sum += quantities[part];
  }
  return sum;
}

function idsWhere(order: OrderContext, is: (book: FulfillmentBook) => boolean): string[] {
  return Object.entries(order.fulfillments)
    .filter(([, book]) => is(book))
    .map(([id]) => id);
}
