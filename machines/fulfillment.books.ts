/** A fulfillment's books: what its warehouse was given to ship, and what became of it. */
import type { FulfillmentInput } from './fulfillment.events.ts';
import type { Account, Quantities } from './order.events.ts';
import type { Hold, ShipTo } from './schemas.ts';

export interface FulfillmentLine extends Quantities {
  readonly lineId: string;
  readonly sku: string;
}

export interface FulfillmentContext {
  readonly id: string;
  readonly orderId: string;
  readonly warehouse: string;
  readonly shipTo: ShipTo;
  readonly addressRevision: number;
  readonly lines: readonly FulfillmentLine[];
  /** Set here, in the warehouse. */
  readonly holds: readonly Hold[];
  /** Set at the order; only the order lifts them. */
  readonly orderHolds: readonly Hold[];
  /** Accounts given so far: the version of the last one. */
  readonly accountCount: number;
}

type Lines = Pick<FulfillmentContext, 'lines'>;

export function newFulfillment({ input }: { input: FulfillmentInput }): FulfillmentContext {
  const { id, orderId, warehouse, shipTo, addressRevision, holds } = input;
  const lines = input.lines.map(({ lineId, sku, quantity }) => ({
    ...{ lineId, sku, assigned: quantity },
    ...{ cut: 0, short: 0, shipped: 0, delivered: 0 },
  }));
  return {
    id,
    orderId,
    warehouse,
    shipTo,
    addressRevision,
    lines,
    holds: [],
    orderHolds: holds,
    accountCount: 0,
  };
}

export function isClear({ holds, orderHolds }: FulfillmentContext): boolean {
  return holds.length === 0 && orderHolds.length === 0;
}

/** Neither handed over nor stopped. */
export function isOpen(fulfillment: Lines): boolean {
  return stateOf(fulfillment) === 'open';
}

/** A line that was picked twice, or is missing, is as wrong as one short. */
export function isPickedExactly(
  { lines }: Lines,
  picked: readonly { lineId: string; quantity: number }[],
): boolean {
  return (
    picked.length === lines.length &&
    lines.every((line) =>
      picked.some((pick) => pick.lineId === line.lineId && pick.quantity === line.assigned),
    )
  );
}

export function handedOver({ lines }: Lines): Lines {
  return { lines: lines.map((line) => ({ ...line, shipped: line.assigned })) };
}

export function delivered({ lines }: Lines): Lines {
  return { lines: lines.map((line) => ({ ...line, delivered: line.shipped })) };
}

export function stopped({ lines }: Lines): Lines {
  return { lines: lines.map((line) => ({ ...line, assigned: 0, cut: line.cut + line.assigned })) };
}

/** The whole of it, every time: the order takes the last one and forgets the others (rule 2). */
export function nextAccount(fulfillment: FulfillmentContext): Account {
  const lines = fulfillment.lines.map(({ lineId, assigned, cut, short, shipped, delivered }) => [
    lineId,
    { assigned, cut, short, shipped, delivered },
  ]);
  return {
    fulfillmentId: fulfillment.id,
    version: fulfillment.accountCount + 1,
    state: stateOf(fulfillment),
    lines: Object.fromEntries(lines) as Account['lines'],
  };
}

function stateOf({ lines }: Lines): Account['state'] {
  if (lines.some(({ delivered }) => delivered > 0)) return 'delivered';
  if (lines.some(({ shipped }) => shipped > 0)) return 'handedOver';
  return lines.some(({ assigned }) => assigned > 0) ? 'open' : 'stopped';
}
