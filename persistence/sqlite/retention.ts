/**
 * Old messages go in small steps, paced by the appends and inside their transactions: every so many appends
 * one partition, in turn, loses a bounded number. Only messages below its committed position go, so a
 * partition that has stopped keeps what it has not read, and every position keeps its message (R7).
 */
import type { DatabaseSync } from 'node:sqlite';
import type { MailboxTable } from './mailbox-table.ts';

const appendsPerStep = 64;
const removedMax = 512;

export interface Retention {
  /** To be called for each message appended. */
  step(newest: { sequence: number; time: number }): void;
}

export function createRetention(database: DatabaseSync, table: MailboxTable, retentionMs: number): Retention {
  const positionAfter = database.prepare(
    `SELECT partition, sequence FROM partitions WHERE partition > ? AND sequence IS NOT NULL
     ORDER BY partition LIMIT 1`,
  );
  let partition = -1;

  function removeFromNext(before: number): void {
    const position = positionAfter.get(partition) as { partition: number; sequence: number } | undefined;
    partition = position?.partition ?? -1;
    if (position === undefined) return;
    const below = Math.min(position.sequence, table.firstSince(partition, before));
    table.remove(partition, below, removedMax);
  }

  return {
    step({ sequence, time }) {
      if (sequence % appendsPerStep === 0) removeFromNext(time - retentionMs);
    },
  };
}
