/** What a fulfillment tells stock items, warehouses and its shipment. */
import { liveLines, type FulfillmentContext, type MovedLine, type Releasing } from './fulfillment.books.ts';
import type { Owner } from './schemas.ts';
import type { Message } from './send.ts';
import type { ShipmentEvent } from './shipment.events.ts';
import type { StockItemEvent } from './stockItem.events.ts';
import type { WarehouseEvent } from './warehouse.events.ts';

type Fulfillment = FulfillmentContext;

export function ownReservations(fulfillment: Fulfillment): Message[] {
  const { warehouse, lines } = fulfillment;
  return lines.map(({ sku, reservation }) =>
    toStock(`${warehouse}~${sku}`, { type: 'stockItem.own', reservation, owner: ownerOf(fulfillment) }),
  );
}

export function slotRequest({ id, trying, attempt }: Fulfillment): Message {
  return toWarehouse(trying, { type: 'warehouse.slot', fulfillmentId: id, attempt });
}

export function slotRelease({ id, trying, attempt }: Fulfillment): Message {
  return toWarehouse(trying, { type: 'warehouse.free', fulfillmentId: id, attempt });
}

/** Only what is not answered yet. */
export function moveHolds(fulfillment: Fulfillment): Message[] {
  const lines = new Map(fulfillment.lines.map((line) => [line.lineId, line]));
  return fulfillment.moved
    .filter(({ state }) => state === 'asked')
    .map(({ lineId, reservation }: MovedLine) => {
      const { sku = '', assigned: quantity = 0 } = lines.get(lineId) ?? {};
      const owner = ownerOf(fulfillment);
      return toStock(`${fulfillment.trying}~${sku}`, {
        type: 'stockItem.hold',
        ...{ reservation, owner, quantity, partial: false },
      });
    });
}

export function releases(fulfillment: Fulfillment): Message[] {
  return fulfillment.releasing.map((one) => releaseOf(fulfillment, one));
}

/** With what was short of it, as in `consumptions`. */
export function releaseOf(
  fulfillment: Fulfillment,
  { reservation, stockItem }: Releasing,
  keep = 0,
): Message {
  const missing = fulfillment.lines.find((line) => line.reservation === reservation)?.short ?? 0;
  const owner = ownerOf(fulfillment);
  return toStock(stockItem, { type: 'stockItem.release', reservation, owner, keep, missing });
}

/** What is left of the line's reservation; nothing to tell where the line is not this fulfillment's. */
export function lineRelease(fulfillment: Fulfillment, lineId: string): Message[] {
  return fulfillment.lines
    .filter((line) => line.lineId === lineId)
    .map(({ sku, reservation, assigned }) =>
      releaseOf(fulfillment, { reservation, stockItem: `${fulfillment.warehouse}~${sku}` }, assigned),
    );
}

export function lineShort({ warehouse, lines }: Fulfillment, lineId: string): Message[] {
  return lines
    .filter((line) => line.lineId === lineId)
    .map(({ sku, reservation, short: missing }) =>
      toStock(`${warehouse}~${sku}`, { type: 'stockItem.short', reservation, missing }),
    );
}

/**
 * Each with all that became of its line, so that what was told before and is still a dead letter changes
 * nothing. A line of which nothing leaves is given back once more: nobody else asks after it (rule 16).
 */
export function consumptions(fulfillment: Fulfillment): Message[] {
  const { warehouse, lines } = fulfillment;
  return lines.map(({ sku, reservation, assigned: quantity, short: missing }) => {
    const stockItem = `${warehouse}~${sku}`;
    if (quantity === 0) return releaseOf(fulfillment, { reservation, stockItem });
    return toStock(stockItem, { type: 'stockItem.consume', reservation, quantity, missing });
  });
}

export function booking(fulfillment: Fulfillment): Message {
  const { id, orderId, warehouse, shipTo, addressRevision: revision } = fulfillment;
  const lines = liveLines(fulfillment).map(({ lineId, sku, assigned: quantity }) => ({
    lineId,
    sku,
    quantity,
  }));
  return toShipment(fulfillment, {
    type: 'shipment.book',
    ...{ orderId, fulfillmentId: id, warehouse, shipTo, revision, lines },
  });
}

export function readdress(fulfillment: Fulfillment): Message {
  const { shipTo, addressRevision: revision } = fulfillment;
  return toShipment(fulfillment, { type: 'shipment.readdress', shipTo, revision });
}

export function toShipment({ id, shipmentId }: Fulfillment, event: ShipmentEvent): Message {
  return { to: { kind: 'shipment', id: shipmentId ?? shipmentOf(id) }, event };
}

/** One parcel a fulfillment, so one shipment; asking twice creates once (rule 18). */
export function shipmentOf(id: string): string {
  return `${id}~s1`;
}

function ownerOf({ id }: Fulfillment): Owner {
  return { kind: 'fulfillment', id };
}

function toStock(id: string, event: StockItemEvent): Message {
  return { to: { kind: 'stockItem', id }, event };
}

function toWarehouse(id: string, event: WarehouseEvent): Message {
  return { to: { kind: 'warehouse', id }, event };
}
