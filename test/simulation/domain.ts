/** Every registered definition, with the simulated world outside, and in a hurry. */
import { definitionsWith } from '../../actors/registry.ts';
import type { Durations } from '../../machines/durations.ts';
import type { ActorDefinition } from '../../runtime/definition.ts';
import { carrier, gateways } from './outside.ts';

/** A run takes half a minute, so that what takes days runs out in it too. */
const durations: Durations = {
  ...{ draftExpiry: 20_000, accountOverdue: 5_000, stopOverdue: 5_000, slotOverdue: 5_000 },
  ...{ slotRetry: 6_000, stockOverdue: 5_000, labelOverdue: 8_000, answerOverdue: 5_000 },
  ...{ contendedRetry: 700, gathering: 500, backorderAsk: 9_000, payWindow: 9_000, closing: 6_000 },
  ...{ paymentLookUpSoon: 1_000, paymentLookUpNext: 2_000, paymentLookUpLater: 4_000 },
  ...{ paymentLookUpRarely: 9_000, paymentRepeat: 40_000, paymentStuck: 50_000 },
  ...{ reservationQuestion: 4_000, endedKept: 120_000, bookingGivenUp: 12_000, labelLookUp: 3_000 },
  ...{ claimOverdue: 4_000, surplusSoon: 2_000, surplusLater: 5_000, surplusMuchLater: 9_000 },
  ...{ surplusRarely: 20_000, parcelAsk: 7_000, parcelSilent: 15_000, parcelLost: 10_000 },
};

export const domain: readonly ActorDefinition[] = definitionsWith({ durations, gateways, carrier });
