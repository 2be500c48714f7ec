/** What is read for callers: committed state, whoever owns the partition. */
import { keyOf, partitionOf, type Address } from './address.ts';
import type { DeadLetter, JournalEntry } from './entry.ts';
import type { Principal } from './message.ts';
import type { RuntimeOptions } from './options.ts';
import type { Backend, ListQuery } from './ports.ts';
import { isAllowed } from './definition.ts';
import { parseRecord, type ActorRecord } from './record.ts';
import type { Kind, Registry } from './registry.ts';
import { viewOf, type View } from './view.ts';

export type HistoryEntry = JournalEntry & { readonly sequence: number };

export interface ActorReader {
  /** Undefined if there is none; `forbidden` if this caller may not see it. */
  view(of: Address, principal: Principal): Promise<View | 'forbidden' | undefined>;
  /** A page, newest first; `next` is the last one looked at, if there may be more. */
  list(query: ListQuery, principal: Principal): Promise<{ items: View[]; next: ListQuery['after'] }>;
  history(of: Address, after: number, limit: number): Promise<HistoryEntry[]>;
  deadLetters(of: Address, after: number, limit: number): Promise<(DeadLetter & { sequence: number })[]>;
  /** Actors of a kind that are not done. */
  live(kind: string): Promise<number>;
}

export function createReader(given: {
  registry: Registry;
  backend: Backend;
  options: RuntimeOptions;
}): ActorReader {
  const { registry, backend, options } = given;
  const { store, journal } = backend;

  function kindOf(name: string): Kind {
    const kind = registry.get(name);
    if (kind === undefined) throw new Error(`there is no kind of actor named ${name}`);
    return kind;
  }

  return {
    async view(of, principal) {
      const kind = kindOf(of.kind);
      const key = keyOf(of);
      const text = await store.record(partitionOf(key, options.partitions), key);
      if (text === undefined) return undefined;
      const record = parseRecord(text, kind);
      return mayRead(kind, record, principal) ? viewOf(kind, record, principal) : 'forbidden';
    },
    async list(query, principal) {
      const kind = kindOf(query.kind);
      const found = await store.list(query);
      const texts = await store.records(found.map(({ key }) => key));
      const items = texts
        .flatMap((text) => (text === undefined ? [] : [parseRecord(text, kind)]))
        .filter((record) => mayRead(kind, record, principal))
        .map((record) => viewOf(kind, record, principal));
      return { items, next: found.length === query.limit ? found.at(-1) : undefined };
    },
    async history(of, after, limit) {
      const entries = await journal.read(of, after, limit);
      return firsts(
        entries.map(({ sequence, body }) => ({ sequence, ...(JSON.parse(body) as JournalEntry) })),
      );
    },
    async deadLetters(of, after, limit) {
      const entries = await backend.deadLetters.read(of, after, limit);
      return firsts(entries.map(({ sequence, body }) => ({ sequence, ...(JSON.parse(body) as DeadLetter) })));
    },
    live: (kind) => store.count(kind, 'status=active'),
  };
}

function mayRead(kind: Kind, record: ActorRecord, principal: Principal): boolean {
  return isAllowed(kind.definition.readers, record.snapshot.context, principal);
}

/** A log may hold an entry twice, published again past the broker's window: the id tells. */
function firsts<Entry extends { id: string }>(entries: Entry[]): Entry[] {
  const seen = new Set<string>();
  return entries.filter(({ id }) => !seen.has(id) && seen.add(id));
}
