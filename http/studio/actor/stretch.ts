/** The part of an actor's history that the page has: without gaps, the newest, or around a moment. */
import type { HistoryItem, HistoryQuery, Page } from '../api.ts';

export interface Stretch {
  /** Oldest first. */
  readonly items: readonly HistoryItem[];
  /** The cursor to what was before; null: there was nothing. */
  readonly older: string | null;
  /** Whether there is more after it: then it is a part of the past. */
  readonly hasNewer: boolean;
  /** The moment that it was loaded for, found or not; undefined: now. */
  readonly sought: string | undefined;
}

export type ReadHistory = (query: HistoryQuery) => Promise<Page<HistoryItem>>;

export interface Wanted {
  /** A sequence, as the address has it; undefined: now. */
  readonly at: string | undefined;
  /** What the person has asked for besides. */
  readonly more?: 'older' | 'newer' | undefined;
}

const pageSize = 200;
/** What happens while one looks on is added at the end; beyond so many the oldest are let go. */
const most = 2_000;

export function itemAt({ items }: Pick<Stretch, 'items'>, at: string | undefined): HistoryItem | undefined {
  return items.find(({ sequence }) => String(sequence) === at);
}

/** Whether something happened before or after it. */
export function isPart({ older, hasNewer }: Stretch): boolean {
  return older !== null || hasNewer;
}

/** Whether a moment can be looked at without loading another part. */
export function covers(stretch: Stretch, at: string | undefined): boolean {
  if (stretch.sought === at) return true;
  return at === undefined ? !stretch.hasNewer : itemAt(stretch, at) !== undefined;
}

/** What to show next, from what is known: one or two pages are read, never all. */
export async function goOn(
  known: Stretch | undefined,
  { at, more }: Wanted,
  read: ReadHistory,
): Promise<Stretch> {
  if (known === undefined || !covers(known, at)) return around(at, read);
  if (more === 'older') return withOlder(known, read);
  // Who looks at the past is not pulled away by what happens now.
  if (known.hasNewer && more !== 'newer') return known;
  const longer = await withNewer(known, read);
  return longer.hasNewer && at === undefined ? newest(at, read) : longer;
}

async function around(at: string | undefined, read: ReadHistory): Promise<Stretch> {
  if (at === undefined || !/^\d{1,14}$/.test(at)) return newest(at, read);
  const upTo = await read({ direction: 'desc', limit: pageSize / 2, cursor: String(Number(at) + 1) });
  const items = upTo.items.toReversed();
  if (itemAt({ items }, at) === undefined) return newest(at, read);
  const known = { items, older: upTo.next, hasNewer: false, sought: at };
  return withNewer(known, read);
}

async function newest(sought: string | undefined, read: ReadHistory): Promise<Stretch> {
  const { items, next } = await read({ direction: 'desc', limit: pageSize });
  return { items: items.toReversed(), older: next, hasNewer: false, sought };
}

async function withOlder(known: Stretch, read: ReadHistory): Promise<Stretch> {
  if (known.older === null) return known;
  const { items, next } = await read({ direction: 'desc', limit: pageSize, cursor: known.older });
  return { ...known, items: [...items.toReversed(), ...known.items], older: next };
}

async function withNewer(known: Stretch, read: ReadHistory): Promise<Stretch> {
  // Where nothing of a page may be shown, its end is known all the same.
  const cursor = String(known.items.at(-1)?.sequence ?? known.older ?? 0);
  const page = await read({ direction: 'asc', limit: pageSize, cursor });
  const items = [...known.items, ...page.items];
  const kept = items.slice(-most);
  const older = kept.length < items.length ? String(kept[0]?.sequence) : known.older;
  return { ...known, items: kept, older, hasNewer: page.next !== null };
}
