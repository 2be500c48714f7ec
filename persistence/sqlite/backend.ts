/**
 * The embedded backend: everything in one SQLite file, for one process. A settled promise means on disk, by
 * group commit (`group-commit.ts`, `wal-sync.ts`; docs/adr/002-embedded-group-commit.md).
 */
import { closeSync, openSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { TerminalError } from '../../runtime/errors.ts';
import type { Backend, Clock, ServerHealth } from '../../runtime/ports.ts';
import { createReplyRoutes } from '../memory/replies.ts';
import { defaultWindowMs } from '../memory/window.ts';
import { openDatabase } from './database.ts';
import { createGroupCommit, type GroupCommit } from './group-commit.ts';
import { createLog } from './log.ts';
import { createMailbox } from './mailbox.ts';
import { createStore } from './store.ts';
import { flushOf, type Flush } from './wal-sync.ts';

const defaultRetentionMs = 7 * 24 * 3_600_000;

export interface SqliteOptions {
  /** Made, with its folder, if it is not there. */
  readonly file: string;
  readonly clock: Clock;
  /** This process, as `reply.to` in a command. */
  readonly address?: string;
  /** How long the mailbox and the logs know an id again. */
  readonly windowMs?: number;
  /** The mailbox keeps messages that the partitions have worked off for so long. */
  readonly retentionMs?: number;
  /**
   * A flush has failed: nothing is read or written through this backend any more, only another process can go on
   * with the file. Called once.
   */
  readonly onGivenUp?: (cause: Error) => void;
}

/** Rejects with `TerminalError` if another process has the file open, or it cannot be opened at all. */
export function openSqlite(options: SqliteOptions): Promise<Backend> {
  return new Promise((resolve) => resolve(backendOf(openDatabase(options.file), options)));
}

/** Over a database that `openDatabase` has opened; takes it over and closes it. `flush` is for tests. */
export function backendOf(database: DatabaseSync, options: SqliteOptions, flush?: Flush): Backend {
  const { clock, file, windowMs = defaultWindowMs, retentionMs = defaultRetentionMs } = options;
  const log = openLog(database, file);
  const group = createGroupCommit(database, flush ?? flushOf(log), (cause) => options.onGivenUp?.(cause));
  const mailbox = createMailbox({ database, group, clock, windowMs, retentionMs });
  const journal = createLog({ database, group, clock, windowMs, table: 'journal' });
  const deadLetters = createLog({ database, group, clock, windowMs, table: 'dead' });
  const delivery = { message: mailbox.deliver, publication: { journal: journal.add, dead: deadLetters.add } };
  const replies = createReplyRoutes().connect(options.address ?? 'embedded');

  return {
    mailbox,
    store: createStore({ database, group, clock, delivery }),
    journal,
    deadLetters,
    replies,
    health: () => Promise.resolve([healthOf(database, group)]),
    async close() {
      await group.close();
      if (!database.isOpen) return;
      mailbox.close();
      replies.close();
      // Closing copies the log into the file unchecked. After a failed flush that is for the next process, which
      // first reads the log by its checksums.
      if (group.failure() !== undefined) return;
      database.close();
      closeSync(log);
    },
  };
}

/** SQLite has no lock on this file that closing a second descriptor would give up; it has on the other one. */
function openLog(database: DatabaseSync, file: string): number {
  try {
    return openSync(`${file}-wal`, 'r+');
  } catch (cause) {
    database.close();
    // As with `:memory:`, and on some network file systems.
    throw new TerminalError(
      `${file} cannot be used: SQLite keeps no write-ahead log beside it; it has to be a file on a local disk`,
      { cause },
    );
  }
}

function healthOf(database: DatabaseSync, group: GroupCommit): ServerHealth {
  return {
    name: 'sqlite',
    up: database.isOpen && group.failure() === undefined,
    durability:
      'write-ahead log, flushed before anything is acknowledged: what was acknowledged survives a power cut',
    durable: true,
  };
}
