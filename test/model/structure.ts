/**
 * Why a chart refuses an event, read from the object that its author wrote and from nothing else: not from
 * XState's nodes, nor from what the runtime makes of them.
 */
import type { AnyStateMachine, StateValue } from 'xstate';
import { isObject, type Json } from './found.ts';

export interface Expected {
  /** `guard`: a state that it is in, or one around it, has a transition for the event, under a guard. */
  readonly reason: 'unhandled' | 'guard';
  /** Names of the guards that stand before them; of those joined by `and`, all that it may be: `isClear|hasRoom`. */
  readonly guards: readonly string[];
}

export function expectedRefusal(
  machine: AnyStateMachine,
  state: { readonly value: StateValue; readonly status: string },
  type: string,
): Expected {
  if (state.status !== 'active') return { reason: 'unhandled', guards: [] };
  const guards = active(machine.config as unknown as Json, state.value)
    .flatMap((each) => transitionsFor(each, type))
    .flatMap(guardOf);
  return { reason: guards.length === 0 ? 'unhandled' : 'guard', guards: [...new Set(guards)] };
}

function transitionsFor({ on, after, invoke }: Json, type: string): unknown[] {
  const heard = entriesOf(on).filter(([descriptor]) => hears(descriptor, type));
  const due = entriesOf(after).filter(([delay]) => type.startsWith(`xstate.after.${delay}.`));
  const ended = [invoke].flat().flatMap((each) => {
    const { id = '', onDone, onError } = isObject(each) ? each : {};
    if (type === `xstate.done.actor.${String(id)}`) return [onDone];
    return type === `xstate.error.actor.${String(id)}` ? [onError] : [];
  });
  return [...heard, ...due].flatMap(([, transitions]) => [transitions].flat()).concat(ended.flat());
}

function entriesOf(value: unknown): [string, unknown][] {
  return isObject(value) ? Object.entries(value) : [];
}

/** The states that it is in, outermost first, as written. */
function active(state: Json, value: StateValue): Json[] {
  const states = isObject(state['states']) ? state['states'] : {};
  const inside = typeof value === 'string' ? { [value]: {} } : value;
  return [
    state,
    ...Object.entries(inside).flatMap(([name, below]) => {
      const child = states[name];
      return isObject(child) ? active(child, below ?? {}) : [];
    }),
  ];
}

/** Exact, `*`, or the beginning of a name: `payment.*`. */
function hears(descriptor: string, type: string): boolean {
  if (descriptor === '*' || descriptor === type) return true;
  if (!descriptor.endsWith('.*')) return false;
  const words = descriptor.slice(0, -2).split('.');
  const given = type.split('.');
  return words.every((word, index) => word === given[index]);
}

function guardOf(transition: unknown): string[] {
  if (!isObject(transition) || transition['guard'] === undefined) return [];
  const { guard } = transition;
  if (typeof guard === 'string') return [guard];
  const { type, name, guards } = guard as { type?: unknown; name?: unknown; guards?: unknown[] };
  if (name === 'and' && guards !== undefined) {
    return [guards.flatMap((part) => guardOf({ guard: part })).join('|')];
  }
  return [typeof type === 'string' ? type : typeof name === 'string' && name !== '' ? name : 'guard'];
}
