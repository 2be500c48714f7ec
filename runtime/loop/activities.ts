/**
 * Side effects, after the commit that asked for them (R10): at least once, under a key that is stable over
 * retries and takeovers. The result goes to the mailbox as a message, again until a commit has consumed the
 * token.
 */
import { addressOf } from '../address.ts';
import type { Activity } from '../definition.ts';
import { messageOf } from '../errors.ts';
import type { ActivityMessage } from '../message.ts';
import type { Mailbox, PendingActivity } from '../ports.ts';
import { carryOut, failure, pause, type Means, type Result } from './carry-out.ts';

export interface Activities {
  /** Until `open`, whatever is started waits. `isResumed`: an owner before this one may have called it. */
  start(pending: readonly PendingActivity[], isResumed: boolean): void;
  open(): void;
  /** The chart has left the state, or the result is committed. */
  stop(tokens: readonly string[]): void;
  stopAll(): void;
}

interface Given extends Means {
  readonly partition: number;
  readonly mailbox: Mailbox;
  readonly resendMs: number;
  readonly messageMaxChars: number;
  readonly implementation: (kind: string, source: string) => Activity | undefined;
}

interface Started {
  readonly pending: PendingActivity;
  readonly isResumed: boolean;
}

interface Running extends Started {
  readonly signal: AbortSignal;
}

export function createActivities(given: Given): Activities {
  const running = new Map<string, AbortController>();
  let waiting: Map<string, Started> | undefined = new Map();

  function begin(started: Started): void {
    const { token } = started.pending;
    if (running.has(token)) return;
    const controller = new AbortController();
    running.set(token, controller);
    void run(given, { ...started, signal: controller.signal });
  }

  return {
    start(all, isResumed) {
      for (const pending of all) {
        if (waiting === undefined) begin({ pending, isResumed });
        else waiting.set(pending.token, { pending, isResumed });
      }
    },
    open() {
      const waited = [...(waiting?.values() ?? [])];
      waiting = undefined;
      waited.forEach(begin);
    },
    stop(tokens) {
      for (const token of tokens) {
        waiting?.delete(token);
        running.get(token)?.abort();
        running.delete(token);
      }
    },
    stopAll() {
      waiting?.clear();
      for (const controller of running.values()) controller.abort();
      running.clear();
    },
  };
}

/** Never rejects: whatever is wrong with a definition is the result of this activity, not the end of the process. */
async function run(given: Given, running: Running): Promise<void> {
  const result = await resultOf(given, running).catch((error: unknown) => {
    const { key, source } = running.pending;
    given.logger.error({ actor: key, activity: source, error: messageOf(error) }, 'activity cannot be run');
    return failure('terminal', messageOf(error));
  });
  if (result !== undefined) await deliver(given, running, result);
}

async function resultOf(given: Given, running: Running): Promise<Result | undefined> {
  const { key, source } = running.pending;
  const { kind } = addressOf(key);
  const activity = given.implementation(kind, source);
  if (activity === undefined) return failure('missing', `no activity ${source} for ${kind}`);
  return carryOut(given, { ...running, activity });
}

async function deliver(given: Given, { pending, signal }: Running, result: Result): Promise<void> {
  const { clock, mailbox, partition, resendMs } = given;
  const to = addressOf(pending.key);
  const body = bodyOf(given, pending, result);
  for (let tries = 0; !signal.aborted; tries++) {
    mailbox.append({ to, partition, id: pending.token, dedupe: false, body }).catch(() => undefined);
    await pause(clock, resendMs * 2 ** Math.min(tries, 6), signal);
  }
}

/** A result that the broker would not take is no result: the chart must not wait for it for ever. */
function bodyOf({ messageMaxChars, logger }: Given, pending: PendingActivity, result: Result): string {
  const { key, activity, source, token } = pending;
  const textOf = (what: Result): string => {
    const message: ActivityMessage = { from: 'activity', to: addressOf(key), activity, token, result: what };
    return JSON.stringify(message);
  };
  const body = textOf(result);
  if (body.length <= messageMaxChars) return body;
  const error = `${body.length} characters, more than the ${messageMaxChars} that a message may have`;
  logger.error({ actor: key, activity: source, key: token, error }, 'the result of an activity is too large');
  return textOf(failure('too-large', error));
}
