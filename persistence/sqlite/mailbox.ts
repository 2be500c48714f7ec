/**
 * The mailbox in one table. Sequences come from one counter for all partitions and are never used again: a
 * partition's newest message outlives retention, so the counter can be read back from the table. Times never
 * go back within the file, whatever the clock does; so the order of times is that of sequences.
 *
 * Readers get a message when it is committed, not only when it is flushed: what they make of it is committed
 * later and told later (`group-commit.ts`).
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Clock, Mailbox, Position, Stored } from '../../runtime/ports.ts';
import { createReaders } from '../memory/readers.ts';
import { type Window, createWindow } from '../memory/window.ts';
import type { GroupCommit } from './group-commit.ts';
import { type MailboxTable, createMailboxTable } from './mailbox-table.ts';
import { createRetention } from './retention.ts';

type Entry = Parameters<Mailbox['append']>[0];

export interface MailboxOptions {
  readonly database: DatabaseSync;
  readonly group: GroupCommit;
  readonly clock: Clock;
  readonly windowMs: number;
  readonly retentionMs: number;
}

export interface SqliteMailbox extends Mailbox {
  /** Delivers a message of a commit, inside the transaction that is under way. */
  readonly deliver: (entry: Entry) => void;
  close(): void;
}

export function createMailbox(options: MailboxOptions): SqliteMailbox {
  const { database, group, clock } = options;
  const table = createMailboxTable(database);
  const readers = createReaders({ clock, page: table.page, later: setImmediate });
  const add = createAdd(options, table, readers.wake);

  return {
    deliver: (entry) => add(entry, true),
    append: (entry) => group.run(() => add(entry, false)),
    at: (partition, sequence) => group.read(() => table.at(partition, sequence)),
    bounds: () => group.read(() => table.bounds()),
    last: (partition) => group.read(() => table.last(partition)),
    read: (partition, from, inbox) =>
      group.read(() => {
        const first = 'sequence' in from ? from.sequence : table.firstSince(partition, from.time);
        return readers.open(partition, first, inbox);
      }),
    close: readers.close,
  };
}

/** Messages of the transaction that is under way, by partition: readers get them once it is committed. */
type Fresh = Map<number, Stored[]>;

function createAdd(
  { database, group, clock, windowMs, retentionMs }: MailboxOptions,
  table: MailboxTable,
  wake: (partition: number, messages: readonly Stored[]) => void,
): (entry: Entry, delivered: boolean) => void {
  const retention = createRetention(database, table, retentionMs);
  /** Only once something is appended from outside a commit: what a commit delivers cannot come twice. */
  let window: Window | undefined;
  let committed = table.newest();
  let last = committed;
  let fresh: Fresh = new Map();

  group.observe({
    committed() {
      const appended = fresh;
      committed = last;
      fresh = new Map();
      for (const [partition, messages] of appended) wake(partition, messages);
    },
    rolledBack() {
      // What it knows of a transaction that is undone is wrong: it is read from the file again.
      window = undefined;
      last = committed;
      fresh = new Map();
    },
  });

  function isRepeat(id: string, time: number): boolean {
    if (window?.has(id, time) === true) return true;
    window?.add(id, time);
    return false;
  }

  return ({ partition, id, dedupe, body }, delivered) => {
    const time = Math.max(last.time, Math.floor(clock.now()));
    if (dedupe && !delivered) window ??= recentIds(table, windowMs);
    if (dedupe && isRepeat(id, time)) return;
    const message = { sequence: last.sequence + 1, time, id, body };
    table.insert(partition, message, dedupe);
    last = { sequence: message.sequence, time };
    const messages = fresh.get(partition);
    if (messages === undefined) fresh.set(partition, [message]);
    else messages.push(message);
    retention.step(message);
  };
}

/** The window outlives a restart: it is read back from what was stored last. */
function recentIds(table: MailboxTable, windowMs: number): Window {
  const window = createWindow(windowMs);
  const recent: Position[] = table.dedupedSince(table.newest().time - windowMs);
  for (const { id, time } of recent.sort((a, b) => a.sequence - b.sequence)) window.add(id, time);
  return window;
}
