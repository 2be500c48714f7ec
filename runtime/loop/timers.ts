/**
 * The owner's watch over the timers of a partition (R9). A due timer is sent as a message to the mailbox,
 * and again until a commit has consumed its token. Only the near ones are in memory.
 */
import { addressOf } from '../address.ts';
import type { TimerMessage } from '../message.ts';
import type { Clock, DueTimer, Mailbox, Store } from '../ports.ts';

export interface Timers {
  start(): void;
  add(timers: readonly DueTimer[]): void;
  /** Consumed, cancelled or outlived. */
  drop(tokens: readonly string[]): void;
  /** Not to be sent again by this owner, though the store keeps them. */
  park(tokens: readonly string[]): void;
  /** How many are due and neither consumed nor parked. */
  due(): number;
  /** Whether all that were due at this time are consumed, gone or parked; false before the store has been read so far. */
  haveFired(by: number): boolean;
  stop(): void;
}

interface Given {
  readonly partition: number;
  readonly store: Store;
  readonly mailbox: Mailbox;
  readonly clock: Clock;
  readonly timerHorizonMs: number;
  readonly timersMax: number;
  readonly resendMs: number;
}

interface Waiting {
  readonly timer: DueTimer;
  /** When it is sent, or sent again. */
  next: number;
  tries: number;
}

export function createTimers(given: Given): Timers {
  const { partition, store, clock, timerHorizonMs, timersMax, resendMs } = given;
  const near = new Map<string, Waiting>();
  /** Tokens that went while the store was being read: what was read of them is old. */
  let gone = new Set<string>();
  let reading = false;
  let horizon = 0;
  let readAt = 0;
  let cancel: (() => void) | undefined;
  let wakeAt = Infinity;
  let stopped = false;

  function schedule(at: number): void {
    cancel?.();
    wakeAt = at;
    cancel = stopped ? undefined : clock.after(Math.max(0, at - clock.now()), wake);
  }

  function wake(): void {
    const now = clock.now();
    const next = sendDue(given, near.values(), now);
    if (now >= readAt && !reading) void read(now);
    schedule(Math.min(next, Math.max(readAt, now + 1)));
  }

  async function read(now: number): Promise<void> {
    reading = true;
    gone = new Set();
    readAt = now + timerHorizonMs / 2;
    try {
      // Parked ones stay in the store, and are not to stand in the way of others.
      const limit = timersMax + [...near.values()].filter(({ next }) => next === Infinity).length;
      const due = await store.due(partition, now + timerHorizonMs, limit);
      // A full page: what lies beyond its last deadline has not been seen yet.
      const full = due.length >= limit;
      horizon = full ? (due.at(-1)?.at ?? now) : now + timerHorizonMs;
      if (full) readAt = Math.min(readAt, now + resendMs);
      for (const timer of due) if (!gone.has(timer.token)) watch(near, timer);
    } catch {
      readAt = clock.now() + resendMs;
    } finally {
      reading = false;
      if (!stopped) wake();
    }
  }

  return {
    start: wake,
    add(timers) {
      // While the store is being read, what is added may or may not be in the answer: keep all that is near.
      const until = reading ? clock.now() + timerHorizonMs : horizon;
      const soon = timers.filter(({ at }) => at <= until);
      for (const timer of soon) watch(near, timer);
      const first = Math.min(...soon.map(({ at }) => at));
      if (first < wakeAt) schedule(first);
    },
    drop(tokens) {
      for (const token of tokens) {
        near.delete(token);
        if (reading) gone.add(token);
      }
    },
    park(tokens) {
      for (const token of tokens) {
        const waiting = near.get(token);
        if (waiting !== undefined) waiting.next = Infinity;
      }
    },
    due: () => dueAt(near.values(), clock.now()),
    haveFired: (by) => by <= horizon && [...near.values()].every((waiting) => isOver(waiting, by)),
    stop() {
      stopped = true;
      cancel?.();
    },
  };
}

function watch(near: Map<string, Waiting>, timer: DueTimer): void {
  if (!near.has(timer.token)) near.set(timer.token, { timer, next: timer.at, tries: 0 });
}

function dueAt(near: Iterable<Waiting>, now: number): number {
  let count = 0;
  for (const { timer, next } of near) if (timer.at <= now && next !== Infinity) count += 1;
  return count;
}

/** Was not due by then, or is not to be sent again. */
function isOver({ timer, next }: Waiting, by: number): boolean {
  return timer.at > by || next === Infinity;
}

/** When the next one is to be sent. */
function sendDue(given: Given, near: Iterable<Waiting>, now: number): number {
  let next = Infinity;
  for (const waiting of near) {
    if (waiting.next <= now) {
      waiting.next = now + given.resendMs * 2 ** Math.min(waiting.tries, 6);
      waiting.tries += 1;
      send(given, waiting.timer);
    }
    next = Math.min(next, waiting.next);
  }
  return next;
}

function send({ mailbox, partition }: Given, timer: DueTimer): void {
  const to = addressOf(timer.key);
  const message: TimerMessage = { from: 'timer', to, timer: timer.timer, token: timer.token };
  // A failure needs no care: it is sent again until its token is gone.
  const sending = { to, partition, id: timer.token, dedupe: false, body: JSON.stringify(message) };
  mailbox.append(sending).catch(() => undefined);
}
