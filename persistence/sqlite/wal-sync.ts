/**
 * Flushing the write-ahead log to the disk, on the thread pool: COMMIT only writes to the log (`synchronous =
 * NORMAL`), and the event loop goes on while the disk works. A flush that ends well covers all that was
 * written before it began.
 *
 * A flush that fails is the end: the kernel may have dropped the pages and call the next flush a success, so
 * nothing written since the last good one can be trusted any more, by this process or through it.
 */
import { fdatasync } from 'node:fs';

export interface Waiter {
  resolve(): void;
  reject(cause: Error): void;
}

export interface WalSync {
  running(): boolean;
  /** Begins a flush; only when none is running. */
  begin(waiter: Waiter): void;
  /** Settled with the flush that is running; at once if none is. */
  settled(waiter: Waiter): void;
}

/** Calls back when all that was written to the log before the call is on disk. */
export type Flush = (done: (cause: Error | null) => void) => void;

export function createWalSync(flush: Flush): WalSync {
  let waiters: Waiter[] | undefined;
  let failure: Error | undefined;

  function end(cause: Error | null): void {
    const covered = waiters ?? [];
    waiters = undefined;
    if (cause !== null) failure = cause;
    for (const waiter of covered) {
      if (cause === null) waiter.resolve();
      else waiter.reject(cause);
    }
  }

  return {
    running: () => waiters !== undefined,
    begin(waiter) {
      waiters = [waiter];
      flush(end);
    },
    settled(waiter) {
      if (failure !== undefined) waiter.reject(failure);
      else if (waiters !== undefined) waiters.push(waiter);
      else waiter.resolve();
    },
  };
}

export const flushOf =
  (descriptor: number): Flush =>
  (done) =>
    fdatasync(descriptor, done);
