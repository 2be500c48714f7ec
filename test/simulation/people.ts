/**
 * What people could do now in a simulated shop, by the snapshots of its actors: customers, service, warehouse
 * staff, admins; and what happens outside, where no command of ours is asked.
 */
import type { FulfillmentContext } from '../../machines/fulfillment.books.ts';
import { liveLines } from '../../machines/fulfillment.books.ts';
import { lineBooks } from '../../machines/order.books.ts';
import type { OrderContext } from '../../machines/order.context.ts';
import { inHand, type PaymentContext } from '../../machines/payment.books.ts';
import type { ShipmentContext } from '../../machines/shipment.books.ts';
import { scanStatuses } from '../../machines/shipment.events.ts';
import { onHand, type StockItemContext } from '../../machines/stockItem.books.ts';
import { addressOf } from '../../runtime/address.ts';
import { leafPaths } from '../../runtime/core/chart.ts';
import type { Event } from '../../runtime/message.ts';
import type { SeededRandom } from '../support/random.ts';
import { carrierName, theOutside } from './outside.ts';
import type { Asking, Snapshot } from './workload.ts';

/** An event for the actor, or something that happens without it. */
export interface Option {
  readonly weight: number;
  readonly does: Event | (() => void);
}

export interface Person {
  readonly random: SeededRandom;
  readonly isAt: (state: string) => boolean;
  readonly context: unknown;
}

/** One of all that could be done; undefined where nothing can, or where it was done outside. */
export function someStep(random: SeededRandom, actors: ReadonlyMap<string, Snapshot>): Asking | undefined {
  const all = [...actors].flatMap(([key, snapshot]) => {
    const { value, context } = snapshot;
    const leaves = leafPaths(value as never);
    const isAt = (state: string): boolean => leaves.some((leaf) => `${leaf}.`.startsWith(`${state}.`));
    const options = byKind[addressOf(key).kind]?.({ random, isAt, context }) ?? [];
    return options.map((option) => ({ key, ...option }));
  });
  // Where little is to be done, rare things stay rare.
  let left =
    random.next() *
    Math.max(
      3,
      all.reduce((sum, { weight }) => sum + weight, 0),
    );
  const chosen = all.find(({ weight }) => (left -= weight) <= 0);
  if (typeof chosen?.does !== 'function') return chosen && { key: chosen.key, event: chosen.does };
  chosen.does();
  return undefined;
}

export const methods = [
  ...['ok', 'ok', 'ok', 'decline', 'timeout-succeeds', 'timeout-declines', 'error-2-then-ok'],
  ...['webhook-late', 'webhook-twice', 'requires-action', 'capture-once', 'capture-fails'],
];

export const cities = ['North', 'South'].map((city) => ({
  ...{ name: 'Ann', line1: 'Street 1', city, postalCode: '12345', country: 'DE' },
}));

const byKind: Readonly<Record<string, (person: Person) => Option[]>> = {
  order: ofOrder,
  fulfillment: ofFulfillment,
  shipment: ofShipment,
  stockItem: ofStockItem,
  warehouse: ofWarehouse,
  payment: ofPayment,
};

function give(weight: number, event: Event): Option {
  return { weight, does: event };
}

function ofOrder(person: Person): Option[] {
  const { random, isAt } = person;
  const { addressRevision } = person.context as OrderContext;
  if (['completed', 'cancelled', 'refunded', 'rejected', 'expired'].some(isAt)) return [];
  return [
    give(0.05, { type: 'order.cancel' }),
    ...(addressRevision < 4
      ? [give(0.15, { type: 'order.changeAddress', shipTo: random.pick(cities) })]
      : []),
    ...(isAt('draft') ? [give(1, { type: 'order.place' })] : []),
    ...ofMoney(person),
    ...(isAt('active') ? ofActive(person) : []),
  ];
}

function ofMoney({ random, isAt }: Person): Option[] {
  const isAny = (...states: string[]): boolean => states.some(isAt);
  const method = random.pick(methods);
  return [
    ...(isAny('awaitingPayment', 'active.money.collecting') ? [give(2, { type: 'order.pay', method })] : []),
    ...(isAny('compensationStuck', 'active.money.refundFailed') ? [give(1, { type: 'order.retry' })] : []),
    ...(isAny('active.money.collecting', 'active.money.refundOwed', 'compensationStuck')
      ? [give(0.5, { type: 'order.resolve', reason: 'in cash' })]
      : []),
  ];
}

function ofActive({ random, context }: Person): Option[] {
  const order = context as OrderContext;
  const { lineId } = random.pick(order.lines);
  const handle = random.pick(['h1', 'h2']);
  return [
    give(0.1, { type: 'order.hold', handle, reason: 'a look' }),
    ...order.holds.map((each) => give(1, { type: 'order.release', handle: each.handle })),
    give(0.1, { type: 'order.cancelLine', lineId, quantity: 1 }),
    ...order.lines.flatMap((line) => {
      const { short } = lineBooks(order, line);
      const by = random.pick(['backorder', 'warehouse', 'cancel']);
      const event = { type: 'order.resolveShort', lineId: line.lineId, quantity: short, by };
      return short === 0 ? [] : [give(2, event)];
    }),
    ...Object.values(order.fulfillments).flatMap(({ state, writtenOff, shipmentId }) => {
      const by = random.pick(['reship', 'refund']);
      const isOpen = (state === 'lost' || state === 'returned') && !writtenOff;
      return isOpen ? [give(2, { type: 'order.resolveParcel', shipmentId, by })] : [];
    }),
  ];
}

function ofFulfillment({ random, isAt, context }: Person): Option[] {
  const fulfillment = context as FulfillmentContext;
  const lines = liveLines(fulfillment).map(({ lineId, assigned: quantity }) => ({ lineId, quantity }));
  const [first] = lines;
  const handle = 'w1';
  return [
    ...(isAt('progress.planned') ? [give(3, { type: 'fulfillment.startPick' })] : []),
    ...(isAt('progress.picking') && first !== undefined
      ? [
          give(3, { type: 'fulfillment.finishPick', lines }),
          give(0.5, { type: 'fulfillment.shortPick', ...first, quantity: 1 }),
        ]
      : []),
    ...(isAt('progress.picked') ? [give(3, { type: 'fulfillment.startPack' })] : []),
    ...(isAt('progress.packing') ? [give(3, { type: 'fulfillment.finishPack' })] : []),
    ...(isAt('progress.readyToShip') ? [give(2, { type: 'fulfillment.handOver' })] : []),
    ...(isAt('progress.planned') ? [give(0.1, { type: 'fulfillment.hold', handle, reason: 'a look' })] : []),
    ...fulfillment.holds.map(() => give(1, { type: 'fulfillment.release', handle })),
    // What is barred, or too early or too late.
    give(
      0.05,
      random.pick(['startPick', 'finishPack', 'handOver'].map((to) => ({ type: `fulfillment.${to}` }))),
    ),
  ];
}

function ofShipment({ random, isAt, context }: Person): Option[] {
  const { id, label, transport } = context as ShipmentContext;
  const trackingNumber = `M${1 + random.below(6)}`;
  const options = isAt('label.manualBooking')
    ? [give(2, { type: 'shipment.bookManually', carrier: carrierName, trackingNumber })]
    : [];
  // Also one whose answer was lost on the way, or that is void and left with the truck all the same.
  const { labels } = theOutside().carrier.ledger();
  const first = labels.find(({ shipmentId }) => shipmentId === id)?.trackingNumber;
  const scanned = random.chance(0.2) ? first : (label?.trackingNumber ?? first);
  if (scanned === undefined || transport === 'delivered') return options;
  const status = random.chance(0.4) ? 'delivered' : random.pick(scanStatuses);
  const scan = (): void => void theOutside().carrier.scan({ trackingNumber: scanned, status });
  // Before the handover it is a rare thing.
  return [...options, { weight: transport === 'awaitingHandover' ? 0.4 : 1.5, does: scan }];
}

function ofStockItem({ random, context }: Person): Option[] {
  const item = context as StockItemContext;
  const receiptId = `r${random.below(20)}`;
  const counted = Math.max(0, onHand(item) + random.pick([-1, 1]));
  return [
    give(item.waiting.length > 0 ? 1 : 0.1, { type: 'stockItem.receive', quantity: 2, receiptId }),
    give(0.05, { type: 'stockItem.adjust', quantity: counted, reason: 'counted' }),
  ];
}

function ofWarehouse({ random, isAt }: Person): Option[] {
  const mode = random.pick(['up', 'up', 'down', 'slow'] as const);
  return [
    isAt('operations.paused')
      ? give(0.5, { type: 'warehouse.open' })
      : give(0.05, { type: 'warehouse.pause' }),
    give(0.05, { type: 'warehouse.setCapacity', capacity: 1 + random.below(3) }),
    { weight: 0.1, does: () => theOutside().carrier.setMode(mode) },
  ];
}

/** A customer confirms at the gateway; a person finds out there what became of an operation. */
function ofPayment({ random, isAt, context }: Person): Option[] {
  const payment = context as PaymentContext;
  const outcome = random.pick(['succeeded', 'failed'] as const);
  const confirms = { weight: 2, does: () => theOutside().confirm(payment.id, outcome) };
  const entry = inHand(payment);
  const known = theOutside()
    .payments()
    .operations.find(({ key }) => key === entry?.key);
  const became = known?.result?.outcome === 'succeeded' ? 'succeeded' : 'failed';
  return [
    ...(isAt('authorization.requiresAction') ? [confirms] : []),
    ...(isAt('gateway.manualReview')
      ? [give(1, { type: 'payment.settle', outcome: became, reason: 'a look' })]
      : []),
  ];
}
