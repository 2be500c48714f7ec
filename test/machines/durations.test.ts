/** How long charts wait where nothing else is configured. */
import { expect, it } from 'vitest';
import { defaultDurations } from '../../machines/durations.ts';

it('waits for days where people and parcels decide, and for minutes where actors answer', () => {
  const minutes = Object.entries(defaultDurations).map(([name, ms]) => [name, ms / 60_000]);
  expect(Object.fromEntries(minutes)).toEqual({
    draftExpiry: 30 * 24 * 60,
    accountOverdue: 5,
    stopOverdue: 5,
    slotOverdue: 5,
    slotRetry: 15,
    stockOverdue: 5,
    labelOverdue: 15,
    answerOverdue: 5,
    contendedRetry: 1 / 30,
    gathering: 1 / 30,
    backorderAsk: 24 * 60,
    payWindow: 30,
    closing: 14 * 24 * 60,
    paymentLookUpSoon: 1 / 12,
    paymentLookUpNext: 0.5,
    paymentLookUpLater: 2,
    paymentLookUpRarely: 10,
    paymentRepeat: 23 * 60,
    paymentStuck: 24 * 60,
    reservationQuestion: 15,
    endedKept: 30 * 24 * 60,
    parcelAsk: 3 * 24 * 60,
    bookingGivenUp: 10,
    labelLookUp: 0.5,
    claimOverdue: 1,
    surplusSoon: 1,
    surplusLater: 10,
    surplusMuchLater: 60,
    surplusRarely: 6 * 60,
    parcelSilent: 7 * 24 * 60,
    parcelLost: 7 * 24 * 60,
  });
});

it('looks an operation up before it repeats it, and repeats it before the gateway forgets its key', () => {
  const { paymentLookUpSoon, paymentLookUpRarely, paymentRepeat, paymentStuck } = defaultDurations;
  expect(paymentLookUpSoon).toBeLessThan(paymentLookUpRarely);
  expect(paymentLookUpRarely).toBeLessThan(paymentRepeat);
  expect(paymentRepeat).toBeLessThan(paymentStuck);
});
