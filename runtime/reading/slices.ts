/**
 * The thread that reads for people runs partitions too: it works on so much text at a time, and then lets all
 * others have their turn. Counted in characters and not in time, so that a run can be repeated.
 */
import type { Clock } from '../ports.ts';

/** A few milliseconds' work, also where each of them is parsed and written again. */
export const sliceChars = 160_000;

export function pause(clock: Pick<Clock, 'after'>): Promise<void> {
  return new Promise((resolve) => void clock.after(0, resolve));
}

/** A pause for many: whoever asks waits for those before, and the others have their turn between any two. */
export function createTurns(clock: Pick<Clock, 'after'>): () => Promise<void> {
  let last = Promise.resolve();
  return () => (last = last.then(() => pause(clock)));
}

/** To be told of every text that is worked on, by its size: pauses after each slice. */
export function createSlices(clock: Pick<Clock, 'after'>): (chars: number) => Promise<void> {
  let sum = 0;
  return async (chars) => {
    sum += chars;
    if (sum < sliceChars) return;
    sum = 0;
    await pause(clock);
  };
}
