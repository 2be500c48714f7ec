/**
 * The order's money: what each payment was asked and has answered, and from that what is to be captured and
 * refunded now (rule 14). Amounts in minor units of the order's currency.
 */
import { wantedOf } from './order.books.ts';
import type { Capture, FulfillmentBook, OrderContext, PaymentBook, Refund } from './order.context.ts';
import * as refunds from './order.refunds.ts';
import type { RefundDue } from './order.refunds.ts';

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

/**
 * Line by line, as captures go: what was captured of lines that were cancelled since is given back once it is too
 * much, and until then must not make a new payment smaller than what is to be captured from it.
 */
function uncapturedTotal(order: OrderContext): number {
  return order.lines.reduce((sum, line) => {
    const left = wantedOf(order, line) - capturedQuantity(order, line.lineId);
    return sum + Math.max(0, left) * line.unitPrice;
  }, 0);
}

/** A new payment for all that is not captured yet; an older one is given up. */
export function tried(order: OrderContext, method: string, isRepeat = false): Tried {
  const made = { ...order.made, payments: order.made.payments + 1 };
  const payment: PaymentBook = {
    ...{
      state: 'asked',
      method,
      amount: uncapturedTotal(order),
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

/** Nothing can be captured any more, nor may have been, and everything that is to be given back was. */
export function isSettled(order: OrderContext): boolean {
  const isQuiet = livePayments(order).length === 0 && !isCapturing(order);
  return isQuiet && refundDue(order) === undefined && refunds.areGiven(order);
}

/** Gateways have failed, or have answered all, and people have to give back what they took. */
export function isStuck(order: OrderContext): boolean {
  if (canRetry(order)) return true;
  return refunds.has(order, 'owed') && !refunds.has(order, 'asked') && livePayments(order).length === 0;
}

/** What people owe is not to be had from any gateway, however often it is tried. */
export function canRetry(order: OrderContext): boolean {
  const isUnsure = Object.values(order.payments).some(({ state }) => state === 'stuck');
  return isUnsure || refunds.has(order, 'failed');
}

/** What a payment is taking or giving back would come on top; one that is stuck begins nothing. */
export function canSettleByHand({ payments }: OrderContext): boolean {
  const isAsked = ({ state }: { readonly state: string }): boolean => state === 'asked';
  return Object.values(payments).every(
    (payment) =>
      payment.state === 'stuck' || ![payment.captures, payment.refunds].flatMap(Object.values).some(isAsked),
  );
}

/** A capture or a refund has not been answered. */
export function isWaiting(order: OrderContext): boolean {
  return isCapturing(order) || refunds.has(order, 'asked') || isAwaitingAuthorization(order);
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
    .filter(({ state }) => state !== 'failed')
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

/** What was captured beyond the order's total, once no capture is under way; from the first that has some. */
export function refundDue(order: OrderContext): RefundDue | undefined {
  if (isCapturing(order)) return undefined;
  const due = capturedOf(order) - refunds.promisedOf(order) - total(order);
  if (due <= 0) return undefined;
  const first = refunds.refundable(order).find(({ amount }) => amount > 0);
  return first && { ...first, amount: Math.min(first.amount, due) };
}

export function withRefund(
  order: OrderContext,
  { paymentId, amount, isByHand }: RefundDue,
): Pick<OrderContext, 'made' | 'payments'> {
  const made = { ...order.made, refunds: order.made.refunds + 1 };
  const refund: Refund = { amount, state: isByHand ? 'owed' : 'asked' };
  return {
    made,
    ...changedPayment(order, paymentId, (payment) => ({
      ...payment,
      refunds: { ...payment.refunds, [String(made.refunds)]: refund },
    })),
  };
}

export type Money =
  | 'authorized'
  | 'partiallyCaptured'
  | 'captured'
  | 'partiallyRefunded'
  | 'refunded'
  | 'collecting'
  | 'refundFailed'
  | 'refundOwed';

export function money(order: OrderContext): Money {
  if (refunds.has(order, 'failed')) return 'refundFailed';
  if (refunds.has(order, 'owed')) return 'refundOwed';
  if (isToCollect(order)) return 'collecting';
  const captured = capturedOf(order);
  const refunded = refunds.refundedOf(order);
  if (refunded > 0) return refunded >= captured ? 'refunded' : 'partiallyRefunded';
  if (captured >= total(order)) return 'captured';
  return captured > 0 ? 'partiallyCaptured' : 'authorized';
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
    capturedOf(order) - refunds.refundedOf(order) === total(order)
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
  return { total: total(order), captured: capturedOf(order), refunded: refunds.refundedOf(order) };
}
