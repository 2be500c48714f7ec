/**
 * A circuit breaker per target: after some failures in a row nothing is tried for a while, then one call
 * at a time. It parks calls and never fails them: an open breaker says nothing about the operation.
 */
import type { Clock } from './ports.ts';

export interface BreakerOptions {
  readonly breakerFailures: number;
  readonly breakerOpenMs: number;
}

export type BreakerState = 'closed' | 'open' | 'half-open';

export interface Breaker {
  /** 0: go on now (and report how it went); else wait that many ms and ask again. */
  waitMs(): number;
  succeeded(): void;
  failed(): void;
}

export function createBreaker(
  clock: Clock,
  { breakerFailures, breakerOpenMs }: BreakerOptions,
  onChange: (state: BreakerState) => void,
): Breaker {
  let failures = 0;
  let openUntil = 0;
  let state: BreakerState = 'closed';

  function turnTo(next: BreakerState): void {
    if (state === next) return;
    state = next;
    onChange(next);
  }

  return {
    waitMs() {
      if (state === 'closed') return 0;
      const now = clock.now();
      if (now < openUntil) return openUntil - now;
      // One call may try. Should its result never come, the next may after the same time.
      openUntil = now + breakerOpenMs;
      turnTo('half-open');
      return 0;
    },
    succeeded() {
      failures = 0;
      turnTo('closed');
    },
    failed() {
      failures += 1;
      if (failures < breakerFailures && state !== 'half-open') return;
      openUntil = clock.now() + breakerOpenMs;
      turnTo('open');
    },
  };
}
