/**
 * What is over, remembered for a while, so that a message about it that comes late or twice changes nothing
 * (rules 16, 20). Two generations: the older one is forgotten when the recent one is full, or has its time.
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

export function remember(memory: Memory, name: string, number: number): Memory {
  const isNew = entryOf(memory.recent, name) === undefined;
  const { recent, older, count } = isNew && memory.count >= generationMax ? aged(memory) : memory;
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
