/** One actor's past, page by page. */
import type { Address } from '../address.ts';
import type { JournalEntry } from '../core/entry.ts';
import type { Log, LogEntry } from '../ports.ts';

export type HistoryEntry = JournalEntry & { readonly sequence: number };

/** From which sequence on, and which way: oldest first after it, or newest first before it. */
export type Start = { readonly after: number } | { readonly before: number };

export interface HistoryQuery {
  readonly start: Start;
  readonly limit: number;
  readonly maxChars: number;
}

/** Entries read first: each may be as large as a message. Then as many as are likely to fit. */
const portion = 10;

export async function historyOf(journal: Log, of: Address, query: HistoryQuery): Promise<HistoryEntry[]> {
  const found = await entriesOf(journal, of, query);
  return firsts(found.map(({ sequence, body }) => ({ sequence, ...(JSON.parse(body) as JournalEntry) })));
}

/**
 * Up to `limit`, and no more once there are `maxChars` (but always one), since each entry carries
 * the state after it, and a page is put together in the thread that runs the partitions.
 */
export async function entriesOf(
  log: Log,
  of: Address,
  { start, limit, maxChars }: HistoryQuery,
): Promise<LogEntry[]> {
  const readOn = (last: number | undefined, count: number): Promise<LogEntry[]> =>
    'after' in start
      ? log.read(of, last ?? start.after, count)
      : log.readBack(of, last ?? start.before, count);
  const found: LogEntry[] = [];
  let chars = 0;
  for (let more = true; more;) {
    const fit = found.length === 0 ? portion : Math.ceil((maxChars - chars) / (chars / found.length));
    const wanted = Math.min(fit, limit - found.length);
    const entries = await readOn(found.at(-1)?.sequence, wanted);
    for (const entry of entries) {
      if (chars >= maxChars) break;
      found.push(entry);
      chars += entry.body.length;
    }
    more = entries.length === wanted && found.length < limit && chars < maxChars;
  }
  return found;
}

/** A log may hold an entry twice, published again past the broker's window. A client's key may come again once it was forgotten: that is another entry, at another time. */
function firsts(entries: HistoryEntry[]): HistoryEntry[] {
  const seen = new Set<string>();
  return entries.filter(({ id, at }) => !seen.has(`${id} ${at}`) && seen.add(`${id} ${at}`));
}
