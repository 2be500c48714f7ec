/** Amounts in Stripe’s units: ISO 4217 with exceptions; what has no such form is refused, never rounded. */
import { expect, test } from 'vitest';
import { fromStripe, toStripe } from '../../actors/gateways/stripe-amounts.ts';
import { TerminalError } from '../../runtime/errors.ts';

test.each([
  ['EUR', 1_999, 1_999],
  ['JPY', 500, 500],
  ['KRW', 500, 500],
  ['HUF', 1_045, 1_045],
  ['KWD', 5_120, 5_120],
  ['ISK', 5, 500],
  ['MGA', 500, 5],
])('%s %i is %i at Stripe, and back', (currency, ours, theirs) => {
  expect(toStripe(ours, currency)).toBe(theirs);
  expect(fromStripe(theirs, currency)).toBe(ours);
});

test.each([
  ['KWD', 5_124],
  ['TND', 1],
  ['MGA', 501],
  ['UGX', 500],
])('%s %i cannot be said to Stripe', (currency, amount) => {
  expect(() => toStripe(amount, currency)).toThrow(TerminalError);
});

test('what Stripe says in fractions of a króna, or in a unit that is not clear, has no form here', () => {
  expect(fromStripe(501, 'ISK')).toBeUndefined();
  expect(fromStripe(500, 'UGX')).toBeUndefined();
});
