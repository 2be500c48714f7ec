/**
 * A circuit breaker per target: once so many different actors have failed in a row, nothing is tried for a
 * while, then a few calls, until one succeeds. It parks calls and never fails them: an open breaker says
 * nothing about the operation. An actor counts once however often it tries, and has one try a round, so that
 * a few operations that always fail neither open it by themselves nor keep it open for the others.
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
  succeeded(): void;
  failed(actor: string): void;
}

export function createBreaker(
  clock: Clock,
  { breakerFailures, breakerOpenMs }: BreakerOptions,
  onChange: (state: BreakerState) => void,
): Breaker {
  let state: BreakerState = 'closed';
  /** Since the last success, or of this round. */
  const failing = new Set<string>();
  /** Who may try, or has tried, in this round. */
  const trying = new Set<string>();
  /** Of being open, or of the round. */
  let end = 0;

  function turnTo(next: BreakerState): void {
    if (state === next) return;
    state = next;
    onChange(next);
  }

  /** Who did not get to try in one round asks first in the next, so all have their turn. */
  function beginRound(): void {
    failing.clear();
    trying.clear();
    end = clock.now() + breakerOpenMs;
    turnTo('half-open');
  }

  return {
    waitMs(actor) {
      if (state === 'closed') return 0;
      if (clock.now() >= end) beginRound();
      const mayTry = state === 'half-open' && trying.size < breakerFailures && !trying.has(actor);
      if (!mayTry) return end - clock.now();
      trying.add(actor);
      return 0;
    },
    succeeded() {
      failing.clear();
      turnTo('closed');
    },
    failed(actor) {
      // A call of before says nothing about now.
      if (state === 'open' || (state === 'half-open' && !trying.has(actor))) return;
      failing.add(actor);
      if (failing.size < breakerFailures) return;
      end = clock.now() + breakerOpenMs;
      turnTo('open');
    },
  };
}
