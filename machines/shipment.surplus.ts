/**
 * Bookings that are not wanted any more (rule 6). Each is voided by our reference until the carrier says that
 * it is void. "No such booking" settles nothing, for the call may still be under way; after a day it does.
 */
import type { Durations } from './durations.ts';

export interface Surplus {
  readonly booking: string;
  /** How often it was tried when its own time had come. */
  readonly tries: number;
  /** How often the carrier said that there is no such booking. */
  readonly notFound: number;
  /** To be tried now. */
  readonly due: boolean;
  /** Only because another one is due: that does not count, or it would be forgotten too soon. */
  readonly early: boolean;
}

/** What only a person can void. */
export interface ByHand {
  readonly carrier: string | null;
  readonly trackingNumber: string | null;
  readonly booking: string | null;
  readonly reason: string;
}

export interface SurplusBooks {
  readonly surplus: readonly Surplus[];
  /** The one that the carrier is asked about. */
  readonly clearing: string | null;
  /** The last ones; older are in the journal. */
  readonly toVoidByHand: readonly ByHand[];
}

export interface ClearInput {
  readonly booking: string;
  /** What a person booked by hand: should it be this very booking, then it stays. */
  readonly inUse: { readonly carrier: string; readonly trackingNumber: string } | null;
}

export type ClearOutcome =
  | { readonly outcome: 'gone' }
  | { readonly outcome: 'inUse' }
  | { readonly outcome: 'notFound' }
  | { readonly outcome: 'refused'; readonly reason: string };

/** More than anybody can give up in a day; then a person books, and nothing more becomes surplus. */
export const surplusMax = 20;
export const byHandMax = 50;
/** With the waits below, the last answer comes more than 24 hours after the first. */
const notFoundMax = 8;

type Waits = Pick<Durations, 'surplusSoon' | 'surplusLater' | 'surplusMuchLater' | 'surplusRarely'>;
type Books = SurplusBooks;
type List = Pick<SurplusBooks, 'surplus'>;

export function addSurplus({ surplus }: List, booking: string): List {
  if (isSurplus({ surplus }, booking)) return { surplus };
  return { surplus: [...surplus, { booking, tries: 0, notFound: 0, due: true, early: false }] };
}

export function isSurplus({ surplus }: List, booking: string): boolean {
  return surplus.some((each) => each.booking === booking);
}

export function withoutSurplus({ surplus }: List, booking: string | null): List {
  return { surplus: surplus.filter((each) => each.booking !== booking) };
}

export function firstDue({ surplus }: List): string | null {
  return surplus.find(({ due }) => due)?.booking ?? null;
}

export function allDue({ surplus }: List): List {
  const tries = leastTries({ surplus });
  return { surplus: surplus.map((each) => ({ ...each, due: true, early: each.tries > tries })) };
}

/** How long until they are tried again, in ms: by the one that was tried the least. */
export function clearWaitMs(list: List, waits: Waits): number {
  const tries = leastTries(list);
  if (tries <= 1) return waits.surplusSoon;
  if (tries === 2) return waits.surplusLater;
  return tries === 3 ? waits.surplusMuchLater : waits.surplusRarely;
}

function leastTries({ surplus }: List): number {
  return Math.min(...surplus.map((each) => each.tries));
}

/** Whether one more "no such booking" is enough. */
export function isNeverBooked({ surplus, clearing }: Books): boolean {
  return surplus.some(
    ({ booking, notFound, early }) => booking === clearing && !early && notFound + 1 >= notFoundMax,
  );
}

export function countTry({ surplus, clearing }: Books, notFound: 0 | 1): List {
  return {
    surplus: surplus.map((each) => {
      if (each.booking !== clearing) return each;
      if (each.early) return { ...each, due: false };
      return { ...each, tries: each.tries + 1, notFound: each.notFound + notFound, due: false };
    }),
  };
}

/** The carrier will not void it: a person has to settle it with them. */
export function leaveToHand(books: Books, reason: string): Pick<Books, 'surplus' | 'toVoidByHand'> {
  const { clearing, toVoidByHand } = books;
  if (clearing === null || !isSurplus(books, clearing)) return books;
  const byHand = { carrier: null, trackingNumber: null, booking: clearing, reason };
  return {
    ...withoutSurplus(books, clearing),
    toVoidByHand: [...toVoidByHand, byHand].slice(-byHandMax),
  };
}
