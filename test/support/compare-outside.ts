/**
 * What the shop says of goods, money and parcels, compared with the world outside, which no kill reaches:
 * nothing oversold, nothing charged or given back twice, no parcel under two labels.
 */
import { shelves } from './shop.ts';
import type { ActorView } from './traffic.ts';

/** One order with all that came of it, as they are shown. */
export interface Deal {
  readonly order: ActorView;
  readonly fulfillments: readonly ActorView[];
  readonly payments: readonly ActorView[];
  readonly shipments: readonly ActorView[];
}

/** `GET /sandbox/ledger` */
export interface Ledger {
  readonly payments: {
    readonly authorizations: readonly {
      readonly paymentId: string;
      readonly orderId: string;
      readonly state: string;
      readonly captured: number;
      readonly refunded: number;
    }[];
    readonly operations: readonly {
      readonly key: string;
      readonly kind: string;
      readonly paymentId: string;
      readonly orderId: string;
      readonly amount: number;
      readonly result: { readonly outcome: string } | null;
    }[];
  };
  readonly carriers: {
    readonly sandbox: {
      readonly labels: readonly {
        readonly booking: string;
        readonly trackingNumber: string;
        readonly shipmentId: string;
        readonly isVoid: boolean;
      }[];
    };
  };
}

interface OrderLine {
  readonly lineId: string;
  readonly sku: string;
  readonly unitPrice: number;
  readonly shipped: number;
}
interface Operation {
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly amount: number;
  readonly state: string;
}

/** What each party says of one order's money and parcels. */
export function compareDeal(deal: Deal, ledger: Ledger): string[] {
  const problems = [...comparePayments(deal, ledger), ...compareSums(deal, ledger)];
  return [
    ...problems.map((problem) => `orders/${deal.order.id}: ${problem}`),
    ...deal.shipments.flatMap((shipment) => compareLabels(shipment, deal, ledger)),
  ];
}

/** What the gateway has done is what each payment says that it has done. */
function comparePayments({ order, payments }: Deal, { payments: seen }: Ledger): string[] {
  const known = (order.context['payments'] as { id: string }[]).map(({ id }) => id);
  const are = payments.map(({ id }) => id);
  const told = new Map(payments.flatMap(operationsOf).map((each) => [each.key, each]));
  const done = seen.operations.filter(({ orderId }) => orderId === order.id);
  const keys = new Set(done.map(({ key }) => key));
  const captured = payments.flatMap(operationsOf).filter(({ kind }) => kind === 'capture');
  const idle = ['void', 'close'];
  return [
    ...(known.toSorted().join() === are.toSorted().join()
      ? []
      : [`it knows ${known.join()}, there are ${are.join()}`]),
    ...done.flatMap(({ key, amount, result }) => {
      const own = told.get(key);
      if (own === undefined) return [`the gateway was asked ${key}, and no payment knows of it`];
      if (own.amount !== amount) return [`${key} is about ${own.amount}, at the gateway about ${amount}`];
      return isSame(own.state, result?.outcome)
        ? []
        : [`${key} is ${own.state}, at the gateway ${result?.outcome}`];
    }),
    ...[...told.values()]
      .filter(({ key, kind, state }) => state === 'succeeded' && !idle.includes(kind) && !keys.has(key))
      .map(({ key }) => `${key} has succeeded, and the gateway does not know of it`),
    ...repeatedIn(captured.filter(({ state }) => state !== 'failed').map(({ id }) => id)).map(
      (id) => `${id} was asked for more than once`,
    ),
  ];
}

function operationsOf({ context }: ActorView): Operation[] {
  return context['operations'] as Operation[];
}

/** What has not been answered yet may have happened. */
function isSame(told: string, outcome: string | undefined): boolean {
  return told === outcome || told === 'unknown' || outcome === undefined;
}

/** The customer has paid for what was handed over, and for nothing else. */
function compareSums({ order }: Deal, { payments: seen }: Ledger): string[] {
  const { captured, refunded } = order.context as { captured: number; refunded: number };
  const own = seen.authorizations.filter(({ orderId }) => orderId === order.id);
  const sum = (of: (each: (typeof own)[number]) => number): number =>
    own.reduce((total, each) => total + of(each), 0);
  const taken = sum((each) => each.captured);
  const given = sum((each) => each.refunded);
  const lines = order.context['lines'] as OrderLine[];
  const worth = lines.reduce((total, { shipped, unitPrice }) => total + shipped * unitPrice, 0);
  const isEnded = order.tags.includes('ended');
  return [
    ...(taken === captured ? [] : [`${taken} was captured, it says ${captured}`]),
    ...(given === refunded ? [] : [`${given} was refunded, it says ${refunded}`]),
    ...(taken - given === worth ? [] : [`${taken} - ${given} was charged for goods of ${worth}`]),
    ...own
      .filter(({ state }) => isEnded && (state === 'authorized' || state === 'requiresAction'))
      .map(({ paymentId, state }) => `it has ended, and ${paymentId} is ${state}`),
  ];
}

/** One label that is not void, and it is the one that the shipment goes by; others are known as surplus. */
function compareLabels(shipment: ActorView, { fulfillments }: Deal, { carriers }: Ledger): string[] {
  const { booking, trackingNumber, surplus, fulfillmentId } = shipment.context as {
    booking: string | null;
    trackingNumber: string | null;
    surplus: readonly { booking: string }[];
    fulfillmentId: string;
  };
  const valid = carriers.sandbox.labels.filter((label) => label.shipmentId === shipment.id && !label.isVoid);
  const unknown = valid.filter(
    (label) => label.booking !== booking && surplus.every((one) => one.booking !== label.booking),
  );
  const own = valid.find((label) => label.booking === booking);
  const from = fulfillments.find(({ id }) => id === fulfillmentId);
  const hasLeft = from?.states.some((state) => state.startsWith('progress.completed')) === true;
  const problems = [
    ...unknown.map((label) => `the label ${label.trackingNumber} is valid, and nobody wants it`),
    ...(from?.context['shipmentId'] === shipment.id ? [] : [`${fulfillmentId} does not know of it`]),
    ...(own === undefined || trackingNumber === null || own.trackingNumber === trackingNumber
      ? []
      : [`it goes by ${trackingNumber}, its label is ${own.trackingNumber}`]),
    ...(hasLeft && own === undefined ? ['it has left without a label'] : []),
  ];
  return problems.map((problem) => `shipments/${shipment.id}: ${problem}`);
}

/** Every parcel under a number of its own. */
export function compareNumbers(deals: readonly Deal[]): string[] {
  const numbers = deals
    .flatMap(({ shipments }) => shipments)
    .flatMap(({ context }) => (context['trackingNumber'] as string | null) ?? []);
  return repeatedIn(numbers).map((number) => `two shipments go by ${number}`);
}

/** What came in once is on the shelf, reserved for somebody who says so, or has left with a parcel. */
export function compareStock(item: ActorView, deals: readonly Deal[]): string[] {
  const { warehouse, sku, ledger, reserved, onHand, waiting } = item.context as {
    warehouse: string;
    sku: string;
    ledger: Record<'received' | 'consumed' | 'short' | 'adjusted', number>;
    reserved: number;
    onHand: number;
    waiting: number;
  };
  const received = shelves.find((shelf) => shelf.warehouse === warehouse && shelf.sku === sku)?.quantity ?? 0;
  const lines = deals
    .flatMap(({ fulfillments }) => fulfillments)
    .filter(({ context }) => context['warehouse'] === warehouse)
    .flatMap(({ context }) => context['lines'] as { sku: string; assigned: number; shipped: number }[])
    .filter((line) => line.sku === sku);
  const shipped = lines.reduce((sum, line) => sum + line.shipped, 0);
  const assigned = lines.reduce((sum, line) => sum + line.assigned, 0);
  const held = deals.reduce((sum, { order }) => sum + heldFor(order, warehouse, sku), 0);
  const are = { ...ledger, onHand, reserved, waiting };
  const should = {
    ...{ received, consumed: shipped, short: 0, adjusted: 0 },
    ...{ onHand: received - shipped, reserved: assigned - shipped + held, waiting: 0 },
  };
  return Object.entries(should)
    .filter(([name, quantity]) => are[name as keyof typeof are] !== quantity)
    .map(
      ([name, quantity]) =>
        `stock-items/${item.id}: ${name} is ${are[name as keyof typeof are]}, the orders make it ${quantity}`,
    );
}

function heldFor({ context }: ActorView, warehouse: string, sku: string): number {
  const lines = context['lines'] as OrderLine[];
  const reservations = context['reservations'] as {
    lineId: string;
    warehouse: string;
    quantity: number;
    state: string;
  }[];
  return reservations
    .filter((one) => one.warehouse === warehouse && one.state === 'held')
    .filter(({ lineId }) => lines.find((line) => line.lineId === lineId)?.sku === sku)
    .reduce((sum, { quantity }) => sum + quantity, 0);
}

function repeatedIn(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, at) => values.indexOf(value) !== at))];
}
