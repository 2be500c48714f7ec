/** Waiting for an actor to be so: looked at again and again, never for ever. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Call } from './calls.ts';
import { Unexpected } from './steps.ts';
import { stateText, viewOf, type View } from './views.ts';

export interface WaitOptions {
  readonly call: Call;
  /** Time in which nobody answers does not count. */
  readonly withinMs: number;
  /** Between two looks, longer each time. */
  readonly lookMs: { readonly first: number; readonly most: number };
  readonly signal?: AbortSignal;
}

/** Rejects with `Unexpected` where it takes too long, or has ended otherwise. */
export async function waitUntil(
  path: string,
  isSo: (view: View) => boolean,
  { call, withinMs, lookMs, signal }: WaitOptions,
): Promise<View> {
  let last: View | undefined;
  let waitMs = lookMs.first;
  for (let waitedMs = 0; waitedMs < withinMs; waitedMs += waitMs) {
    last = viewOf(await call({ method: 'GET', path }));
    if (last !== undefined && isSo(last)) return last;
    if (last?.status === 'done') throw new Unexpected(`${path} has ended: ${stateText(last)}`);
    await delay(waitMs, undefined, signal === undefined ? {} : { signal });
    waitMs = Math.min(lookMs.most, waitMs * 1.5);
  }
  const now = last === undefined ? 'it is not there' : stateText(last);
  throw new Unexpected(`${path} does not go on: ${now}`);
}
