/**
 * What can go wrong, by name. Each seed switches on some of them, at some rate: many seeds with few faults
 * each find more than all faults at once, which drown each other.
 */
import type { SeededRandom } from '../support/random.ts';

/** Faults of single calls, drawn as they happen; the number is the chance at rate 1. */
export const callFaults = {
  publishLost: 'a message or log entry never arrives, and nobody is told',
  publishRefused: 'it is not stored, and the sender is told so',
  publishAckLost: 'it is stored; the acknowledgement is lost',
  publishTwice: 'it is stored twice: at once, and again later, behind others',
  publishDelayed: 'it is overtaken by others',
  storeLost: 'a request to the store never arrives',
  storeAckLost: 'the store applies it and does not answer',
  storeDelayed: 'it arrives late, maybe after the lease has ended',
  replyLost: 'an answer to a caller is lost',
  replyTwice: 'it arrives twice',
  activityHangs: 'an activity does not return before its time limit',
  activityFails: 'an activity throws',
  activityUnseen: 'an activity takes effect, and throws',
} as const;

/** Faults that happen at a time; the plan of a seed says when. */
export const plannedFaults = {
  crash: 'a process is killed, between any two awaits, and another one started',
  pause: 'a process stands still, maybe past its leases, and goes on as if nothing had been',
  cut: 'the connections of a process to the broker break',
  clockJump: 'the clock of a process jumps',
  storeClockJump: "the store's clock jumps ahead: leases end early",
  fallBack: 'the store loses its last writes, leases included, as one prefix',
  fallBackByShard: 'each partition of the store loses its last writes on its own',
  twoOwners: 'the store forgets its leases: a second owner comes while the first goes on',
  tailLost: 'the mailbox loses its last messages and uses their sequences again',
  tailLostBack: 'the same, and its clock comes back behind: it uses their times again too',
} as const;

export type CallFault = keyof typeof callFaults;
export type PlannedFault = keyof typeof plannedFaults;
export type FaultKind = CallFault | PlannedFault;

export const faultKinds = [...Object.keys(callFaults), ...Object.keys(plannedFaults)] as FaultKind[];

/** Counts what happened, and says whether it happens now. */
export class Faults {
  readonly kinds: ReadonlySet<FaultKind>;
  readonly counts: Partial<Record<FaultKind, number>> = {};
  readonly #rates: Partial<Record<FaultKind, number>>;
  #on = true;

  constructor(random: SeededRandom, allowed: readonly FaultKind[] = faultKinds) {
    const drawn = faultKinds.map(
      (kind) => [kind, random.chance(0.55), random.pick([0.01, 0.03, 0.1])] as const,
    );
    this.kinds = new Set(drawn.flatMap(([kind, on]) => (on && allowed.includes(kind) ? [kind] : [])));
    this.#rates = Object.fromEntries(drawn.map(([kind, , rate]) => [kind, rate]));
  }

  /** From here on nothing goes wrong. */
  stop(): void {
    this.#on = false;
  }

  /** Draws from the random numbers whatever the answer, so that leaving a fault out changes nothing else. */
  strikes(kind: CallFault, random: SeededRandom): boolean {
    const strikes = random.next() < (this.#rates[kind] ?? 0) && this.#on && this.kinds.has(kind);
    if (strikes) this.count(kind);
    return strikes;
  }

  count(kind: FaultKind): void {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
  }
}
