/** Where a partition reads on, and whether the mailbox still is what it was (R7). */
import type { Memory } from '../core/draft.ts';
import type { RuntimeOptions } from '../options.ts';
import type { Mailbox, Position } from '../ports.ts';

export type ReadFrom =
  | { readonly verdict: 'same'; readonly from: { sequence: number } }
  /** The tail is gone and its sequences may be in use again: read the last stretch once more. */
  | { readonly verdict: 'lost-tail'; readonly from: { time: number }; readonly found: Position | undefined }
  /** Retention has removed what was read; `unread` if messages may have gone that never were. */
  | { readonly verdict: 'expired'; readonly from: { sequence: number }; readonly unread: boolean };

export async function findPosition(
  mailbox: Mailbox,
  { memory, partition, options }: { memory: Memory; partition: number; options: RuntimeOptions },
): Promise<ReadFrom> {
  const { position, highWater } = memory;
  if (position === undefined) {
    // Nothing was ever committed here, or the store has lost everything: then what the mailbox lacks is gone.
    const { first } = await mailbox.bounds();
    if (first <= 1) return { verdict: 'same', from: { sequence: 1 } };
    return { verdict: 'expired', from: { sequence: first }, unread: true };
  }
  const { sequence, time, id } = position;
  const found = await mailbox.at(partition, sequence);
  if (found?.time === time && found.id === id) return { verdict: 'same', from: { sequence: sequence + 1 } };
  const { first } = await mailbox.bounds();
  if (found === undefined && first > sequence) {
    return { verdict: 'expired', from: { sequence: first }, unread: first > sequence + 1 };
  }
  // Never further back than ids are kept: what was applied is told by channel number, id or token.
  const again = Math.max(time - options.rereadMarginMs, highWater - options.madeKeepMs);
  return { verdict: 'lost-tail', from: { time: again }, found };
}
