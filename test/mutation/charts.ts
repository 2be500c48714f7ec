/**
 * Mutants of a chart: the same machine with one thing wrong in it, as somebody could have written it. What is
 * implemented stays as it is; only the chart's literal changes, in a copy.
 */
import { createMachine, type AnyStateMachine } from 'xstate';
import { candidatesOf, list, slotsOf, type Candidate, type Literal, type Slot } from './slots.ts';

export const operators = [
  'target',
  'transition',
  'guard',
  'order',
  'action',
  'timer',
  'always',
  'initial',
] as const;
export type Operator = (typeof operators)[number];

export interface ChartMutant {
  /** The machine's id. */
  readonly chart: string;
  readonly operator: Operator;
  /** Unique, and the same as long as the chart is: `order: draft on order.place: transition dropped`. */
  readonly name: string;
  machine(): AnyStateMachine;
}

/** One change of one state: what it is, and how it is done to the state's literal. */
interface Change {
  readonly operator: Operator;
  readonly what: string;
  readonly apply: (state: Literal) => void;
}

export function chartMutants(machine: AnyStateMachine): ChartMutant[] {
  const root = machine.config as unknown as Literal;
  return statePaths(root).flatMap((path) =>
    changesOf(root, path).map(({ operator, what, apply }): ChartMutant => ({
      chart: machine.id,
      operator,
      name: `${machine.id}: ${path.length === 0 ? 'root' : path.join('.')} ${what}`,
      machine() {
        const copy = copyOf(root);
        apply(stateAt(copy, path));
        // Without a limit, two states that lead to each other at once would run for ever.
        const limited = { ...copy, options: { maxIterations: 1000 } };
        return createMachine(limited as never, machine.implementations as never);
      },
    })),
  );
}

function changesOf(root: Literal, path: readonly string[]): Change[] {
  const state = stateAt(root, path);
  return [
    ...initials(state),
    ...['entry', 'exit'].flatMap((key) => actionsOf(state, key, { place: key, find: (copy) => copy })),
    ...slotsOf(state).flatMap((slot) => [
      ...swaps(state, slot),
      ...candidatesOf(state, slot).flatMap((candidate, index) =>
        changesOfCandidate(candidate, { root, path, slot, index, of: candidatesOf(state, slot).length }),
      ),
    ]),
  ];
}

function initials({ initial, states = {} }: Literal): Change[] {
  return Object.keys(states)
    .filter((key) => initial !== undefined && key !== initial)
    .map((key) => ({
      operator: 'initial',
      what: `initial ${String(initial)} → ${key}`,
      apply: (copy) => void (copy.initial = key),
    }));
}

interface Place {
  readonly root: Literal;
  readonly path: readonly string[];
  readonly slot: Slot;
  readonly index: number;
  /** How many candidates there are. */
  readonly of: number;
}

function changesOfCandidate(candidate: Candidate, place: Place): Change[] {
  const { slot, index, of } = place;
  const label = of > 1 ? `${slot.label} #${index + 1}` : slot.label;
  const find = (copy: Literal): Candidate => slot.candidates(copy)[index] ?? {};
  const { guard } = candidate;
  return [
    {
      operator: slot.dropped,
      what: `${label}: ${slot.dropped} dropped`,
      apply: (copy) => slot.drop(copy, index),
    },
    ...(guard === undefined ? [] : [dropGuard(guard, label, find)]),
    ...actionsOf(candidate, 'actions', { place: label, find }),
    ...retargets(candidate, place, { label, find }),
  ];
}

function dropGuard(guard: unknown, label: string, find: (copy: Literal) => Candidate): Change {
  return {
    operator: 'guard',
    what: `${label}: guard ${nameOf(guard)} dropped`,
    apply: (copy) => void Reflect.deleteProperty(find(copy), 'guard'),
  };
}

function swaps(state: Literal, slot: Slot): Change[] {
  return candidatesOf(state, slot)
    .slice(0, -1)
    .flatMap(({ guard }, index): Change[] => {
      if (guard === undefined) return [];
      const apply = (copy: Literal): void => {
        const candidates = slot.candidates(copy);
        candidates.splice(index, 2, ...candidates.slice(index, index + 2).reverse());
      };
      return [{ operator: 'order', what: `${slot.label}: #${index + 1} and #${index + 2} swapped`, apply }];
    });
}

function actionsOf(
  holder: Literal | Candidate,
  key: string,
  { place, find }: { place: string; find: (copy: Literal) => Literal | Candidate },
): Change[] {
  const actions = list((holder as Record<string, unknown>)[key]);
  return actions.map((action, index) => ({
    operator: 'action',
    what: `${place}: action ${nameOf(action)} dropped${actions.indexOf(action) < index ? ` (${index + 1})` : ''}`,
    apply: (copy) => void Object.assign(find(copy), { [key]: actions.filter((_, other) => other !== index) }),
  }));
}

function retargets(
  { target }: Candidate,
  { root, path }: Place,
  { label, find }: { label: string; find: (copy: Literal) => Candidate },
): Change[] {
  if (typeof target !== 'string') return [];
  const cut = Math.max(target.lastIndexOf('.'), target.lastIndexOf('#')) + 1;
  const own = target.slice(cut);
  return siblings(root, path, target)
    .filter((key) => key !== own)
    .map((key) => ({
      operator: 'target',
      what: `${label}: target ${target} → ${target.slice(0, cut)}${key}`,
      apply: (copy) => void Object.assign(find(copy), { target: target.slice(0, cut) + key }),
    }));
}

/** The keys beside the target: in `sibling`, `.child` and `#chart.state`. */
function siblings(root: Literal, path: readonly string[], target: string): string[] {
  const steps = target.replace(/^[.#]/, '').split('.').slice(0, -1);
  if (target.startsWith('#')) return Object.keys(stateAt(root, steps.slice(1)).states ?? {});
  const from = target.startsWith('.') ? path : path.slice(0, -1);
  return Object.keys(stateAt(root, [...from, ...steps]).states ?? {});
}

function statePaths({ states = {} }: Literal): string[][] {
  const below = Object.entries(states).flatMap(([key, state]) =>
    statePaths(state).map((path) => [key, ...path]),
  );
  return [[], ...below];
}

function stateAt(root: Literal, path: readonly string[]): Literal {
  return path.reduce((state, key) => state.states?.[key] ?? {}, root);
}

/** Functions are shared: they are part of no change. */
function copyOf<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(copyOf) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, copyOf(item as unknown)]),
  ) as Value;
}

function nameOf(reference: unknown): string {
  if (typeof reference === 'string') return reference;
  const { type } = reference as { type?: unknown };
  return typeof type === 'string' ? type : 'inline';
}
