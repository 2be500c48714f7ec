/** Of a log: there may be more. Whoever has read all waits for that. */
import type { Clock } from '../ports.ts';

export interface News {
  readonly call: () => void;
  count(): number;
  /**
   * Resolves a moment after the first call beyond `known`, with true; with false when it is time to look
   * without one, or nobody waits any more.
   */
  since(known: number, signal: AbortSignal): Promise<boolean>;
}

/** What is stored within so many ms is read together. */
const gatherMs = 50;
/** Looked at without a call as well: a call can be missed. */
const lookMs = 1_000;

export function createNews(clock: Clock): News {
  const waiting = new Set<() => void>();
  let calls = 0;
  return {
    call() {
      calls += 1;
      for (const wake of [...waiting]) wake();
    },
    count: () => calls,
    since(known, signal) {
      return new Promise((resolve) => {
        let isCalled = calls > known;
        let cancel = clock.after(isCalled ? gatherMs : lookMs, done);
        waiting.add(wake);
        signal.addEventListener('abort', done);
        if (signal.aborted) done();

        function wake(): void {
          if (isCalled) return;
          isCalled = true;
          cancel();
          cancel = clock.after(gatherMs, done);
        }

        function done(): void {
          cancel();
          waiting.delete(wake);
          signal.removeEventListener('abort', done);
          resolve(isCalled || signal.aborted);
        }
      });
    },
  };
}
