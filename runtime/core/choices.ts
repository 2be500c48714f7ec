/** What can happen to an actor now, and why all the rest cannot. Pure. */
import { isAllowed } from '../definition.ts';
import type { Principal } from '../message.ts';
import { guardsBefore, statusOf, takingPaths } from './chart.ts';
import { conditionsOf } from './conditions.ts';
import type { ActorRecord } from './record.ts';
import type { Kind } from './registry.ts';
import { isoTime, passage } from './view.ts';

export interface Choice {
  /** The event's type; the name of what runs for an activity. */
  readonly event: string;
  /** Who brings it: somebody outside, another actor, its own clock, or work that is under way. */
  readonly source: 'command' | 'message' | 'timer' | 'activity';
  /** As in the URL; null where it is none. */
  readonly command: string | null;
  /** `depends`: a guard looks at what the event will carry. */
  readonly possible: 'yes' | 'depends' | 'no';
  /** Why not. `over`: nothing can happen any more. The role is asked before the state, as in the turn. */
  readonly why?: 'role' | 'over' | 'state' | 'guard';
  /** Roles that may send it. */
  readonly roles?: readonly string[];
  /** States that take it; an empty one is the whole chart. */
  readonly states?: readonly string[];
  /** Conditions that are not met, or that it depends on. */
  readonly guards?: readonly string[];
  /** The same in words, as far as the definition has them. */
  readonly conditions?: readonly string[];
  /** When a timer is due. */
  readonly at?: string;
}

/** First what is sure to come, then every event of the chart. */
export function choicesOf(kind: Kind, record: ActorRecord, principal: Principal): Choice[] {
  const timers = Object.values(record.timers).map(({ event, at }): Choice => ({
    ...sure(event.type, 'timer'),
    at: isoTime(at),
  }));
  const activities = Object.values(record.activities).map(({ source }) => sure(source, 'activity'));
  const events = kind.eventTypes.map((event) => choiceOf(kind, record, { event, principal }));
  return [...timers, ...activities, ...events];
}

function sure(event: string, source: 'timer' | 'activity'): Choice {
  return { event, source, command: null, possible: 'yes' };
}

function choiceOf(
  kind: Kind,
  record: ActorRecord,
  { event, principal }: { event: string; principal: Principal },
): Choice {
  const { menu, snapshot } = record;
  const access = kind.definition.commands[event];
  const base = {
    event,
    source: access === undefined ? ('message' as const) : ('command' as const),
    command: kind.commandNames.get(event) ?? null,
  };
  const no = { ...base, possible: 'no' as const };
  if (access !== undefined && !isAllowed(access, snapshot.context, principal)) {
    return { ...no, why: 'role', roles: Object.keys(access) };
  }
  if (!menu.listed.has(event)) {
    if (statusOf(snapshot) !== 'active') return { ...no, why: 'over' };
    return { ...no, why: 'state', states: takingPaths(kind.machine, event) };
  }
  const found = passage(kind, record, { type: event, menu });
  const asked = (guards: readonly string[]) => ({
    guards,
    conditions: conditionsOf(kind.definition, guards),
  });
  if (found === 'depends') return { ...base, possible: 'depends', ...asked(guardsBefore(snapshot, event)) };
  return found.can ? { ...base, possible: 'yes' } : { ...no, why: 'guard', ...asked(found.guards) };
}
