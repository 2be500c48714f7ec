/**
 * A circuit breaker per target: once so many different actors have failed in a row, nothing is tried for a
 * while, then a few calls, until one succeeds. It parks calls and never fails them: an open breaker says
 * nothing about the operation. Nor does an operation that fails for itself say anything about the target: an
 * actor counts once however often it tries, has one try a round, and does not count at all from when another
 * one succeeds until it does so itself.
 */
import type { Clock } from '../ports.ts';

export interface BreakerOptions {
  /** Also how many may try in a round while it is half open. */
  readonly breakerFailures: number;
  /** Also how long such a round is. */
  readonly breakerOpenMs: number;
}

export type BreakerState = 'closed' | 'open' | 'half-open';

export interface Breaker {
  /** 0: go on now (and report how it went); else wait that many ms and ask again. */
  waitMs(actor: string): number;
  succeeded(actor: string): void;
  failed(actor: string): void;
}

/** The oldest are forgotten: who gives up never succeeds. */
const faultyMax = 1_000;

export function createBreaker(
  clock: Clock,
  { breakerFailures, breakerOpenMs }: BreakerOptions,
  onChange: (state: BreakerState) => void,
): Breaker {
  let state: BreakerState = 'closed';
  /** Since the last success. */
  const failing = new Set<string>();
  /** They have failed, then others have succeeded. */
  const faulty = new Set<string>();
  /** Who was let through since it opened, and the end of the round. */
  const trials = new Map<string, number>();
  /** Of this round. */
  let tries = 0;
  let failures = 0;
  /** Of being open, or of the round. */
  let end = 0;

  function turnTo(next: BreakerState): void {
    if (state === next) return;
    state = next;
    onChange(next);
  }

  function open(): void {
    trials.clear();
    end = clock.now() + breakerOpenMs;
    turnTo('open');
  }

  /** Who did not get to try in one round asks first in the next, so all have their turn. */
  function beginRound(): void {
    tries = 0;
    failures = 0;
    end = clock.now() + breakerOpenMs;
    turnTo('half-open');
  }

  function setApart(): void {
    for (const actor of failing) faulty.add(actor);
    failing.clear();
    for (const oldest of faulty) {
      if (faulty.size <= faultyMax) break;
      faulty.delete(oldest);
    }
  }

  // A call of before it opened says nothing about now, whichever way it ends.
  return {
    waitMs(actor) {
      if (state === 'closed') return 0;
      if (clock.now() >= end) beginRound();
      const mayTry = state === 'half-open' && tries < breakerFailures && trials.get(actor) !== end;
      if (!mayTry) return end - clock.now();
      trials.set(actor, end);
      tries += 1;
      return 0;
    },
    succeeded(actor) {
      if (state !== 'closed' && !trials.has(actor)) return;
      failing.delete(actor);
      setApart();
      faulty.delete(actor);
      trials.clear();
      turnTo('closed');
    },
    failed(actor) {
      if (faulty.has(actor)) return;
      if (state === 'closed') {
        failing.add(actor);
        if (failing.size >= breakerFailures) open();
      } else if (trials.get(actor) === end) {
        failing.add(actor);
        failures += 1;
        if (failures >= breakerFailures) open();
      }
    },
  };
}
