/** What was charged, against what became of the order. */
import { done, inHand, left, type PaymentContext } from '../../machines/payment.books.ts';
import type { Relation, Standing } from './health.ts';
import { cameToNothing, orderAt } from './reading.ts';

/** Invariant 15. */
const nothingLeft: Relation = {
  name: 'of an order that came to nothing no money is taken, nor can be (15)',
  holds: 'atRest',
  kind: 'payment',
  others: orderOf,
  faults: (standing, find) => {
    const payment = standing.context as PaymentContext;
    const order = find(orderAt(payment.orderId));
    if (order === undefined || !cameToNothing(order)) return [];
    const kept = done(payment, 'capture') - done(payment, 'refund');
    const pending = inHand(payment);
    return [
      ...(left(payment) > 0 ? [`${left(payment)} can still be captured`] : []),
      ...(kept > 0 ? [`${kept} are captured and not refunded`] : []),
      ...(pending === undefined ? [] : [`${pending.id} is ${pending.state}`]),
    ];
  },
};

/** Rule 18: the order makes it. */
const made: Relation = {
  name: 'a payment has an order (18)',
  holds: 'always',
  kind: 'payment',
  others: orderOf,
  faults: ({ context }, find) => {
    const { orderId } = context as PaymentContext;
    return find(orderAt(orderId)) === undefined ? [`order ${orderId} does not exist`] : [];
  },
};

export const paymentRelations: readonly Relation[] = [nothingLeft, made];

function orderOf({ context }: Standing): { kind: string; id: string }[] {
  return [orderAt((context as PaymentContext).orderId)];
}
