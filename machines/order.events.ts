/** What an order understands. */
import { z } from 'zod';
import { currencies } from './currencies.ts';
import { fulfillmentAnswers } from './fulfillment.events.ts';
import { paymentAnswers } from './payment.events.ts';
import { routingAnswers } from './routing.events.ts';
import * as schema from './schemas.ts';
import { stockAnswers } from './stockItem.events.ts';

const line = z.strictObject({
  lineId: schema.lineId.optional().describe('l1, l2 … by position if left out'),
  sku: schema.sku,
  quantity: schema.quantity,
  unitPrice: schema.money.describe('In minor units of the currency'),
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
    if (total > schema.maxMoney) {
      refinement.addIssue({ code: 'custom', message: 'the total is too large to add up exactly' });
    }
  });

export const orderInput = z
  .strictObject({
    id: schema.orderId.optional(),
    customerId: z
      .string()
      .min(1)
      .max(200)
      .meta({ examples: ['ada'] }),
    currency: schema.currency.refine(
      (code) => currencies.has(code),
      'must be the ISO 4217 code of a currency in use, such as EUR',
    ),
    shipTo: schema.address,
    lines,
    payment: z
      .strictObject({ gateway: schema.provider, method: schema.text(60) })
      .default({ gateway: 'sandbox', method: 'ok' }),
    region: schema.region.default('main').describe('Whose warehouses ship it'),
    draft: z.boolean().default(false).describe('Wait for place instead of starting at once'),
  })
  .describe('A customer orders');

/** Of the hold that the order sets itself, as long as a payment is to be collected. */
export const paymentHandle = 'payment';
const handle = schema.handle.refine((given) => given !== paymentHandle, 'is the order’s own');
const hold = schema.hold.extend({ handle });
const release = schema.release.extend({ handle });

export const orderEvents = {
  'order.create': orderInput,
  'order.place': z.strictObject({}).describe('The customer places the draft'),
  'order.cancel': z
    .strictObject({ reason: schema.text(500).optional() })
    .describe('Cancel everything that is not handed over to a carrier yet; what was faster is an incident'),
  'order.pay': z
    .strictObject({ method: schema.text(60) })
    .describe('Pay in another way, after a payment was declined'),
  'order.cancelLine': z
    .strictObject({ lineId: schema.lineId, quantity: schema.quantity })
    .describe('Cancel some of a line, as far as it is not picked yet; what comes too late is an incident'),
  'order.changeAddress': z
    .strictObject({ shipTo: schema.address })
    .describe('Send what is not handed over yet to another address; what was faster is an incident'),
  'order.hold': hold.describe('Stop work on the order until the hold with this handle is released'),
  'order.release': release.describe('Lift the hold with this handle'),
  'order.resolveShort': z
    .strictObject({
      lineId: schema.lineId,
      quantity: schema.quantity,
      by: z.enum(['backorder', 'warehouse', 'cancel']),
    })
    .describe('What was not on the shelf: wait for it, take it from another warehouse, or cancel it'),
  'order.resolveParcel': z
    .strictObject({ shipmentId: schema.id, by: z.enum(['reship', 'refund']) })
    .describe('A parcel was lost or came back: send it again, or give the money back'),
  'order.retry': z.strictObject({}).describe('Try again what is stuck'),
  'order.resolve': z
    .strictObject({ reason: schema.text(500) })
    .describe('The money has been settled by hand, at the gateway or otherwise: nothing more is tried'),

  ...routingAnswers,
  ...stockAnswers,
  ...paymentAnswers,
  ...fulfillmentAnswers,
};

export type OrderEvent = schema.EventOf<typeof orderEvents>;
export type OrderInput = z.output<typeof orderInput> & { readonly id: string };
