/** A rule between actors, and what it is asked of. */
import type { StateValue } from 'xstate';
import type { Address } from '../../runtime/address.ts';

/** An actor as it stands. */
export interface Standing extends Address {
  readonly version: number;
  readonly state: StateValue;
  readonly context: unknown;
}

export type Find = (of: Address) => Standing | undefined;

export interface Relation {
  /** In words, with the number that DOMAIN.md gives it. */
  readonly name: string;
  /** `atRest`: only when no message is under way to any of them. */
  readonly holds: 'always' | 'atRest';
  /** The kind of actor that it begins from. */
  readonly kind: string;
  /** Whom it looks at besides. */
  readonly others: (actor: Standing) => readonly Address[];
  /** What is wrong, in words; none: nothing. */
  readonly faults: (actor: Standing, find: Find) => readonly string[];
}
