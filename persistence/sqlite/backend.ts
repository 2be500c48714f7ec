/**
 * The embedded backend: everything in one SQLite file, for one process. A settled promise means on disk, by
 * group commit (`groupCommit.ts`).
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Backend, Clock, ServerHealth } from '../../runtime/ports.ts';
import { createReplyRoutes } from '../memory/replies.ts';
import { defaultWindowMs } from '../memory/window.ts';
import { openDatabase } from './database.ts';
import { createGroupCommit } from './groupCommit.ts';
import { createLog } from './log.ts';
import { createMailbox } from './mailbox.ts';
import { createStore } from './store.ts';

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
}

/** Rejects with `TerminalError` if another process has the file open, or it cannot be opened at all. */
export function openSqlite(options: SqliteOptions): Promise<Backend> {
  return new Promise((resolve) => resolve(backendOf(openDatabase(options.file), options)));
}

/** Over a database that `openDatabase` has opened; takes it over and closes it. */
export function backendOf(database: DatabaseSync, options: SqliteOptions): Backend {
  const { clock, windowMs = defaultWindowMs, retentionMs = defaultRetentionMs } = options;
  const group = createGroupCommit(database);
  const mailbox = createMailbox({ database, group, clock, windowMs, retentionMs });
  const replies = createReplyRoutes().connect(options.address ?? 'embedded');

  return {
    mailbox,
    store: createStore({ database, group, clock }),
    journal: createLog({ database, group, clock, windowMs, table: 'journal' }),
    deadLetters: createLog({ database, group, clock, windowMs, table: 'dead' }),
    replies,
    health: () => Promise.resolve([healthOf(database)]),
    close() {
      group.flush();
      mailbox.close();
      replies.close();
      if (database.isOpen) database.close();
      return Promise.resolve();
    },
  };
}

function healthOf(database: DatabaseSync): ServerHealth {
  return {
    name: 'sqlite',
    up: database.isOpen,
    durability:
      'write-ahead log with synchronous=FULL: what was acknowledged is on disk and survives a power cut',
    durable: true,
  };
}
