/** What the outside sees of an actor: the same for every kind. */
import type { StateValue } from 'xstate';
import { isAllowed, shownTo } from '../definition.ts';
import type { Event, Principal } from '../message.ts';
import { statusOf, verdict, type Verdict } from './chart.ts';
import type { ActorRecord } from './record.ts';
import type { Kind, Menu } from './registry.ts';

export interface View {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  readonly status: 'active' | 'done' | 'error';
  readonly state: StateValue;
  /** Leaf states as dotted paths. */
  readonly states: readonly string[];
  readonly tags: readonly string[];
  readonly context: unknown;
  /** Commands that this caller may send now, as in the URL. */
  readonly can: readonly string[];
  readonly timers: readonly { event: string; at: string }[];
  readonly createdAt: string;
  readonly updatedAt: string;
}

export function viewOf(kind: Kind, record: ActorRecord, principal: Principal): View {
  const { snapshot } = record;
  const value = snapshot.value as StateValue;
  return {
    kind: record.kind,
    id: record.id,
    version: record.version,
    status: statusOf(snapshot),
    state: value,
    states: record.menu.leaves,
    tags: [...snapshot.tags],
    context: shownTo(principal, kind.definition, snapshot.context),
    can: allowedEvents(kind, record, principal).map((type) => kind.commandNames.get(type) ?? type),
    timers: Object.values(record.timers).map(({ event, at }) => ({ event: event.type, at: isoTime(at) })),
    createdAt: isoTime(record.createdAt),
    updatedAt: isoTime(record.updatedAt),
  };
}

export function mayRead(kind: Kind, { snapshot }: ActorRecord, principal: Principal): boolean {
  return isAllowed(kind.definition.readers, snapshot.context, principal);
}

/**
 * What the actor would take now: for a caller, the commands that its role may send; without one, all events
 * of the chart. Where a guard asks for the payload, nobody can know yet, and the event counts.
 */
export function allowedEvents(kind: Kind, record: ActorRecord, principal?: Principal): string[] {
  const { definition } = kind;
  const { menu } = record;
  const candidates = principal === undefined ? kind.eventTypes : [...kind.commandNames.keys()];
  return candidates.filter(
    (type) =>
      menu.listed.has(type) &&
      (principal === undefined || isAllowed(definition.commands[type], record.snapshot.context, principal)) &&
      mayPass(kind, record, { type, menu }),
  );
}

function mayPass(kind: Kind, record: ActorRecord, given: { type: string; menu: Menu }): boolean {
  const found = passage(kind, record, given);
  return found === 'depends' || found.can;
}

/** What the guards say to an event that the chart lists; `depends`: one of them asks for the payload. */
export function passage(
  kind: Kind,
  record: ActorRecord,
  { type, menu }: { type: string; menu: Menu },
): Verdict | 'depends' {
  if (menu.open.has(type)) return { can: true };
  const bare = kind.bare.get(type);
  if (bare !== undefined) return verdict(record.snapshot, bare);
  const unknown = withoutPayload(type);
  try {
    const said = verdict(record.snapshot, unknown.event);
    return unknown.asked() ? 'depends' : said;
  } catch (error) {
    if (unknown.asked()) return 'depends';
    throw error;
  }
}

/**
 * An event of which only the type is known, and whether a guard has asked for more. Such a guard reads
 * `undefined` and goes on to an end that nobody looks at: stopping it by an exception costs several times more.
 */
function withoutPayload(type: string): { event: Event; asked: () => boolean } {
  let asked = false;
  const note = (): void => void (asked = true);
  const handler: ProxyHandler<Event> = {
    get: (_, name) => (name === 'type' ? type : note()),
    has: (event, name) => (note(), name in event),
    ownKeys: (event) => (note(), Reflect.ownKeys(event)),
    getOwnPropertyDescriptor: (event, name) => (note(), Reflect.getOwnPropertyDescriptor(event, name)),
  };
  return { event: new Proxy({ type }, handler), asked: () => asked };
}

/** `Date` as a formatter: the time comes from the record. */
export function isoTime(ms: number): string {
  return new globalThis.Date(ms).toISOString();
}
