/** What a fulfillment understands. */
import { z } from 'zod';
import * as schema from './schemas.ts';

const lines = z.array(z.strictObject({ lineId: schema.lineId, sku: schema.sku, quantity: schema.quantity }));

export const fulfillmentInput = z
  .strictObject({
    id: schema.id.optional(),
    orderId: schema.id,
    warehouse: schema.warehouseId,
    lines: lines.min(1).max(schema.maxLines),
    shipTo: schema.address,
    addressRevision: schema.revision,
    holds: z.array(schema.hold).max(schema.maxHolds).describe('The holds that the order has now'),
  })
  .describe(
    'The order gives these lines to a warehouse. Asked again, the fulfillment answers with its account',
  );

const picked = z.strictObject({ lineId: schema.lineId, quantity: schema.quantity });

export const fulfillmentEvents = {
  'fulfillment.start': fulfillmentInput,
  'fulfillment.stop': z.strictObject({}).describe('The order cancels whatever is not handed over yet'),
  'fulfillment.changeAddress': z
    .strictObject({ shipTo: schema.address, revision: schema.revision })
    .describe('The order has a new address; older revisions change nothing'),
  'order.held': schema.hold.describe('The order was put on hold'),
  'order.released': schema.release.describe('A hold of the order was lifted'),

  'fulfillment.startPick': z.strictObject({}).describe('A picker takes the job'),
  'fulfillment.finishPick': z
    .strictObject({ lines: z.array(picked).min(1).max(schema.maxLines) })
    .describe('Every assigned line is in the tote, in full'),
  'fulfillment.startPack': z.strictObject({}).describe('A packer takes the tote'),
  'fulfillment.finishPack': z.strictObject({}).describe('Everything is packed and the parcel is closed'),
  'fulfillment.handOver': z.strictObject({}).describe('The carrier has taken the parcel'),
  'fulfillment.deliver': z.strictObject({}).describe('The parcel has reached the customer'),
  'fulfillment.hold': schema.hold.describe('Stop the work here until the hold with this handle is released'),
  'fulfillment.release': schema.release.describe('Lift the hold with this handle'),
};

export type FulfillmentEvent = schema.EventOf<typeof fulfillmentEvents>;
export type FulfillmentInput = z.output<typeof fulfillmentInput> & { readonly id: string };
