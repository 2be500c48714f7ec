/** One activity, carried out: tries under one key, with a time limit each, in the slots and by the breaker of its target. */
import type { CallEnd } from '../counters.ts';
import type { Activity } from '../definition.ts';
import { TerminalError, messageOf } from '../errors.ts';
import type { ActivityMessage } from '../message.ts';
import type { Clock, Logger, PendingActivity, Random } from '../ports.ts';
import type { Breaker } from './breaker.ts';
import type { Slots } from './slots.ts';

export type Result = ActivityMessage['result'];

/** What an activity depends on, shared by all that name it, in all partitions of a process. */
export interface Target {
  readonly breaker: Breaker;
  readonly slots: Slots;
}

export interface Means {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly target: (name: string) => Target;
  /** Notes how a call has ended. */
  readonly called: (target: string, end: CallEnd) => void;
}

export interface Asked {
  readonly activity: Activity;
  readonly pending: PendingActivity;
  /** It may have been called before this owner had it. */
  readonly isResumed: boolean;
  readonly signal: AbortSignal;
}

/** Tries until it succeeds, gives up, or is stopped (undefined). Rejects where the definition is wrong. */
export async function carryOut(means: Means, asked: Asked): Promise<Result | undefined> {
  const { activity, pending, signal } = asked;
  const name = targetOf(activity, pending);
  const target = means.target(name);
  const ended = (end: CallEnd): void => means.called(name, end);
  for (let attempt = 1; ; attempt++) {
    if (!(await target.slots.take(signal))) return undefined;
    let end: Result | Failed | undefined;
    try {
      end = await attemptAt(target.breaker, means, { ...asked, attempt, ended });
    } finally {
      target.slots.free();
    }
    if (!(end instanceof Failed)) return end;
    if (attempt >= activity.retry.attempts) return failure('exhausted', end.message);
    await pause(means.clock, backoffMs(activity, attempt, means.random), signal);
  }
}

/** Texts of errors come from anywhere, and stand in the journal: no longer than this, in characters. */
const reasonMax = 1_000;

export function failure(code: string, message: string): Result {
  return { error: { code, message: message.slice(0, reasonMax) } };
}

function targetOf({ target }: Activity, { input }: PendingActivity): string {
  return typeof target === 'string' ? target : target(JSON.parse(input));
}

/** Another try may help. */
class Failed extends Error {}

/** No answer came in time: what was asked for may have happened or not. */
class LateError extends Error {}

interface Attempt extends Asked {
  readonly attempt: number;
  readonly ended: (end: CallEnd) => void;
}

async function attemptAt(
  breaker: Breaker,
  means: Means,
  attempt: Attempt,
): Promise<Result | Failed | undefined> {
  const verdict = await mayTry(means.clock, breaker, attempt);
  if (verdict === 'stopped') return undefined;
  if (verdict === 'too-old') return outdated(attempt);
  let output: unknown;
  try {
    output = await once(means.clock, attempt);
  } catch (error) {
    return isStopped(attempt.signal) ? undefined : afterError(error, { breaker, means, attempt });
  }
  breaker.succeeded(attempt.pending.key);
  attempt.ended('succeeded');
  return { output: asJson(output) };
}

/**
 * Waits as long as the breaker says. Once stopped or too old it is not asked again: one of the few calls that it
 * lets through would be lost.
 */
async function mayTry(
  clock: Clock,
  breaker: Breaker,
  { activity, pending, signal }: Attempt,
): Promise<'yes' | 'too-old' | 'stopped'> {
  while (!isStopped(signal)) {
    if (clock.now() - pending.startedAt > (activity.maxAgeMs ?? Infinity)) return 'too-old';
    const waitMs = breaker.waitMs(pending.key);
    if (waitMs <= 0) return 'yes';
    await pause(clock, waitMs, signal);
  }
  return 'stopped';
}

/** Nobody knows what became of the tries before, if there were any. */
function outdated({ activity: { late, maxAgeMs = 0 }, ended }: Attempt): Result {
  ended('outdated');
  if (late !== undefined) return { output: asJson(late) };
  return failure('too-old', `it was asked for more than ${maxAgeMs} ms ago`);
}

function afterError(
  error: unknown,
  { breaker, means, attempt }: { breaker: Breaker; means: Means; attempt: Attempt },
): Result | Failed {
  // A clear no is an answer: the target works.
  if (error instanceof TerminalError) {
    breaker.succeeded(attempt.pending.key);
    attempt.ended('refused');
    return failure('terminal', error.message);
  }
  const { activity, pending } = attempt;
  breaker.failed(pending.key);
  attempt.ended(error instanceof LateError ? 'late' : 'failed');
  const fields = {
    actor: pending.key,
    activity: pending.source,
    key: pending.token,
    attempt: attempt.attempt,
    error: messageOf(error),
  };
  means.logger.warn(fields, 'activity failed');
  if (error instanceof LateError && activity.late !== undefined) return { output: asJson(activity.late) };
  return new Failed(messageOf(error));
}

async function once(
  clock: Clock,
  { activity, pending, attempt, isResumed, signal }: Attempt,
): Promise<unknown> {
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
    const call = {
      key: pending.token,
      attempt,
      repeated: isResumed || attempt > 1,
      signal: AbortSignal.any([signal, limit.signal]),
    };
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

export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
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

/** Results live in the mailbox: what JSON would lose must not seem to be there. */
function asJson(output: unknown): never {
  return JSON.parse(JSON.stringify(output ?? null)) as never;
}
