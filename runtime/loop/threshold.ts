/**
 * What was there when a partition was taken: messages in its mailbox, and timers that were due. Activities begin
 * behind it. A result among those messages ends its activity, and a timer may end one too: no call to the outside
 * goes before them, whether the process was away for a minute or the store is a copy that is a week old.
 */
import type { Position } from '../ports.ts';
import type { ReadFrom } from './position.ts';

export interface Threshold {
  /** A reader begins there, and this is the last message that stands in the mailbox. */
  reads(from: ReadFrom['from'], last: Position | undefined): void;
  /** A batch is committed up to there. */
  took(position: Position): void;
  /** What is taken next stood there before: an owner of a newer copy of the store may have taken it too. */
  isAhead(): boolean;
  /** Timers up to this time were due, ms. */
  dueBy(): number;
}

export function createThreshold(now: number): Threshold {
  let dueBy = now;
  let taken = 0;
  let last = 0;
  return {
    reads(from, standing) {
      taken = 'sequence' in from ? from.sequence - 1 : 0;
      const isRead = standing !== undefined && ('sequence' in from || standing.time >= from.time);
      last = isRead ? standing.sequence : 0;
    },
    took({ sequence, time }) {
      taken = sequence;
      // It has the mailbox's present time. What is due only by our clock, which may be ahead, would come early.
      if (taken > last) dueBy = Math.min(dueBy, time);
    },
    isAhead: () => taken < last,
    dueBy: () => dueBy,
  };
}
