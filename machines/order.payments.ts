/** What a payment's answer means for the order's books. */
import type { OrderContext, PaymentBook } from './order.context.ts';
import type { OrderEvent } from './order.events.ts';
import { changedPayment, ended } from './order.money.ts';

type PaymentAnswer = Extract<OrderEvent, { type: `payment.${string}` }>;

/** Answers of every payment are heard in every state; what they mean is read from the books. */
export function noted(order: OrderContext, event: OrderEvent): Partial<OrderContext> {
  if (!('paymentId' in event)) return {};
  return changedPayment(order, event.paymentId, (payment) => answered(payment, event));
}

function answered(payment: PaymentBook, answer: PaymentAnswer): PaymentBook {
  if (isStanding(answer)) return standing(payment, standings[answer.type]);
  switch (answer.type) {
    case 'payment.authorized':
      return { ...standing(payment, 'authorized'), capturesOnce: answer.capturesOnce };
    case 'payment.captured':
      return withCaptureState(payment, answer.fulfillmentId, 'captured');
    case 'payment.captureFailed':
      return withCaptureState(payment, answer.fulfillmentId, 'failed');
    case 'payment.refunded':
      return withRefundState(payment, answer.refundId, 'refunded');
    case 'payment.refundFailed':
      return withRefundState(payment, answer.refundId, 'failed');
  }
}

/** Answers that say no more than how the payment stands. */
const standings = {
  'payment.declined': 'declined',
  'payment.requiresAction': 'requiresAction',
  'payment.unknown': 'unknown',
  'payment.voided': 'voided',
  'payment.closed': 'closed',
  'payment.stuck': 'stuck',
} as const;

function isStanding(
  answer: PaymentAnswer,
): answer is Extract<PaymentAnswer, { type: keyof typeof standings }> {
  return Object.hasOwn(standings, answer.type);
}

/** What is over stays over, whatever comes late about its authorization; only a void or a person's case is news. */
function standing(payment: PaymentBook, state: PaymentBook['state']): PaymentBook {
  const isNews = state === 'voided' || state === 'closed' || state === 'stuck';
  return ended.has(payment.state) && !isNews ? payment : { ...payment, state };
}

/** It has answered: whatever nobody knew of is known. */
function goesOn(payment: PaymentBook): PaymentBook {
  if (payment.state !== 'stuck') return payment;
  return { ...payment, state: payment.givenUp ? 'unknown' : 'authorized' };
}

function withCaptureState(payment: PaymentBook, id: string, state: 'captured' | 'failed'): PaymentBook {
  const capture = payment.captures[id];
  if (capture?.state !== 'asked') return payment;
  return { ...goesOn(payment), captures: { ...payment.captures, [id]: { ...capture, state } } };
}

function withRefundState(payment: PaymentBook, id: string, state: 'refunded' | 'failed'): PaymentBook {
  const refund = payment.refunds[id];
  // One that was given can still fail, weeks later; nothing else that is settled changes.
  const isNews = refund?.state === 'asked' || (refund?.state === 'refunded' && state === 'failed');
  if (!isNews) return payment;
  return { ...goesOn(payment), refunds: { ...payment.refunds, [id]: { ...refund, state } } };
}
