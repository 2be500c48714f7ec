/**
 * Pairs of transitions, one right after the other: which of those that the walk could have met it has met. The
 * second one starts in a state that is active right after the first; guards, and states inside that take the
 * event first, are left aside, so not every pair that is missing can be had.
 */
import { statesOf } from './reached.ts';
import type { Walk } from './walk.ts';

export interface Pairs {
  readonly found: number;
  readonly possible: number;
  /** As `one then other`, in the order of the walk. */
  readonly missing: readonly string[];
}

export function pairsIn({ visited, ends, traced, reached }: Walk): Pairs {
  const missing = new Set<string>();
  const seen = new Set<string>();
  for (const { record, move } of [...visited, ...ends]) {
    const { value, status } = record.snapshot as { value: unknown; status: string };
    const last = move.trace.taken.at(-1);
    const place = JSON.stringify([last, value]);
    if (last === undefined || status !== 'active' || seen.has(place)) continue;
    seen.add(place);
    const active = statesOf(record);
    for (const { id, state } of traced.edges) {
      const pair = `${last} then ${id}`;
      if (active.has(state) && !reached.pairs.has(pair)) missing.add(pair);
    }
  }
  const found = reached.pairs.size;
  return { found, possible: found + missing.size, missing: [...missing] };
}
