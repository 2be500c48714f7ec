/** What a payment understands, and what it answers. */
import { z } from 'zod';
import * as schema from './schemas.ts';

/** A positive amount in minor units. */
const amount = schema.money.min(1);

export const paymentInput = z
  .strictObject({
    id: schema.id.optional(),
    orderId: schema.id,
    customerId: z.string().min(1).max(200),
    gateway: schema.provider,
    method: schema.text(60),
    amount,
    currency: schema.currency,
  })
  .describe('Authorize this amount; asked again, the answer is the same');
export type PaymentInput = z.output<typeof paymentInput> & { readonly id: string };

/** `{payment}:{operation}`: longer than an id, and no longer than gateways take for an idempotency key. */
const operationKey = z
  .string()
  .regex(
    /^[A-Za-z0-9_-][A-Za-z0-9_~#:-]{0,254}$/,
    'must be 1 to 255 letters, digits or _ - ~ # :, and start with a letter, digit, _ or -',
  );
const refundId = z.string().regex(/^[1-9][0-9]{0,5}$/);
export const operationKinds = ['authorize', 'capture', 'refund', 'void'] as const;

export const paymentEvents = {
  'payment.authorize': paymentInput,
  'payment.capture': z
    .strictObject({ fulfillmentId: schema.id, amount })
    .describe('A parcel was handed over; the same fulfillment twice is captured once'),
  'payment.refund': z
    .strictObject({ refundId, amount })
    .describe('Give back some of what was captured; the same refund twice is given once'),
  'payment.void': z.strictObject({}).describe('Give up what is authorized and not captured'),
  'payment.close': z.strictObject({}).describe('Nothing more will be captured'),
  'payment.drop': z
    .strictObject({})
    .describe(
      'A person has settled the money of the order by hand: what is still in line is not carried out',
    ),
  'payment.settle': z
    .strictObject({ outcome: z.enum(['succeeded', 'failed']), reason: schema.text(500) })
    .describe('A person has found out at the gateway what became of the operation that nobody knew of'),
  'payment.webhook': z
    .strictObject({
      eventId: schema.externalId,
      key: operationKey.describe('The operation, by our key'),
      kind: z.enum(operationKinds),
      outcome: z.enum(['succeeded', 'failed', 'requiresAction']),
      amount: schema.money,
      currency: schema.currency,
      reference: schema.externalId.optional().describe('The gateway’s own id of the authorization'),
    })
    .describe('What the gateway tells by itself'),
};
export type PaymentEvent = schema.EventOf<typeof paymentEvents>;

const paymentId = schema.id;
/** To the order. */
export const paymentAnswers = {
  'payment.authorized': z.strictObject({
    paymentId,
    capturesOnce: z.boolean().describe('Whether the gateway captures no more than once (rule 14)'),
  }),
  'payment.declined': z.strictObject({ paymentId, reason: z.string().max(500) }),
  'payment.requiresAction': z.strictObject({ paymentId, url: z.string().max(2_000).optional() }),
  'payment.unknown': z.strictObject({ paymentId }),
  'payment.captured': z.strictObject({ paymentId, fulfillmentId: schema.id, amount: schema.money }),
  'payment.captureFailed': z.strictObject({
    paymentId,
    fulfillmentId: schema.id,
    reason: z.string().max(500),
  }),
  'payment.refunded': z.strictObject({ paymentId, refundId, amount: schema.money }),
  'payment.refundFailed': z.strictObject({ paymentId, refundId, reason: z.string().max(500) }),
  /** Nothing of it can be captured any more. */
  'payment.voided': z.strictObject({ paymentId }),
  'payment.closed': z.strictObject({ paymentId }),
  /** A person has to look at it. */
  'payment.stuck': z.strictObject({ paymentId, reason: z.string().max(500) }),
};
export type PaymentAnswer = schema.EventOf<typeof paymentAnswers>;
