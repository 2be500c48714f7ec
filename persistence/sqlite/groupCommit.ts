/**
 * Group commit: what is asked for in one turn of the event loop is executed in the order of the calls, inside
 * one transaction, and settles after its COMMIT; so one flush to the disk serves many callers.
 *
 * The transaction begins and ends within one synchronous stretch: no read on the same connection ever sees
 * half of it. An operation that throws `FencedError` must not have written anything yet; it fails alone. Any
 * other error takes the whole transaction back, and all that were in it get `RetryableError`.
 */
import type { DatabaseSync } from 'node:sqlite';
import { FencedError, RetryableError, messageOf } from '../../runtime/errors.ts';

export interface GroupCommit {
  run<T>(operation: () => T): Promise<T>;
  /** For what is held in memory beside the tables: told at the end of each transaction. */
  observe(observer: TransactionObserver): void;
  /** Executes what is queued now. */
  flush(): void;
}

export interface TransactionObserver {
  committed(): void;
  rolledBack(): void;
}

interface Queued {
  /** Returns what settles the promise, for after the COMMIT. */
  execute(): () => void;
  reject(error: Error): void;
}

export function createGroupCommit(database: DatabaseSync): GroupCommit {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const observers: TransactionObserver[] = [];
  let queue: Queued[] = [];

  function flush(): void {
    const group = queue;
    queue = [];
    if (group.length === 0) return;
    let settle: (() => void)[];
    try {
      begin.run();
      settle = group.map((queued) => queued.execute());
      commit.run();
    } catch (cause) {
      rollBack(group, cause);
      return;
    }
    for (const resolve of settle) resolve();
    for (const observer of observers) observer.committed();
  }

  function rollBack(group: readonly Queued[], cause: unknown): void {
    const error = new RetryableError(`the file cannot be written: ${messageOf(cause)}`, { cause });
    try {
      if (database.isOpen && database.isTransaction) database.exec('ROLLBACK');
    } finally {
      for (const observer of observers) observer.rolledBack();
      for (const queued of group) queued.reject(error);
    }
  }

  return {
    run: (operation) =>
      new Promise((resolve, reject) => {
        if (queue.length === 0) setImmediate(flush);
        queue.push({ execute: () => outcomeOf(operation, resolve, reject), reject });
      }),
    observe: (observer) => void observers.push(observer),
    flush,
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
