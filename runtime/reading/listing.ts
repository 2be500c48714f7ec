/**
 * Lists: a page of those that a caller may see, newest first. What a caller sees is a filter too (`narrow`), so
 * that the store finds it by its index; what no filter tells is looked through, in steps that let others work.
 */
import { keyOf } from '../address.ts';
import { parseRecord, type ActorRecord } from '../core/record.ts';
import { kindOf, type Kind, type Registry } from '../core/registry.ts';
import { mayRead, viewOf, type View } from '../core/view.ts';
import { messageOf } from '../errors.ts';
import type { Principal } from '../message.ts';
import type { RuntimeOptions } from '../options.ts';
import type { Backend, Clock, ListQuery, Logger, Store } from '../ports.ts';
import { createSlices, pause } from './slices.ts';

export interface Page {
  readonly items: View[];
  /** Where to go on, if there may be more. There may be a `next` though nothing was found yet. */
  readonly next: ListQuery['after'];
}

export interface ListingContext {
  readonly registry: Registry;
  readonly backend: Pick<Backend, 'store'>;
  readonly options: Pick<RuntimeOptions, 'pageMaxChars'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Place = NonNullable<ListQuery['after']>;

/** Actors that are looked at for one page; behind them another one begins. */
const lookedMax = 5_000;
/** Of them at once, after a first step of the size of the page. */
const stepMax = 200;
/** Records read at once. */
const portion = 10;

export async function pageOf(given: ListingContext, query: ListQuery, principal: Principal): Promise<Page> {
  const kind = kindOf(given.registry, query.kind);
  const ways = waysOf(query.terms, kind.definition.narrow(principal));
  const seen: Seen[] = [];
  let room = given.options.pageMaxChars;
  for await (const { places, enough } of steps(given, ways, query)) {
    for await (const one of visible(given, { kind, places, principal })) {
      seen.push(one);
      room -= one.chars;
      if (seen.length > query.limit || room <= 0) return full(seen.slice(0, query.limit));
    }
    if (enough !== undefined) return cutAt(kind, seen, enough);
  }
  return { items: seen.map(({ view }) => view), next: undefined };
}

/** A cursor names the last one shown, never one that this caller may not see. */
function full(page: readonly Seen[]): Page {
  return { items: page.map(({ view }) => view), next: page.at(-1)?.place };
}

interface Step {
  readonly places: readonly Place[];
  /** The last millisecond looked at, where that is enough for one page. */
  readonly enough: number | undefined;
}

/** Others have their turn between two of them. */
async function* steps(
  { backend, clock }: ListingContext,
  ways: string[][],
  query: ListQuery,
): AsyncGenerator<Step> {
  let { after } = query;
  let looked = 0;
  let newest: number | undefined;
  for (let limit = query.limit + 1; ; limit = stepMax) {
    const places = await placesOf(backend.store, ways, { ...query, limit, ...(after && { after }) });
    after = places.at(-1);
    looked += places.length;
    newest ??= places[0]?.createdAt;
    const isEnough = looked >= lookedMax && after?.createdAt !== newest;
    yield { places, enough: isEnough ? after?.createdAt : undefined };
    if (places.length < limit) return;
    await pause(clock);
  }
}

interface Seen {
  readonly view: View;
  /** Of its record. */
  readonly chars: number;
  readonly place: Place;
}

/** The filters, once for each combination of what the caller is narrowed to: an actor fits at most one. */
function waysOf(terms: readonly string[], narrow: ReturnType<Kind['definition']['narrow']>): string[][] {
  let ways: string[][] = [[...new Set(terms)]];
  for (const [field, values] of Object.entries(narrow)) {
    const asked = terms.filter((term) => term.startsWith(`${field}=`));
    const own = [...new Set(values)].map((value) => `${field}=${value}`);
    const fit = own.filter((term) => asked.length === 0 || asked.includes(term));
    ways = fit.flatMap((term) => ways.map((way) => [...new Set([...way, term])]));
  }
  return ways;
}

/** The newest of all ways together. */
async function placesOf(store: Store, ways: string[][], query: ListQuery): Promise<Place[]> {
  const lists = await Promise.all(ways.map((terms) => store.list({ ...query, terms })));
  const places = lists.length === 1 ? (lists[0] ?? []) : lists.flat().sort(newestFirst);
  return places.slice(0, query.limit);
}

/** As every store orders its lists. */
function newestFirst(a: Place, b: Place): number {
  return b.createdAt - a.createdAt || (a.key < b.key ? 1 : -1);
}

/** Records may be large: others have their turn between them, too. */
async function* visible(
  { backend, clock, logger }: ListingContext,
  { kind, places, principal }: { kind: Kind; places: readonly Place[]; principal: Principal },
): AsyncGenerator<Seen> {
  const worked = createSlices(clock);
  for (let at = 0; at < places.length; at += portion) {
    const some = places.slice(at, at + portion);
    const texts = await backend.store.records(some.map(({ key }) => key));
    for (const [index, place] of some.entries()) {
      const text = texts[index];
      const record = readable(kind, { text, key: place.key, logger });
      if (text === undefined || record === undefined) continue;
      const chars = text.length;
      if (mayRead(kind, record, principal)) yield { view: viewOf(kind, record, principal), chars, place };
      await worked(chars);
    }
  }
}

/**
 * Goes on with all that were created in the last millisecond looked at: so the cursor need not name an actor,
 * which this caller may not see. No id is below `-`.
 */
function cutAt({ definition }: Kind, seen: readonly Seen[], createdAt: number): Page {
  return {
    items: seen.filter(({ place }) => place.createdAt > createdAt).map(({ view }) => view),
    next: { createdAt: createdAt + 1, key: keyOf({ kind: definition.kind, id: '-' }) },
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
