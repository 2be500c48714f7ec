/** What was charged, against what became of the order. */
import type { OrderContext, PaymentBook } from '../../machines/order.context.ts';
import { isSettled, total } from '../../machines/order.money.ts';
import { done, inHand, left, type PaymentContext } from '../../machines/payment.books.ts';
import type { Address } from '../../runtime/address.ts';
import { cameToNothing, orderAt } from './reading.ts';
import type { Relation, Standing } from './relation.ts';

/** Invariant 15. */
const nothingLeft: Relation = {
  name: 'of an order that came to nothing no money is taken, nor can be (15)',
  holds: 'atRest',
  kind: 'payment',
  others: orderOf,
  faults: (standing, find) => {
    const payment = standing.context as PaymentContext;
    const order = find(orderAt(payment.orderId));
    if (order === undefined || !cameToNothing(order) || isSettledByHand(order)) return [];
    const { refunds = {} } = (order.context as OrderContext).payments[payment.id] ?? {};
    const kept = takenOf(payment) - amountOf(byHand(refunds));
    const pending = inHand(payment);
    return [
      ...(left(payment) > 0 ? [`${left(payment)} can still be captured`] : []),
      ...(kept > 0 ? [`${kept} are captured and not refunded`] : []),
      ...(pending === undefined ? [] : [`${pending.id} is ${pending.state}`]),
    ];
  },
};

/** Invariant 13. What was asked to be given back, or was by hand, counts as given back. */
const noMoreThanOwed: Relation = {
  name: 'no more is taken for an order than what is wanted of it costs (13)',
  holds: 'atRest',
  kind: 'order',
  others: ({ context }) => Object.keys((context as OrderContext).payments).map(paymentAt),
  faults: (order, find) => {
    if (isSettledByHand(order)) return [];
    const { payments } = order.context as OrderContext;
    const kept = Object.entries(payments).reduce((sum, [id, { refunds }]) => {
      const payment = find(paymentAt(id))?.context as PaymentContext | undefined;
      const elsewhere = Object.values(refunds).filter(({ state }) =>
        ['asked', 'failed', 'byHand'].includes(state),
      );
      return payment === undefined ? sum : sum + takenOf(payment) - amountOf(elsewhere);
    }, 0);
    const owed = total(order.context as OrderContext);
    return kept > owed ? [`${kept} are taken, ${owed} are owed`] : [];
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

export const paymentRelations: readonly Relation[] = [nothingLeft, noMoreThanOwed, made];

/** An order ends before its money is settled only where a person said so: it is theirs to see to, elsewhere. */
function isSettledByHand(order: Standing): boolean {
  return cameToNothing(order) && !isSettled(order.context as OrderContext);
}

/** Given back by a person, where the gateway did not. */
function byHand(refunds: PaymentBook['refunds']): readonly { readonly amount: number }[] {
  return Object.values(refunds).filter(({ state }) => state === 'byHand');
}

function takenOf(payment: PaymentContext): number {
  return done(payment, 'capture') - done(payment, 'refund');
}

function amountOf(parts: readonly { readonly amount: number }[]): number {
  return parts.reduce((sum, { amount }) => sum + amount, 0);
}

function paymentAt(id: string): Address {
  return { kind: 'payment', id };
}

function orderOf({ context }: Standing): { kind: string; id: string }[] {
  return [orderAt((context as PaymentContext).orderId)];
}
