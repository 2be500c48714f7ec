/** A log that can lose its tail and use the sequences again, forget its beginning, and be away. */
import { upTo } from '../../persistence/memory/log.ts';
import { keyOf } from '../../runtime/address.ts';
import type { JournalEntry } from '../../runtime/core/entry.ts';
import { RetryableError } from '../../runtime/errors.ts';
import type { Clock, Log, LogEntry } from '../../runtime/ports.ts';

export interface CutLog extends Log {
  put(body: string): void;
  /** All that there is. */
  all(): readonly LogEntry[];
  /** What comes after this sequence is gone, and nobody is told. */
  cut(last: number): void;
  expire(first: number): void;
  away(isAway: boolean): void;
  /** Pages of all that were read so far, entries that were handed out, and who watches. */
  reads(): number;
  taken(): number;
  watchers(): number;
}

export function createCutLog(clock: Clock): CutLog {
  let entries: LogEntry[] = [];
  let first = 1;
  let reads = 0;
  let taken = 0;
  let isAway = false;
  const listeners = new Set<() => void>();
  const last = (): number => entries.at(-1)?.sequence ?? first - 1;

  function answer<Value>(value: Value): Promise<Value> {
    return isAway ? Promise.reject(new RetryableError('away')) : Promise.resolve(value);
  }

  function page(found: LogEntry[]): Promise<LogEntry[]> {
    taken += isAway ? 0 : found.length;
    return answer(found);
  }

  function put(body: string): void {
    entries.push({ sequence: last() + 1, time: clock.now(), body });
    for (const listener of listeners) listener();
  }

  return {
    put,
    all: () => entries,
    cut: (at) => void (entries = entries.filter(({ sequence }) => sequence <= at)),
    expire(at) {
      first = at;
      entries = entries.filter(({ sequence }) => sequence >= at);
    },
    away: (value) => void (isAway = value),
    reads: () => reads,
    taken: () => taken,
    watchers: () => listeners.size,
    append({ body }) {
      put(body);
      return Promise.resolve();
    },
    readBack: () => answer([]),
    read(of, after, limit) {
      const own = entries.filter(({ sequence, body }) => {
        const { kind, actor } = JSON.parse(body) as JournalEntry;
        return sequence > after && keyOf({ kind, id: actor }) === keyOf(of);
      });
      return page(own.slice(0, limit));
    },
    readAll(after, limit, maxChars) {
      reads += 1;
      // Sequences have no gaps.
      const start = Math.max(0, after + 1 - (entries[0]?.sequence ?? 1));
      return page(upTo(entries.slice(start, start + limit), maxChars));
    },
    bounds: () => answer(last() === 0 ? { first: 0, last: 0 } : { first, last: last() }),
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
