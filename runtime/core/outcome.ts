/** What may come of a message. */
import type { StateValue } from 'xstate';

export type RefusalReason =
  'unhandled' | 'guard' | 'forbidden' | 'stale' | 'invalid' | 'not-found' | 'exists';

export interface Refusal {
  readonly outcome: 'refused';
  readonly reason: RefusalReason;
  /** The events that it would accept now. */
  readonly allowed: readonly string[];
  readonly state?: StateValue;
  readonly version?: number;
  readonly guards?: readonly string[];
  readonly errors?: readonly { pointer: string; message: string }[];
  /** There is no such actor, but its chart, as it begins, has said what there was to say (ADR 014). */
  readonly isAnswered?: true;
}

export type Outcome =
  | { readonly outcome: 'accepted'; readonly from: StateValue | null; readonly to: StateValue }
  | Refusal
  /** A timer or activity result that the actor has outlived, or a timer that came early (I6). */
  | { readonly outcome: 'dropped'; readonly why: 'outlived' | 'early' };
