/**
 * What the sandbox remembers. It stands for the world outside, so the file survives the process, and several
 * processes may share it: one transaction a call.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface SandboxLedger {
  /** All that `work` writes, or nothing where it throws; no other process comes between. */
  transaction<Result>(work: (documents: Documents) => Result): Result;
  close(): void;
}

/** JSON values by kind and id. */
export interface Documents {
  get(kind: string, id: string): unknown;
  put(kind: string, id: string, value: unknown): void;
  remove(kind: string, id: string): void;
  /** By id, in the order of the ids. */
  all(kind: string): [id: string, value: unknown][];
}

/** For tests and the simulator: gone with the process. */
export function createMemoryLedger(): SandboxLedger {
  const kinds = new Map<string, Map<string, string>>();
  return {
    transaction(work) {
      const undo: (() => void)[] = [];
      try {
        return work(documentsIn(kinds, undo));
      } catch (error) {
        for (const step of undo.reverse()) step();
        throw error;
      }
    },
    close: () => undefined,
  };
}

/** Makes the file and its folder if need be. Throws where the file cannot be opened or is locked for longer than a few seconds. */
export function openSandboxLedger(file: string): SandboxLedger {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  database.exec('PRAGMA busy_timeout = 5000');
  database.exec('PRAGMA journal_mode = WAL');
  // A crash of the machine may forget the last calls, and nothing else.
  database.exec('PRAGMA synchronous = NORMAL');
  database.exec(
    'CREATE TABLE IF NOT EXISTS documents (kind TEXT, id TEXT, value TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID',
  );
  const documents = documentsOf(database);
  return {
    transaction(work) {
      database.exec('BEGIN IMMEDIATE');
      try {
        const result = work(documents);
        database.exec('COMMIT');
        return result;
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => database.close(),
  };
}

function documentsIn(kinds: Map<string, Map<string, string>>, undo: (() => void)[]): Documents {
  const of = (kind: string): Map<string, string> => {
    const found = kinds.get(kind) ?? new Map<string, string>();
    kinds.set(kind, found);
    return found;
  };
  const change = (kind: string, id: string, text: string | undefined): void => {
    const before = of(kind).get(id);
    undo.push(() => set(of(kind), id, before));
    set(of(kind), id, text);
  };
  return {
    get: (kind, id) => parsed(of(kind).get(id)),
    put: (kind, id, value) => change(kind, id, JSON.stringify(value)),
    remove: (kind, id) => change(kind, id, undefined),
    all: (kind) =>
      [...of(kind)]
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([id, text]): [string, unknown] => [id, parsed(text)]),
  };
}

function set(texts: Map<string, string>, id: string, text: string | undefined): void {
  if (text === undefined) texts.delete(id);
  else texts.set(id, text);
}

function parsed(text: string | undefined): unknown {
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}

function documentsOf(database: DatabaseSync): Documents {
  const get = database.prepare('SELECT value FROM documents WHERE kind = ? AND id = ?');
  const put = database.prepare('INSERT OR REPLACE INTO documents (kind, id, value) VALUES (?, ?, ?)');
  const remove = database.prepare('DELETE FROM documents WHERE kind = ? AND id = ?');
  const all = database.prepare('SELECT id, value FROM documents WHERE kind = ? ORDER BY id');
  const valueOf = (row: object | undefined): unknown => parsed((row as { value: string } | undefined)?.value);
  return {
    get: (kind, id) => valueOf(get.get(kind, id)),
    put: (kind, id, value) => void put.run(kind, id, JSON.stringify(value)),
    remove: (kind, id) => void remove.run(kind, id),
    all: (kind) => all.all(kind).map((row) => [String(row['id']), valueOf(row)]),
  };
}
