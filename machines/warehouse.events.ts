/** What a warehouse understands, and what it answers. */
import { z } from 'zod';
import * as schema from './schemas.ts';

export const warehouseInput = z
  .strictObject({
    id: schema.warehouseId.optional(),
    country: schema.country,
    location: schema.location,
    capacity: schema.slots.describe('How many fulfillments it can work on at once'),
    region: schema.region.default('main'),
  })
  .describe('A warehouse opens');
export type WarehouseInput = z.output<typeof warehouseInput> & { readonly id: string };

const fulfillmentId = schema.id;
const attempt = z.int().min(1).describe('Counts the fulfillment’s tries; answers carry it (rule 8)');

export const warehouseEvents = {
  'warehouse.create': warehouseInput,
  'warehouse.pause': z.strictObject({}).describe('Take on nothing new; work in progress goes on'),
  'warehouse.open': z.strictObject({}).describe('Take on work again'),
  'warehouse.close': z
    .strictObject({})
    .describe(
      'Take on nothing new, for good; work in progress goes on, and goods that stand there are still counted',
    ),
  'warehouse.setCapacity': z
    .strictObject({ capacity: schema.slots })
    .describe('How many fulfillments it can work on at once; not fewer than it has'),
  'warehouse.slot': z
    .strictObject({ fulfillmentId, attempt })
    .describe('A fulfillment wants a place; it keeps it until it frees it'),
  'warehouse.free': z
    .strictObject({ fulfillmentId, attempt })
    .describe('The fulfillment leaves: what it has, and what it asked for up to this attempt'),
};
export type WarehouseEvent = schema.EventOf<typeof warehouseEvents>;

/** To the fulfillment. */
export const warehouseAnswers = {
  'warehouse.granted': z.strictObject({ warehouse: schema.warehouseId, attempt }),
  'warehouse.denied': z.strictObject({ warehouse: schema.warehouseId, attempt }),
};
