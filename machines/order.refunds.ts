/** What is given back to the customer, payment by payment: by its gateway, or by people. */
import type { OrderContext, PaymentBook, Refund } from './order.context.ts';

export interface RefundDue {
  readonly paymentId: string;
  readonly amount: number;
  /** People took it, so people have to give it back. */
  readonly isByHand: boolean;
}

type Books = Pick<OrderContext, 'payments'>;

/** What could be given back: of a parcel that is written off the way it came, of the rest by gateways first. */
export function refundable({ payments, fulfillments }: OrderContext): RefundDue[] {
  const isWrittenOff = (id: string): boolean => fulfillments[id]?.writtenOff === true;
  const each = (left: (payment: PaymentBook) => number, isByHand: boolean): RefundDue[] =>
    Object.entries(payments).map(([paymentId, one]) => ({ paymentId, amount: left(one), isByHand }));
  return [
    ...each((one) => leftByHand(one, isWrittenOff), true),
    ...each(leftAtGateway, false),
    ...each((one) => leftByHand(one, () => true), true),
  ];
}

function leftAtGateway({ captures, refunds }: PaymentBook): number {
  const taken = Object.values(captures).filter(({ state }) => state === 'captured');
  return sumOf(taken) - promised(Object.values(refunds).filter((one) => !isOfPeople(one)));
}

function leftByHand({ captures, refunds }: PaymentBook, isOf: (fulfillmentId: string) => boolean): number {
  const taken = Object.entries(captures).filter(([id, { state }]) => state === 'byHand' && isOf(id));
  return sumOf(taken.map(([, one]) => one)) - promised(Object.values(refunds).filter(isOfPeople));
}

/** Given back, or to be. */
export function promisedOf(order: Books): number {
  return promised(refundsOf(order));
}

/** One that failed counts until somebody lets it be tried again, or it would be asked for without end. */
function promised(refunds: readonly Refund[]): number {
  return sumOf(refunds.filter(({ state }) => state !== 'dropped'));
}

export function refundedOf(order: Books): number {
  return sumOf(refundsOf(order).filter(isGiven));
}

export function areGiven(order: Books): boolean {
  return refundsOf(order).every((refund) => isGiven(refund) || refund.state === 'dropped');
}

export function has(order: Books, as: Refund['state']): boolean {
  return refundsOf(order).some(({ state }) => state === as);
}

/** Whether the order took this refund for given. */
export function isRefunded({ payments }: Books, paymentId: string, refundId: string): boolean {
  return payments[paymentId]?.refunds[refundId]?.state === 'refunded';
}

/** What failed may be tried again. */
export function retried(order: Books): Books {
  const { payments } = changed(order, { failed: 'dropped' });
  const unsure = (one: PaymentBook): PaymentBook =>
    one.state === 'stuck' ? { ...one, state: 'unknown' } : one;
  return {
    payments: Object.fromEntries(Object.entries(payments).map(([id, one]) => [id, unsure(one)] as const)),
  };
}

/** A person has given back what the gateway did not. */
export function failedSettled(order: Books): Books {
  return changed(order, { failed: 'byHand' });
}

/** A person has given back what the gateway has not answered. */
export function askedSettled(order: Books): Books {
  return changed(order, { asked: 'byHand' });
}

/** A person has given back what people had taken. */
export function owedSettled(order: Books): Books {
  return changed(order, { owed: 'returned' });
}

function changed({ payments }: Books, to: Partial<Record<Refund['state'], Refund['state']>>): Books {
  const after = (refund: Refund): Refund => ({ ...refund, state: to[refund.state] ?? refund.state });
  return {
    payments: Object.fromEntries(
      Object.entries(payments).map(([id, payment]) => {
        const refunds = Object.entries(payment.refunds).map(([key, one]) => [key, after(one)] as const);
        return [id, { ...payment, refunds: Object.fromEntries(refunds) }] as const;
      }),
    ),
  };
}

function isGiven({ state }: Refund): boolean {
  return state === 'refunded' || state === 'byHand' || state === 'returned';
}

function isOfPeople({ state }: Refund): boolean {
  return state === 'owed' || state === 'returned';
}

function refundsOf({ payments }: Books): Refund[] {
  return Object.values(payments).flatMap(({ refunds }) => Object.values(refunds));
}

function sumOf(parts: readonly { readonly amount: number }[]): number {
  return parts.reduce((sum, { amount }) => sum + amount, 0);
}
