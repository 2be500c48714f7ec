/** What the routing of a region understands, and what it answers. */
import { z } from 'zod';
import * as schema from './schemas.ts';

export const routingEvents = {
  'routing.ask': z
    .strictObject({ orderId: schema.id, shipTo: schema.address })
    .describe('Which warehouses could ship to this address?'),
  'routing.update': z
    .strictObject({
      warehouse: schema.warehouseId,
      version: z.int().min(1).describe('Counts what this warehouse has told; only a higher one is news'),
      country: schema.country,
      location: schema.location,
      takesWork: z.boolean(),
      capacity: z.enum(['available', 'nearFull', 'full']),
    })
    .describe('How a warehouse stands'),
};
export type RoutingEvent = schema.EventOf<typeof routingEvents>;
/** The chart starts with its id alone: the region. */
export interface RoutingInput {
  readonly id: string;
}

/** To the order. */
export const routingAnswers = {
  'routing.candidates': z
    .strictObject({ warehouses: z.array(schema.warehouseId).max(schema.maxCandidates) })
    .describe('Warehouses that take on work, the best first; a hint, not a promise'),
};
