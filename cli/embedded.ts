/**
 * The journal of an embedded Waybill. Its process holds the file locked for as long as it runs, so a copy is read.
 */
import { constants, rmSync } from 'node:fs';
import { access, copyFile as copyByName, mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { schemaVersion } from '../persistence/sqlite/schema.ts';
import { keyOf } from '../runtime/address.ts';
import { TerminalError, messageOf } from '../runtime/errors.ts';
import type { Log } from '../runtime/ports.ts';
import type { JournalSource } from './journal.ts';

/**
 * Works whether another process has the file open or not; in the one that has, closing a second descriptor would
 * give up its lock. `TerminalError` where the file is none of this Waybill's. `copyFile` is for tests.
 */
export async function openEmbedded(file: string, copyFile = copyByName): Promise<JournalSource> {
  await access(file, constants.R_OK).catch((cause: unknown) => {
    throw new TerminalError(`${file} cannot be read: ${messageOf(cause)}`, { cause });
  });
  const folder = await mkdtemp(join(tmpdir(), 'waybill-export-'));
  const removeNow = (): void => rmSync(folder, { recursive: true, force: true });
  // What is in it may concern people: it does not outlive the process, however that ends.
  process.on('exit', removeNow);
  let database: DatabaseSync | undefined;
  async function close(): Promise<void> {
    database?.close();
    await rm(folder, { recursive: true, force: true });
    process.off('exit', removeNow);
  }
  try {
    const copy = join(folder, 'copy.db');
    await copyWhole(file, copy, copyFile);
    database = new DatabaseSync(copy);
    return { journal: logOf(database, file), place: `file ${basename(file)}`, close };
  } catch (cause) {
    await close();
    if (cause instanceof TerminalError) throw cause;
    throw new TerminalError(`${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

const tries = 20;
/** How long, before another try, for the log to begin anew; it then does not do so again for as long as can be. */
const patienceMs = 1_000;
const lookMs = 5;

/**
 * First the file, then its log. Whatever a checkpoint writes into the file meanwhile stands in the log as well, as
 * long as the log has not begun anew, and the log counts for more: together they are the state at the end of
 * the log. If it has begun anew, all is copied again.
 */
async function copyWhole(file: string, copy: string, copyFile: typeof copyByName): Promise<void> {
  for (let attempt = 1; attempt <= tries; attempt++) {
    const before = attempt === 1 ? await generationOf(file) : await nextGenerationOf(file);
    await copyFile(file, copy, constants.COPYFILE_FICLONE);
    await rm(`${copy}-wal`, { force: true });
    await copyFile(`${file}-wal`, `${copy}-wal`, constants.COPYFILE_FICLONE).catch(unlessMissing);
    if (before === (await generationOf(file))) return;
  }
  throw new TerminalError(`${file} is written too busily to be copied; try again when it is quieter`);
}

async function nextGenerationOf(file: string): Promise<string> {
  const present = await generationOf(file);
  let found = present;
  for (let waitedMs = 0; found === present && waitedMs < patienceMs; waitedMs += lookMs) {
    await delay(lookMs);
    found = await generationOf(file);
  }
  return found;
}

/** The head of the log, which has a new salt each time that the log begins anew; without a log, the file's age. */
async function generationOf(file: string): Promise<string> {
  const log = await open(`${file}-wal`).catch(unlessMissing);
  try {
    const { bytesRead = 0, buffer } = (await log?.read(Buffer.alloc(32), 0, 32, 0)) ?? {};
    if (bytesRead === 32 && buffer !== undefined) return buffer.toString('hex');
  } finally {
    await log?.close();
  }
  const { mtimeNs, size } = await stat(file, { bigint: true });
  return `${mtimeNs} ${size}`;
}

function unlessMissing(error: unknown): undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}

function logOf(database: DatabaseSync, file: string): Pick<Log, 'read'> {
  const version = database.prepare('PRAGMA user_version').get()?.['user_version'];
  if (version !== schemaVersion) {
    throw new TerminalError(
      `${file} has schema version ${String(version)}, this Waybill reads ${schemaVersion}`,
    );
  }
  const select = database.prepare(
    'SELECT sequence, time, body FROM journal WHERE actor = ? AND sequence > ? ORDER BY sequence LIMIT ?',
  );
  return {
    read: (of, after, limit) =>
      new Promise((resolve) => resolve(select.all(keyOf(of), after, limit) as unknown as Rows)),
  };
}
type Rows = Awaited<ReturnType<Log['read']>>;
