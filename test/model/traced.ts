/**
 * A copy of a chart that tells which states it enters, which transitions it takes and what their guards say,
 * in order. It behaves as the chart does: the marks are actions without effect, the guards ask the real ones.
 */
import { and, enqueueActions, type AnyMachineSnapshot } from 'xstate';
import { bounded } from '../../runtime/core/chart.ts';
import type { ActorDefinition } from '../../runtime/definition.ts';
import type { Event } from '../../runtime/message.ts';

/** A transition of the chart. `id` is unique: state, event, place among those for the same event, targets. */
export interface Edge {
  readonly id: string;
  readonly state: string;
  /** As in the chart: an event, `always`, `after <delay>`, `done`, `done <activity>`, `error <activity>`. */
  readonly on: string;
  /** The event descriptor as XState has it; empty for `always`. */
  readonly descriptor: string;
  readonly guard: string | undefined;
  /** What the guard says; undefined where it wants a payload and the event has none. */
  readonly passes?: (snapshot: AnyMachineSnapshot, event: Event) => boolean;
}

export interface Trace {
  readonly entered: string[];
  readonly taken: string[];
  readonly asked: { id: string; passed: boolean }[];
}

export interface Traced {
  readonly definition: ActorDefinition;
  readonly states: readonly string[];
  readonly edges: readonly Edge[];
  /** What happened since the last call. */
  collect(): Trace;
}

export function trace(definition: ActorDefinition): Traced {
  const machine = bounded(definition.machine.provide({}));
  const nodes = below(machine.root as unknown as Node);
  let seen: Trace = { entered: [], taken: [], asked: [] };
  const note: Noting = {
    entered: (id) => void seen.entered.push(id),
    taken: (id) => void seen.taken.push(id),
    asked: (id, passed) => void seen.asked.push({ id, passed }),
  };
  const states = nodes.filter(({ type, path }) => type !== 'history' && path.length > 0);
  for (const node of states) node.entry.unshift(mark(() => note.entered(pathOf(node))));
  return {
    definition: { ...definition, machine },
    states: states.map(pathOf),
    edges: nodes.flatMap((node) => transitionsOf(node).map((each) => watch(node, each, note))),
    collect() {
      const trace = seen;
      seen = { entered: [], taken: [], asked: [] };
      return trace;
    },
  };
}

interface Noting {
  entered(id: string): void;
  taken(id: string): void;
  asked(id: string, passed: boolean): void;
}

interface Listed {
  readonly transition: Transition;
  readonly descriptor: string;
  readonly on: string;
}

/** `on: { event: {} }` forbids the event: it is no transition, and a mark would make one of it. */
function transitionsOf(node: Node): Listed[] {
  const always = (node.always ?? []).map((transition) => ({ transition, descriptor: '', on: 'always' }));
  const on = [...node.transitions].flatMap(([descriptor, list]) =>
    list.map((transition, index) => {
      const place = list.length > 1 ? `[${index}]` : '';
      return { transition, descriptor, on: nameOf(descriptor, node) + place };
    }),
  );
  const numbered = always.map((each, index) =>
    always.length > 1 ? { ...each, on: `always[${index}]` } : each,
  );
  return [...on, ...numbered].filter(
    ({ transition: { target, actions } }) => target !== undefined || actions.length > 0,
  );
}

function nameOf(descriptor: string, { id }: Node): string {
  const [, kind, rest = ''] =
    /^xstate\.(after|done\.state|done\.actor|error\.actor)\.(.*)$/.exec(descriptor) ?? [];
  if (kind === undefined) return descriptor;
  if (kind === 'after') return `after ${rest.slice(0, -id.length - 1)}`;
  return kind === 'done.state' ? 'done' : `${kind.slice(0, -'.actor'.length)} ${rest}`;
}

function watch(node: Node, { transition, descriptor, on }: Listed, note: Noting): Edge {
  const state = pathOf(node);
  const targets = (transition.target ?? []).map(pathOf).join(', ');
  const id = `${state === '' ? '(root)' : state} ${on}${targets === '' ? '' : ` → ${targets}`}`;
  transition.actions.unshift(mark(() => note.taken(id)));
  const { guard } = transition;
  if (guard === undefined) return { id, state, on, descriptor, guard: undefined };
  const asked = and([guard as never]) as unknown as BuiltIn;
  const check: BuiltIn['check'] = (snapshot, args) => asked.check(snapshot, args, asked);
  transition.guard = Object.assign(() => false, {
    guards: [],
    check(snapshot: AnyMachineSnapshot, args: Arguments) {
      const passed = check(snapshot, args, asked);
      note.asked(id, passed);
      return passed;
    },
  });
  return {
    ...{ id, state, on, descriptor, guard: guardName(guard) },
    passes: (snapshot, event) => check(snapshot, { context: snapshot.context as unknown, event }, asked),
  };
}

function mark(seen: () => void): unknown {
  return enqueueActions(() => seen());
}

/** As the chart writes it; of `and`, `or` and `not` with their parts. */
function guardName(guard: unknown): string {
  if (typeof guard === 'string') return guard;
  const { type, name, guards } = guard as { type?: string; name?: string; guards?: unknown[] };
  if (guards !== undefined) return `${name ?? ''}(${guards.map(guardName).join(', ')})`;
  return [type, name].find((text) => text !== undefined && text !== '') ?? 'inline';
}

function below(node: Node): Node[] {
  return [node, ...Object.values(node.states).flatMap(below)];
}

function pathOf({ path }: Node): string {
  return path.join('.');
}

/** The part of XState's state nodes that is used here; its own types say `any` for most of it. */
interface Node {
  readonly id: string;
  readonly path: readonly string[];
  readonly type: string;
  readonly states: Readonly<Record<string, Node>>;
  readonly entry: unknown[];
  readonly transitions: ReadonlyMap<string, readonly Transition[]>;
  readonly always?: readonly Transition[];
}

interface Transition {
  readonly target?: readonly Node[];
  readonly actions: unknown[];
  guard?: unknown;
}

interface Arguments {
  readonly context: unknown;
  readonly event: Event;
}

interface BuiltIn {
  check(snapshot: AnyMachineSnapshot, args: Arguments, guard: unknown): boolean;
}
