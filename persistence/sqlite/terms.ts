/**
 * Which actors carry which terms, newest first. Lists go through the index of one term, the rarest, and look
 * the others up. Counts are kept in memory for the terms that were asked for: counted once over the index,
 * then moved with every change; the file's lock makes this process the only one to change them.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ListQuery } from '../../runtime/ports.ts';
import type { GroupCommit } from './group-commit.ts';

interface TermRow {
  readonly kind: string;
  readonly term: string;
  readonly createdAt: number;
  readonly key: string;
}

type Found = { key: string; createdAt: number }[];

export interface Terms {
  add(row: TermRow): void;
  drop(row: TermRow): void;
  count(kind: string, term: string): number;
  list(query: ListQuery): Found;
}

export function createTerms(database: DatabaseSync, group: GroupCommit): Terms {
  const insert = database.prepare(
    'INSERT OR IGNORE INTO terms (kind, term, createdAt, key) VALUES (?, ?, ?, ?)',
  );
  const remove = database.prepare(
    'DELETE FROM terms WHERE kind = ? AND term = ? AND createdAt = ? AND key = ?',
  );
  const counts = createCounts(database, group);

  return {
    add({ kind, term, createdAt, key }) {
      if (insert.run(kind, term, createdAt, key).changes === 1) counts.move(kind, term, 1);
    },
    drop({ kind, term, createdAt, key }) {
      if (remove.run(kind, term, createdAt, key).changes === 1) counts.move(kind, term, -1);
    },
    count: counts.of,
    list: createList(database),
  };
}

const countedMax = 1_000;

interface Counts {
  readonly of: (kind: string, term: string) => number;
  readonly move: (kind: string, term: string, by: number) => void;
}

function createCounts(database: DatabaseSync, group: GroupCommit): Counts {
  const select = database.prepare('SELECT count(*) AS number FROM terms WHERE kind = ? AND term = ?');
  const counted = new Map<string, number>();
  // What a transaction moved and then took back is counted anew.
  group.observe({ committed: () => undefined, rolledBack: () => counted.clear() });

  return {
    of(kind, term) {
      const name = `${kind} ${term}`;
      const known = counted.get(name);
      if (known !== undefined) return known;
      const { number } = select.get(kind, term) as { number: number };
      if (counted.size >= countedMax) counted.clear();
      counted.set(name, number);
      return number;
    },
    move(kind, term, by) {
      if (counted.size === 0) return;
      const name = `${kind} ${term}`;
      const known = counted.get(name);
      if (known !== undefined) counted.set(name, known + by);
    },
  };
}

const comparedMax = 10_000;

function createList(database: DatabaseSync): (query: ListQuery) => Found {
  const all = database.prepare(
    `SELECT key, createdAt FROM records
     WHERE kind = ? AND (createdAt, key) < (?, ?) ORDER BY createdAt DESC, key DESC LIMIT ?`,
  );
  const number = database.prepare(
    'SELECT count(*) AS number FROM (SELECT 1 FROM terms WHERE kind = ? AND term = ? LIMIT ?)',
  );
  const byOthers = new Map<number, StatementSync>();

  /** Counting stops early: beyond that either term is as good a start. */
  function rarestFirst(kind: string, terms: readonly string[]): readonly string[] {
    if (terms.length < 2) return terms;
    const sized = terms.map((term) => ({
      term,
      size: (number.get(kind, term, comparedMax) as { number: number }).number,
    }));
    return sized.sort((a, b) => a.size - b.size).map(({ term }) => term);
  }

  function byTerms(others: number): StatementSync {
    const statement = byOthers.get(others) ?? database.prepare(listSql(others));
    byOthers.set(others, statement);
    return statement;
  }

  return ({ kind, terms, after, limit }) => {
    const page = [after?.createdAt ?? Number.MAX_SAFE_INTEGER, after?.key ?? '', limit];
    const rows =
      terms.length === 0
        ? all.all(kind, ...page)
        : byTerms(terms.length - 1).all(kind, ...page, ...rarestFirst(kind, terms));
    return (rows as unknown as Found).map(({ key, createdAt }) => ({ key, createdAt }));
  };
}

function listSql(others: number): string {
  const conditions = Array.from(
    { length: others },
    (
      _,
      index,
    ) => `AND EXISTS (SELECT 1 FROM terms AS other WHERE other.kind = ?1 AND other.term = ?${index + 6}
      AND other.createdAt = first.createdAt AND other.key = first.key)`,
  );
  return `SELECT first.key, first.createdAt FROM terms AS first
    WHERE first.kind = ?1 AND first.term = ?5 AND (first.createdAt, first.key) < (?2, ?3)
    ${conditions.join(' ')} ORDER BY first.createdAt DESC, first.key DESC LIMIT ?4`;
}
