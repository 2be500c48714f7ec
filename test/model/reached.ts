/** What a walk has reached of a chart so far, and what is still missing. */
import { leafPaths } from '../../runtime/core/chart.ts';
import type { ActorRecord } from '../../runtime/core/record.ts';
import type { Edge, Trace } from './traced.ts';
import { pairsOf, type Visited } from './visited.ts';

export interface Reached {
  readonly states: Set<string>;
  readonly transitions: Set<string>;
  /** `one then other`, in the order taken. */
  readonly pairs: Set<string>;
  /** `<transition> passed` or `<transition> refused`. */
  readonly guards: Set<string>;
}

export function nothingReached(): Reached {
  return { states: new Set(), transitions: new Set(), pairs: new Set(), guards: new Set() };
}

/** Adds what the last step came to. True if a state, a transition or a pair of them is reached for the first time. */
export function cover(
  { states, transitions, pairs }: Reached,
  { before, move: { trace } }: Visited,
): boolean {
  const size = transitions.size + pairs.size + states.size;
  for (const state of trace.entered) states.add(state);
  for (const id of trace.taken) transitions.add(id);
  for (const pair of pairsOf(before, trace)) pairs.add(pair);
  return transitions.size + pairs.size + states.size > size;
}

/** Adds what the guards have said. */
export function noteGuards({ guards }: Reached, { asked }: Trace): void {
  for (const { id, passed } of asked) guards.add(`${id} ${passed ? 'passed' : 'refused'}`);
}

/** Transitions that were not taken, and those whose guard has never refused. */
export function missing({ transitions, guards }: Reached, edges: readonly Edge[]): Edge[] {
  return edges.filter(
    ({ id, guard }) => !transitions.has(id) || (guard !== undefined && !guards.has(`${id} refused`)),
  );
}

/** What these steps have reached; of guards nothing. */
export function reachedBy(steps: readonly Visited[]): Reached {
  const reached = nothingReached();
  for (const each of steps) cover(reached, each);
  return reached;
}

/** True if the actor is in the state of one of these transitions. */
export function isAtOneOf(edges: readonly Edge[], record: ActorRecord): boolean {
  const states = statesOf(record);
  return edges.some(({ state }) => states.has(state));
}

/** The states that the actor is in, and those around them; the chart itself is the empty name. */
export function statesOf({ snapshot }: ActorRecord): ReadonlySet<string> {
  const leaves = leafPaths(snapshot.value as never).map((leaf) => leaf.split('.'));
  return new Set(['', ...leaves.flatMap((names) => names.map((_, at) => names.slice(0, at + 1).join('.')))]);
}
