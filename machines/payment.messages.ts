/** What a payment tells its order. */
import {
  inHand,
  isGivenUp,
  isSettled,
  operation,
  type LedgerEntry,
  type PaymentContext,
} from './payment.books.ts';
import type { PaymentAnswer } from './payment.events.ts';
import type { Message } from './send.ts';

type Told = Message<PaymentAnswer>;

/** News: each operation whose state is another one now, if the order waits for it. */
export function news(before: PaymentContext, after: PaymentContext): Told[] {
  return after.operations
    .filter((entry) => operation(before, entry.id)?.state !== entry.state)
    .flatMap((entry) => (entry.silent === true ? [] : about(after, entry)));
}

/** The answer to what was asked before; none while it is under way: it comes by itself. */
export function answerTo(payment: PaymentContext, operationId: string): Told[] {
  const entry = operation(payment, operationId);
  return entry === undefined || !isSettled(entry) ? [] : about(payment, entry);
}

/** The answer to an order that asks to authorize once more; none while the first one is still to come. */
export function authorizationAnswer(payment: PaymentContext): Told[] {
  if (!isGivenUp(payment)) return payment.operations.slice(0, 1).flatMap((auth) => about(payment, auth));
  // One that the order knows as declined is voided on our own account.
  if (payment.operations.some(({ silent }) => silent === true)) return [told(payment, declined(payment))];
  return payment.operations.filter(({ kind }) => kind === 'void').flatMap((entry) => about(payment, entry));
}

/** Somebody has to look at it, and what is asked for has to wait. */
export function stuckAnswer(payment: PaymentContext): Told[] {
  const { id: paymentId, stuck: reason } = payment;
  return inHand(payment) === undefined ? [] : [told(payment, { type: 'payment.stuck', paymentId, reason })];
}

export function captureRefused(payment: PaymentContext, fulfillmentId: string, reason: string): Told {
  return told(payment, { type: 'payment.captureFailed', paymentId: payment.id, fulfillmentId, reason });
}

export function refundRefused(payment: PaymentContext, refundId: string, reason: string): Told {
  return told(payment, { type: 'payment.refundFailed', paymentId: payment.id, refundId, reason });
}

function about(payment: PaymentContext, entry: LedgerEntry): Told[] {
  const answer = answers[entry.kind](payment, entry);
  return answer === undefined ? [] : [told(payment, answer)];
}

type Answer = (payment: PaymentContext, entry: LedgerEntry) => PaymentAnswer | undefined;

const answers: Readonly<Record<LedgerEntry['kind'], Answer>> = {
  authorize(payment, { state }) {
    // Who has given it up waits for the void alone.
    if (isGivenUp(payment) || state === 'pending' || state === 'calling') return undefined;
    if (state === 'succeeded') return authorized(payment);
    if (state === 'failed') return declined(payment);
    if (state === 'requiresAction') return customerMustAct(payment);
    return { type: 'payment.unknown', paymentId: payment.id };
  },
  capture({ id: paymentId }, { id, state, amount, reason = '' }) {
    const fulfillmentId = id.slice('cap:'.length);
    if (state === 'succeeded') return { type: 'payment.captured', paymentId, fulfillmentId, amount };
    return state === 'failed'
      ? { type: 'payment.captureFailed', paymentId, fulfillmentId, reason }
      : undefined;
  },
  refund({ id: paymentId }, { id, state, amount, reason = '' }) {
    const refundId = id.slice('refund:'.length);
    if (state === 'succeeded') return { type: 'payment.refunded', paymentId, refundId, amount };
    return state === 'failed' ? { type: 'payment.refundFailed', paymentId, refundId, reason } : undefined;
  },
  void({ id: paymentId }, { id, state }) {
    if (state !== 'succeeded') return undefined;
    return { type: id === 'close' ? 'payment.closed' : 'payment.voided', paymentId };
  },
};

function authorized({ id: paymentId, capturesOnce }: PaymentContext): PaymentAnswer {
  return { type: 'payment.authorized', paymentId, capturesOnce };
}

function declined(payment: PaymentContext): PaymentAnswer {
  const reason = operation(payment, 'auth')?.reason ?? 'declined';
  return { type: 'payment.declined', paymentId: payment.id, reason };
}

function customerMustAct({ id: paymentId, actionUrl: url }: PaymentContext): PaymentAnswer {
  return { type: 'payment.requiresAction', paymentId, ...(url === null ? {} : { url }) };
}

function told({ orderId }: PaymentContext, event: PaymentAnswer): Told {
  return { to: { kind: 'order', id: orderId }, event };
}
