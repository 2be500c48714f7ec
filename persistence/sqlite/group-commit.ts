/**
 * Group commit: what is asked for while the disk is busy with one transaction is executed in the order of the
 * calls, inside the next one. Its promises settle when a flush of the log that began after the COMMIT has
 * ended (`wal-sync.ts`). A transaction in the midst of a flush would have to wait for the next flush all the
 * same; so it is left to gather.
 *
 * The transaction begins and ends within one synchronous stretch: no read on the same connection ever sees
 * half of it. An operation that throws `FencedError` must not have written anything yet; it fails alone. Any
 * other error takes the whole transaction back, and all that were in it get `RetryableError`.
 *
 * Between COMMIT and flush, this process sees what a power cut would still take back. It may build on it: the
 * log is written in the order of the transactions and read back up to the first gap, so what was built on it
 * is never there without it. It may not speak of it: promises settle, and `readSettled` answers, after the
 * flush. After a flush that failed nothing is read or written any more; what it was for is in doubt.
 */
import type { DatabaseSync } from 'node:sqlite';
import { FencedError, RetryableError, messageOf } from '../../runtime/errors.ts';
import { createWalSync, type Flush, type WalSync } from './wal-sync.ts';

export interface GroupCommit {
  run<T>(operation: () => T): Promise<T>;
  /** For what only leads to further transactions: sees all that is committed, on disk or not yet. */
  read<T>(read: () => T): Promise<T>;
  /** For what is told to others: answers when what was seen is on disk. */
  readSettled<T>(read: () => T): Promise<T>;
  /** For what is held in memory beside the tables: told at the end of each transaction. */
  observe(observer: TransactionObserver): void;
  /** Executes what is queued and waits until it is on disk; takes no more. */
  close(): Promise<void>;
  /** Why nothing is read or written any more. */
  failure(): Error | undefined;
}

export interface TransactionObserver {
  committed(): void;
  rolledBack(): void;
}

interface Queued {
  /** Returns what settles the promise, for when it is on disk. */
  execute(): () => void;
  reject(error: Error): void;
}

/** `givenUp` is called once, when a flush has failed and those who waited for it know. */
export function createGroupCommit(
  database: DatabaseSync,
  flushLog: Flush,
  givenUp: (cause: Error) => void,
): GroupCommit {
  const sync = createWalSync(flushLog);
  const observers: TransactionObserver[] = [];
  const execute = createTransaction(database, observers);
  let queue: Queued[] = [];
  let scheduled = false;
  let failure: Error | undefined;
  let closed = false;

  /** At the end of this turn of the event loop, so that all who have just been told can ask for more. */
  function schedule(): void {
    if (scheduled || queue.length === 0 || sync.running()) return;
    scheduled = true;
    setImmediate(next);
  }

  function next(): void {
    scheduled = false;
    if (queue.length === 0 || sync.running()) return;
    const group = queue;
    queue = [];
    const settle = execute(group, failure);
    if (settle === undefined) return;
    sync.begin({
      resolve() {
        for (const resolve of settle) resolve();
        schedule();
      },
      reject(cause) {
        failure = failureOf(cause);
        const inDoubt = new RetryableError(`it is not known what is on disk: ${cause.message}`, { cause });
        for (const queued of group) queued.reject(inDoubt);
        schedule();
        givenUp(cause);
      },
    });
    for (const observer of observers) observer.committed();
  }

  return {
    run: (operation) =>
      new Promise((resolve, reject) => {
        if (closed) throw new RetryableError('the file is closed', { effect: 'none' });
        queue.push({ execute: () => outcomeOf(operation, resolve, reject), reject });
        schedule();
      }),
    ...readers(sync, () => failure),
    observe: (observer) => void observers.push(observer),
    async close() {
      closed = true;
      await ended(sync);
      next();
      await ended(sync);
    },
    failure: () => failure,
  };
}

/** Answers what settles the promises; undefined if all was taken back and they are rejected. */
type Transaction = (group: readonly Queued[], failure?: Error) => (() => void)[] | undefined;

function createTransaction(database: DatabaseSync, observers: readonly TransactionObserver[]): Transaction {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');

  function rollBack(group: readonly Queued[], cause: unknown): void {
    try {
      if (database.isOpen && database.isTransaction) database.exec('ROLLBACK');
    } finally {
      for (const observer of observers) observer.rolledBack();
      for (const queued of group) queued.reject(unwritten(cause));
    }
  }

  return (group, failure) => {
    try {
      if (failure !== undefined) throw failure;
      begin.run();
      const settle = group.map((queued) => queued.execute());
      commit.run();
      return settle;
    } catch (cause) {
      rollBack(group, cause);
      return undefined;
    }
  };
}

function unwritten(cause: unknown): RetryableError {
  if (cause instanceof RetryableError) return cause;
  return new RetryableError(`the file cannot be written: ${messageOf(cause)}`, { cause });
}

function failureOf(cause: Error): RetryableError {
  return new RetryableError(`the file was given up, a flush has failed: ${cause.message}`, {
    cause,
    effect: 'none',
  });
}

/** However it ends. */
function ended(sync: WalSync): Promise<void> {
  return new Promise((resolve) => sync.settled({ resolve, reject: () => resolve() }));
}

function readers(sync: WalSync, failure: () => Error | undefined): Pick<GroupCommit, 'read' | 'readSettled'> {
  function now<T>(read: () => T): T {
    try {
      const givenUpFor = failure();
      if (givenUpFor !== undefined) throw givenUpFor;
      return read();
    } catch (cause) {
      throw new RetryableError(`the file cannot be read: ${messageOf(cause)}`, { cause });
    }
  }
  return {
    read: (read) => new Promise((resolve) => resolve(now(read))),
    readSettled: (read) =>
      new Promise((resolve, reject) => {
        const value = now(read);
        sync.settled({
          resolve: () => resolve(value),
          reject: (cause) =>
            reject(new RetryableError(`the file cannot be read: ${cause.message}`, { cause })),
        });
      }),
  };
}

function outcomeOf<T>(
  operation: () => T,
  resolve: (value: T) => void,
  reject: (error: Error) => void,
): () => void {
  try {
    const value = operation();
    return () => resolve(value);
  } catch (error) {
    if (error instanceof FencedError) return () => reject(error);
    throw error;
  }
}
