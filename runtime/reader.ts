/** What is read for callers: committed state, whoever owns the partition. */
import { keyOf, partitionOf, type Address } from './address.ts';
import { messageOf } from './errors.ts';
import { createDeadLetters, messageIn, type DeadLetters, type Letter } from './dead-letters.ts';
import type { JournalEntry } from './entry.ts';
import type { Principal } from './message.ts';
import type { RuntimeOptions } from './options.ts';
import type { Backend, Clock, ListQuery, Logger } from './ports.ts';
import { isAllowed, seesAll } from './definition.ts';
import { createFeed, type Feed } from './feed.ts';
import { choicesOf, type Choice } from './choices.ts';
import { createFigures, type FiguresReader } from './figures.ts';
import { parseRecord, recordText, type ActorRecord } from './record.ts';
import { rehearse, rehearseMessage, type Rehearsal, type Rehearsed } from './rehearsal.ts';
import type { Kind, Registry } from './registry.ts';
import { viewOf, type View } from './view.ts';

export type HistoryEntry = JournalEntry & { readonly sequence: number };

export interface ActorReader {
  /** Undefined if there is none; `forbidden` if this caller may not see it. */
  view(of: Address, principal: Principal): Promise<View | 'forbidden' | undefined>;
  /** A page, newest first; `next` is the last one looked at, if there may be more. */
  list(query: ListQuery, principal: Principal): Promise<{ items: View[]; next: ListQuery['after'] }>;
  history(of: Address, after: number, limit: number): Promise<HistoryEntry[]>;
  readonly deadLetters: DeadLetters;
  /** What would come of a dead letter that is sent again now; `unreadable` if it cannot be. Nothing does. */
  rehearseLetter(letter: Letter, principal: Principal): Promise<Rehearsed | 'unreadable' | undefined>;
  /**
   * What would happen to it; nothing does. `at`: to the actor as it was after this entry of the journal, without
   * its timers and activities, which the journal does not keep; `unknown` if it cannot be told how it was.
   */
  rehearse(of: Address, asked: Asked): Promise<Rehearsed | 'forbidden' | 'unknown' | undefined>;
  /** What can happen to it, and why the rest cannot; as its version is. */
  choices(
    of: Address,
    principal: Principal,
  ): Promise<{ version: number; choices: Choice[] } | 'forbidden' | undefined>;
  /** The journal over all actors, as it happens; whoever passes it on asks `maySee`. */
  readonly feed: Feed;
  readonly figures: FiguresReader;
  /** Whether this caller may see the actor, as it was after this entry. */
  maySee(entry: JournalEntry, principal: Principal): Promise<boolean>;
  /** Actors of a kind that are not done. */
  live(kind: string): Promise<number>;
}

export interface Asked extends Pick<Rehearsal, 'events' | 'principal'> {
  readonly at?: number;
}

type Place = NonNullable<ListQuery['after']>;

/** Rows that a list looks at for one page, for callers who may see few of them. */
const lookedMax = 20_000;

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
  const feed = createFeed({ journal, clock: given.clock });
  const deadLetters = createDeadLetters(backend.deadLetters);

  async function stored(of: Address): Promise<ActorRecord | undefined> {
    const key = keyOf(of);
    const text = await store.record(partitionOf(key, options.partitions), key);
    return text === undefined ? undefined : parseRecord(text, kindOf(registry, of.kind));
  }

  return {
    async view(of, principal) {
      const kind = kindOf(registry, of.kind);
      const record = await stored(of);
      if (record === undefined) return undefined;
      return mayRead(kind, record, principal) ? viewOf(kind, record, principal) : 'forbidden';
    },
    async rehearse(of, { at, events, principal }) {
      const kind = kindOf(registry, of.kind);
      const present = await stored(of);
      if (present === undefined) return undefined;
      if (!mayRead(kind, present, principal)) return 'forbidden';
      const record = at === undefined ? present : await recordAt(given, { kind, present, at });
      if (record === undefined) return 'unknown';
      return rehearse({ registry, kind, record, events, principal, now: given.clock.now() });
    },
    async choices(of, principal) {
      const kind = kindOf(registry, of.kind);
      const record = await stored(of);
      if (record === undefined) return undefined;
      if (!mayRead(kind, record, principal)) return 'forbidden';
      return { version: record.version, choices: choicesOf(kind, record, principal) };
    },
    feed,
    figures: createFigures({ ...given, store, feed }),
    async maySee(entry, principal) {
      const kind = registry.get(entry.kind);
      if (kind === undefined) return false;
      if (seesAll(kind.definition, principal)) return true;
      const { after } = entry as { after?: { context?: unknown } };
      // What an older chart has written may not have what the definition looks at now.
      if (after !== undefined && entry.chart === kind.definition.version) {
        return isAllowed(kind.definition.readers, after.context, principal);
      }
      const record = await stored({ kind: entry.kind, id: entry.actor });
      return record !== undefined && mayRead(kind, record, principal);
    },
    list: (query, principal) => pageOf(given, query, principal),
    async history(of, after, limit) {
      const entries = await journal.read(of, after, limit);
      return firsts(
        entries.map(({ sequence, body }) => ({ sequence, ...(JSON.parse(body) as JournalEntry) })),
        // A client's key may come again once it was forgotten: that is another entry, at another time.
        ({ id, at }) => `${id} ${at}`,
      );
    },
    deadLetters,
    async rehearseLetter(letter, principal) {
      const found = await deadLetters.read(letter);
      if (found === undefined) return undefined;
      const message = messageIn(found);
      const kind = message === undefined ? undefined : registry.get(message.to.kind);
      if (message === undefined || kind === undefined) return 'unreadable';
      const record = await stored(message.to);
      return rehearseMessage({ registry, kind, record, message, principal, now: given.clock.now() });
    },
    live: (kind) => store.count(kind, 'status=active'),
  };
}

/** As it was; undefined where the journal does not have it, or an older chart has written it. */
async function recordAt(
  { backend }: ReaderContext,
  { kind, present, at }: { kind: Kind; present: ActorRecord; at: number },
): Promise<ActorRecord | undefined> {
  const [found] = await backend.journal.read(present, at - 1, 1);
  if (found?.sequence !== at) return undefined;
  const entry = JSON.parse(found.body) as JournalEntry;
  if (entry.after === undefined || entry.chart !== kind.definition.version) return undefined;
  const past = { ...present, text: JSON.stringify(entry.after), timers: {}, activities: {}, since: [] };
  return parseRecord(recordText({ ...past, version: entry.version, updatedAt: entry.at }, kind), kind);
}

/** A page of those that this caller may see, newest first. */
async function pageOf(
  given: ReaderContext,
  query: ListQuery,
  principal: Principal,
): Promise<{ items: View[]; next: ListQuery['after'] }> {
  const { store } = given.backend;
  const kind = kindOf(given.registry, query.kind);
  const own = Object.entries(kind.definition.narrow(principal)).map(([field, value]) => `${field}=${value}`);
  const terms = [...new Set([...query.terms, ...own])];
  const seen: { view: View; place: Place }[] = [];
  let after = query.after;
  let looked = 0;
  for (let more = true; more && seen.length <= query.limit && looked < lookedMax;) {
    const places = await store.list({
      kind: query.kind,
      terms,
      limit: query.limit + 1,
      ...(after ? { after } : {}),
    });
    const texts = await store.records(places.map(({ key }) => key));
    for (const [index, place] of places.entries()) {
      const record = readable(kind, { text: texts[index], key: place.key, logger: given.logger });
      if (record && mayRead(kind, record, principal))
        seen.push({ view: viewOf(kind, record, principal), place });
    }
    more = places.length > query.limit;
    after = places.at(-1);
    looked += places.length;
  }
  const page = seen.slice(0, query.limit);
  // A cursor names the last one shown, never one that this caller may not see.
  return {
    items: page.map(({ view }) => view),
    next: seen.length > query.limit ? page.at(-1)?.place : undefined,
  };
}

/** One that does not parse must not hide all the others; commands to it become dead letters. */
function readable(
  kind: Kind,
  { text, key, logger }: { text: string | undefined; key: string; logger: Logger },
): ActorRecord | undefined {
  if (text === undefined) return undefined;
  try {
    return parseRecord(text, kind);
  } catch (error) {
    logger.error({ actor: key, cause: messageOf(error) }, 'a record cannot be read');
    return undefined;
  }
}

function kindOf(registry: Registry, name: string): Kind {
  const kind = registry.get(name);
  if (kind === undefined) throw new Error(`there is no kind of actor named ${name}`);
  return kind;
}

function mayRead(kind: Kind, record: ActorRecord, principal: Principal): boolean {
  return isAllowed(kind.definition.readers, record.snapshot.context, principal);
}

/** A log may hold an entry twice, published again past the broker's window. */
function firsts<Entry>(entries: Entry[], nameOf: (entry: Entry) => string): Entry[] {
  const seen = new Set<string>();
  return entries.filter((entry) => !seen.has(nameOf(entry)) && seen.add(nameOf(entry)));
}
