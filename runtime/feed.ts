/**
 * The journal as it happens, for any number of followers: it is read once, by pages, while somebody follows,
 * and the last stretch is kept for all. Who is further behind reads pages of their own until they are there.
 */
import { keyOf, type Address } from './address.ts';
import type { JournalEntry } from './entry.ts';
import { RetryableError } from './errors.ts';
import type { Clock, Log, LogEntry } from './ports.ts';

export type FeedEntry = JournalEntry & { readonly sequence: number };

export interface Feed {
  /** The sequences that the journal has; 0, 0 for none. */
  bounds(): Promise<{ first: number; last: number }>;
  /**
   * What happens after a sequence, oldest first, in portions that may be empty; each with the sequence up to
   * which nothing more is to come. `of`: to one actor alone. Ends when the signal aborts. Throws
   * `RetryableError` when the journal cannot be read: the follower knows where to go on.
   */
  follow(from: { after: number; of?: Address }, signal: AbortSignal): AsyncGenerator<Portion>;
}

export interface Portion {
  readonly entries: readonly FeedEntry[];
  readonly through: number;
}

export interface FeedContext {
  readonly journal: Log;
  readonly clock: Clock;
}

const pageMax = 500;
/** Entries kept for all followers. */
const keptMax = 5_000;
/** What is stored within so many ms is read together. */
const gatherMs = 25;
/** Looked at without a call as well: a call can be missed. */
const lookMs = 1_000;

export function createFeed({ journal, clock }: FeedContext): Feed {
  const news = createNews(clock);
  let followers = 0;
  let tail: Promise<Tail> | undefined;
  let stopWatching = (): void => undefined;

  /** The tail is made by the first follower, and goes with the last. */
  async function join(): Promise<Tail> {
    if (followers++ === 0) {
      stopWatching = journal.watch(news.call);
      tail = journal.bounds().then(({ last }) => createTail(journal, last));
    }
    return tail ?? Promise.reject(new Error('nobody has begun'));
  }

  function leave(): void {
    if (--followers === 0) stopWatching();
  }

  return {
    bounds: () => journal.bounds(),
    async *follow({ after, of }, signal) {
      try {
        const shared = await join();
        for (let at = after; !signal.aborted;) {
          const known = news.count();
          const { entries, through } = await shared.after(at);
          yield { entries: entries.filter((entry) => isOf(entry, of)), through };
          const isQuiet = through === at;
          at = through;
          // Without a call it may be that there is nothing, or that what there was is gone.
          if (isQuiet && !(await news.since(known, signal))) await checkTail(journal, at);
        }
      } finally {
        leave();
      }
    },
  };
}

/** A broker that was killed may have lost its last entries, and use their sequences again. */
async function checkTail(journal: Log, at: number): Promise<void> {
  const { last } = await journal.bounds();
  if (last < at) throw new RetryableError(`the journal ends at ${last}, and was read up to ${at}`);
}

/** The last entries, read once for all. */
interface Tail {
  after(sequence: number): Promise<Portion>;
}

function createTail(journal: Log, from: number): Tail {
  let kept: FeedEntry[] = [];
  /** `kept` has everything between these two. */
  let keptAfter = from;
  let through = from;
  let reading: Promise<void> | undefined;

  /** One page more, for all who ask meanwhile. */
  function readOn(): Promise<void> {
    reading ??= pageAfter(journal, through)
      .then((page) => {
        kept.push(...page);
        through = page.at(-1)?.sequence ?? through;
        if (kept.length <= keptMax) return;
        kept = kept.slice(-keptMax);
        keptAfter = (kept[0]?.sequence ?? 1) - 1;
      })
      .finally(() => (reading = undefined));
    return reading;
  }

  return {
    async after(sequence) {
      if (sequence < keptAfter) {
        const page = await pageAfter(journal, sequence);
        return { entries: page, through: page.at(-1)?.sequence ?? keptAfter };
      }
      if (sequence >= through) await readOn();
      // Whoever came to the end of a page that somebody else has asked for reads on.
      const entries = kept.slice(firstAfter(kept, sequence)).slice(0, pageMax);
      return { entries, through: entries.at(-1)?.sequence ?? sequence };
    },
  };
}

async function pageAfter(journal: Log, sequence: number): Promise<FeedEntry[]> {
  return (await journal.readAll(sequence, pageMax)).map(entryOf);
}

function entryOf({ sequence, body }: LogEntry): FeedEntry {
  return { ...(JSON.parse(body) as JournalEntry), sequence };
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

interface News {
  readonly call: () => void;
  count(): number;
  /**
   * Resolves a moment after the first call beyond `known`, with true; with false when it is time to look
   * without one, or nobody waits any more.
   */
  since(known: number, signal: AbortSignal): Promise<boolean>;
}

function createNews(clock: Clock): News {
  const waiting = new Set<() => void>();
  let calls = 0;
  return {
    call() {
      calls += 1;
      for (const wake of [...waiting]) wake();
    },
    count: () => calls,
    since(known, signal) {
      return new Promise((resolve) => {
        let isCalled = calls > known;
        let cancel = clock.after(isCalled ? gatherMs : lookMs, done);
        waiting.add(wake);
        signal.addEventListener('abort', done);
        if (signal.aborted) done();

        function wake(): void {
          if (isCalled) return;
          isCalled = true;
          cancel();
          cancel = clock.after(gatherMs, done);
        }

        function done(): void {
          cancel();
          waiting.delete(wake);
          signal.removeEventListener('abort', done);
          resolve(isCalled || signal.aborted);
        }
      });
    },
  };
}
