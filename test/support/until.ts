/** Waiting for something that happens in another process: looked at again and again, never for ever. */
import { setTimeout as delay } from 'node:timers/promises';

export interface Patience {
  readonly withinMs?: number;
  /** What was waited for, and what there is instead. */
  readonly what?: () => string;
}

const lookMs = 10;

/** Resolves to the first value that is neither undefined nor false; rejects when the time is up. */
export async function until<Value>(
  condition: () => Value | undefined | false | Promise<Value | undefined | false>,
  { withinMs = 30_000, what = () => String(condition) }: Patience = {},
): Promise<Value> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > giveUpAt) throw new Error(`not within ${withinMs} ms: ${what()}`);
    await delay(lookMs);
  }
}
