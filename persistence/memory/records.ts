/** The actors' records of all partitions of a memory server, and the terms that they are found by. */
import { addressOf } from '../../runtime/address.ts';
import type { Commit, ListQuery } from '../../runtime/ports.ts';

type RecordWrite = Commit['records'][number];

interface ActorRecord {
  readonly key: string;
  readonly kind: string;
  readonly createdAt: number;
  readonly terms: Set<string>;
  body: string;
}

export interface Records {
  write(partition: number, record: RecordWrite): void;
  body(partition: number, key: string): string | undefined;
  /** By key, behind that of the page before. */
  browse(partition: number, from: string, limit: number): { key: string; body: string }[];
  /** Whatever partition it is in. */
  anywhere(key: string): string | undefined;
  list(query: ListQuery): { key: string; createdAt: number }[];
  count(kind: string, term: string): number;
}

export function createRecords(): Records {
  const partitions = new Map<number, Map<string, ActorRecord>>();

  const carrying = (kind: string, terms: readonly string[]): ActorRecord[] =>
    [...partitions.values()]
      .flatMap((records) => [...records.values()])
      .filter((record) => record.kind === kind && terms.every((term) => record.terms.has(term)));

  return {
    write(partition, { key, body, createdAt, addTerms, dropTerms }) {
      const { kind } = addressOf(key);
      const records = partitions.get(partition) ?? new Map<string, ActorRecord>();
      partitions.set(partition, records);
      const record = records.get(key) ?? { key, kind, createdAt, terms: new Set<string>(), body };
      records.set(key, record);
      record.body = body;
      for (const term of dropTerms) record.terms.delete(term);
      for (const term of addTerms) record.terms.add(term);
    },
    body: (partition, key) => partitions.get(partition)?.get(key)?.body,
    browse: (partition, from, limit) =>
      [...(partitions.get(partition)?.values() ?? [])]
        .filter(({ key }) => key > from)
        .sort((a, b) => (a.key < b.key ? -1 : 1))
        .slice(0, limit)
        .map(({ key, body }) => ({ key, body })),
    anywhere: (key) => [...partitions.values()].find((records) => records.has(key))?.get(key)?.body,
    list: ({ kind, terms, after, limit }) =>
      carrying(kind, terms)
        .filter((record) => after === undefined || newestFirst(after, record) < 0)
        .sort(newestFirst)
        .slice(0, limit)
        .map(({ key, createdAt }) => ({ key, createdAt })),
    count: (kind, term) => carrying(kind, [term]).length,
  };
}

function newestFirst(a: { key: string; createdAt: number }, b: { key: string; createdAt: number }): number {
  if (a.createdAt !== b.createdAt) return b.createdAt - a.createdAt;
  if (a.key === b.key) return 0;
  return a.key < b.key ? 1 : -1;
}
