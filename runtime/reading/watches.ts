/**
 * What is worked out in this process for as long as somebody looks: one watch a name, which begins with the first
 * question and is given up when nobody has asked for a while.
 */
import { RetryableError, messageOf } from '../errors.ts';
import type { Clock, Logger } from '../ports.ts';

export interface Watch {
  /** Goes on until the watch ends. If it fails the watch is over, and whoever asks next begins anew. */
  run(): Promise<void>;
}

export interface Watches<Each extends Watch> {
  /** Somebody looks; begins if nobody did. */
  of(name: string): Each;
  /** Somebody looks, if it has begun. */
  known(name: string): Each | undefined;
  close(): void;
}

interface Life<Each> {
  readonly watch: Each;
  readonly stay: () => void;
  readonly end: () => void;
}

export interface WatchesContext {
  readonly clock: Clock;
  readonly logger: Logger;
  /** What it is, for the log. */
  readonly what: string;
}

/** Nobody has asked for so long: what was gathered is forgotten. */
const idleMs = 300_000;

/** `make` is given what ends it; a watch may end itself by it, too. */
export function createWatches<Each extends Watch>(
  { clock, logger, what }: WatchesContext,
  make: (name: string, end: AbortController) => Each,
): Watches<Each> {
  const lives = new Map<string, Life<Each>>();

  function begin(name: string): Life<Each> {
    const abort = new AbortController();
    let cancelIdle = (): void => undefined;
    const life = { watch: make(name, abort), stay, end };
    const isCurrent = (): boolean => lives.get(name) === life;
    lives.set(name, life);
    life.watch.run().catch(fail);
    return life;

    function stay(): void {
      cancelIdle();
      cancelIdle = clock.after(idleMs, end);
    }

    function end(): void {
      cancelIdle();
      abort.abort();
      // Another one may have begun under the name since then.
      if (isCurrent()) lives.delete(name);
    }

    function fail(error: unknown): void {
      if (!isCurrent()) return;
      end();
      const level = error instanceof RetryableError ? 'warn' : 'error';
      logger[level]({ error: messageOf(error) }, `${what} of ${name}: beginning anew`);
    }
  }

  return {
    of(name) {
      const life = lives.get(name) ?? begin(name);
      life.stay();
      return life.watch;
    },
    known(name) {
      const life = lives.get(name);
      life?.stay();
      return life?.watch;
    },
    close() {
      for (const life of [...lives.values()]) life.end();
    },
  };
}
