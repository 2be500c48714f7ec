/**
 * The order's money: what each payment was asked and has answered, and from that what is to be captured and
 * refunded now (rule 14). Amounts in minor units of the order's currency.
 */
import { wantedOf, type FulfillmentBook, type OrderContext } from './order.books.ts';

export interface PaymentBook {
  readonly state:
    'asked' | 'unknown' | 'requiresAction' | 'authorized' | 'declined' | 'voided' | 'closed' | 'stuck';
  readonly method: string;
  readonly amount: number;
  /** The gateway captures no more than once. */
  readonly capturesOnce: boolean;
  /** Void was asked: it is given up, whatever it answers. */
  readonly givenUp: boolean;
  /** The order made it by itself, with the method of the one before. */
  readonly isRepeat: boolean;
  readonly captures: Readonly<Record<string, Capture>>;
  readonly refunds: Readonly<Record<string, Refund>>;
}

/** By fulfillment: its handover is when it is captured. */
export interface Capture {
  readonly amount: number;
  readonly lines: Readonly<Record<string, number>>;
  /** `byHand`: the gateway did not, and a person has; `dropped`: of that, what a refunded parcel had in it. */
  readonly state: 'asked' | 'captured' | 'failed' | 'byHand' | 'dropped';
}

export interface Refund {
  readonly amount: number;
  /** `byHand`: the gateway did not, and a person has. */
  readonly state: 'asked' | 'refunded' | 'failed' | 'dropped' | 'byHand';
}

/** How often a customer may try to pay before anything is shipped. */
const payTries = 3;
/** How often people may try at all; each of these is repeated once at most. */
const collectTries = 20;

/** What the order costs: what was ordered and not cancelled. */
export function total(order: OrderContext): number {
  return order.lines.reduce((sum, line) => sum + wantedOf(order, line) * line.unitPrice, 0);
}

export function currentPayment({ payments, id, made }: OrderContext): PaymentBook | undefined {
  return payments[`${id}~p${made.payments}`];
}

export function currentPaymentId({ id, made }: OrderContext): string {
  return `${id}~p${made.payments}`;
}

export function hasTriesLeft({ made }: OrderContext): boolean {
  return made.payments < payTries;
}

/** Once: a card that took an authorization twice and no capture would otherwise be charged without end. */
export function canRepeat(order: OrderContext): boolean {
  return isSpent(order) && currentPayment(order)?.isRepeat !== true;
}

/** A person may also turn away from a payment that waits for a confirmation. What repeats does not count. */
export function canPayOtherwise(order: OrderContext): boolean {
  const isUnconfirmed = currentPayment(order)?.state === 'requiresAction';
  const tries = Object.values(order.payments).filter(({ isRepeat }) => !isRepeat).length;
  return (isSpent(order) || isUnconfirmed) && tries < collectTries;
}

/** Nothing more can be captured from the payment of now. */
function isSpent(order: OrderContext): boolean {
  const payment = currentPayment(order);
  return payment === undefined || ended.has(payment.state) || hasFailedCapture(payment);
}

function hasFailedCapture({ captures }: PaymentBook): boolean {
  return Object.values(captures).some(({ state }) => state === 'failed');
}

export function isDeclined(order: OrderContext): boolean {
  const payment = currentPayment(order);
  return payment !== undefined && ended.has(payment.state);
}

type Tried = Pick<OrderContext, 'payments' | 'made' | 'payment'>;

/** A new payment for all that is not captured yet; an older one is given up. */
export function tried(order: OrderContext, method: string, isRepeat = false): Tried {
  const made = { ...order.made, payments: order.made.payments + 1 };
  const payment: PaymentBook = {
    ...{
      state: 'asked',
      method,
      amount: total(order) - capturedOf(order),
      capturesOnce: false,
      givenUp: false,
      isRepeat,
    },
    ...{ captures: {}, refunds: {} },
  };
  return {
    made,
    payments: { ...givenUp(order).payments, [`${order.id}~p${made.payments}`]: payment },
    payment: { ...order.payment, method },
  };
}

export const ended = new Set<PaymentBook['state']>(['declined', 'voided', 'closed']);

/** Payments of which something may still be authorized. */
export function livePayments({ payments }: OrderContext): string[] {
  return Object.entries(payments)
    .filter(([, { state }]) => !ended.has(state))
    .map(([id]) => id);
}

export function givenUp({ payments }: OrderContext): Pick<OrderContext, 'payments'> {
  return {
    payments: Object.fromEntries(
      Object.entries(payments).map(([id, one]) => [id, { ...one, givenUp: true }] as const),
    ),
  };
}

export function isUsable(order: OrderContext): boolean {
  const payment = currentPayment(order);
  return payment?.state === 'authorized' && !payment.givenUp;
}

/** Nothing can be captured any more, and everything that is to be given back was. */
export function isSettled(order: OrderContext): boolean {
  const refunds = Object.values(order.payments).flatMap((payment) => Object.values(payment.refunds));
  return (
    livePayments(order).length === 0 &&
    refundDue(order) === undefined &&
    refunds.every((refund) => isGiven(refund) || refund.state === 'dropped')
  );
}

export function isStuck({ payments }: OrderContext): boolean {
  return Object.values(payments).some(
    ({ state, refunds }) =>
      state === 'stuck' || Object.values(refunds).some((refund) => refund.state === 'failed'),
  );
}

/** A capture or a refund has not been answered. */
export function isWaiting(order: OrderContext): boolean {
  const refunds = Object.values(order.payments).flatMap((payment) => Object.values(payment.refunds));
  return (
    isCapturing(order) || refunds.some(({ state }) => state === 'asked') || isAwaitingAuthorization(order)
  );
}

export function isAwaitingAuthorization(order: OrderContext): boolean {
  const payment = currentPayment(order);
  return payment !== undefined && !isUsable(order) && !ended.has(payment.state);
}

function captures({ payments }: OrderContext): Capture[] {
  return Object.values(payments).flatMap((payment) => Object.values(payment.captures));
}

export function capturedOf(order: OrderContext): number {
  return captures(order)
    .filter(({ state }) => state === 'captured' || state === 'byHand')
    .reduce((sum, { amount }) => sum + amount, 0);
}

export function refundedOf({ payments }: OrderContext): number {
  return Object.values(payments)
    .flatMap((payment) => Object.values(payment.refunds))
    .filter(isGiven)
    .reduce((sum, { amount }) => sum + amount, 0);
}

function isGiven({ state }: Refund): boolean {
  return state === 'refunded' || state === 'byHand';
}

/** Per line: min(shipped, ordered − cancelled − captured); all that is left where there is one capture only (rule 14). */
export function captureDue(order: OrderContext): { fulfillmentId: string; capture: Capture } | undefined {
  const payment = currentPayment(order);
  if (payment === undefined || !isUsable(order) || hasFailedCapture(payment)) return undefined;
  const [next] = uncaptured(order);
  if (next === undefined) return undefined;
  const [fulfillmentId, book] = next;
  return { fulfillmentId, capture: captureOf(order, book, payment.capturesOnce) };
}

/** What was handed over and not captured, nor is being. */
export function uncaptured(order: OrderContext): [id: string, book: FulfillmentBook][] {
  const done = new Set(
    Object.values(order.payments).flatMap((one) =>
      Object.entries(one.captures)
        .filter(([, { state }]) => state !== 'failed')
        .map(([id]) => id),
    ),
  );
  return Object.entries(order.fulfillments).filter(
    ([id, { state }]) => state !== 'open' && state !== 'stopped' && !done.has(id),
  );
}

export function captureOf(order: OrderContext, book: FulfillmentBook, isOnly: boolean): Capture {
  const lines: Record<string, number> = {};
  let amount = 0;
  for (const line of order.lines) {
    const left = wantedOf(order, line) - capturedQuantity(order, line.lineId);
    const quantity = Math.max(0, isOnly ? left : Math.min(left, book.lines[line.lineId]?.shipped ?? 0));
    if (quantity === 0) continue;
    lines[line.lineId] = quantity;
    amount += quantity * line.unitPrice;
  }
  return { amount, lines, state: amount === 0 ? 'captured' : 'asked' };
}

function capturedQuantity(order: OrderContext, lineId: string): number {
  return captures(order)
    .filter(({ state }) => state !== 'failed' && state !== 'dropped')
    .reduce((sum, { lines }) => sum + (Object.hasOwn(lines, lineId) ? (lines[lineId] ?? 0) : 0), 0);
}

export function withCapture(
  order: OrderContext,
  { fulfillmentId, capture }: { fulfillmentId: string; capture: Capture },
): Pick<OrderContext, 'payments'> {
  return changedPayment(order, currentPaymentId(order), (payment) => ({
    ...payment,
    captures: { ...payment.captures, [fulfillmentId]: capture },
  }));
}

/** What was captured beyond the order's total, once no capture is under way; from the first payment that has some. */
export function refundDue(order: OrderContext): { paymentId: string; amount: number } | undefined {
  if (captures(order).some(({ state }) => state === 'asked')) return undefined;
  const given = Object.values(order.payments)
    .flatMap(({ refunds }) => Object.values(refunds))
    .reduce((sum, refund) => sum + countedRefund(refund), 0);
  const due = capturedOf(order) - given - total(order);
  if (due <= 0) return undefined;
  for (const [paymentId, payment] of Object.entries(order.payments)) {
    const left = refundable(payment);
    if (left > 0) return { paymentId, amount: Math.min(left, due) };
  }
  return undefined;
}

function refundable({ captures: captured, refunds }: PaymentBook): number {
  const inward = Object.values(captured)
    .filter(({ state }) => state === 'captured')
    .reduce((sum, { amount }) => sum + amount, 0);
  return inward - Object.values(refunds).reduce((sum, refund) => sum + countedRefund(refund), 0);
}

/** One that failed counts until somebody lets it be tried again, or it would be asked for without end. */
function countedRefund({ amount, state }: Refund): number {
  return state === 'dropped' ? 0 : amount;
}

export function withRefund(
  order: OrderContext,
  { paymentId, amount }: { paymentId: string; amount: number },
): Partial<OrderContext> {
  const made = { ...order.made, refunds: order.made.refunds + 1 };
  const refund: Refund = { amount, state: 'asked' };
  return {
    made,
    ...changedPayment(order, paymentId, (payment) => ({
      ...payment,
      refunds: { ...payment.refunds, [String(made.refunds)]: refund },
    })),
  };
}

/** What failed may be tried again. */
export function retried(order: OrderContext): Pick<OrderContext, 'payments'> {
  return {
    payments: Object.fromEntries(
      Object.entries(order.payments).map(([id, payment]) => {
        const refunds = Object.entries(payment.refunds).map(
          ([refundId, refund]) =>
            [
              refundId,
              refund.state === 'failed' ? { ...refund, state: 'dropped' as const } : refund,
            ] as const,
        );
        const state = payment.state === 'stuck' ? ('unknown' as const) : payment.state;
        return [id, { ...payment, state, refunds: Object.fromEntries(refunds) }] as const;
      }),
    ),
  };
}

/** Whether the order took this refund for given. */
export function isRefunded({ payments }: OrderContext, paymentId: string, refundId: string): boolean {
  return payments[paymentId]?.refunds[refundId]?.state === 'refunded';
}

export type Money =
  | 'authorized'
  | 'partiallyCaptured'
  | 'captured'
  | 'partiallyRefunded'
  | 'refunded'
  | 'collecting'
  | 'refundFailed';

export function money(order: OrderContext): Money {
  if (isStuckRefund(order)) return 'refundFailed';
  if (isToCollect(order)) return 'collecting';
  const captured = capturedOf(order);
  const refunded = refundedOf(order);
  if (refunded > 0) return refunded >= captured ? 'refunded' : 'partiallyRefunded';
  if (captured >= total(order)) return 'captured';
  return captured > 0 ? 'partiallyCaptured' : 'authorized';
}

function isStuckRefund({ payments }: OrderContext): boolean {
  return Object.values(payments).some(({ refunds }) =>
    Object.values(refunds).some(({ state }) => state === 'failed'),
  );
}

/** Something is owed, and there is no payment that it could be captured from. */
function isToCollect(order: OrderContext): boolean {
  const payment = currentPayment(order);
  const isUnfit = payment === undefined || !isUsable(order) || hasFailedCapture(payment);
  return isUnfit && capturedOf(order) < total(order) && !isCapturing(order);
}

function isCapturing(order: OrderContext): boolean {
  return captures(order).some(({ state }) => state === 'asked');
}

/** Everything that was handed over is captured, and everything given back that is too much. */
export function isPaidUp(order: OrderContext): boolean {
  return (
    captureDue(order) === undefined &&
    !isCapturing(order) &&
    refundDue(order) === undefined &&
    capturedOf(order) - refundedOf(order) === total(order)
  );
}

export function changedPayment(
  order: OrderContext,
  id: string,
  change: (payment: PaymentBook) => PaymentBook,
): Pick<OrderContext, 'payments'> {
  const payment = order.payments[id];
  if (payment === undefined) return { payments: order.payments };
  return { payments: { ...order.payments, [id]: change(payment) } };
}

/** Of the view: what the order has cost so far. */
export function moneyOf(order: OrderContext): Record<'total' | 'captured' | 'refunded', number> {
  return { total: total(order), captured: capturedOf(order), refunded: refundedOf(order) };
}
