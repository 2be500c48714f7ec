/**
 * Whether a history of one object is linearizable: Wing and Gong's search with Lowe's memory of what was tried:
 * each set of placed operations with the state that they led to. Knows nothing of actors or charts.
 */

import {
  claimsOf,
  hasTwinBefore,
  listOf,
  relink,
  unlink,
  unplacedUpTo,
  waitingIn,
  type Call,
  type Head,
} from './call-list.ts';

export interface Timed {
  /** Where it began and where its answer came, on one clock that counts; Infinity: never answered. */
  readonly invoked: number;
  readonly returned: number;
  /** Nobody knows what became of it: it may take effect at any time after it began, or never. */
  readonly optional?: boolean;
  /** The version that it made, where that is known: then nothing else has made that one. */
  readonly claim?: number;
  /** Optional operations with the same content can stand for each other. */
  readonly content?: string;
}

export interface Model<State, Operation> {
  readonly start: State;
  /** The state after it, the same one where it changes nothing; or that it cannot have its result here. */
  apply(state: State, operation: Operation): State | 'impossible';
  /** Counts the changes since the start. */
  versionOf(state: State): number;
  /** The same for states that nobody can tell apart. */
  keyOf(state: State): string;
}

export interface Stuck<State, Operation> {
  /** Has returned, and could be placed nowhere before its return; undefined: never placed at all. */
  readonly operation: Operation | undefined;
  /** What else could have been placed, but was not possible in any of the states. */
  readonly waiting: readonly Operation[];
  readonly states: readonly State[];
  /** How many had been placed. */
  readonly placed: number;
}

export type Verdict<State, Operation> =
  | { readonly verdict: 'linearizable'; readonly order: readonly Operation[]; readonly steps: number }
  | {
      readonly verdict: 'not linearizable';
      readonly stuck: Stuck<State, Operation>;
      readonly steps: number;
    }
  | { readonly verdict: 'undecided'; readonly steps: number };

/** `stepsMax` bounds how often the model is asked. */
export function linearize<State, Operation extends Timed>(
  operations: readonly Operation[],
  model: Model<State, Operation>,
  stepsMax = 2_000_000,
): Verdict<State, Operation> {
  const list = listOf(operations);
  const search = createSearch(list, model);
  let left = operations.filter(isMandatory).length;
  let entry = list.next;
  while (left > 0) {
    if (search.steps() > stepsMax) return { verdict: 'undecided', steps: search.steps() };
    if (entry?.kind !== 'call') {
      search.stuckAt(entry?.operation);
      const taken = search.takeBack();
      if (taken === undefined)
        return { verdict: 'not linearizable', stuck: search.stuck(), steps: search.steps() };
      left += taken.mandatory;
      entry = taken.entry.next;
    } else if (search.place(entry)) {
      if (isMandatory(entry.operation)) left -= 1;
      entry = list.next;
    } else {
      entry = entry.next;
    }
  }
  return { verdict: 'linearizable', order: search.order(), steps: search.steps() };
}

function isMandatory({ optional }: Timed): boolean {
  return optional !== true;
}

interface Frame<State, Operation> {
  readonly entry: Call<Operation>;
  readonly before: State;
  readonly highBefore: number;
  /** It changes nothing, so there was no choice: now is as good as later. */
  readonly forced: boolean;
}

interface Search<State, Operation> {
  place(entry: Call<Operation>): boolean;
  /** The last choice undone; how many that must be placed came off with it. */
  takeBack(): { entry: Call<Operation>; mandatory: number } | undefined;
  stuckAt(operation: Operation | undefined): void;
  stuck(): Stuck<State, Operation>;
  order(): Operation[];
  steps(): number;
}

const statesShown = 5;

function createSearch<State, Operation extends Timed>(
  list: Head<Operation>,
  model: Model<State, Operation>,
): Search<State, Operation> {
  const claims = claimsOf(list);
  const frames: Frame<State, Operation>[] = [];
  const tried = new Set<string>();
  let state = model.start;
  let high = -1;
  let steps = 0;
  let worst: Stuck<State, Operation> = { operation: undefined, waiting: [], states: [], placed: -1 };

  function after(entry: Call<Operation>): State | 'impossible' {
    const { operation } = entry;
    const version = model.versionOf(state) + 1;
    const { claim = version } = operation;
    // A known version was made by its claimant and by nothing else, and the claimant makes no other one.
    const mayChange = (claims.get(version) ?? operation) === operation;
    const mustChange = operation.claim !== undefined || !isMandatory(operation);
    if (claim !== version || (mustChange && !mayChange) || hasTwinBefore(list, entry)) return 'impossible';
    steps += 1;
    const next = model.apply(state, operation);
    // An unknown one that changes nothing need not be placed.
    const fits = next === state ? !mustChange : mayChange;
    return fits ? next : 'impossible';
  }

  return {
    place(entry) {
      const next = after(entry);
      if (next === 'impossible') return false;
      const frame = { entry, before: state, highBefore: high, forced: next === state };
      unlink(entry);
      high = Math.max(high, entry.index);
      const key = `${high}|${unplacedUpTo(list, high)}|${model.keyOf(next)}`;
      if (!frame.forced && tried.has(key)) {
        high = frame.highBefore;
        relink(entry);
        return false;
      }
      tried.add(key);
      frames.push(frame);
      state = next;
      return true;
    },
    takeBack() {
      let mandatory = 0;
      for (let frame = frames.pop(); frame !== undefined; frame = frames.pop()) {
        relink(frame.entry);
        ({ before: state, highBefore: high } = frame);
        if (isMandatory(frame.entry.operation)) mandatory += 1;
        if (!frame.forced) return { entry: frame.entry, mandatory };
      }
      return undefined;
    },
    stuckAt(operation) {
      if (frames.length < worst.placed) return;
      const known = frames.length === worst.placed ? worst.states : [];
      const waiting = waitingIn(list).filter((each) => each !== operation);
      const states = known.length < statesShown ? [...known, state] : known;
      worst = { operation, waiting, states, placed: frames.length };
    },
    stuck: () => worst,
    order: () => frames.map(({ entry }) => entry.operation),
    steps: () => steps,
  };
}
