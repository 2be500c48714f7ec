/**
 * What is over, remembered for a while, so that a message about it that comes late or twice changes nothing
 * (rules 16, 20). Two generations: the older one is forgotten when the recent one has its time, or is full where
 * that may be.
 */
import { entryOf, noEntries, withEntry, type Register } from './register.ts';

export interface Memory {
  readonly recent: Register;
  readonly older: Register;
  /** Entries in `recent`. */
  readonly count: number;
}

export const generationMax = 500;

export const nothingRemembered: Memory = { recent: noEntries, older: noEntries, count: 0 };

export function recall({ recent, older }: Memory, name: string): number | undefined {
  return entryOf(recent, name) ?? entryOf(older, name);
}

/** What is older may go for it before its time. */
export function remember(memory: Memory, name: string, number: number): Memory {
  const isFull = memory.count >= generationMax && entryOf(memory.recent, name) === undefined;
  return keep(isFull ? aged(memory) : memory, name, number);
}

/** Nothing goes for it before its time: whether there is room for it is asked before. */
export function keep({ recent, older, count }: Memory, name: string, number: number): Memory {
  const isNew = entryOf(recent, name) === undefined;
  return { recent: withEntry(recent, name, number), older, count: isNew ? count + 1 : count };
}

/** One generation on: what was the older one is forgotten. */
export function aged({ recent }: Memory): Memory {
  return { recent: noEntries, older: recent, count: 0 };
}

export function isBlank({ recent, older }: Memory): boolean {
  return recent === noEntries && older === noEntries;
}

/** In characters. */
export function sizeOf({ recent, older }: Memory): number {
  return recent.length + older.length;
}
