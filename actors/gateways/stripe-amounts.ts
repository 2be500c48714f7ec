/**
 * Stripe counts most currencies in the minor units of ISO 4217, as the charts do. These are the exceptions of
 * docs.stripe.com/currencies.
 */
import { TerminalError } from '../../runtime/errors.ts';

/** Two decimals at Stripe, none in ISO 4217. */
const hundredfold = new Set(['ISK']);
/** No decimals at Stripe, two in ISO 4217. */
const hundredth = new Set(['MGA']);
/** Three decimals, of which Stripe wants the last to be 0. */
const tens = new Set(['BHD', 'JOD', 'KWD', 'OMR', 'TND']);
/** Stripe's page lists it both as without decimals and as with two: a charge could be wrong by a hundred. */
const contradictory = new Set(['UGX']);

/** Minor units of ISO 4217 as Stripe wants them. A `TerminalError` if the amount has no such form. */
export function toStripe(amount: number, currency: string): number {
  refuseContradictory(currency);
  if (tens.has(currency) && amount % 10 !== 0) {
    throw new TerminalError(`Stripe takes no thousandths of ${currency}: ${amount} must end with 0`);
  }
  const converted = hundredfold.has(currency)
    ? amount * 100
    : hundredth.has(currency)
      ? amount / 100
      : amount;
  if (!Number.isSafeInteger(converted)) {
    throw new TerminalError(`Stripe takes no fractions of ${currency}: ${amount} must be a multiple of 100`);
  }
  return converted;
}

/** What Stripe says, in minor units of ISO 4217; undefined if it has no such form. */
export function fromStripe(amount: number, currency: string): number | undefined {
  if (contradictory.has(currency)) return undefined;
  if (hundredth.has(currency)) return amount * 100;
  const converted = hundredfold.has(currency) ? amount / 100 : amount;
  return Number.isSafeInteger(converted) ? converted : undefined;
}

function refuseContradictory(currency: string): void {
  if (!contradictory.has(currency)) return;
  throw new TerminalError(`Stripe’s documentation contradicts itself about the unit of ${currency}`);
}
