/** What is read for callers: committed state, whoever owns the partition. */
import { addressOf, keyOf, partitionOf, type Address } from '../address.ts';
import type { JournalEntry } from '../core/entry.ts';
import { parseRecord, type ActorRecord } from '../core/record.ts';
import { kindOf, type Registry } from '../core/registry.ts';
import { mayRead, viewOf, type View } from '../core/view.ts';
import { isAllowed, seesAll } from '../definition.ts';
import type { Principal } from '../message.ts';
import type { RuntimeOptions } from '../options.ts';
import type { Backend, Clock, ListQuery, Logger } from '../ports.ts';
import { createBoards, type BoardReader } from './board.ts';
import { createDeadLetters, type DeadLetters } from './dead-letters.ts';
import { createFeed, type Feed } from './feed.ts';
import { createFigures, type FiguresReader } from './figures.ts';
import { historyOf, type HistoryEntry, type Start } from './history.ts';
import { pageOf, type Page } from './listing.ts';
import { createTrials, type Trials } from './trials.ts';

export interface ActorReader extends Trials {
  /** Undefined if there is none; `forbidden` if this caller may not see it. */
  view(of: Address, principal: Principal): Promise<View | 'forbidden' | undefined>;
  list(query: ListQuery, principal: Principal): Promise<Page>;
  /** A page; it may be shorter than `limit` where entries are large. */
  history(of: Address, start: Start, limit: number): Promise<HistoryEntry[]>;
  readonly deadLetters: DeadLetters;
  /** The journal over all actors, as it happens; whoever passes it on asks `maySee`. */
  readonly feed: Feed;
  readonly figures: FiguresReader;
  readonly boards: BoardReader;
  /** Whether this caller may see the actor, as it was after this entry. */
  maySee(entry: JournalEntry, principal: Principal): Promise<boolean>;
  /** How many actors of a kind are in a state, over or not, and the newest of them. */
  occupants(kind: string, state: string, limit: number): Promise<{ count: number; ids: string[] }>;
  /** Actors of a kind that are not done. */
  live(kind: string): Promise<number>;
}

export interface ReaderContext {
  readonly registry: Registry;
  readonly backend: Backend;
  readonly options: RuntimeOptions;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createReader(given: ReaderContext): ActorReader {
  const { registry, backend, options } = given;
  const { store, journal } = backend;
  const feed = createFeed({ journal, clock: given.clock, marginMs: options.rereadMarginMs });
  const deadLetters = createDeadLetters(backend.deadLetters, given.clock);

  async function stored(of: Address): Promise<ActorRecord | undefined> {
    const key = keyOf(of);
    const text = await store.record(partitionOf(key, options.partitions), key);
    return text === undefined ? undefined : parseRecord(text, kindOf(registry, of.kind));
  }

  let last: ActorRecord | undefined;
  /** As it was after this version or later. All who follow the journal ask about the same entries, one after another. */
  async function storedSince(of: Address, version: number): Promise<ActorRecord | undefined> {
    if (last?.key !== keyOf(of) || last.version < version) last = await stored(of);
    return last;
  }

  return {
    ...createTrials({ ...given, deadLetters, stored }),
    async view(of, principal) {
      const kind = kindOf(registry, of.kind);
      const record = await stored(of);
      if (record === undefined) return undefined;
      return mayRead(kind, record, principal) ? viewOf(kind, record, principal) : 'forbidden';
    },
    feed,
    figures: createFigures({ ...given, store, feed }),
    boards: createBoards({ ...given, store, journal, feed }),
    async maySee(entry, principal) {
      const kind = registry.get(entry.kind);
      if (kind === undefined) return false;
      if (seesAll(kind.definition, principal)) return true;
      const { after } = entry as { after?: { context?: unknown } };
      // What an older chart has written may not have what the definition looks at now.
      if (after !== undefined && entry.chart === kind.definition.version) {
        return isAllowed(kind.definition.readers, after.context, principal);
      }
      const record = await storedSince({ kind: entry.kind, id: entry.actor }, entry.version);
      return record !== undefined && mayRead(kind, record, principal);
    },
    list: (query, principal) => pageOf(given, query, principal),
    history: (of, start, limit) => historyOf(journal, of, { start, limit, maxChars: options.pageMaxChars }),
    deadLetters,
    async occupants(kind, state, limit) {
      const term = `state=${state}`;
      const [count, newest] = await Promise.all([
        store.count(kind, term),
        store.list({ kind, terms: [term], limit }),
      ]);
      return { count, ids: newest.map(({ key }) => addressOf(key).id) };
    },
    live: (kind) => store.count(kind, 'status=active'),
  };
}
