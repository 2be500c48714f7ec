/** What is reserved, and who has a place in a warehouse, against those who have them. */
import { entryOf } from '../../machines/register.ts';
import { ownerOf, type StockItemContext } from '../../machines/stockItem.books.ts';
import type { WarehouseContext } from '../../machines/warehouse.books.ts';
import { fulfillmentContext, hasEnded, isAtWork } from './reading.ts';
import type { Relation, Standing } from './relation.ts';

/** Invariant 7. An owner that does not exist yet cannot have asked. */
const owners: Relation = {
  name: 'nothing is reserved for an order or fulfillment that has ended (7)',
  holds: 'atRest',
  kind: 'stockItem',
  others: (item) => reservationsOf(item).map((each) => ownerOf(each)),
  faults: (item, find) =>
    reservationsOf(item).flatMap((reservation) => {
      const { id, quantity } = reservation;
      const address = ownerOf(reservation);
      const owner = find(address);
      if (owner === undefined) return [`${id} (${quantity}): ${address.kind} ${address.id} does not exist`];
      const isLive = address.kind === 'order' ? !hasEnded(owner) : isAtWork(owner);
      return isLive ? [] : [`${id} (${quantity}) is`];
    }),
};

/** Invariant 25: it gives its place back with the handover, or when it is stopped. */
const slots: Relation = {
  name: 'a fulfillment that has left its warehouse has no slot there (25)',
  holds: 'atRest',
  kind: 'fulfillment',
  others: (fulfillment) => [warehouseOf(fulfillment)],
  faults: (fulfillment, find) => {
    const warehouse = find(warehouseOf(fulfillment));
    if (warehouse === undefined || isAtWork(fulfillment)) return [];
    const { slots } = warehouse.context as WarehouseContext;
    return entryOf(slots, fulfillment.id) === undefined ? [] : [`it has one in ${warehouse.id}`];
  },
};

/** Invariant 25, the other way round. */
const atWork: Relation = {
  name: 'a fulfillment that is worked on has a slot (25)',
  holds: 'atRest',
  kind: 'fulfillment',
  others: (fulfillment) => [warehouseOf(fulfillment)],
  faults: (fulfillment, find) => {
    const warehouse = find(warehouseOf(fulfillment));
    if (warehouse === undefined || !needsSlot(fulfillment)) return [];
    const { slots } = warehouse.context as WarehouseContext;
    return entryOf(slots, fulfillment.id) === undefined ? [`it has none in ${warehouse.id}`] : [];
  },
};

export const stockRelations: readonly Relation[] = [owners, slots, atWork];

const slotted = ['planned', 'picking', 'picked', 'packing', 'packed', 'labelling', 'readyToShip'];

function needsSlot(fulfillment: Standing): boolean {
  const { progress } = fulfillment.state as { progress?: unknown };
  return typeof progress === 'string' && slotted.includes(progress) && isAtWork(fulfillment);
}

function reservationsOf({ context }: Standing): StockItemContext['held'] {
  const { held, waiting } = context as StockItemContext;
  return [...held, ...waiting];
}

function warehouseOf(fulfillment: Standing): { kind: string; id: string } {
  return { kind: 'warehouse', id: fulfillmentContext(fulfillment).warehouse };
}
