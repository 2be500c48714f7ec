/** A clock that a test moves by hand. */
import type { Clock } from '../../runtime/ports.ts';

/** A time to count from, as real ones look. */
export const epoch = 1_790_000_000_000;

export interface ManualClock extends Clock {
  /** Runs what falls due up to then, in order, and lets promises settle in between. */
  advance(ms: number): Promise<void>;
  /** Moves on, from one due action to the next, until the condition holds; throws after `limitMs`. */
  until(condition: () => unknown, limitMs?: number): Promise<void>;
  /** The same time for one process: `stop` ends it as `kill -9` does, `aheadMs` makes its clock run fast. */
  process(aheadMs?: number): ProcessClock;
}

export interface ProcessClock extends Clock {
  stop(): void;
}

interface Due {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
}

export function createManualClock(start = epoch): ManualClock {
  let now = start;
  let order = 0;
  const waiting = new Set<Due>();

  function after(ms: number, action: () => void): () => void {
    const due = { at: now + Math.max(0, ms), order: ++order, action };
    waiting.add(due);
    return () => void waiting.delete(due);
  }

  function takeFirst(until: number): Due | undefined {
    let first: Due | undefined;
    for (const due of waiting) {
      if (due.at > until) continue;
      if (first === undefined || due.at < first.at || (due.at === first.at && due.order < first.order))
        first = due;
    }
    if (first !== undefined) waiting.delete(first);
    return first;
  }

  /** False when nothing falls due up to then. */
  async function step(until: number): Promise<boolean> {
    const due = takeFirst(until);
    if (due === undefined) return false;
    now = Math.max(now, due.at);
    due.action();
    await settled();
    return true;
  }

  const clock: ManualClock = {
    now: () => now,
    after,
    async advance(ms) {
      const until = now + ms;
      await settled();
      while (await step(until));
      now = until;
    },
    async until(condition, limitMs = 600_000) {
      const limit = now + limitMs;
      await settled();
      while (!(await condition())) {
        if (!(await step(limit))) throw new Error(`not so within ${limitMs} ms: ${String(condition)}`);
      }
    },
    process: (aheadMs = 0) => processClock(clock, aheadMs),
  };
  return clock;
}

function processClock(clock: Clock, aheadMs: number): ProcessClock {
  let stopped = false;
  return {
    now: () => clock.now() + aheadMs,
    after: (ms, action) =>
      clock.after(ms, () => {
        if (!stopped) action();
      }),
    stop() {
      stopped = true;
    },
  };
}

/** All promises that wait for nothing but each other: microtasks run out before the next immediate. */
export function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
