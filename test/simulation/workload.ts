/** What clients ask for in a simulation, and what must hold of the actors beyond the runtime's invariants. */
import type { JournalEntry } from '../../runtime/core/entry.ts';
import type { Event, Principal } from '../../runtime/message.ts';
import type { Registry } from '../../runtime/core/registry.ts';
import type { SeededRandom } from '../support/random.ts';

export interface Asking {
  readonly key: string;
  readonly event: Event;
}

/** An actor as it is right now. */
export interface Snapshot {
  readonly value: unknown;
  readonly context: unknown;
}

/** An actor when everything has settled. */
export interface Settled extends Snapshot {
  readonly key: string;
  readonly journal: readonly JournalEntry[];
}

export interface Workload {
  readonly registry: Registry;
  readonly principals: readonly Principal[];
  /** Its charts have bugs, so that there are dead letters. */
  readonly isBuggy?: boolean;
  /** One of each, at the start; `at` ms after it, if it matters. */
  readonly first: (random: SeededRandom) => readonly (Asking & { readonly at?: number })[];
  /** What to ask, or a number from which it is drawn when the time has come. */
  readonly next: (random: SeededRandom) => Asking | { readonly draw: number };
  /** Goes by the snapshots of the actors that there are. Undefined: it is something that happens elsewhere. */
  readonly drawn?: (draw: number, actors: ReadonlyMap<string, Snapshot>) => Asking | undefined;
  /** Whatever is under way. Throws `Violation`. */
  readonly always?: (actors: ReadonlyMap<string, Snapshot>) => void;
  /** When everything has settled. Throws `Violation`. */
  readonly check: (actors: ReadonlyMap<string, Settled>) => void;
}
