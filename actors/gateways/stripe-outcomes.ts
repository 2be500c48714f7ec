/** What an answer of Stripe says about one of our operations. */
import type Stripe from 'stripe';
import type { Operation, OperationResult } from '../providers.ts';
import { declined } from './stripe-client.ts';

export type Looked = OperationResult | { readonly outcome: 'notFound' };

/** Metadata of an intent and of a refund; a webhook finds its actor and operation by it (rule 5). */
export interface StripeMetadata {
  readonly paymentId?: string;
  readonly orderId?: string;
  /** The key of the operation that made it: the authorization, or the refund. */
  readonly key?: string;
  /** Of the last capture: a payment has one operation at a time, so no other can be asked for. */
  readonly captureKey?: string;
  /** Of that capture alone, in Stripe’s units: of several, the intent itself tells the sum. */
  readonly captureAmount?: string;
  readonly voidKey?: string;
}

/** The outcome of an authorization, as its intent stands now. */
export function ofAuthorization(intent: Stripe.PaymentIntent): OperationResult {
  const reference = intent.id;
  switch (intent.status) {
    case 'requires_capture':
    case 'succeeded':
      return { outcome: 'succeeded', reference };
    case 'requires_action':
      return toConfirm(intent);
    case 'requires_payment_method':
      return ofAttempt(intent);
    case 'canceled':
      return { outcome: 'failed', reason: `canceled: ${intent.cancellation_reason ?? 'no reason given'}` };
    // It is still being worked on; also whatever states Stripe will add.
    case 'processing':
    case 'requires_confirmation':
    default:
      return { outcome: 'unknown' };
  }
}

function toConfirm({ id, next_action: next }: Stripe.PaymentIntent): OperationResult {
  const url = next?.redirect_to_url?.url;
  return { outcome: 'requiresAction', reference: id, ...(url ? { url } : {}) };
}

/** Without an error the confirmation has not been tried yet: the call may be under way. */
function ofAttempt({ last_payment_error: error }: Stripe.PaymentIntent): OperationResult {
  return error === null ? { outcome: 'unknown' } : { outcome: 'failed', reason: declined(error) };
}

/** Whether this capture is done, by the key that it left; an intent that can no longer be captured says no. */
export function ofCapture(intent: Stripe.PaymentIntent, { key }: Operation): Looked {
  if ((intent.metadata as StripeMetadata).captureKey === key && intent.amount_received > 0) {
    return { outcome: 'succeeded', reference: intent.id };
  }
  if (intent.status === 'canceled') {
    return { outcome: 'failed', reason: 'the authorization has expired or was canceled' };
  }
  if (intent.status === 'succeeded') {
    return { outcome: 'failed', reason: 'the authorization has been captured before' };
  }
  return { outcome: 'notFound' };
}

/** Nothing is left to be captured: canceled, or captured and the rest released with it. */
export function ofVoid(intent: Stripe.PaymentIntent): Looked {
  const ended = intent.status === 'canceled' || intent.status === 'succeeded';
  return ended ? { outcome: 'succeeded', reference: intent.id } : { outcome: 'notFound' };
}

/** A pending refund is not known yet: a webhook or a look-up will tell. */
export function ofRefund(refund: Stripe.Refund, reference: string): OperationResult {
  switch (refund.status) {
    case 'succeeded':
      return { outcome: 'succeeded', reference };
    case 'failed':
    case 'canceled':
      return { outcome: 'failed', reason: refund.failure_reason ?? refund.status };
    case null:
    default:
      return { outcome: 'unknown' };
  }
}
