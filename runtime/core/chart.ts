/**
 * All that the runtime knows of XState: start, step, refuse, store, restore. Pure.
 *
 * One inert scope is shared by all calls: `transition()` would build a throw-away one each time, at twice
 * the cost. XState hands us the actions as data through `actionExecutor`; none is ever executed.
 */
import {
  createActor,
  createMachine,
  getNextTransitions,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type StateNode,
} from 'xstate';
import type { ChartSnapshot } from '../definition.ts';
import { TerminalError, messageOf } from '../errors.ts';
import type { Event } from '../message.ts';

export interface ChartAction {
  readonly type: string;
  readonly params: unknown;
}

export interface Step {
  readonly snapshot: AnyMachineSnapshot;
  readonly actions: readonly ChartAction[];
}

let collected: ChartAction[] = [];
const self = createActor(createMachine({}));
const scope = {
  self,
  system: self.system,
  id: '',
  sessionId: '',
  logger: () => undefined,
  defer: () => undefined,
  emit: () => undefined,
  stopChild: () => undefined,
  actionExecutor: (action: ChartAction) => void collected.push(action),
} as unknown as Parameters<AnyStateMachine['transition']>[2];

/** Microsteps in one step of a chart. A chart that needs more says so in its own `options.maxIterations`. */
const mostMicrosteps = 1_000;

/**
 * A copy of the chart whose steps end, or the chart itself if it has a limit. XState sets none: an `always`
 * in a circle would hold its partition for ever.
 */
export function bounded(machine: AnyStateMachine): AnyStateMachine {
  if (Number.isFinite(machine.options.maxIterations)) return machine;
  const copy = machine.provide({});
  copy.options = { ...copy.options, maxIterations: mostMicrosteps };
  return copy;
}

export function start(machine: AnyStateMachine, input: unknown): Step {
  return run(() => machine.getInitialSnapshot(scope, input) as AnyMachineSnapshot);
}

export function step(snapshot: AnyMachineSnapshot, event: Event): Step {
  return run(() => machineOf(snapshot).transition(snapshot, event, scope) as AnyMachineSnapshot);
}

/** XState puts an actor into `error` where a chart is wrong; here that is a bug, and the turn throws. */
function run(transition: () => AnyMachineSnapshot): Step {
  collected = [];
  const snapshot = transition();
  if (snapshot.status === 'error') {
    const { error } = snapshot as { error: unknown };
    throw new TerminalError(`the chart failed: ${messageOf(error)}`, { cause: error });
  }
  return { snapshot: inDocumentOrder(compact(snapshot)), actions: collected };
}

/**
 * XState adds to a context property by property. In V8 an object that got more than some twenty in that way is a
 * hash table, and so is each copy of it: all that reads it takes twice as long.
 */
function compact(snapshot: AnyMachineSnapshot): AnyMachineSnapshot {
  return Object.assign(snapshot, { context: { ...(snapshot.context as object) } });
}

/**
 * XState keeps the active nodes in the order in which they were entered, and goes by it for `always`, history
 * and tags; a restored snapshot has them in another one. Always the order of the chart, so that an actor does
 * the same whether it was in memory or not (I8).
 */
function inDocumentOrder(snapshot: AnyMachineSnapshot): AnyMachineSnapshot {
  const nodes = snapshot._nodes as StateNode[];
  if (nodes.every((node, index) => index === 0 || (nodes[index - 1]?.order ?? 0) < node.order))
    return snapshot;
  nodes.sort((one, other) => one.order - other.order);
  return Object.assign(snapshot, { tags: new Set(nodes.flatMap(({ tags }) => tags)) });
}

/** The machine is in every snapshot, but not in its public type. */
export function machineOf(snapshot: AnyMachineSnapshot): AnyStateMachine {
  return (snapshot as unknown as { machine: AnyStateMachine }).machine;
}

export type Verdict = { readonly can: true } | { readonly can: false; readonly guards: readonly string[] };

/**
 * Whether the chart takes the event now; if not, the guards that said no (none: no transition at all).
 * Comparing snapshots would not tell: an action-only transition may return the same reference.
 */
export function verdict(snapshot: AnyMachineSnapshot, event: Event): Verdict {
  if (snapshot.status !== 'active') return { can: false, guards: [] };
  if (snapshot.can(event)) return { can: true };
  const guards = transitionsOf(snapshot)
    .filter(({ guard, eventType }) => guard !== undefined && matches(eventType, event.type))
    .map(({ guard }) => guardName(refusing(snapshot, guard, event)));
  return { can: false, guards: [...new Set(guards)] };
}

/** Of guards joined by `and`, which are asked one after the other, the one that says no. */
function refusing(snapshot: AnyMachineSnapshot, guard: unknown, event: Event): unknown {
  const { guards, name } = guard as Joined;
  if (guards === undefined || name !== 'and') return guard;
  const first = guards.find((part) => !holds(snapshot, part, event)) ?? guard;
  return first === guard ? guard : refusing(snapshot, first, event);
}

/** As XState asks a guard: by its name, with parameters, or a function. */
function holds(snapshot: AnyMachineSnapshot, guard: unknown, event: Event): boolean {
  const args = { context: snapshot.context as unknown, event };
  if (typeof guard === 'function') {
    const { check } = guard as { check?: (snapshot: unknown, args: unknown, guard: unknown) => boolean };
    return check === undefined ? (guard as Predicate)(args, undefined) : check(snapshot, args, guard);
  }
  const { type, params } = typeof guard === 'string' ? { type: guard, params: undefined } : (guard as Named);
  const made = (machineOf(snapshot).implementations.guards as Record<string, unknown>)[type];
  if (typeof made !== 'function' || 'check' in made) return holds(snapshot, made, event);
  return (made as Predicate)(
    args,
    typeof params === 'function' ? (params as Predicate)(args, undefined) : params,
  );
}

type Predicate = (args: unknown, params: unknown) => boolean;

interface Named {
  readonly type: string;
  readonly params?: unknown;
}

/** `and`, `or` and `not` are functions of that name. */
interface Joined {
  readonly guards?: readonly unknown[];
  readonly name?: string;
}

/** The guards that an event meets in this state, each once. */
export function guardsBefore(snapshot: AnyMachineSnapshot, type: string): string[] {
  const guards = transitionsOf(snapshot)
    .filter(({ guard, eventType }) => guard !== undefined && matches(eventType, type))
    .map(({ guard }) => guardName(guard));
  return [...new Set(guards)];
}

/** Event types that the chart lists in this state, whatever their guards would say. */
export function listedEvents(snapshot: AnyMachineSnapshot): string[] {
  if (snapshot.status !== 'active') return [];
  const taking = transitionsOf(snapshot).filter(
    ({ target, actions }) => target !== undefined || actions.length > 0,
  );
  return [...new Set(taking.map(({ eventType }) => eventType))];
}

/** Whether all transitions for an event in this state are free of guards: then it is taken whatever the context. */
export function isUnguarded(snapshot: AnyMachineSnapshot, type: string): boolean {
  if (snapshot.status !== 'active') return false;
  const taking = transitionsOf(snapshot).filter(({ eventType }) => matches(eventType, type));
  return (
    taking.length > 0 &&
    taking.every(
      ({ guard, target, actions }) => guard === undefined && (target !== undefined || actions.length > 0),
    )
  );
}

/** What we need of XState's transition definitions, which are `any` for an unknown machine. */
interface Transition {
  readonly eventType: string;
  readonly guard?: unknown;
  readonly target?: unknown;
  readonly actions: readonly unknown[];
}

function transitionsOf(snapshot: AnyMachineSnapshot): readonly Transition[] {
  return getNextTransitions(snapshot) as readonly Transition[];
}

/** XState's descriptors: exact, `payment.*`, or `*`. */
export function matches(descriptor: string, type: string): boolean {
  if (descriptor === type || descriptor === '*') return true;
  return descriptor.endsWith('.*') && `${type}.`.startsWith(descriptor.slice(0, -1));
}

export function guardName(guard: unknown): string {
  if (typeof guard === 'string') return guard;
  const { guards, name } = guard as Joined;
  if (guards !== undefined) {
    const parts = guards.map(guardName);
    return name === 'not' ? `not ${parts.join('')}` : `(${parts.join(` ${name ?? ''} `)})`;
  }
  const type = (guard as { type?: unknown; name?: unknown }).type ?? name;
  return typeof type === 'string' && type !== '' ? type : 'guard';
}

/** The part of a snapshot that JSON keeps. Children are the record's activities, so they are not in it. */
export function persist(snapshot: AnyMachineSnapshot): ChartSnapshot {
  const { value, context, status, output, historyValue } = snapshot as unknown as ChartSnapshot & {
    historyValue: Record<string, { id: string }[]>;
  };
  const history = Object.entries(historyValue);
  return {
    value,
    context,
    status,
    ...(output === undefined ? {} : { output }),
    ...(history.length === 0
      ? {}
      : {
          historyValue: Object.fromEntries(
            history.map(([id, nodes]) => [id, nodes.map((node) => ({ id: node.id }))]),
          ),
        }),
  };
}

/** Throws where the value names a state that the chart does not have. */
export function restore(machine: AnyStateMachine, persisted: ChartSnapshot): AnyMachineSnapshot {
  const given = { historyValue: {}, ...persisted, children: {} } as never;
  return inDocumentOrder(machine.restoreSnapshot(given, scope) as AnyMachineSnapshot);
}

/**
 * XState names what it stops by looking it up in `children`. We keep a stand-in per running activity there;
 * the real thing is in the record, so that a restored actor and one in memory are the same.
 */
export function withChildren(snapshot: AnyMachineSnapshot, ids: readonly string[]): AnyMachineSnapshot {
  const children = Object.fromEntries(ids.map((id) => [id, { id }]));
  return Object.assign(snapshot, { children }) as AnyMachineSnapshot;
}

/** How it stands for people: the tag `ended` marks states in which nothing is expected any more, though late facts are still heard. */
export function statusOf(snapshot: AnyMachineSnapshot): 'active' | 'done' | 'error' {
  if (snapshot.status === 'active' && snapshot.hasTag('ended')) return 'done';
  return snapshot.status as 'active' | 'done' | 'error';
}

/** Leaf states as dotted paths: `active.execution.shipped`. */
export function leafPaths(value: ChartSnapshot['value'], prefix = ''): string[] {
  if (typeof value === 'string') return [prefix + value];
  return Object.entries(value).flatMap(([key, below]) =>
    below === undefined || (typeof below === 'object' && Object.keys(below).length === 0)
      ? [prefix + key]
      : leafPaths(below, `${prefix}${key}.`),
  );
}

/** The leaves and all states around them, each once, outer ones first. */
export function statePaths(value: ChartSnapshot['value']): string[] {
  const paths = new Set<string>();
  for (const leaf of leafPaths(value)) {
    for (let dot = leaf.indexOf('.'); dot !== -1; dot = leaf.indexOf('.', dot + 1))
      paths.add(leaf.slice(0, dot));
    paths.add(leaf);
  }
  return [...paths];
}

/** All states of a chart, outer ones first. */
export function allPaths(machine: AnyStateMachine): string[] {
  return nodesOf(machine).map(pathOf);
}

/** States that have a transition for an event of their own; an empty path is the whole chart. */
export function takingPaths(machine: AnyStateMachine, type: string): string[] {
  const takes = ({ transitions }: StateNode): boolean =>
    [...transitions].some(
      ([descriptor, list]) =>
        matches(descriptor, type) &&
        list.some(({ target, actions }) => target !== undefined || actions.length > 0),
    );
  return [machine.root as StateNode, ...nodesOf(machine)].filter(takes).map(pathOf);
}

/** States of a chart in which an actor is over: it is done, or says so by the tag `ended`. */
export function endedPaths(machine: AnyStateMachine): Set<string> {
  const isOver = ({ type, tags, parent }: StateNode): boolean =>
    tags.includes('ended') || (type === 'final' && parent === machine.root);
  return new Set(nodesOf(machine).filter(isOver).map(pathOf));
}

function nodesOf(machine: AnyStateMachine): StateNode[] {
  const below = (node: StateNode): StateNode[] =>
    Object.values(node.states).flatMap((child) => [child, ...below(child)]);
  return below(machine.root as StateNode);
}

function pathOf({ path }: StateNode): string {
  return path.join('.');
}
