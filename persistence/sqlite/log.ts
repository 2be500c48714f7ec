/** The journal and the dead letters: one table each, kept for good. */
import type { DatabaseSync } from 'node:sqlite';
import { keyOf } from '../../runtime/address.ts';
import type { Clock, Log } from '../../runtime/ports.ts';
import { type Window, createWindow } from '../memory/window.ts';
import type { GroupCommit } from './groupCommit.ts';

export interface LogOptions {
  readonly database: DatabaseSync;
  readonly group: GroupCommit;
  readonly clock: Clock;
  readonly windowMs: number;
  readonly table: 'journal' | 'dead';
}

interface LogRow {
  readonly sequence: number;
  readonly time: number;
  readonly body: string;
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
  const newest = database.prepare(`SELECT time FROM ${table} ORDER BY sequence DESC LIMIT 1`);
  let time = Number(newest.get()?.['time'] ?? 0);
  /** Only once something is appended from outside a commit: what a commit delivers cannot come twice. */
  let window: Window | undefined;

  // What it knows of a transaction that is undone is wrong: it is read from the file again.
  group.observe({ committed: () => undefined, rolledBack: () => (window = undefined) });

  function add({ to, id, body }: Entry): void {
    time = Math.max(time, Math.floor(clock.now()));
    if (window?.has(id, time) === true) return;
    window?.add(id, time);
    insert.run(keyOf(to), time, id, body);
  }

  function append(entry: Entry): void {
    window ??= recentIds(database, table, windowMs);
    add(entry);
  }

  return {
    add,
    append: (entry) => group.run(() => append(entry)),
    read: (of, after, limit) =>
      group.readSettled(() =>
        (select.all(keyOf(of), after, limit) as unknown as LogRow[]).map(({ sequence, time, body }) => ({
          sequence,
          time,
          body,
        })),
      ),
  };
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
