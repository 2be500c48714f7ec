/** What holds when nothing is left to do, with the numbers of DOMAIN.md. */
import type { SandboxLabel } from '../../actors/carriers/sandbox-ledger.ts';
import { liveLines, type FulfillmentContext } from '../../machines/fulfillment.books.ts';
import type { OrderContext } from '../../machines/order.context.ts';
import { total } from '../../machines/order.money.ts';
import { entriesOf } from '../../machines/register.ts';
import type { ShipmentContext } from '../../machines/shipment.books.ts';
import { onHand, type StockItemContext } from '../../machines/stockItem.books.ts';
import { trackingNumberId } from '../../machines/trackingNumber.events.ts';
import type { TrackingNumberContext } from '../../machines/trackingNumber.machine.ts';
import type { WarehouseContext } from '../../machines/warehouse.books.ts';
import type { ActorRecord } from '../../runtime/core/record.ts';
import { related } from './checks.ts';
import { isLeftToHand } from './people.ts';
import { carrierName, contextAt, contextOf, isAt, isEnded, recordsOf, type Scene } from './scene.ts';

export function faultsAtRest(scene: Scene): string[] {
  return [
    ...related(scene, 'atRest'),
    ...orders(scene),
    ...fulfillments(scene),
    ...stock(scene),
    ...slots(scene),
    ...payments(scene),
    ...shipments(scene),
    ...addresses(scene),
    ...mutual(scene),
  ];
}

function orders(scene: Scene): string[] {
  return recordsOf(scene, 'order').flatMap((record) => {
    const order = contextOf<OrderContext>(record);
    if (!isEnded(record)) return [`${record.key} waits for nothing at ${record.menu.leaves.join()} (32)`];
    return [
      ...money(scene, order, record.snapshot.value as string),
      ...delivered(scene, order, record.snapshot.value as string),
    ];
  });
}

function money({ bank, settledByHand }: Scene, order: OrderContext, state: string): string[] {
  if (settledByHand.has(order.id)) return [];
  const accounts = [...bank.accounts.values()].filter(({ orderId }) => orderId === order.id);
  const kept = accounts.reduce((sum, { captured, refunded }) => sum + captured - refunded, 0);
  const due = state === 'completed' ? total(order) : 0;
  const open = accounts.filter((each) => each.state === 'authorized' && each.captured < each.amount);
  return [
    ...(kept === due ? [] : [`order ${order.id} is ${state} and has paid ${kept}, not ${due} (13, 15)`]),
    ...(open.length === 0 ? [] : [`order ${order.id} is ${state} and can be captured (15)`]),
    ...(accounts.some((each) => each.state === 'confirming')
      ? [`order ${order.id} is ${state} and its customer is still asked`]
      : []),
  ];
}

/** Invariant 16: what is delivered according to the order is, and nothing left that it does not know of. */
function delivered(scene: Scene, order: OrderContext, state: string): string[] {
  return Object.entries(order.fulfillments).flatMap(([id, book]) => {
    const parcel = scene.goods.parcels.get(id);
    const isAway = parcel !== undefined && parcel.at !== 'here';
    const fulfillment = contextAt<FulfillmentContext>(scene, `fulfillment/${id}`);
    if (state === 'completed' && book.state !== 'stopped' && !book.writtenOff && book.state !== 'delivered')
      return [`order ${order.id} is completed, and ${id} ${book.state} (16)`];
    if (!isAway || fulfillment === undefined) return [];
    const isKnown = book.state !== 'stopped' || fulfillment.incidents > 0;
    return isKnown ? [] : [`the parcel of ${id} left, and nobody was told`];
  });
}

function fulfillments(scene: Scene): string[] {
  return recordsOf(scene, 'fulfillment').flatMap((record) => {
    if (!isEnded(record)) return [`${record.key} waits for nothing at ${record.menu.leaves.join()} (32)`];
    return isAt(record, 'progress.completed') ? handover(scene, record) : [];
  });
}

/** Invariants 18 and 23: what left has a number of its own, the one that is stuck on it. */
function handover(scene: Scene, record: ActorRecord): string[] {
  const { shipmentId } = contextOf<FulfillmentContext>(record);
  const shipment = contextAt<ShipmentContext>(scene, `shipment/${shipmentId ?? ''}`);
  if (shipment?.label?.claimed !== true) return [`${record.key} is completed, and no number is claimed (18)`];
  const { carrier, trackingNumber } = shipment.label;
  const sticker = stuckOn(scene, record.id);
  if (sticker !== undefined && isStrange(shipment, sticker))
    return [`${record.key} went with ${sticker.trackingNumber}, not ${trackingNumber} (23)`];
  const id = trackingNumberId(carrier, trackingNumber);
  const number = contextAt<TrackingNumberContext>(scene, `trackingNumber/${id}`);
  return number?.shipmentId === shipment.id ? [] : [`${record.key} has a number that is another one’s (18)`];
}

function isStrange(shipment: ShipmentContext, { trackingNumber, booking }: SandboxLabel): boolean {
  const isOther = trackingNumber !== shipment.label?.trackingNumber;
  return isOther && !isLeftToHand(shipment, trackingNumber, booking);
}

/** A label that is void says no more than that the parcel moves; one made by hand is known by its number alone. */
function stuckOn({ carrier, goods }: Scene, fulfillmentId: string): SandboxLabel | undefined {
  const parcel = goods.parcels.get(fulfillmentId);
  if (parcel === undefined || parcel.at === 'here') return undefined;
  return carrier
    .labels(carrierName)
    .find(({ booking, isVoid }) => !isVoid && booking === parcel.label?.booking);
}

/** Whoever wanted another address was told yes: where the parcel left for an older one, people have to know. */
function addresses(scene: Scene): string[] {
  return recordsOf(scene, 'fulfillment').flatMap(({ id, key, snapshot }) => {
    const { orderId } = snapshot.context as FulfillmentContext;
    const wanted = scene.readdressed.get(id) ?? 0;
    const left = Number(/#(\d+)/.exec(stuckOn(scene, id)?.booking ?? '')?.[1] ?? Infinity);
    const { incidents = [] } = contextAt<OrderContext>(scene, `order/${orderId}`) ?? {};
    if (left >= wanted || incidents.some((what) => what.startsWith(`${id}: the parcel`))) return [];
    return [`${key} left for address ${left}, not ${wanted}, and nobody was told`];
  });
}

function stock(scene: Scene): string[] {
  return recordsOf(scene, 'stockItem').flatMap((record) => {
    const item = contextOf<StockItemContext>(record);
    const live = [...item.held, ...item.waiting].map(({ id }) => id);
    const shipped = recordsOf(scene, 'fulfillment').map((each) => contextOf<FulfillmentContext>(each));
    const consumed = shipped
      .filter(({ warehouse }) => warehouse === item.warehouse)
      .flatMap(({ lines }) => liveLines({ lines }))
      .filter(({ sku }) => sku === item.sku)
      .reduce((sum, line) => sum + line.shipped, 0);
    const isTold = shipped.some(({ incidents }) => incidents > 0);
    const onShelf = scene.goods.shelf.get(item.id) ?? 0;
    return [
      ...(live.length === 0 ? [] : [`${record.key} still reserves ${live.join()} (7)`]),
      ...(consumed === item.ledger.consumed
        ? []
        : [`${record.key} consumed ${item.ledger.consumed}, shipped were ${consumed} (4)`]),
      ...(onHand(item) === onShelf || isTold
        ? []
        : [`${record.key} has ${onHand(item)} in its books and ${onShelf} on the shelf (3)`]),
    ];
  });
}

function slots(scene: Scene): string[] {
  return recordsOf(scene, 'warehouse').flatMap((record) => {
    const taken = entriesOf(contextOf<WarehouseContext>(record).slots).map(([id]) => id);
    return taken.length === 0 ? [] : [`${record.key} keeps slots of ${taken.join()} (25)`];
  });
}

function payments(scene: Scene): string[] {
  return recordsOf(scene, 'payment')
    .filter((record) => !isEnded(record) || !isAt(record, 'gateway.idle'))
    .map((record) => `${record.key} waits for nothing at ${record.menu.leaves.join()} (32)`);
}

/** Invariant 23, by the carrier's own ledger. */
function shipments(scene: Scene): string[] {
  const labels = scene.carrier.labels(carrierName).filter(({ isVoid }) => !isVoid);
  return recordsOf(scene, 'shipment').flatMap((record) => {
    const shipment = contextOf<ShipmentContext>(record);
    const live = labels
      .filter(({ shipmentId }) => shipmentId === record.id)
      .filter(({ booking, trackingNumber }) => !isLeftToHand(shipment, trackingNumber, booking));
    const wanted = shipment.label?.trackingNumber;
    const surplus = live.filter(({ trackingNumber }) => trackingNumber !== wanted);
    return [
      ...(isEnded(record) ? [] : [`${record.key} waits for nothing at ${record.menu.leaves.join()} (32)`]),
      ...(surplus.length === 0
        ? []
        : [
            `${record.key} has a live label that it does not want: ${surplus.map(({ booking }) => booking).join()} (23)`,
          ]),
    ];
  });
}

/** Rule 17: of orders that each could have been fulfilled alone, one is. */
function mutual(scene: Scene): string[] {
  const orders = recordsOf(scene, 'order');
  if (!scene.isCalm || orders.length < 2) return [];
  if (orders.some(({ snapshot }) => snapshot.value !== 'rejected')) return [];
  const isToBeHad = orders.every((record) => {
    const wanted = new Map<string, number>();
    for (const { sku, quantity } of contextOf<OrderContext>(record).lines)
      wanted.set(sku, (wanted.get(sku) ?? 0) + quantity);
    return [...wanted].every(([sku, quantity]) => inStock(scene, sku) >= quantity);
  });
  return isToBeHad ? ['orders have refused each other, and nobody got anything (17)'] : [];
}

function inStock(scene: Scene, sku: string): number {
  return recordsOf(scene, 'stockItem')
    .map((record) => contextOf<StockItemContext>(record))
    .filter((item) => item.sku === sku)
    .reduce((sum, item) => sum + onHand(item), 0);
}
