/** What an order understands. */
import { z } from 'zod';
import * as schema from './schemas.ts';

const line = z.strictObject({
  lineId: schema.lineId.optional().describe('l1, l2 … by position if left out'),
  sku: schema.sku,
  quantity: schema.quantity,
  unitPrice: schema.money.describe('In minor units of the currency'),
  warehouse: schema.warehouseId.default('W1').describe('The warehouse that fulfills the line'),
});

/** The id that a line goes by, given or made from its position. */
export function lineIdOf(given: { lineId?: string | undefined }, index: number): string {
  return given.lineId ?? `l${index + 1}`;
}

const lines = z
  .array(line)
  .min(1)
  .max(schema.maxLines)
  .superRefine((given, refinement) => {
    const ids = given.map(lineIdOf);
    for (const [index, id] of ids.entries()) {
      if (ids.indexOf(id) < index) {
        refinement.addIssue({
          code: 'custom',
          path: [index, 'lineId'],
          message: `another line is ${id} already`,
        });
      }
    }
    const total = given.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
    if (total > Number.MAX_SAFE_INTEGER) {
      refinement.addIssue({ code: 'custom', message: 'the total is too large to add up exactly' });
    }
  });

export const orderInput = z
  .strictObject({
    id: schema.orderId.optional(),
    customerId: z.string().min(1).max(200),
    currency: schema.currency,
    shipTo: schema.address,
    lines,
    payment: z
      .strictObject({ gateway: z.enum(['sandbox']), method: schema.text(60) })
      .default({ gateway: 'sandbox', method: 'ok' }),
    draft: z.boolean().default(false).describe('Wait for place instead of starting at once'),
  })
  .describe('A customer orders');

const quantities = z.strictObject({
  assigned: schema.count.describe('What it is to ship, shipped or not'),
  cut: schema.count.describe('Taken from it by a stop'),
  short: schema.count.describe('Not found on the shelf'),
  shipped: schema.count.describe('Handed to a carrier'),
  delivered: schema.count,
});
export type Quantities = z.infer<typeof quantities>;

const account = z.strictObject({
  fulfillmentId: schema.id,
  version: z.int().min(1).describe('Counts the accounts of this fulfillment; only a higher one is news'),
  state: z.enum(['open', 'handedOver', 'delivered', 'stopped']),
  lines: z.record(schema.lineId, quantities),
});
export type Account = z.infer<typeof account>;

export const orderEvents = {
  'order.create': orderInput,
  'order.place': z.strictObject({}).describe('The customer places the draft'),
  'order.cancel': z
    .strictObject({ reason: schema.text(500).optional() })
    .describe('Cancel everything that is not handed over to a carrier yet'),
  'order.changeAddress': z
    .strictObject({ shipTo: schema.address })
    .describe('Send what is not handed over yet to another address'),
  'order.hold': schema.hold.describe('Stop work on the order until the hold with this handle is released'),
  'order.release': schema.release.describe('Lift the hold with this handle'),
  'fulfillment.account': account.describe('How a fulfillment stands, whole, whatever was told before'),
};

export type OrderEvent = schema.EventOf<typeof orderEvents>;
export type OrderInput = z.output<typeof orderInput> & { readonly id: string };
