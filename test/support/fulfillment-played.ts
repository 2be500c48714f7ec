/** One fulfillment, played alone, up to where a test begins; the test answers for warehouses, stock, shipment. */
import type { FulfillmentContext } from '../../machines/fulfillment.books.ts';
import type { Account } from '../../machines/fulfillment.events.ts';
import { played, shipTo, type Played } from './shop-messages.ts';

export type Fulfillment = Played<FulfillmentContext>;

export const start = {
  ...{
    orderId: 'o1',
    warehouse: 'W1',
    candidates: ['W1', 'W2'],
    shipTo,
    addressRevision: 1,
    holds: [],
    holdsRevision: 1,
  },
  lines: [
    { lineId: 'l1', sku: 'A', quantity: 2, reservation: 'o1~r1' },
    { lineId: 'l2', sku: 'B', quantity: 1, reservation: 'o1~r2' },
  ],
};
export const shipment = { shipmentId: 'o1~f1~s1' };
/** What a shipment says: of a parcel that moves, the address on its label as well. */
export const said = (type: string, revision = 1) =>
  type === 'shipment.moving' ? { ...shipment, revision } : shipment;
export const booked = { ...shipment, revision: 1, carrier: 'dhl', trackingNumber: 'T1' };
const picked = [
  { lineId: 'l1', quantity: 2 },
  { lineId: 'l2', quantity: 1 },
];

/** In `slotting`. */
export function newFulfillment(given: object = {}): Fulfillment {
  return played<FulfillmentContext>('fulfillment', { id: 'o1~f1', input: { ...start, ...given } });
}

/** What leads from each stage to the next one. */
const steps: readonly [string, (it: Fulfillment) => Fulfillment][] = [
  ['slotting', (it) => it],
  ['planned', (it) => it.hear('warehouse.granted', { warehouse: 'W1', attempt: 1 })],
  ['picking', (it) => it.does('fulfillment.startPick', {}, 'picker')],
  ['picked', (it) => it.does('fulfillment.finishPick', { lines: picked }, 'picker')],
  ['packing', (it) => it.does('fulfillment.startPack', {}, 'packer')],
  ['labelling', (it) => it.does('fulfillment.finishPack', {}, 'packer')],
  ['readyToShip', (it) => it.hear('shipment.booked', booked)],
  ['completed.handedOver', (it) => it.does('fulfillment.handOver', {}, 'packer')],
  ['completed.delivered', (it) => it.hear('shipment.delivered', shipment)],
];

const asides: Record<string, () => Fulfillment> = {
  movingWarehouse: () => moving(),
  unroutable: () => denied(denied(newFulfillment(), 'W1', 1), 'W2', 2),
  'stopping.voiding': () => reach('readyToShip').hear('fulfillment.stop'),
  'stopping.releasing': () => reach('planned').hear('fulfillment.stop'),
  stopped: () => releasedAll(reach('planned').hear('fulfillment.stop')),
  'completed.lost': () => reach('completed.handedOver').hear('shipment.lost', shipment),
  'completed.returned': () => reach('completed.handedOver').hear('shipment.returned', shipment),
};

export const stages: readonly string[] = [...steps.map(([stage]) => stage), ...Object.keys(asides)];

export function reach(stage: string): Fulfillment {
  const aside = asides[stage];
  if (aside !== undefined) return aside();
  const last = steps.findIndex(([name]) => name === stage);
  return steps.slice(0, last + 1).reduce((it, [, step]) => step(it), newFulfillment());
}

export function denied(it: Fulfillment, warehouse: string, attempt: number): Fulfillment {
  return it.hear('warehouse.denied', { warehouse, attempt });
}

/** W1 has no place, W2 has one: the goods are being held there. */
export function moving(given: object = {}): Fulfillment {
  const it = denied(newFulfillment(given), 'W1', 1);
  return it.hear('warehouse.granted', { warehouse: 'W2', attempt: 2 });
}

/** Answers every release that is still open. */
export function releasedAll(it: Fulfillment): Fulfillment {
  for (const { reservation, stockItem } of it.context().releasing) {
    it.hear('stock.released', { reservation, stockItem, kept: 0 });
  }
  return it;
}

export function stage(it: Fulfillment): string {
  const [progress = ''] = it.states().filter((path) => path.startsWith('progress.'));
  return progress.slice('progress.'.length);
}

export function isHeld(it: Fulfillment): boolean {
  return it.states().includes('hold.held');
}

/** The account of the last turn. */
export function lastAccount(it: Fulfillment): Partial<Account> | undefined {
  return it.told('fulfillment.account').at(-1)?.event as Partial<Account> | undefined;
}

/** `type to`, for each message of the last turn but accounts. */
export function asked(it: Fulfillment): string[] {
  return it
    .told()
    .filter(({ event }) => event.type !== 'fulfillment.account')
    .map(({ to, event }) => `${event.type} ${to}`);
}
