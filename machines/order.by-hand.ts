/** What people have taken by hand, where the gateway could not: it counts as captured. */
import type { Capture, OrderContext } from './order.context.ts';
import { captureOf, uncaptured, withCapture } from './order.money.ts';

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
