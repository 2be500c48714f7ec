/**
 * Stripe as a payment gateway: a payment is a PaymentIntent that is confirmed at once and captured by hand.
 * Every change carries the operation’s key, so that Stripe carries it out once however often it is asked.
 */
import type Stripe from 'stripe';
import type { Call, Operation, OperationResult, PaymentGateway } from '../providers.ts';
import { TerminalError } from '../../runtime/errors.ts';
import { toStripe } from './stripe-amounts.ts';
import { changing, createStripe, reading, type StripeAccess } from './stripe-client.ts';
import {
  ofAuthorization,
  ofCapture,
  ofRefund,
  ofVoid,
  type Looked,
  type StripeMetadata,
} from './stripe-outcomes.ts';
import { stripeWebhook } from './stripe-webhook.ts';

export interface StripeSettings extends StripeAccess {
  readonly webhookSecret: string;
  /** Where the customer’s bank sends them back to after a confirmation; unset: there is no link to confirm at. */
  readonly returnUrl?: string;
  /** Stripe captures an authorization once, unless the account has multicapture. */
  readonly capturesOnce?: boolean;
}

interface Account {
  readonly stripe: Stripe;
  readonly returnUrl: string | undefined;
  readonly capturesOnce: boolean;
}

/** The gateway `stripe`. It asks nothing of the network until it is used. */
export function stripeGateway(settings: StripeSettings): PaymentGateway {
  const account: Account = {
    stripe: createStripe(settings),
    returnUrl: settings.returnUrl,
    capturesOnce: settings.capturesOnce ?? true,
  };
  return {
    name: 'stripe',
    capturesOnce: account.capturesOnce,
    carryOut: (operation, call) => carryOut(account, operation, call),
    lookUp: (operation, call) => lookUp(account, operation, call),
    webhook: stripeWebhook(account.stripe, settings.webhookSecret),
  };
}

async function carryOut(account: Account, operation: Operation, call: Call): Promise<OperationResult> {
  call.signal.throwIfAborted();
  if (operation.kind === 'authorize') return authorize(account, operation);
  const reference = operation.reference ?? (await find(account, operation))?.id;
  // Nothing can be done to an authorization that has not been found yet (rule 4).
  if (reference === undefined) return { outcome: 'unknown' };
  if (operation.kind === 'capture') return capture(account, operation, reference);
  if (operation.kind === 'refund') return refund(account, operation, reference);
  return cancel(account, operation, reference);
}

function authorize({ stripe, returnUrl, capturesOnce }: Account, operation: Operation) {
  const metadata: StripeMetadata = {
    paymentId: operation.paymentId,
    orderId: operation.orderId,
    key: operation.key,
  };
  const params: Stripe.PaymentIntentCreateParams = {
    amount: toStripe(operation.amount, operation.currency),
    currency: operation.currency.toLowerCase(),
    payment_method: operation.method,
    allowed_payment_method_types: ['card'],
    capture_method: 'manual',
    confirm: true,
    metadata: { ...metadata },
    ...(returnUrl === undefined ? {} : { return_url: returnUrl }),
    ...(capturesOnce ? {} : { payment_method_options: { card: { request_multicapture: 'if_available' } } }),
  };
  return changing(
    async () =>
      ofAuthorization(await stripe.paymentIntents.create(params, { idempotencyKey: operation.key })),
    // The customer named a card that Stripe does not know or that cannot be used: theirs, not ours.
    ({ param, code, message }) =>
      param === 'payment_method'
        ? { outcome: 'failed', reason: `${code ?? 'invalid'}: ${message}` }
        : undefined,
  );
}

function capture({ stripe, capturesOnce }: Account, operation: Operation, reference: string) {
  const amount = toStripe(operation.amount, operation.currency);
  const metadata: StripeMetadata = { captureKey: operation.key, captureAmount: String(amount) };
  const params: Stripe.PaymentIntentCaptureParams = {
    amount_to_capture: amount,
    metadata: { ...metadata },
    ...(capturesOnce ? {} : { final_capture: false }),
  };
  return changing(
    async () => {
      await stripe.paymentIntents.capture(reference, params, { idempotencyKey: operation.key });
      return { outcome: 'succeeded', reference };
    },
    (error) => byItsState(error, (intent) => ofCapture(intent, operation)),
  );
}

/** The key is noted first, since a cancel takes no metadata: the webhook can then say which operation it was. */
function cancel({ stripe }: Account, operation: Operation, reference: string) {
  const metadata: StripeMetadata = { voidKey: operation.key };
  return changing(
    async () => {
      await stripe.paymentIntents.update(
        reference,
        { metadata: { ...metadata } },
        { idempotencyKey: `${operation.key}#noted` },
      );
      await stripe.paymentIntents.cancel(reference, {}, { idempotencyKey: operation.key });
      return { outcome: 'succeeded', reference };
    },
    (error) => byItsState(error, ofVoid),
  );
}

function refund({ stripe }: Account, operation: Operation, reference: string) {
  const { paymentId, orderId, key } = operation;
  const metadata: StripeMetadata = { paymentId, orderId, key };
  const params: Stripe.RefundCreateParams = {
    payment_intent: reference,
    amount: toStripe(operation.amount, operation.currency),
    metadata: { ...metadata },
  };
  return changing(
    async () => ofRefund(await stripe.refunds.create(params, { idempotencyKey: key }), reference),
    () => undefined,
  );
}

/** Refused for the state that the intent is in: that state may be what was wanted. */
function byItsState(
  { code, payment_intent: intent }: Stripe.errors.StripeInvalidRequestError,
  outcomeOf: (intent: Stripe.PaymentIntent) => Looked,
): OperationResult | undefined {
  if (code === 'capture_charge_authorization_expired' || code === 'charge_expired_for_capture') {
    return { outcome: 'failed', reason: 'the authorization has expired' };
  }
  if (code !== 'payment_intent_unexpected_state' || intent === undefined) return undefined;
  const looked = outcomeOf(intent);
  return looked.outcome === 'notFound' ? { outcome: 'unknown' } : looked;
}

async function lookUp(account: Account, operation: Operation, call: Call): Promise<Looked> {
  call.signal.throwIfAborted();
  const intent = await find(account, operation);
  if (intent === undefined) return { outcome: 'notFound' };
  switch (operation.kind) {
    case 'authorize':
      return ofAuthorization(intent);
    case 'capture':
      return ofCapture(intent, operation);
    case 'void':
      return ofVoid(intent);
    case 'refund': {
      const made = await findRefund(account, intent.id, operation.key);
      return made === undefined ? { outcome: 'notFound' } : ofRefund(made, intent.id);
    }
  }
}

/** By its id; else by our reference, through a search that lags behind by up to a minute, and more in an outage. */
async function find(
  { stripe }: Account,
  { reference, paymentId }: Operation,
): Promise<Stripe.PaymentIntent | undefined> {
  if (reference !== null) return reading(() => stripe.paymentIntents.retrieve(reference));
  if (!/^[\w~#:-]+$/.test(paymentId)) throw new TerminalError(`${paymentId} is no id of a payment`);
  const query = `metadata['paymentId']:'${paymentId}'`;
  const found = await reading(() => stripe.paymentIntents.search({ query, limit: 1 }));
  const id = found?.data[0]?.id;
  // The search may show an older state.
  return id === undefined ? undefined : reading(() => stripe.paymentIntents.retrieve(id));
}

/** A list is up to date. An order has few refunds; 100 is one page. */
async function findRefund(
  { stripe }: Account,
  reference: string,
  key: string,
): Promise<Stripe.Refund | undefined> {
  const page = await reading(() => stripe.refunds.list({ payment_intent: reference, limit: 100 }));
  return page?.data.find(({ metadata }) => (metadata as StripeMetadata | null)?.key === key);
}
