/** A chart as data: what the pages, the diagrams and callers read instead of the machine. */
import type { AnyStateMachine } from 'xstate';

export interface Chart {
  readonly description: string | undefined;
  /** The machine itself; its `id` is empty. */
  readonly root: ChartState;
  /** All states, without the root. */
  readonly states: readonly ChartState[];
}

export interface ChartState {
  /** The dotted path, as lists filter by and views show. */
  readonly id: string;
  readonly key: string;
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  readonly description?: string;
  /** The id of the state that it begins in. */
  readonly initial?: string;
  readonly tags?: readonly string[];
  readonly entry?: readonly string[];
  readonly exit?: readonly string[];
  readonly on?: Readonly<Record<string, readonly ChartTransition[]>>;
  readonly after?: readonly (ChartTransition & { readonly delay: string })[];
  readonly always?: readonly ChartTransition[];
  /** Taken when a final state inside has been reached. */
  readonly done?: readonly ChartTransition[];
  readonly invoke?: readonly ChartInvoke[];
  readonly states?: readonly ChartState[];
}

export interface ChartTransition {
  /** Ids; none: the state stays, only the actions run. */
  readonly target?: readonly string[];
  readonly guard?: string;
  readonly actions?: readonly string[];
  readonly reenter?: true;
  readonly description?: string;
}

/** A transition with what takes it: an event's type, `after …`, `always`, `done`, or how an activity ended. */
export interface NamedTransition extends ChartTransition {
  readonly event: string;
  readonly target: readonly string[];
}

export interface ChartInvoke {
  readonly id: string;
  readonly source: string;
  readonly done?: readonly ChartTransition[];
  readonly error?: readonly ChartTransition[];
}

export function chartOf(machine: AnyStateMachine): Chart {
  return chartFrom(stateOf(machine.root as unknown as Node));
}

export function chartFrom(root: ChartState): Chart {
  return { description: root.description, root, states: below(root) };
}

/** All states and the chart itself, outermost first. */
export function statesWithRoot(root: ChartState): ChartState[] {
  return [root, ...below(root)];
}

/** All of a state's own, whatever takes them, in the order of the chart. */
export function transitionsOf({
  on = {},
  after = [],
  always = [],
  done = [],
  invoke = [],
}: ChartState): NamedTransition[] {
  const named = (event: string, transitions: readonly ChartTransition[] = []): NamedTransition[] =>
    transitions.map((transition) => ({ target: [], ...transition, event }));
  return [
    ...Object.entries(on).flatMap(([event, transitions]) => named(event, transitions)),
    ...after.flatMap(({ delay, ...transition }) => named(`after ${delay}`, [transition])),
    ...named('always', always),
    ...named('done', done),
    ...invoke.flatMap(({ source, done: succeeded, error }) => [
      ...named(`${source} done`, succeeded),
      ...named(`${source} failed`, error),
    ]),
  ];
}

/** The state and all inside it, outermost first. */
function below(state: ChartState): ChartState[] {
  return (state.states ?? []).flatMap((child) => [child, ...below(child)]);
}

function stateOf(node: Node): ChartState {
  const events = [...node.transitions].filter(([event]) => !event.startsWith('xstate.'));
  const initial = node.initial?.target?.[0];
  return compact({
    id: node.path.join('.'),
    key: node.key,
    type: node.type,
    description: node.description,
    initial: initial === undefined ? undefined : idOf(initial),
    tags: node.tags,
    entry: namesOf(node.entry),
    exit: namesOf(node.exit),
    on: filled(Object.fromEntries(events.map(([event, list]) => [event, list.map(transitionOf)]))),
    after: node.after.map((each) => ({ delay: nameOf(each.delay), ...transitionOf(each) })),
    always: (node.always ?? []).map(transitionOf),
    done: transitionsOn(node, `xstate.done.state.${node.id}`),
    invoke: [node.config.invoke ?? []].flat().map((invoke, index) => invokeOf(node, invoke, index)),
    states: Object.values(node.states).map(stateOf),
  });
}

function transitionOf({ target, guard, actions, reenter, description }: Transition): ChartTransition {
  return compact({
    target: target?.map(idOf),
    guard: guard === undefined ? undefined : guardName(guard),
    actions: namesOf(actions),
    reenter: reenter === true && target !== undefined ? (true as const) : undefined,
    description,
  });
}

function invokeOf(node: Node, { src, id }: Invoke, index: number): ChartInvoke {
  const given = id ?? `${index}.${node.id}`;
  return compact({
    id: given,
    source: nameOf(src),
    done: transitionsOn(node, `xstate.done.actor.${given}`),
    error: transitionsOn(node, `xstate.error.actor.${given}`),
  });
}

function transitionsOn(node: Node, event: string): ChartTransition[] {
  return (node.transitions.get(event) ?? []).map(transitionOf);
}

function idOf({ path }: Node): string {
  return path.join('.');
}

/** XState adds a raise and a cancel of its own for each `after`; they are no actions of the chart. */
function namesOf(actions: readonly unknown[]): string[] {
  return actions.map(nameOf).filter((name) => !['xstate.raise', 'xstate.cancel'].includes(name));
}

function nameOf(reference: unknown): string {
  if (typeof reference === 'string' || typeof reference === 'number') return String(reference);
  const { type, name } = reference as { type?: unknown; name?: unknown };
  return [type, name].find((given): given is string => typeof given === 'string' && given !== '') ?? 'inline';
}

/** XState’s own `and`, `or` and `not` are functions of that name. */
function guardName(guard: unknown): string {
  const { guards, name } = guard as { guards?: readonly unknown[]; name?: string };
  if (guards === undefined) return nameOf(guard);
  const parts = guards.map(guardName);
  return name === 'not' ? `not ${parts.join('')}` : `(${parts.join(` ${name ?? ''} `)})`;
}

/** Leaves out what is undefined or an empty list. */
function compact<Given extends object>(
  given: Given,
): { [Key in keyof Given]: Exclude<Given[Key], undefined> } {
  const kept = Object.entries(given).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(kept) as { [Key in keyof Given]: Exclude<Given[Key], undefined> };
}

function filled<Value extends object>(value: Value): Value | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}

/** The part of XState's state nodes that is read here; its own types say `any` for most of it. */
interface Node {
  readonly id: string;
  readonly key: string;
  readonly path: readonly string[];
  readonly type: ChartState['type'];
  readonly description?: string;
  readonly tags: readonly string[];
  readonly states: Readonly<Record<string, Node>>;
  readonly config: { readonly invoke?: Invoke | readonly Invoke[] };
  readonly initial?: { readonly target?: readonly Node[] };
  readonly entry: readonly unknown[];
  readonly exit: readonly unknown[];
  readonly transitions: ReadonlyMap<string, readonly Transition[]>;
  readonly always?: readonly Transition[];
  readonly after: readonly (Transition & { readonly delay: unknown })[];
}

interface Transition {
  readonly target?: readonly Node[];
  readonly guard?: unknown;
  readonly actions: readonly unknown[];
  readonly reenter?: boolean;
  readonly description?: string;
}

interface Invoke {
  readonly src: unknown;
  readonly id?: string;
}
