/** What clients ask for in a simulation, and what must hold of the actors beyond the runtime's invariants. */
import type { JournalEntry } from '../../runtime/entry.ts';
import type { Event, Principal } from '../../runtime/message.ts';
import type { Registry } from '../../runtime/registry.ts';
import type { SeededRandom } from '../support/random.ts';

export interface Asking {
  readonly key: string;
  readonly event: Event;
}

/** An actor when everything has settled. */
export interface Settled {
  readonly key: string;
  readonly journal: readonly JournalEntry[];
  readonly context: unknown;
  readonly value: unknown;
}

export interface Workload {
  readonly registry: Registry;
  readonly principals: readonly Principal[];
  /** One of each, at the start. */
  readonly first: (random: SeededRandom) => Asking[];
  /** What to ask, or a number from which it is drawn when the time has come. */
  readonly next: (random: SeededRandom) => Asking | { readonly draw: number };
  /** Goes by the snapshots of the actors that there are. */
  readonly drawn?: (draw: number, actors: ReadonlyMap<string, unknown>) => Asking;
  /** Throws `Violation`. */
  readonly check: (actors: ReadonlyMap<string, Settled>) => void;
}
