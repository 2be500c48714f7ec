/**
 * The journal as it happens, for any number of followers: it is read once, by pages, while somebody follows,
 * and the last stretch is kept for all. Who is further behind reads pages of their own until they are there;
 * who follows one actor, only what that has.
 */
import { keyOf, type Address } from '../address.ts';
import { entryIn, type JournalEntry } from '../core/entry.ts';
import { RetryableError } from '../errors.ts';
import type { Clock, Log, LogEntry, Position } from '../ports.ts';
import { createNews } from './news.ts';
import {
  isSame,
  ownPageAfter,
  pageAfter,
  sequenceBefore,
  sequenceBeforeAll,
  type Mark,
  type Page,
  type Reading,
} from './pages.ts';
import { createTurns, sliceChars } from './slices.ts';

/** `time` is the log's, ms; `chars` is the size of its text. */
export type FeedEntry = JournalEntry & Position & { readonly chars: number };

export interface Feed {
  /** The sequences that the journal has; 0, 0 for none. */
  bounds(): Promise<{ first: number; last: number }>;
  /**
   * What happens after a sequence, oldest first, in portions that may be empty, and are small enough to be
   * worked on in one go; between any two the process does other things. `of`: to one actor alone. Ends when the
   * signal aborts. While the journal cannot be read it waits: only who stays knows what it has read,
   * and hears of it when that is not there any more.
   */
  follow(from: { after: number; of?: Address }, signal: AbortSignal): AsyncGenerator<Portion>;
}

export interface Portion {
  readonly entries: readonly FeedEntry[];
  /** Up to here nothing more is to come. */
  readonly through: number;
  /**
   * The journal is not what was read: it has lost its tail, or what was to come has expired. What comes then is
   * what it has after `through`, some of it perhaps again.
   */
  readonly isReset: boolean;
}

export interface FeedContext {
  readonly journal: Log;
  readonly clock: Clock;
  /** R7: how long before the last entry that was read a lost tail may have begun, on another broker's clock. */
  readonly marginMs: number;
}

const pageMax = 500;
/** Most of it is states that nobody looks at here; a page costs the broker much more than what is in it. */
const pageChars = 1_000_000;
/** Kept for all followers: so many entries, and about so many characters. */
const keptMax = 5_000;
const keptMaxChars = 10_000_000;

export function createFeed({ journal, clock, marginMs }: FeedContext): Feed {
  const news = createNews(clock);
  const reading: Reading<FeedEntry> = { log: journal, entryOf, limit: pageMax, maxChars: pageChars };
  const turn = createTurns(clock);
  let followers = 0;
  let tail = createTail(reading);
  let stopWatching = (): void => undefined;

  /** The tail begins with the first follower, and goes with the last. */
  function join(): void {
    if (followers++ > 0) return;
    stopWatching = journal.watch(news.call);
    tail = createTail(reading);
  }

  function leave(): void {
    if (--followers === 0) stopWatching();
  }

  /** Undefined while the journal cannot be read. */
  async function next(
    mark: Mark,
    of: Address | undefined,
  ): Promise<(Read & { isReset: boolean }) | undefined> {
    try {
      const page = await (of === undefined ? tail.after(mark) : ownAfter(mark, of));
      if ((page?.entries.length ?? 0) > 0) await turn();
      if (page !== undefined) return { ...page, isReset: false };
      const again = { sequence: await restart(journal, mark, marginMs) };
      return { entries: [], mark: again, hasMore: true, isReset: true };
    } catch (error) {
      if (error instanceof RetryableError) return undefined;
      throw error;
    }
  }

  /** For who follows one actor: all that comes next while that is a page, else only what is its own. */
  async function ownAfter(mark: Mark, of: Address): Promise<Read | undefined> {
    if (tail.isNear(mark)) return tail.after(mark);
    const { last } = await journal.bounds();
    if (last <= mark.sequence + pageMax) return tail.after(mark);
    // Not to the very end: this may be read from a replica that does not have that yet.
    const end = last - pageMax / 2;
    const page = await ownPageAfter({ ...reading, maxChars: sliceChars }, { of, mark, end });
    return page && { ...page, hasMore: true };
  }

  return {
    bounds: () => journal.bounds(),
    async *follow({ after, of }, signal) {
      join();
      try {
        for (let mark: Mark = { sequence: after }; !signal.aborted;) {
          const known = news.count();
          const page = await next(mark, of);
          if (page !== undefined) {
            mark = page.mark;
            const entries = page.entries.filter((entry) => isOf(entry, of));
            yield { entries, through: mark.sequence, isReset: page.isReset };
          }
          if (page?.hasMore !== true) await news.since(known, signal);
        }
      } finally {
        leave();
      }
    },
  };
}

/**
 * Where to read again what may be new: what was stored in place of a lost tail is younger than that was. Of
 * who has only named a sequence no time is known: for them it begins with what there is.
 */
function restart(journal: Log, mark: Mark, marginMs: number): Promise<number> {
  return 'time' in mark ? sequenceBefore(journal, mark.time - marginMs) : sequenceBeforeAll(journal);
}

interface Read extends Page<FeedEntry> {
  /** Without a call that tells of news. */
  readonly hasMore: boolean;
}

/** The last entries, read once for all; undefined where the log has to be asked whether it is still the same. */
interface Tail {
  /** What comes next is kept, or will be with the next page. */
  isNear(mark: Mark): boolean;
  after(mark: Mark): Promise<Read | undefined>;
}

function createTail(reading: Reading<FeedEntry>): Tail {
  /** `kept` has everything after it. */
  let base: Mark | undefined;
  let kept: FeedEntry[] = [];
  let keptChars = 0;
  let isCut = false;
  let going: Promise<void> | undefined;

  function isFarAhead(sequence: number): boolean {
    const end = kept.at(-1) ?? base;
    return end === undefined || sequence > end.sequence + pageMax;
  }

  /** One page more, or the first one for whoever is so far ahead that all between would be read for nobody. */
  async function readOn({ sequence }: Mark): Promise<void> {
    if (isFarAhead(sequence)) beginAt({ sequence });
    const page = await pageAfter(reading, kept.at(-1) ?? base ?? { sequence });
    if (page === undefined) {
      beginAt(undefined);
      return;
    }
    isCut = isFull(page.entries);
    if (kept.length === 0 && page.entries.length === 0) base = page.mark;
    for (const entry of page.entries) keptChars += entry.chars;
    kept.push(...page.entries);
    forget();
  }

  function beginAt(mark: Mark | undefined): void {
    base = mark;
    kept = [];
    keptChars = 0;
  }

  function forget(): void {
    let over = 0;
    for (; kept.length - over > keptMax || keptChars > keptMaxChars; over += 1) {
      base = kept[over];
      keptChars -= kept[over]?.chars ?? 0;
    }
    if (over > 0) kept = kept.slice(over);
  }

  function readOnce(mark: Mark): Promise<void> {
    return (going ??= readOn(mark).finally(() => (going = undefined)));
  }

  return {
    isNear: ({ sequence }) => base !== undefined && sequence >= base.sequence && !isFarAhead(sequence),
    async after(mark) {
      const end = kept.at(-1) ?? base;
      if (end === undefined || mark.sequence >= end.sequence) await readOnce(mark);
      const index = firstAfter(kept, mark.sequence);
      const known = index === 0 ? base : kept[index - 1];
      // Too far back, beyond the end, or another entry: the log itself tells.
      if (known === undefined || !isSame(known, mark)) {
        const page = await pageAfter({ ...reading, maxChars: sliceChars }, mark);
        return page && { ...page, hasMore: page.entries.length > 0 };
      }
      const entries = portionOf(kept, index);
      const hasMore = isCut || index + entries.length < kept.length;
      return { entries, mark: entries.at(-1) ?? known, hasMore };
    },
  };
}

/** Of a page: there may be more behind them. An entry that had no room in it is less than half of one. */
function isFull(entries: readonly FeedEntry[]): boolean {
  const chars = entries.reduce((sum, entry) => sum + entry.chars, 0);
  return entries.length >= pageMax || chars >= pageChars / 2;
}

function entryOf({ sequence, time, body }: LogEntry): FeedEntry {
  return Object.assign(entryIn(body), { sequence, time, chars: body.length });
}

/** At least one, if there is one. */
function portionOf(kept: readonly FeedEntry[], from: number): FeedEntry[] {
  let to = from;
  for (let chars = 0; to < kept.length && to < from + pageMax && chars < sliceChars; to += 1) {
    chars += kept[to]?.chars ?? 0;
  }
  return kept.slice(from, to);
}

function isOf({ kind, actor }: FeedEntry, of: Address | undefined): boolean {
  return of === undefined || keyOf({ kind, id: actor }) === keyOf(of);
}

/** Entries grow by sequence. */
function firstAfter(entries: readonly FeedEntry[], after: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.sequence ?? 0) > after) high = middle;
    else low = middle + 1;
  }
  return low;
}
