/**
 * Side effects, after the commit that asked for them (R10): at least once, under a key that is stable over
 * retries and takeovers, with a time limit, retries and a breaker per target. The result goes to the mailbox
 * as a message, again until a commit has consumed the token.
 */
import { addressOf } from './address.ts';
import type { Breaker } from './breaker.ts';
import type { Activity } from './definition.ts';
import { TerminalError, messageOf } from './errors.ts';
import type { ActivityMessage } from './message.ts';
import type { Clock, Logger, Mailbox, PendingActivity, Random } from './ports.ts';

export interface Activities {
  start(pending: readonly PendingActivity[]): void;
  /** The chart has left the state, or the result is committed. */
  stop(tokens: readonly string[]): void;
  stopAll(): void;
}

interface Given {
  readonly partition: number;
  readonly mailbox: Mailbox;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly resendMs: number;
  readonly implementation: (kind: string, source: string) => Activity | undefined;
  readonly breaker: (target: string) => Breaker;
}

type Result = ActivityMessage['result'];

export function createActivities(given: Given): Activities {
  const running = new Map<string, AbortController>();

  async function run(pending: PendingActivity, controller: AbortController): Promise<void> {
    const result = await carryOut(given, pending, controller.signal);
    if (result === undefined) return;
    await deliver(given, { pending, result, signal: controller.signal });
  }

  return {
    start(pending) {
      for (const activity of pending) {
        if (running.has(activity.token)) continue;
        const controller = new AbortController();
        running.set(activity.token, controller);
        void run(activity, controller);
      }
    },
    stop(tokens) {
      for (const token of tokens) {
        running.get(token)?.abort();
        running.delete(token);
      }
    },
    stopAll() {
      for (const controller of running.values()) controller.abort();
      running.clear();
    },
  };
}

/** Tries until it succeeds, gives up, or is stopped (undefined). */
async function carryOut(
  given: Given,
  pending: PendingActivity,
  signal: AbortSignal,
): Promise<Result | undefined> {
  const { kind } = addressOf(pending.key);
  const activity = given.implementation(kind, pending.source);
  if (activity === undefined) return failure('missing', `no activity ${pending.source} for ${kind}`);
  const breaker = given.breaker(targetOf(activity, pending));
  for (let attempt = 1; ; attempt++) {
    if (!(await mayTry(given.clock, breaker, signal))) return undefined;
    try {
      const output = await once(given, { activity, pending, attempt, signal });
      breaker.succeeded();
      return { output: asJson(output) };
    } catch (error) {
      if (isStopped(signal)) return undefined;
      // A clear no is an answer: the target works.
      if (error instanceof TerminalError) {
        breaker.succeeded();
        return failure('terminal', error.message);
      }
      breaker.failed();
      const fields = {
        actor: pending.key,
        activity: pending.source,
        key: pending.token,
        attempt,
        error: messageOf(error),
      };
      given.logger.warn(fields, 'activity failed');
      if (error instanceof LateError && activity.late !== undefined) return { output: asJson(activity.late) };
      if (attempt >= activity.retry.attempts) return failure('exhausted', messageOf(error));
      await pause(given.clock, backoffMs(activity, attempt, given.random), signal);
    }
  }
}

function targetOf({ target }: Activity, { input }: PendingActivity): string {
  return typeof target === 'string' ? target : target(JSON.parse(input));
}

/** Waits as long as the breaker says. Once stopped it is not asked again: the one call that it lets through would be lost. */
async function mayTry(clock: Clock, breaker: Breaker, signal: AbortSignal): Promise<boolean> {
  while (!isStopped(signal)) {
    const waitMs = breaker.waitMs();
    if (waitMs <= 0) return true;
    await pause(clock, waitMs, signal);
  }
  return false;
}

interface Attempt {
  readonly activity: Activity;
  readonly pending: PendingActivity;
  readonly attempt: number;
  readonly signal: AbortSignal;
}

/** No answer came in time: what was asked for may have happened or not. */
class LateError extends Error {}

async function once({ clock }: Given, { activity, pending, attempt, signal }: Attempt): Promise<unknown> {
  const limit = new AbortController();
  let cancel = (): void => undefined;
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(activity.timeoutMs, () => {
      // First of all: what the call makes of being aborted is no answer.
      reject(new LateError(`no answer within ${activity.timeoutMs} ms`));
      limit.abort();
    });
    signal.addEventListener('abort', () => reject(new Error('stopped')), { signal: limit.signal });
  });
  late.catch(() => undefined);
  try {
    const call = { key: pending.token, attempt, signal: AbortSignal.any([signal, limit.signal]) };
    return await Promise.race([activity.run(JSON.parse(pending.input), call), late]);
  } finally {
    cancel();
    limit.abort();
  }
}

/** Full jitter: a random part of base · 2^(attempt − 1), at most `maxMs`. */
export function backoffMs({ retry }: Activity, attempt: number, random: Random): number {
  return Math.ceil(random.next() * Math.min(retry.maxMs, retry.baseMs * 2 ** (attempt - 1)));
}

async function deliver(
  { clock, mailbox, partition, resendMs }: Given,
  { pending, result, signal }: { pending: PendingActivity; result: Result; signal: AbortSignal },
): Promise<void> {
  const to = addressOf(pending.key);
  const message: ActivityMessage = {
    from: 'activity',
    to,
    activity: pending.activity,
    token: pending.token,
    result,
  };
  const body = JSON.stringify(message);
  for (let tries = 0; !signal.aborted; tries++) {
    mailbox.append({ to, partition, id: pending.token, dedupe: false, body }).catch(() => undefined);
    await pause(clock, resendMs * 2 ** Math.min(tries, 6), signal);
  }
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(signal.aborted ? 0 : ms, done);
    signal.addEventListener('abort', done);
    function done(): void {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}

/** A call, so that the compiler does not believe that the signal stays as it was over an await. */
function isStopped(signal: AbortSignal): boolean {
  return signal.aborted;
}

function failure(code: string, message: string): Result {
  return { error: { code, message } };
}

/** Results live in the mailbox: what JSON would lose must not seem to be there. */
function asJson(output: unknown): never {
  return JSON.parse(JSON.stringify(output ?? null)) as never;
}
