/** Random numbers that a seed replays. */
import type { Random } from '../../runtime/ports.ts';

export interface SeededRandom extends Random {
  /** A whole number from 0 up to and without `limit`. */
  below(limit: number): number;
  chance(probability: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
}

/** mulberry32 */
export function seededRandom(seed: number, prefix = 'r'): SeededRandom {
  // Two prefixes of one seed draw different numbers.
  let state = Math.imul(seed + 1, 0x9e3779b1) ^ [...Buffer.from(prefix)].reduce(mix, 0);
  let ids = 0;

  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  return {
    next,
    id: () => `${prefix}${(++ids).toString(36)}x${Math.floor(next() * 1e9).toString(36)}`,
    below: (limit) => Math.floor(next() * limit),
    chance: (probability) => next() < probability,
    pick(items) {
      const item = items[Math.floor(next() * items.length)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
  };
}

function mix(mixed: number, byte: number): number {
  return Math.imul(mixed ^ byte, 0x01000193);
}

/** Set by `npm run proof`, which has the time for all of what `npm test` does a part of. */
export const isPatient = process.env['WAYBILL_TEST_SLOW'] === '1';

/**
 * The seeds of a property test, a quarter of them or another share unless there is time; each is in the name of
 * its case. `SEED=7` runs that one alone.
 */
export function seeds(count: number, share = 1 / 4): number[] {
  const only = process.env['SEED'];
  if (only !== undefined) return [seedOf(only)];
  return Array.from({ length: isPatient ? count : Math.ceil(count * share) }, (_, index) => index + 1);
}

/** Throws for what is no whole number: NaN would be a seed like any other. */
export function seedOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Error(`SEED is a whole number, not ${text}`);
  return Number(text);
}
