/**
 * A log, read on from the last entry that is known. A log may have lost its tail since then, and have used the
 * sequences again (R7): so every page begins with that entry, and is believed if it is the same one still.
 */
import type { Address } from '../address.ts';
import type { Log, LogEntry, Position } from '../ports.ts';
import { entriesOf } from './history.ts';

/** The last entry that was read; a sequence alone where nobody has seen the entry yet. */
export type Mark = Position | { readonly sequence: number };

export interface Page<Entry> {
  readonly entries: readonly Entry[];
  /** Where to go on: the last of them, or the same as before, seen by now. */
  readonly mark: Mark;
}

/** How a log's text becomes an entry, which its sequence, time and id tell from every other. */
export interface Reading<Entry extends Position> {
  readonly log: Log;
  readonly entryOf: (entry: LogEntry) => Entry;
  readonly limit: number;
  /** Where entries are large, a page is shorter. */
  readonly maxChars: number;
}

/**
 * What comes after the mark, oldest first. Undefined if it cannot be told: another entry stands there or none,
 * or what came after it has expired.
 */
export async function pageAfter<Entry extends Position>(
  { log, entryOf, limit, maxChars }: Reading<Entry>,
  mark: Mark,
): Promise<Page<Entry> | undefined> {
  const { sequence } = mark;
  const page = (await log.readAll(Math.max(0, sequence - 1), limit + 1, maxChars)).map(entryOf);
  const [found] = page;
  if (sequence > 0 && found?.sequence === sequence) {
    return isSame(found, mark) ? pageOf(page.slice(1), found) : undefined;
  }
  const isNext = found === undefined || found.sequence === sequence + 1;
  if (!isNext) return undefined;
  // The beginning, or the mark has expired: then the log goes on right behind it, and never ends before it.
  return sequence === 0 || (await log.bounds()).first === sequence + 1 ? pageOf(page, mark) : undefined;
}

/**
 * The same for one actor alone, who has long been far behind: its own entries, and where there are no more of
 * them, on to the entry at `end`. Undefined as above.
 */
export async function ownPageAfter<Entry extends Position>(
  reading: Reading<Entry>,
  { of, mark, end }: { of: Address; mark: Mark; end: number },
): Promise<Page<Entry> | undefined> {
  const { log, entryOf, limit, maxChars } = reading;
  // The order matters: what stands before `end` by now is not missed, and no tail that went away up to here is.
  const [last] = await log.readAll(end - 1, 1);
  const own = await entriesOf(log, of, { start: { after: mark.sequence }, limit, maxChars });
  const known = await pageAfter({ ...reading, limit: 1 }, mark);
  if (known === undefined) return undefined;
  return pageOf(own.map(entryOf), last === undefined ? mark : entryOf(last));
}

function pageOf<Entry extends Position>(entries: readonly Entry[], mark: Mark): Page<Entry> {
  return { entries, mark: entries.at(-1) ?? mark };
}

/** As far as the mark says; who has only named a sequence takes what stands there. */
export function isSame(found: Mark, mark: Mark): boolean {
  if (found.sequence !== mark.sequence) return false;
  return !('id' in mark) || ('id' in found && found.time === mark.time && found.id === mark.id);
}

/** Before the first entry that there is. */
export async function sequenceBeforeAll(log: Log): Promise<number> {
  return Math.max(0, (await log.bounds()).first - 1);
}

/** Before the first entry that is not older, by halving: a broker has no index by time that all could use. */
export async function sequenceBefore(log: Log, since: number): Promise<number> {
  const { first, last } = await log.bounds();
  let low = Math.max(1, first);
  let high = last + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [entry] = await log.readAll(middle - 1, 1);
    if (entry === undefined || entry.time >= since) high = middle;
    else low = Math.max(middle, entry.sequence) + 1;
  }
  return low - 1;
}
