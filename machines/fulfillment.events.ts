/** What a fulfillment understands. */
import { z } from 'zod';
import * as schema from './schemas.ts';
import { shipmentAnswers } from './shipment.events.ts';
import { stockAnswers } from './stockItem.events.ts';
import { warehouseAnswers } from './warehouse.events.ts';

const lines = z.array(
  z.strictObject({
    lineId: schema.lineId,
    sku: schema.sku,
    quantity: schema.quantity,
    reservation: schema.id.describe('Holds the goods; the fulfillment owns it from now on'),
  }),
);

const orderHolds = {
  holds: z
    .array(schema.hold)
    .max(schema.maxHolds + 1)
    .describe('The holds that the order has now: those of people, and its own for a payment'),
  holdsRevision: schema.revision,
};

export const fulfillmentInput = z
  .strictObject({
    id: schema.id.optional(),
    orderId: schema.id,
    warehouse: schema.warehouseId.describe('Where the goods are held'),
    candidates: z.array(schema.warehouseId).max(schema.maxCandidates).describe('Where else it could go'),
    lines: lines.min(1).max(schema.maxLines),
    shipTo: schema.address,
    addressRevision: schema.revision,
    ...orderHolds,
  })
  .describe(
    'The order gives these lines to a warehouse. Asked again, the fulfillment answers with its account',
  );

const picked = z.strictObject({ lineId: schema.lineId, quantity: schema.quantity });

export const fulfillmentEvents = {
  'fulfillment.start': fulfillmentInput,
  'fulfillment.stop': z.strictObject({}).describe('The order cancels whatever is not handed over yet'),
  'fulfillment.reduce': z
    .strictObject({ change: schema.id, lineId: schema.lineId, quantity: schema.quantity })
    .describe('The order cancels some of a line; the account tells how much of that still could be'),
  'fulfillment.changeAddress': z
    .strictObject({ shipTo: schema.address, revision: schema.revision })
    .describe('The order has a new address; older revisions change nothing'),
  'fulfillment.orderHolds': z
    .strictObject(orderHolds)
    .describe('The holds of the order have changed; these are all, and older revisions change nothing'),

  'fulfillment.startPick': z.strictObject({}).describe('A picker takes the job'),
  'fulfillment.finishPick': z
    .strictObject({ lines: z.array(picked).min(1).max(schema.maxLines) })
    .describe('Every assigned line is in the tote, in full'),
  'fulfillment.shortPick': picked.describe('So many of a line are not on the shelf'),
  'fulfillment.startPack': z.strictObject({}).describe('A packer takes the tote'),
  'fulfillment.finishPack': z.strictObject({}).describe('Everything is packed and the parcel is closed'),
  'fulfillment.handOver': z.strictObject({}).describe('The carrier has taken the parcel'),
  'fulfillment.hold': schema.hold.describe('Stop the work here until the hold with this handle is released'),
  'fulfillment.release': schema.release.describe('Lift the hold with this handle'),

  ...stockAnswers,
  ...warehouseAnswers,
  ...shipmentAnswers,
};

const quantities = z.strictObject({
  assigned: schema.count.describe('What it is to ship, shipped or not'),
  cut: schema.count.describe('Taken from it by a change or a stop'),
  short: schema.count.describe('Not found on the shelf'),
  shipped: schema.count.describe('Handed to a carrier'),
  delivered: schema.count,
});
export type Quantities = z.infer<typeof quantities>;

const account = z.strictObject({
  fulfillmentId: schema.id,
  version: z.int().min(1).describe('Counts the accounts of this fulfillment; only a higher one is news'),
  state: z.enum(['open', 'stopped', 'handedOver', 'delivered', 'lost', 'returned']),
  warehouse: schema.warehouseId,
  shipmentId: schema.id.nullable(),
  change: schema.id.nullable().describe('The last change of the order that it has answered'),
  addressRevision: schema.revision.describe('Of the address that it ships to'),
  holdsRevision: schema.revision.describe('Of the holds of the order that it knows'),
  incidents: schema.count.describe('How often a parcel moved that should not have'),
  lines: z.record(schema.lineId, quantities),
});
export type Account = z.infer<typeof account>;

/** To the order. */
export const fulfillmentAnswers = {
  'fulfillment.account': account.describe('How a fulfillment stands, whole, whatever was told before'),
};

export type FulfillmentEvent = schema.EventOf<typeof fulfillmentEvents>;
export type FulfillmentInput = z.output<typeof fulfillmentInput> & { readonly id: string };
