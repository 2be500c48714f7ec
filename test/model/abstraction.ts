/**
 * When two actors of a kind count as being in the same configuration: same states, timers and activities; the
 * guards of the chart say the same of their contexts; and the same lists are empty. What no guard and no empty
 * list can tell apart falls together.
 */
import type { Event } from '../../runtime/message.ts';
import type { ActorRecord } from '../../runtime/core/record.ts';
import { isObject } from './found.ts';
import type { Edge, Traced } from './traced.ts';

export function keyOf(record: ActorRecord, traced: Traced): string {
  const { snapshot, timers, activities } = record;
  const said = snapshot.status === 'active' ? predicates(traced.edges).map((edge) => say(edge, record)) : [];
  return JSON.stringify([
    snapshot.value,
    snapshot.status,
    Object.keys((snapshot as unknown as { historyValue: object }).historyValue),
    [...new Set(Object.values(timers).map(({ event }) => event.type)), ...Object.keys(activities)].sort(),
    said.join(''),
    emptyLists(snapshot.context),
  ]);
}

const predicatesOf = new WeakMap<readonly Edge[], readonly Edge[]>();

/** One transition for each guard of the chart. */
function predicates(edges: readonly Edge[]): readonly Edge[] {
  let known = predicatesOf.get(edges);
  if (known === undefined) {
    const byGuard = new Map(edges.flatMap((edge) => (edge.guard === undefined ? [] : [[edge.guard, edge]])));
    predicatesOf.set(edges, (known = [...byGuard.values()]));
  }
  return known;
}

/** Asked without a payload. A guard that wants one throws: it is no predicate of the context. */
function say({ passes, descriptor }: Edge, { snapshot }: ActorRecord): string {
  try {
    return passes?.(snapshot, withoutPayload(descriptor)) === true ? '1' : '0';
  } catch {
    return '-';
  }
}

/** Thrown very often: made once. */
const noPayload = new Error('there is no payload');

function withoutPayload(type: string): Event {
  return new Proxy(
    { type },
    {
      get(_, name) {
        if (name === 'type') return type;
        throw noPayload;
      },
    },
  );
}

/** Which lists of the context are empty. */
function emptyLists(context: unknown): string {
  const lists = isObject(context) ? Object.values(context).filter(Array.isArray) : [];
  return lists.map(({ length }) => (length === 0 ? '0' : '+')).join('');
}

/** Finer: whether numbers are 0, 1 or more. Of those that differ in this alone, a few stand for the rest. */
export function shapeOf(value: unknown): string {
  if (typeof value === 'number') return value === 0 || value === 1 ? String(value) : value < 0 ? '-' : '+';
  if (typeof value === 'boolean' || value === null) return String(value);
  if (Array.isArray(value)) return `[${Math.min(value.length, 2)}${[...new Set(value.map(shapeOf))].join()}]`;
  if (!isObject(value)) return '';
  return `{${Object.values(value).map(shapeOf).join()}}`;
}
