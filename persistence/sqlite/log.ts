/** The journal and the dead letters: one table each, kept for good. */
import type { DatabaseSync } from 'node:sqlite';
import { keyOf } from '../../runtime/address.ts';
import type { Clock, Log, LogEntry } from '../../runtime/ports.ts';
import { upTo } from '../memory/log.ts';
import { type Window, createWindow } from '../memory/window.ts';
import type { GroupCommit } from './group-commit.ts';

export interface LogOptions {
  readonly database: DatabaseSync;
  readonly group: GroupCommit;
  readonly clock: Clock;
  readonly windowMs: number;
  readonly table: 'journal' | 'dead';
}

type Entry = Parameters<Log['append']>[0];

export interface SqliteLog extends Log {
  /** Inside a transaction that is under way. */
  readonly add: (entry: Entry) => void;
}

export function createLog({ database, group, clock, windowMs, table }: LogOptions): SqliteLog {
  const insert = database.prepare(`INSERT INTO ${table} (actor, time, id, body) VALUES (?, ?, ?, ?)`);
  const select = database.prepare(
    `SELECT sequence, time, body FROM ${table} WHERE actor = ? AND sequence > ? ORDER BY sequence LIMIT ?`,
  );
  const selectBack = database.prepare(
    `SELECT sequence, time, body FROM ${table} WHERE actor = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?`,
  );
  const selectAll = database.prepare(
    `SELECT sequence, time, body FROM ${table} WHERE sequence > ? ORDER BY sequence LIMIT ?`,
  );
  const ends = database.prepare(`SELECT min(sequence) AS first, max(sequence) AS last FROM ${table}`);
  const newest = database.prepare(`SELECT time FROM ${table} ORDER BY sequence DESC LIMIT 1`);
  let time = Number(newest.get()?.['time'] ?? 0);
  /** Only once something is appended from outside a commit: what a commit delivers cannot come twice. */
  let window: Window | undefined;

  const listeners = new Set<() => void>();
  let isNew = false;

  group.observe({
    committed() {
      if (isNew) for (const listener of listeners) listener();
      isNew = false;
    },
    rolledBack() {
      // What it knows of a transaction that is undone is wrong: it is read from the file again.
      window = undefined;
      isNew = false;
    },
  });

  function add({ to, id, body }: Entry): void {
    time = Math.max(time, Math.floor(clock.now()));
    if (window?.has(id, time) === true) return;
    window?.add(id, time);
    insert.run(keyOf(to), time, id, body);
    isNew = true;
  }

  function append(entry: Entry): void {
    window ??= recentIds(database, table, windowMs);
    add(entry);
  }

  return {
    add,
    append: (entry) => group.run(() => append(entry)),
    read: (of, after, limit) =>
      group.readSettled(() => [...entriesIn(select.iterate(keyOf(of), after, limit))]),
    readBack: (of, before, limit) =>
      group.readSettled(() => [...entriesIn(selectBack.iterate(keyOf(of), before, limit))]),
    readAll: (after, limit, maxChars) =>
      group.readSettled(() => upTo(entriesIn(selectAll.iterate(after, limit)), maxChars)),
    bounds: () =>
      group.readSettled(() => {
        const { first, last } = ends.get() as { first: number | null; last: number | null };
        return { first: first ?? 0, last: last ?? 0 };
      }),
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Plain objects: SQLite's rows have no prototype. */
function* entriesIn(rows: Iterable<unknown>): Generator<LogEntry> {
  for (const { sequence, time, body } of rows as Iterable<LogEntry>) yield { sequence, time, body };
}

/** The window outlives a restart: it is read back from the entries stored last. */
function recentIds(database: DatabaseSync, table: string, windowMs: number): Window {
  const window = createWindow(windowMs);
  const recent: { id: string; time: number }[] = [];
  for (const row of database.prepare(`SELECT id, time FROM ${table} ORDER BY sequence DESC`).iterate()) {
    const entry = row as { id: string; time: number };
    if (entry.time < (recent[0]?.time ?? 0) - windowMs) break;
    recent.push(entry);
  }
  for (const { id, time } of recent.reverse()) window.add(id, time);
  return window;
}
