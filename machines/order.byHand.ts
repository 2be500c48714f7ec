/** What people have settled by hand, where the gateway could not: it counts as captured, or as given back. */
import type { OrderContext } from './order.books.ts';
import {
  captureOf,
  uncaptured,
  withCapture,
  type Capture,
  type PaymentBook,
  type Refund,
} from './order.money.ts';

/** Whether a person can see to it that what was handed over counts as paid. */
export function hasUncaptured(order: OrderContext): boolean {
  return uncaptured(order).some(([, book]) => captureOf(order, book, false).amount > 0);
}

/** A person has got what could not be captured, or lets it go. What is not handed over yet has still to be paid. */
export function capturesSettled(order: OrderContext): Pick<OrderContext, 'payments'> {
  let after = order;
  for (const [fulfillmentId, book] of uncaptured(order)) {
    const capture: Capture = { ...captureOf(after, book, false), state: 'byHand' };
    after = { ...after, ...withCapture(after, { fulfillmentId, capture }) };
  }
  return { payments: after.payments };
}

/** What was settled by hand is given back by hand, too: the gateway has none of it. */
export function withoutByHand(
  { payments }: OrderContext,
  fulfillmentId: string,
): Pick<OrderContext, 'payments'> {
  const without = (payment: PaymentBook): PaymentBook => {
    const capture = payment.captures[fulfillmentId];
    if (capture?.state !== 'byHand') return payment;
    return {
      ...payment,
      captures: { ...payment.captures, [fulfillmentId]: { ...capture, state: 'dropped' } },
    };
  };
  return {
    payments: Object.fromEntries(Object.entries(payments).map(([id, payment]) => [id, without(payment)])),
  };
}

/** A person has given back by hand what the gateway did not. */
export function refundsSettled({ payments }: OrderContext): Pick<OrderContext, 'payments'> {
  const settled = (refund: Refund): Refund =>
    refund.state === 'failed' ? { ...refund, state: 'byHand' } : refund;
  return {
    payments: Object.fromEntries(
      Object.entries(payments).map(([id, payment]) => {
        const refunds = Object.entries(payment.refunds).map(([key, one]) => [key, settled(one)] as const);
        return [id, { ...payment, refunds: Object.fromEntries(refunds) }] as const;
      }),
    ),
  };
}
