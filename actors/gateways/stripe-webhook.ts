/** What Stripe tells by itself, as messages to payments. Events of others in the same account are of no interest. */
import Stripe from 'stripe';
import { z } from 'zod';
import { paymentEvents } from '../../machines/payment.events.ts';
import { messageOf } from '../../runtime/errors.ts';
import { addressSchema } from '../../runtime/address.ts';
import type { Webhook, WebhookReading, WebhookRequest } from '../providers.ts';
import { fromStripe } from './stripe-amounts.ts';

/** How old a signature may be. */
const toleranceS = 300;

/** Told about one operation: in Stripe’s units. */
interface Told {
  readonly eventId: string;
  readonly paymentId: string | undefined;
  readonly key: string | undefined;
  readonly kind: 'authorize' | 'capture' | 'refund' | 'void';
  readonly outcome: 'succeeded' | 'failed' | 'requiresAction';
  readonly amount: number;
  readonly currency: string;
  readonly reference: string | undefined;
}

/** Checks the signature over the raw bytes, then reads. */
export function stripeWebhook(stripe: Stripe, secret: string): Webhook {
  return async (request) => {
    const event = await verified(stripe, secret, request);
    if ('verdict' in event) return event;
    try {
      return readingOf(told(event));
    } catch (error) {
      if (error instanceof z.ZodError) return malformed(error);
      throw error;
    }
  };
}

async function verified(
  stripe: Stripe,
  secret: string,
  request: WebhookRequest,
): Promise<Stripe.Event | WebhookReading> {
  const signature = request.header('stripe-signature');
  if (signature === undefined) return { verdict: 'unsigned' };
  const body = Buffer.from(request.body);
  try {
    return await stripe.webhooks.constructEventAsync(
      body,
      signature,
      secret,
      toleranceS,
      undefined,
      request.now,
    );
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) return { verdict: 'unsigned' };
    return { verdict: 'malformed', why: messageOf(error).slice(0, 500) };
  }
}

const ofIntents: Readonly<Record<string, What>> = {
  'payment_intent.amount_capturable_updated': { kind: 'authorize', outcome: 'succeeded' },
  'payment_intent.requires_action': { kind: 'authorize', outcome: 'requiresAction' },
  'payment_intent.payment_failed': { kind: 'authorize', outcome: 'failed' },
  'payment_intent.succeeded': { kind: 'capture', outcome: 'succeeded' },
};
const ofRefunds = new Set(['refund.created', 'refund.updated', 'refund.failed', 'charge.refund.updated']);

function told({ id, type, data }: Stripe.Event): readonly Told[] {
  const { object } = data;
  if (type === 'payment_intent.canceled') return [ofCanceled(id, intent.parse(object))];
  if (type === 'charge.refunded') {
    return charge.parse(object).refunds.data.flatMap((one) => ofRefund(`${id}:${one.id}`, one));
  }
  if (ofRefunds.has(type)) return ofRefund(id, refund.parse(object));
  const what = ofIntents[type];
  return what === undefined ? [] : [ofIntent(id, intent.parse(object), what)];
}

const metadata = z.object({
  paymentId: z.string().optional(),
  key: z.string().optional(),
  captureKey: z.string().optional(),
  captureAmount: z.coerce.number().optional(),
  voidKey: z.string().optional(),
});
const intent = z.object({
  id: z.string(),
  amount: z.number(),
  amount_received: z.number(),
  currency: z.string(),
  metadata,
});
const refund = z.object({
  id: z.string(),
  status: z.string().nullable(),
  amount: z.number(),
  currency: z.string(),
  payment_intent: z.union([z.string(), z.object({ id: z.string() })]).nullish(),
  metadata: metadata.nullish(),
});
/** Recent versions of the API leave the refunds out: then the events of the refunds tell. */
const charge = z.object({ refunds: z.object({ data: z.array(refund) }).default({ data: [] }) });

type What = Pick<Told, 'kind' | 'outcome'>;

function ofIntent(eventId: string, from: z.output<typeof intent>, what: What): Told {
  const { paymentId, key, captureKey, captureAmount, voidKey } = from.metadata;
  const received = from.amount_received;
  // Where less came in than this capture was to bring, what came in is told, and the payment does not know it.
  const captured = captureAmount !== undefined && captureAmount <= received ? captureAmount : received;
  const keys = { authorize: key, capture: captureKey, void: voidKey, refund: undefined };
  const amounts = { authorize: from.amount, capture: captured, void: 0, refund: 0 };
  return {
    eventId,
    paymentId,
    key: keys[what.kind],
    ...what,
    amount: amounts[what.kind],
    currency: from.currency,
    reference: from.id,
  };
}

/** Canceled, but not by us: it has expired, or somebody did it at Stripe. */
function ofCanceled(eventId: string, from: z.output<typeof intent>): Told {
  const ours = from.metadata.voidKey !== undefined;
  const what: What = ours ? { kind: 'void', outcome: 'succeeded' } : { kind: 'authorize', outcome: 'failed' };
  return ofIntent(eventId, from, what);
}

/** Nothing while it is pending. */
function ofRefund(eventId: string, from: z.output<typeof refund>): readonly Told[] {
  const outcome = refundOutcome(from.status);
  if (outcome === undefined) return [];
  const { amount, currency, payment_intent: of } = from;
  const { paymentId, key } = from.metadata ?? {};
  const reference = typeof of === 'string' ? of : of?.id;
  return [{ eventId, paymentId, key, kind: 'refund', outcome, amount, currency, reference }];
}

function refundOutcome(status: string | null): 'succeeded' | 'failed' | undefined {
  if (status === 'succeeded') return 'succeeded';
  return status === 'failed' || status === 'canceled' ? 'failed' : undefined;
}

function readingOf(all: readonly Told[]): WebhookReading {
  const messages = [];
  for (const { paymentId, key, reference, ...rest } of all) {
    // Not made by us.
    if (paymentId === undefined || key === undefined) continue;
    const currency = rest.currency.toUpperCase();
    const to = addressSchema.safeParse({ kind: 'payment', id: paymentId });
    if (to.error) return malformed(to.error);
    const payload = paymentEvents['payment.webhook'].safeParse({
      ...rest,
      key,
      currency,
      amount: fromStripe(rest.amount, currency),
      ...(reference === undefined ? {} : { reference }),
    });
    if (payload.error) return malformed(payload.error);
    messages.push({ to: to.data, event: { type: 'payment.webhook', ...payload.data } });
  }
  return { verdict: 'read', messages };
}

function malformed(error: z.ZodError): WebhookReading {
  return { verdict: 'malformed', why: z.prettifyError(error).slice(0, 500) };
}
