/**
 * What a chart must be before it may run (I8, I9): nothing hidden in it that a pure turn could not see, and
 * nothing in its context that a record could not keep. Found when a definition is registered, not at night.
 */
import type { AnyStateMachine, StateNode } from 'xstate';
import type { z } from 'zod';
import { arisesWith, commandOf, type ActorDefinition } from '../definition.ts';
import { TerminalError } from '../errors.ts';
import { matches } from './chart.ts';
import { checkConditions } from './conditions.ts';
import { hash53 } from './hash.ts';
import { lossIn } from './json.ts';

/** Throws one error that lists every problem of every definition. */
export function checkRegistry(definitions: readonly ActorDefinition[]): void {
  const problems = [
    ...twice(definitions.map(({ kind }) => kind)).map((kind) => `kind ${kind} is defined twice`),
    ...twice(definitions.map(({ plural }) => plural)).map((plural) => `plural ${plural} is used twice`),
    ...definitions.flatMap((definition) =>
      checkDefinition(definition).map((text) => `${definition.kind}: ${text}`),
    ),
  ];
  if (problems.length > 0) {
    throw new TerminalError(
      `the actor definitions cannot be run:\n${problems.map((text) => `- ${text}`).join('\n')}`,
    );
  }
}

/** All problems, each naming the place; none: it may run. */
export function checkDefinition(definition: ActorDefinition): string[] {
  const { machine } = definition;
  const nodes = nodesOf(machine);
  return [
    ...checkNames(definition),
    ...checkVersions(definition),
    ...checkEvents(definition, nodes),
    ...checkCommands(definition),
    ...checkArising(definition),
    ...checkStates(definition, nodes),
    ...checkConditions(definition, nodes),
    ...checkImplementations(machine),
    ...nodes.flatMap((node) => [
      ...actionsOf(node)
        .flatMap((action) => checkAction(action, machine))
        .map(at(node)),
      ...guardsOf(node)
        .flatMap((guard) => checkGuard(guard, machine))
        .map(at(node)),
      ...node.invoke.flatMap((invoke) => checkInvoke(invoke, definition)).map(at(node)),
    ]),
  ];
}

function checkNames({ kind, plural }: ActorDefinition): string[] {
  return [
    ...(/^[a-z][A-Za-z0-9]*$/.test(kind) ? [] : [`kind ${kind} is not one word in camelCase`]),
    ...(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(plural)
      ? []
      : [`plural ${plural} is not in kebab-case, as URLs are`]),
  ];
}

function checkVersions({ version, migrations }: ActorDefinition): string[] {
  if (!Number.isSafeInteger(version) || version < 1)
    return [`version ${version} is not a whole number from 1 up`];
  const needed = Array.from({ length: version - 1 }, (_, index) => String(index + 1));
  return [
    ...needed
      .filter((from) => !Object.hasOwn(migrations, from))
      .map((from) => `no migration from version ${from}`),
    ...Object.keys(migrations)
      .filter((from) => !needed.includes(from))
      .map((from) => `a migration from version ${from}, but this is version ${version}`),
  ];
}

function checkEvents(definition: ActorDefinition, nodes: readonly StateNode[]): string[] {
  const { events, create } = definition;
  const types = Object.keys(events);
  // What only creates is the chart's input, and no state listens to it.
  const creates = (type: string): boolean => type === create.event && !arisesWith(definition, type);
  const heard = nodes.flatMap((node) => descriptorsOf(node).map((descriptor) => ({ node, descriptor })));
  return [
    ...heard
      .filter(({ descriptor }) => !types.some((type) => matches(descriptor, type)))
      .map(({ node, descriptor }) => at(node)(`listens to ${descriptor}, which has no schema in events`)),
    ...types
      .filter((type) => !creates(type) && !heard.some(({ descriptor }) => matches(descriptor, type)))
      .map((type) => `event ${type} has a schema, but no state listens to it`),
    ...types
      .filter((type) => type.startsWith('xstate.'))
      .map((type) => `event ${type} has a name that is XState’s own`),
  ];
}

function checkCommands({ kind, commands, events }: ActorDefinition): string[] {
  const types = Object.keys(commands);
  const shape = new RegExp(`^${kind}(\\.[a-z][A-Za-z0-9]*)+$`);
  return [
    ...types
      .filter((type) => !shape.test(type))
      .map((type) => `command ${type} is not named ${kind}.inCamelCase`),
    ...types
      .filter((type) => !Object.hasOwn(events, type))
      .map((type) => `command ${type} has no schema in events`),
    ...types
      .filter((type) => lacksDescription(events[type]))
      .map((type) => `command ${type} has no description`),
    ...twice(types.map(commandOf)).map((path) => `two commands have the path ${path}`),
  ];
}

function checkArising({ create, events, input, commands, belongsTo }: ActorDefinition): string[] {
  const { arises, event, access } = create;
  const isFromOutside = arises?.some((type) => Object.hasOwn(commands, type)) === true;
  const unneeded =
    belongsTo === undefined || isFromOutside
      ? []
      : ['has belongsTo, but nobody outside can bring one into being with a first message'];
  if (arises === undefined) return unneeded;
  return [
    ...unneeded,
    ...twice(arises).map((type) => `${type} is twice in arises`),
    ...arises
      .filter((type) => !Object.hasOwn(events, type))
      .map((type) => `${type} is in arises, but has no schema in events`),
    ...(arises.includes(event) ? [] : [`create.event ${event} is not in arises`]),
    ...(input === events[event] ? [] : [`input is not the schema of ${event}, which brings one into being`]),
    ...(access === undefined
      ? []
      : ['has both arises and create.access: who may send a first message is in commands']),
  ];
}

function lacksDescription(schema: z.ZodType | undefined): boolean {
  return schema !== undefined && isBlank(schema.description);
}

function checkStates({ machine, targets, board }: ActorDefinition, nodes: readonly StateNode[]): string[] {
  const states = nodes.filter(({ path }) => path.length > 0);
  const paths = new Set(states.map(({ path }) => path.join('.')));
  const context = machine.config.context as unknown;
  const lost = typeof context === 'function' ? undefined : lossIn(context ?? {});
  return [
    ...(lost === undefined ? [] : [`initial context${lost}, which JSON does not keep`]),
    ...states.filter(({ key }) => key.includes('.')).map((node) => at(node)('has a dot in its name')),
    ...states
      .filter(({ type, description }) => type !== 'history' && isBlank(description))
      .map((node) => at(node)('has no description')),
    ...Object.keys(targets)
      .filter((path) => !paths.has(path))
      .map((path) => `target ${path} is not a state of the chart`),
    ...[...(board?.states ?? []), ...(board?.steps ?? []).flatMap((step) => step.states)]
      .filter((path) => !paths.has(path))
      .map((path) => `the board names ${path}, which is not a state of the chart`),
  ];
}

function checkImplementations(machine: AnyStateMachine): string[] {
  const { actions = {}, delays = {} } = machine.implementations as Implementations;
  return [
    ...Object.entries(actions).flatMap(([name, action]) =>
      checkFunction(action, machine).map((text) => `action ${name} ${text}`),
    ),
    ...Object.entries(delays).flatMap(([name, delay]) =>
      checkDuration(delay).map((text) => `delay ${name} ${text}`),
    ),
  ];
}

function checkAction(action: unknown, machine: AnyStateMachine): string[] {
  if (typeof action === 'function') {
    return checkFunction(action, machine).map((text) => `an inline action ${text}`);
  }
  const { actions = {} } = machine.implementations as Implementations;
  return Object.hasOwn(actions, nameOf(action)) ? [] : [`action ${nameOf(action)} is not implemented`];
}

/** What is left is data: a turn reads it and commits it with the state (I3). */
const allowedBuiltIns = ['assign', 'raise', 'cancel', 'emit', 'enqueueActions', 'log'];

function checkFunction(action: unknown, machine: AnyStateMachine): string[] {
  if (typeof action !== 'function' || !('resolve' in action)) {
    return ['is a plain function, its side effect would be in no commit: use assign, emit, raise or invoke'];
  }
  const type = nameOf(action).replace(/^xstate\./, '');
  if (!allowedBuiltIns.includes(type))
    return [`is ${type}, but an actor has no children: use emit or invoke`];
  // `after` is among them: XState makes it a raise on entry.
  const { delay } = action as { delay?: unknown };
  return delay === undefined ? [] : checkDelay(delay, machine);
}

function checkGuard(guard: unknown, machine: AnyStateMachine): string[] {
  const { guards = {} } = machine.implementations as Implementations;
  if (typeof guard === 'function') return partsOf(guard).flatMap((part) => checkGuard(part, machine));
  const name = nameOf(guard);
  if (!Object.hasOwn(guards, name)) return [`guard ${name} is not implemented`];
  return partsOf(guards[name]).flatMap((part) => checkGuard(part, machine));
}

/** Of `and`, `or` and `not`. */
function partsOf(guard: unknown): readonly unknown[] {
  return (guard as { guards?: unknown[] }).guards ?? [];
}

function checkDelay(delay: unknown, { implementations }: AnyStateMachine): string[] {
  const { delays = {} } = implementations as Implementations;
  if (typeof delay !== 'string')
    return checkDuration(delay).map((text) => `waits ${String(delay)}, which ${text}`);
  // XState would not wait at all.
  return Object.hasOwn(delays, delay) ? [] : [`waits ${delay}, a delay that is not implemented`];
}

function checkDuration(ms: unknown): string[] {
  if (typeof ms === 'function' || (Number.isFinite(ms) && Number(ms) >= 0)) return [];
  return ['is not a finite number of milliseconds, 0 or more'];
}

function checkInvoke({ src, systemId, onError }: Invoke, { machine, activities }: ActorDefinition): string[] {
  const isNamed = typeof src === 'string' && !src.startsWith('xstate.invoke.');
  if (!isNamed) return ['invokes an inline source; name it, and put the activity into activities'];
  const { actors = {} } = machine.implementations as Implementations;
  return [
    ...(Object.hasOwn(activities, src) ? [] : [`invokes ${src}, which is not in activities`]),
    ...(Object.hasOwn(actors, src) ? [] : [`invokes ${src}, which has no stub in setup`]),
    ...(systemId === undefined
      ? []
      : [`invokes ${src} with a systemId: there is no system of actors in a turn`]),
    ...(onError === undefined ? [`invokes ${src} without onError: a failure would end the actor`] : []),
  ];
}

/** What a stored snapshot depends on, in 53 bits. Descriptions and the order of states do not count. */
export function chartHash(machine: AnyStateMachine): string {
  return hash53(JSON.stringify(shapeOf(rootOf(machine))));
}

function shapeOf(node: StateNode): unknown {
  return {
    state: [node.key, node.type, node.history, node.initial.target.map(({ id }) => id)],
    // Whether an actor counts as ended is a tag (`statusOf`).
    tags: [...node.tags].sort(),
    on: [...node.transitions]
      .sort(byKey)
      .map(([event, transitions]) => [event, transitions.map(shapeOfTransition)]),
    always: node.always?.map(shapeOfTransition),
    actions: [node.entry, node.exit, node.initial.actions].map((actions) => actions.map(nameOf)),
    invoke: node.invoke.map(({ src, id }) => [nameOf(src), id]),
    states: Object.entries(node.states)
      .sort(byKey)
      .map(([, child]) => shapeOf(child)),
  };
}

function shapeOfTransition({ target, guard, actions, reenter }: Transition): unknown {
  return [
    target?.map(({ id }) => id),
    guard === undefined ? null : shapeOfGuard(guard),
    actions.map(nameOf),
    reenter,
  ];
}

function shapeOfGuard(guard: unknown): unknown {
  return [nameOf(guard), typeof guard === 'function' ? partsOf(guard).map(shapeOfGuard) : []];
}

function byKey([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}

type Invoke = StateNode['invoke'][number];
type Transition = StateNode['initial'] | NonNullable<StateNode['always']>[number];

type Implementations = Readonly<
  Partial<Record<'actions' | 'guards' | 'delays' | 'actors', Readonly<Record<string, unknown>>>>
>;

function nodesOf(machine: AnyStateMachine): StateNode[] {
  const withChildren = (node: StateNode): StateNode[] => [
    node,
    ...Object.values(node.states).flatMap(withChildren),
  ];
  return withChildren(rootOf(machine));
}

/** XState types the root of any machine with `any`. */
function rootOf({ root }: { root: StateNode }): StateNode {
  return root;
}

function transitionsOf(node: StateNode): Transition[] {
  return [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
}

function actionsOf(node: StateNode): unknown[] {
  const taken = transitionsOf(node).flatMap(({ actions }) => actions);
  return [...node.entry, ...node.exit, ...node.initial.actions, ...taken];
}

function guardsOf(node: StateNode): unknown[] {
  return transitionsOf(node).flatMap(({ guard }) => (guard === undefined ? [] : [guard]));
}

/** Events from outside the chart; XState's own are about timers, activities and final states. */
function descriptorsOf(node: StateNode): string[] {
  return [...node.transitions.keys()].filter((descriptor) => !descriptor.startsWith('xstate.'));
}

/** Of an action, a guard or an invoke source, as the chart has it: a name, `{ type }`, or a built-in. */
function nameOf(reference: unknown): string {
  if (typeof reference === 'string') return reference;
  const { type, name } = reference as { type?: unknown; name?: unknown };
  return typeof type === 'string' ? type : typeof name === 'string' ? name : '';
}

function at(node: StateNode): (text: string) => string {
  return (text) => (node.path.length === 0 ? `the root ${text}` : `state ${node.path.join('.')} ${text}`);
}

function isBlank(text: string | undefined): boolean {
  return text === undefined || text.trim() === '';
}

function twice(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) < index))];
}
