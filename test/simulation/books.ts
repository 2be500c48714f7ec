/** The simulator's own books of a partition, kept from the commits alone. */
import type { Position } from '../../runtime/ports.ts';

export class Violation extends Error {
  /** I1–I9, R2…: which promise was broken. */
  readonly invariant: string;

  constructor(invariant: string, message: string) {
    super(`${invariant}: ${message}`);
    this.invariant = invariant;
  }
}

/** What has happened to an actor, as far as the store has it. */
export interface History {
  readonly accepted: { cause: string; text: string }[];
  /** Causes of all that was taken: accepted, refused, dead. */
  readonly taken: Set<string>;
  /** Those that came from other actors. */
  readonly fromActors: Set<string>;
  /** Why it refused, by cause. */
  readonly refused: Map<string, string>;
  /** Those that the journal has to hold. */
  readonly journaled: Set<string>;
  /** Last message taken, per sending actor. */
  readonly lastFrom: Map<string, string>;
}

export interface Books {
  lease: { token: string; deadline: number } | undefined;
  commits: number;
  position: Position | undefined;
  readonly actors: Map<string, History>;
  /** The actors of pending timers and activities, by token. */
  readonly pending: Map<string, string>;
  /** All that ever were pending. */
  readonly seen: Set<string>;
  readonly received: Map<number, number>;
  /** `channel:number` → message id. */
  readonly outbox: Map<string, string>;
  readonly held: Set<string>;
  /** Commits whose journal entries and dead letters are not known to have arrived. */
  readonly publishing: Set<number>;
  /** Ids of all messages sent, by the actor that they are for. */
  readonly sentTo: Map<string, Set<string>>;
}

export function emptyBooks(): Books {
  return {
    lease: undefined,
    commits: 0,
    position: undefined,
    actors: new Map(),
    pending: new Map(),
    seen: new Set(),
    received: new Map(),
    outbox: new Map(),
    held: new Set(),
    publishing: new Set(),
    sentTo: new Map(),
  };
}

/** Made where there is none yet. */
export function actorIn({ actors }: Books, key: string): History {
  let history = actors.get(key);
  if (history === undefined) {
    history = {
      accepted: [],
      taken: new Set(),
      fromActors: new Set(),
      journaled: new Set(),
      refused: new Map(),
      lastFrom: new Map(),
    };
    actors.set(key, history);
  }
  return history;
}

/** I2: once. */
export function take({ taken }: History, key: string, cause: string): void {
  if (taken.has(cause)) throw new Violation('I2', `${key} takes ${cause} a second time`);
  taken.add(cause);
}

/**
 * I4: from one actor to another in the order sent; ids are `key@version.index`, and before the actor came into
 * being `key<cause.index`.
 */
export function inOrder(
  { lastFrom }: History,
  { key, sender, id }: { key: string; sender: string; id: string },
): void {
  const last = lastFrom.get(sender);
  if (last !== undefined && place(id) <= place(last))
    throw new Violation('I4', `${key} takes ${id} after ${last}`);
  lastFrom.set(sender, id);
}

/**
 * Set, and neither consumed nor dropped. A token not seen before was made in this very commit: when the store
 * has fallen back, a timer or activity and what came of it may be read in one batch.
 */
export function isPending({ pending, seen }: Books, token: string): boolean {
  return pending.has(token) || !seen.has(token);
}

function place(id: string): number {
  const [version, index] = id
    .slice(id.lastIndexOf('@') + 1)
    .split('.')
    .map(Number);
  const within = (version ?? 0) * 10_000 + (index ?? 0);
  return id.includes('<') ? within : within + 1e12;
}
