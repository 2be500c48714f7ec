/** What can be wrong with one actor by itself, and is certain at a glance: its record was written at once. */
import type { StateValue } from 'xstate';
import { messageOf } from '../../runtime/errors.ts';
import type { ActorRecord } from '../../runtime/core/record.ts';
import type { Kind } from '../../runtime/core/registry.ts';
import { allowedEvents } from '../../runtime/core/view.ts';

/** Names of the invariants that do not hold. */
export function brokenInvariants({ definition }: Kind, { snapshot }: ActorRecord): string[] {
  return Object.entries(definition.invariants ?? {}).flatMap(([name, holds]) => {
    try {
      return holds(snapshot.context, snapshot.value as StateValue) ? [] : [name];
    } catch (error) {
      return [`${name} (cannot be told: ${messageOf(error)})`];
    }
  });
}

/** States that it is in and that have a target, with that target in ms. */
export function targetsOf({ definition }: Kind, { menu, snapshot }: ActorRecord): [string, number][] {
  if (snapshot.status !== 'active') return [];
  return Object.entries(definition.targets)
    .filter(([path]) => menu.terms.includes(`state=${path}`))
    .map(([path, { dwellMs }]) => [path, dwellMs]);
}

/**
 * Invariant 32: it is live, and neither a timer nor an activity nor a command of a person could move it. A
 * message could be under way to it, so a second look has to agree. A kind that never has any of these is a
 * register, which is there to be asked.
 */
export function waitsForNothing(kind: Kind, record: ActorRecord): boolean {
  const { snapshot, timers, activities } = record;
  if (snapshot.status !== 'active' || snapshot.tags.has('ended')) return false;
  if (Object.keys(timers).length > 0 || Object.keys(activities).length > 0) return false;
  return !isRegister(kind) && !allowedEvents(kind, record).some((type) => isForPeople(kind, type));
}

function isForPeople({ definition }: Kind, type: string): boolean {
  return Object.keys(definition.commands[type] ?? {}).length > 0;
}

function isRegister({ definition, machine }: Kind): boolean {
  return Object.keys(definition.commands).length === 0 && !movesByItself(machine.root);
}

/** What is needed of XState's nodes. */
interface Node {
  readonly after: readonly unknown[];
  readonly invoke: readonly unknown[];
  readonly states: Readonly<Record<string, Node>>;
}

function movesByItself({ after, invoke, states }: Node): boolean {
  return after.length > 0 || invoke.length > 0 || Object.values(states).some(movesByItself);
}
