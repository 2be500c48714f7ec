/**
 * Opens the one file. The exclusive lock is taken here and held until the file is closed or the process ends
 * in whatever way, so there is never a second writer: what another process left behind (leases) is dead.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { TerminalError, messageOf } from '../../runtime/errors.ts';
import { answerPlace } from './answers.ts';
import { answersTable, schema, schemaVersion } from './schema.ts';

/**
 * The order matters: the page size holds for a new file only, before its first write; with the exclusive lock
 * asked for before the first read, the write-ahead log does without shared memory. With NORMAL, SQLite itself
 * flushes the log before a checkpoint, the file after it, and the log's header when it begins to use the log
 * from the start again; the rest is `wal-sync.ts`.
 */
const settings = `
  PRAGMA page_size = 8192;
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA wal_autocheckpoint = 4000;
  PRAGMA journal_size_limit = 67108864;
  PRAGMA cache_size = -65536;
  PRAGMA temp_store = MEMORY;
`;

export function openDatabase(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true });
    database = new DatabaseSync(file);
    database.exec(settings);
    database.exec('BEGIN EXCLUSIVE');
    migrate(database, file);
    database.exec('UPDATE partitions SET token = NULL');
    database.exec('COMMIT');
    // What the process before has left in the log may never have been flushed, or its flush may have failed:
    // all that is read from now on is first written anew, into the file, and flushed there.
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return database;
  } catch (cause) {
    database?.close();
    throw openingError(file, cause);
  }
}

function migrate(database: DatabaseSync, file: string): void {
  const version = database.prepare('PRAGMA user_version').get()?.['user_version'];
  if (version === schemaVersion) return;
  if (version === 0) database.exec(schema);
  else if (version === 2) answersByMaking(database);
  else {
    throw new TerminalError(
      `${file} has schema version ${String(version)}, this Waybill reads and writes ${schemaVersion}`,
    );
  }
  database.exec(`PRAGMA user_version = ${schemaVersion}`);
}

/** What schema version 2 has kept, in the order of version 3. */
function answersByMaking(database: DatabaseSync): void {
  database.function('place', { deterministic: true }, (id, kept) =>
    answerPlace({ id: String(id), kept: kept === 1 }),
  );
  database.exec(`
    DROP INDEX answers_by_age;
    ALTER TABLE answers RENAME TO former;
    ${answersTable}
    INSERT INTO answers SELECT partition, kept, place(id, kept), id, time, body FROM former;
    DROP TABLE former;
  `);
}

const busy = 5;

function openingError(file: string, cause: unknown): TerminalError {
  if (cause instanceof TerminalError) return cause;
  if (codeOf(cause) === busy) {
    return new TerminalError(
      `${file} is in use by another Waybill process; end that one first, or start this one with another file`,
      { cause },
    );
  }
  return new TerminalError(`${file} cannot be opened: ${messageOf(cause)}`, { cause });
}

/** SQLite's primary result code; the extended ones carry it in their lowest byte. */
function codeOf(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined;
}
