/** A memory server's journal or dead letters. */
import { keyOf } from '../../runtime/address.ts';
import type { Clock, Log, LogEntry } from '../../runtime/ports.ts';
import { step } from './step.ts';
import { createWindow } from './window.ts';

export function createMemoryLog(clock: Clock, windowMs: number): Log {
  const all: LogEntry[] = [];
  const actors = new Map<string, LogEntry[]>();
  const listeners = new Set<() => void>();
  const window = createWindow(windowMs);
  let time = 0;

  return {
    append: ({ to, id, body }) =>
      step(() => {
        time = Math.max(time, clock.now());
        if (window.has(id, time)) return;
        window.add(id, time);
        const entries = actors.get(keyOf(to)) ?? [];
        actors.set(keyOf(to), entries);
        const entry = { sequence: all.length + 1, time, body };
        all.push(entry);
        entries.push(entry);
        for (const listener of listeners) listener();
      }),
    read: (of, after, limit) =>
      step(() => (actors.get(keyOf(of)) ?? []).filter((entry) => entry.sequence > after).slice(0, limit)),
    readBack: (of, before, limit) =>
      step(() => {
        const entries = actors.get(keyOf(of)) ?? [];
        const end = entries.findLastIndex(({ sequence }) => sequence < before) + 1;
        return entries.slice(Math.max(0, end - limit), end).reverse();
      }),
    // Sequences are places in the list, counted from 1.
    readAll: (after, limit, maxChars) => step(() => upTo(all.slice(after, after + limit), maxChars)),
    bounds: () => step(() => ({ first: Math.min(all.length, 1), last: all.length })),
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Entries until they have so many characters together, the last one beyond that too; but always two. */
export function upTo(entries: Iterable<LogEntry>, maxChars = Infinity): LogEntry[] {
  const found: LogEntry[] = [];
  let chars = 0;
  for (const entry of entries) {
    found.push(entry);
    chars += entry.body.length;
    if (chars >= maxChars && found.length > 1) break;
  }
  return found;
}
