/** What is different between two versions of a chart, state by state and transition by transition. Pure. */
import { statesWithRoot, transitionsOf, type ChartState, type NamedTransition } from '../chart.ts';

export interface Difference {
  readonly change: 'added' | 'removed' | 'changed';
  readonly what: 'state' | 'transition' | 'event';
  /** The state, or the state that the transition starts from; empty: the chart itself. */
  readonly state: string;
  /** As in pictures: `order.pay`, `after 1d`, `always`. */
  readonly event?: string;
  readonly guard?: string;
  /** Where the transition leads; none: it stays. */
  readonly target?: readonly string[];
  /** Where it has led before. */
  readonly targetBefore?: readonly string[];
  /** What else has changed: `description`, `initial`, `type`, `tags`, `entry`, `exit`, `invoke`, `actions`, `schema`. */
  readonly fields?: readonly string[];
}

export interface Version {
  readonly root: ChartState;
  /** Payload schemas by event type. */
  readonly events: Readonly<Record<string, unknown>>;
}

export function differencesOf(before: Version, after: Version): Difference[] {
  const old = new Map(statesWithRoot(before.root).map((state) => [state.id, state]));
  const now = new Map(statesWithRoot(after.root).map((state) => [state.id, state]));
  const removed = [...old.values()].filter(({ id }) => !now.has(id));
  return [
    ...removed.map(({ id }): Difference => ({ change: 'removed', what: 'state', state: id })),
    ...[...now.values()].flatMap((state) => stateDifferences(old.get(state.id), state)),
    ...eventDifferences(before.events, after.events),
  ];
}

/** Leaf states of the version before that an actor could not stay in: they are gone, or have others inside now. */
export function lostLeaves(before: ChartState, after: ChartState): string[] {
  const leaves = (root: ChartState): string[] =>
    statesWithRoot(root).flatMap(({ id, states = [] }) => (states.length === 0 ? [id] : []));
  const left = new Set(leaves(after));
  return leaves(before).filter((id) => !left.has(id));
}

const stateFields = ['type', 'description', 'initial', 'tags', 'entry', 'exit', 'invoke'] as const;

function stateDifferences(before: ChartState | undefined, after: ChartState): Difference[] {
  const state = after.id;
  // All that leads out of a new state is new; saying so would only hide the rest.
  if (before === undefined) return [{ change: 'added', what: 'state', state }];
  const fields = stateFields.filter((field) => !isSame(before[field], after[field]));
  const itself: Difference[] =
    fields.length === 0 ? [] : [{ change: 'changed', what: 'state', state, fields }];
  return [...itself, ...transitionDifferences(state, transitionsOf(before), transitionsOf(after))];
}

/** A transition is known by what takes it. Where it then leads elsewhere, it has changed. */
function transitionDifferences(
  state: string,
  before: readonly NamedTransition[],
  after: readonly NamedTransition[],
): Difference[] {
  const gone = new Map<string, NamedTransition[]>();
  for (const was of before) gone.set(takenBy(was), [...(gone.get(takenBy(was)) ?? []), was]);
  const found: Difference[] = [];
  for (const now of after) {
    const rest = gone.get(takenBy(now)) ?? [];
    const index = Math.max(
      0,
      rest.findIndex(({ target }) => isSame(target, now.target)),
    );
    const [was] = rest.splice(index, 1);
    const difference = was === undefined ? told('added', state, now) : changeOf(state, was, now);
    if (difference !== undefined) found.push(difference);
  }
  return [...found, ...[...gone.values()].flat().map((was) => told('removed', state, was))];
}

function takenBy({ event, guard = '' }: NamedTransition): string {
  return `${event} [${guard}]`;
}

function changeOf(state: string, was: NamedTransition, now: NamedTransition): Difference | undefined {
  const fields = (['actions', 'description', 'reenter'] as const).filter(
    (field) => !isSame(was[field], now[field]),
  );
  const leadsElsewhere = !isSame(was.target, now.target);
  if (fields.length === 0 && !leadsElsewhere) return undefined;
  return {
    ...told('changed', state, now),
    ...(leadsElsewhere ? { targetBefore: was.target } : {}),
    ...(fields.length === 0 ? {} : { fields }),
  };
}

function told(
  change: Difference['change'],
  state: string,
  { event, guard, target }: NamedTransition,
): Difference {
  return { change, what: 'transition', state, event, ...(guard === undefined ? {} : { guard }), target };
}

function eventDifferences(before: Version['events'], after: Version['events']): Difference[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((event): Difference[] => {
    const about = { what: 'event', state: '', event } as const;
    if (!Object.hasOwn(after, event)) return [{ ...about, change: 'removed' }];
    if (!Object.hasOwn(before, event)) return [{ ...about, change: 'added' }];
    return isSame(before[event], after[event]) ? [] : [{ ...about, change: 'changed', fields: ['schema'] }];
  });
}

/** Both come from JSON that is made the same way. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
