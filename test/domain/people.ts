/** What people could do now: customers, cs, warehouse staff, admins. */
import type { FulfillmentContext } from '../../machines/fulfillment.books.ts';
import { liveLines } from '../../machines/fulfillment.books.ts';
import { hasUncaptured } from '../../machines/order.by-hand.ts';
import { lineBooks } from '../../machines/order.books.ts';
import type { OrderContext } from '../../machines/order.context.ts';
import { canRetry, canSettleByHand } from '../../machines/order.money.ts';
import { inHand, type PaymentContext } from '../../machines/payment.books.ts';
import type { ShipmentContext } from '../../machines/shipment.books.ts';
import * as stockBooks from '../../machines/stockItem.books.ts';
import type { StockItemContext } from '../../machines/stockItem.books.ts';
import type { WarehouseContext } from '../../machines/warehouse.books.ts';
import type { Event } from '../../runtime/message.ts';
import type { ActorRecord } from '../../runtime/core/record.ts';
import { arriveAll } from './outside.ts';
import {
  contextAt,
  contextOf,
  isAt,
  isEnded,
  otherCarrier,
  recordsOf,
  type Option,
  type Scene,
} from './scene.ts';

type Give = (weight: number, event: Event, before?: () => void) => Option;

export function peopleOptions(scene: Scene): Option[] {
  const options: Option[] = [];
  for (const record of scene.world.records.values()) {
    const of = byKind[record.kind];
    if (of === undefined || (record.kind === 'order' && isEnded(record))) continue;
    options.push(...of(scene, record, giverTo(scene, record.key)));
  }
  for (const id of placesWithout(scene))
    options.push(
      ...ofShelf(scene, stockBooks.newStockItem({ input: { id } }), giverTo(scene, `stockItem/${id}`)),
    );
  return options;
}

function giverTo({ world }: Scene, key: string): Give {
  return (weight, event, before) => ({
    weight,
    name: `${key} ${JSON.stringify(event)}`,
    run: () => {
      before?.();
      world.command(key, event);
    },
  });
}

/** Where something ordered could stand, and nothing ever has. */
function placesWithout(scene: Scene): string[] {
  const orders = recordsOf(scene, 'order').map((record) => contextOf<OrderContext>(record));
  const skus = new Set(orders.flatMap(({ lines }) => lines.map(({ sku }) => sku)));
  return recordsOf(scene, 'warehouse')
    .flatMap(({ id }) => [...skus].map((sku) => `${id}~${sku}`))
    .filter((id) => !scene.world.records.has(`stockItem/${id}`));
}

type Of = (scene: Scene, record: ActorRecord, give: Give) => Option[];

const byKind: Readonly<Record<string, Of>> = {
  order: ofOrder,
  fulfillment: ofFulfillment,
  shipment: ofShipment,
  stockItem: ofStockItem,
  payment: ofPayment,
  warehouse: ofWarehouse,
};

export const addresses = ['North', 'South', 'East'].map((city) => ({
  ...{ name: 'Ann', line1: 'Street 1', city, postalCode: '10115', country: 'DE' },
}));

function ofOrder(scene: Scene, record: ActorRecord, give: Give): Option[] {
  const { isEnding } = scene;
  const order = contextOf<OrderContext>(record);
  const options = [...ofWaiting(scene, record, give)];
  if (isAt(record, 'active')) options.push(...ofActive(scene, record, give));
  if (isEnding) return options.concat(isHopeless(scene, order) ? [give(1, { type: 'order.cancel' })] : []);
  const isOver = isAt(record, 'ending') || isAt(record, 'compensationStuck');
  options.push(give(isOver ? 0.02 : 0.06, { type: 'order.cancel' }));
  if (order.addressRevision < 3 && !isOver)
    options.push(
      give(isLabelled(scene, order) ? 0.7 : 0.1, {
        type: 'order.changeAddress',
        shipTo: scene.random.pick(addresses),
      }),
    );
  return options;
}

/** It waits for one command. */
function ofWaiting(scene: Scene, record: ActorRecord, give: Give): Option[] {
  if (isAt(record, 'draft')) return [give(1, { type: 'order.place' })];
  if (isAt(record, 'awaitingPayment')) return [give(1, { type: 'order.pay', method: 'card' })];
  if (!isAt(record, 'compensationStuck')) return [];
  const order = contextOf<OrderContext>(record);
  const retry = canRetry(order) ? [give(1, { type: 'order.retry' })] : [];
  if (!canSettleByHand(order) || (scene.isEnding && retry.length > 0)) return retry;
  return [...retry, resolved(scene, order, give)];
}

/** When a new address hurts. */
function isLabelled(scene: Scene, { fulfillments }: OrderContext): boolean {
  return Object.keys(fulfillments).some((id) => {
    const record = scene.world.records.get(`fulfillment/${id}`);
    return (
      record !== undefined && (isAt(record, 'progress.labelling') || isAt(record, 'progress.readyToShip'))
    );
  });
}

/** By then nobody waits for a message: what a person finds at the gateway is the whole truth. */
function resolved({ bank, settledByHand }: Scene, { id }: OrderContext, give: Give): Option {
  return give(0.1, { type: 'order.resolve', reason: 'settled by hand' }, () => {
    bank.settle(id);
    settledByHand.add(id);
  });
}

function ofActive(scene: Scene, record: ActorRecord, give: Give): Option[] {
  const { random, isEnding, counters } = scene;
  const order = contextOf<OrderContext>(record);
  const options: Option[] = [];
  for (const { handle } of order.holds)
    if (handle !== 'payment') options.push(give(isEnding ? 1.5 : 0.4, { type: 'order.release', handle }));
  options.push(...ofShortLines(scene, order, give), ...ofParcels(scene, order, give));
  if (isAt(record, 'active.money.refundFailed')) options.push(give(1, { type: 'order.retry' }));
  if (isAt(record, 'active.money.refundOwed'))
    options.push(give(1, { type: 'order.resolve', reason: 'paid out' }));
  if (isAt(record, 'active.money.collecting'))
    options.push(
      give(0.5, { type: 'order.pay', method: 'card' }),
      ...(hasUncaptured(order) ? [resolvedUnpaid(scene, order, give)] : []),
    );
  if (isEnding) return options;
  const { lineId } = random.pick(order.lines);
  options.push(give(0.2, { type: 'order.cancelLine', lineId, quantity: 1 + random.below(2) }));
  if (order.holds.length < 2) {
    const handle = `h${++counters.holds}`;
    options.push(give(0.2, { type: 'order.hold', handle, reason: 'a look' }));
  }
  return options;
}

/** A person has got the money elsewhere: the gateway never sees it. */
function resolvedUnpaid({ settledByHand }: Scene, { id }: OrderContext, give: Give): Option {
  return give(0.1, { type: 'order.resolve', reason: 'paid by bank' }, () => void settledByHand.add(id));
}

function ofShortLines({ random }: Scene, order: OrderContext, give: Give): Option[] {
  return order.lines.flatMap((line) => {
    const { short } = lineBooks(order, line);
    if (short === 0) return [];
    const by = random.pick(['backorder', 'warehouse', 'cancel']);
    const { lineId } = line;
    return [give(1, { type: 'order.resolveShort', lineId, quantity: 1 + random.below(short), by })];
  });
}

function ofParcels({ random }: Scene, { fulfillments }: OrderContext, give: Give): Option[] {
  return Object.values(fulfillments)
    .filter(({ state, writtenOff }) => (state === 'lost' || state === 'returned') && !writtenOff)
    .map(({ shipmentId }) =>
      give(1, { type: 'order.resolveParcel', shipmentId, by: random.pick(['reship', 'refund']) }),
    );
}

/** No warehouse that takes on work is left for one of its fulfillments. */
function isHopeless(scene: Scene, { fulfillments }: OrderContext): boolean {
  return Object.keys(fulfillments).some((id) => {
    const record = scene.world.records.get(`fulfillment/${id}`);
    if (record === undefined || !isAt(record, 'progress.unroutable')) return false;
    const { candidates, warehouse } = contextOf<FulfillmentContext>(record);
    return ![warehouse, ...candidates].some((each) => isOpen(scene, each));
  });
}

function isOpen(scene: Scene, warehouse: string): boolean {
  return contextAt<WarehouseContext>(scene, `warehouse/${warehouse}`)?.takesWork === true;
}

function ofFulfillment(scene: Scene, record: ActorRecord, give: Give): Option[] {
  const { isEnding, counters } = scene;
  const fulfillment = contextOf<FulfillmentContext>(record);
  const options = fulfillment.holds.map(({ handle }) =>
    give(isEnding ? 1.5 : 0.4, { type: 'fulfillment.release', handle }),
  );
  if (!isEnding && fulfillment.holds.length < 1 && isAt(record, 'progress.planned'))
    options.push(give(0.1, { type: 'fulfillment.hold', handle: `h${++counters.holds}`, reason: 'a look' }));
  // In the end nobody tries what is barred.
  if (isEnding && isAt(record, 'hold.held')) return options;
  return [...options, ...ofWork(scene, record, give)];
}

/** The next step of the work. */
function ofWork(scene: Scene, record: ActorRecord, give: Give): Option[] {
  const { random, goods } = scene;
  if (isAt(record, 'progress.planned')) return [give(1.5, { type: 'fulfillment.startPick' })];
  if (isAt(record, 'progress.picking')) return ofPicking(scene, contextOf<FulfillmentContext>(record), give);
  if (isAt(record, 'progress.picked')) return [give(1.5, { type: 'fulfillment.startPack' })];
  if (isAt(record, 'progress.packing')) return [give(1.5, { type: 'fulfillment.finishPack' })];
  if (!isAt(record, 'progress.readyToShip')) return [];
  // Where a truck has taken it, somebody may still tick it off.
  const isHere = goods.parcels.get(record.id)?.at === 'here';
  return [give(isHere ? 1 : random.chance(0.5) ? 0.5 : 0.1, { type: 'fulfillment.handOver' })];
}

function ofPicking(scene: Scene, fulfillment: FulfillmentContext, give: Give): Option[] {
  const { random, isEnding } = scene;
  const lines = liveLines(fulfillment);
  const picked = lines.map(({ lineId, assigned: quantity }) => ({ lineId, quantity }));
  const finish = give(1, { type: 'fulfillment.finishPick', lines: picked });
  if (isEnding || lines.length === 0) return [finish];
  const { lineId, assigned } = random.pick(lines);
  const quantity = 1 + random.below(assigned);
  return [finish, give(0.4, { type: 'fulfillment.shortPick', lineId, quantity })];
}

function ofShipment(scene: Scene, record: ActorRecord, give: Give): Option[] {
  const { random, isEnding, counters } = scene;
  if (!isAt(record, 'label.manualBooking')) return [];
  // Sometimes a person mistypes a number that is another parcel's.
  const isMistyped = !isEnding && random.chance(0.2);
  const trackingNumber = isMistyped ? 'M1' : `M${++counters.numbers}`;
  return [give(1, { type: 'shipment.bookManually', carrier: otherCarrier, trackingNumber })];
}

function ofStockItem(scene: Scene, record: ActorRecord, give: Give): Option[] {
  return ofShelf(scene, contextOf<StockItemContext>(record), give);
}

function ofShelf(scene: Scene, item: StockItemContext, give: Give): Option[] {
  const { random, isEnding } = scene;
  const missing = (item.waiting[0]?.quantity ?? 0) - stockBooks.onHand(item) + stockBooks.reserved(item);
  const receive = (quantity: number): Option =>
    give(isEnding ? 0.2 : 0.05, {
      type: 'stockItem.receive',
      quantity,
      receiptId: `r${++scene.counters.receipts}`,
    });
  if (isEnding) {
    if (item.waiting.length > 0) return [receive(missing)];
    return isMovedTo(scene, item) ? [receive(3)] : [];
  }
  if (scene.isCalm) return [];
  const count = stockBooks.onHand(item) + random.pick([-1, 1]);
  const options = [receive(1 + random.below(3))];
  if (count >= 0) options.push(give(0.05, { type: 'stockItem.adjust', quantity: count, reason: 'counted' }));
  return options;
}

/** A fulfillment that has to leave its warehouse needs its goods in another one. */
function isMovedTo(scene: Scene, { warehouse, sku, ...item }: StockItemContext): boolean {
  if (!isOpen(scene, warehouse) || stockBooks.available({ warehouse, sku, ...item }) >= 3) return false;
  return recordsOf(scene, 'fulfillment').some((record) => {
    const { lines, candidates, warehouse: from } = contextOf<FulfillmentContext>(record);
    if (!isAt(record, 'progress.unroutable') || isOpen(scene, from)) return false;
    return candidates.includes(warehouse) && lines.some((line) => line.sku === sku);
  });
}

/** A person finds out what really became of it. */
function ofPayment(scene: Scene, record: ActorRecord, give: Give): Option[] {
  const payment = contextOf<PaymentContext>(record);
  const entry = inHand(payment);
  if (!isAt(record, 'gateway.manualReview') || entry === undefined) return [];
  return [
    {
      ...give(1, { type: 'payment.settle' }),
      run: () => {
        arriveAll(scene, record.key);
        const account = scene.bank.accounts.get(payment.id);
        const truth = scene.bank.lookUp({ key: entry.key, kind: entry.kind, paymentId: payment.id } as never);
        const isVoid = entry.kind === 'void' && account?.state === 'released';
        const outcome = isVoid || truth.outcome === 'succeeded' ? 'succeeded' : 'failed';
        if (truth.outcome === 'requiresAction') return;
        scene.world.command(record.key, { type: 'payment.settle', outcome, reason: 'looked' });
      },
    },
  ];
}

function ofWarehouse({ random, isEnding, isCalm }: Scene, record: ActorRecord, give: Give): Option[] {
  const { capacity } = contextOf<WarehouseContext>(record);
  if (isAt(record, 'operations.paused')) return [give(isEnding ? 1 : 0.3, { type: 'warehouse.open' })];
  if (isEnding || isCalm || isAt(record, 'operations.closed')) return [];
  return [
    give(0.03, { type: 'warehouse.pause' }),
    give(0.03, { type: 'warehouse.setCapacity', capacity: Math.max(1, capacity + random.pick([-1, 1])) }),
    ...(record.id === 'W2' ? [give(0.01, { type: 'warehouse.close' })] : []),
  ];
}

/** Whether a shipment is one that a person still has to void with its carrier. */
export function isLeftToHand(
  { toVoidByHand }: ShipmentContext,
  trackingNumber: string,
  booking: string | null,
): boolean {
  return toVoidByHand.some(
    (each) => each.trackingNumber === trackingNumber || (booking !== null && each.booking === booking),
  );
}
