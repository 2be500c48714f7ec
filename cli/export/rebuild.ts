/** The message behind a journal entry, made again from what the entry tells. Pure. */
import { addressOf, type Address } from '../../runtime/address.ts';
import type { Message } from '../../runtime/message.ts';
import type { ActorRecord, RunningActivity, Timer } from '../../runtime/core/record.ts';
import type { Entry } from './entry.ts';

/** A text where there can be none: what it came of is not there. */
export function messageFrom(to: Address, entry: Entry, record: ActorRecord | undefined): Message | string {
  const { source, event, cause } = entry;
  switch (source.from) {
    case 'outside':
      return { ...commandOf(entry), from: 'outside', to, event, id: cause, kept: false, madeAt: 0 };
    case 'actor':
      return { from: 'actor', to, event, id: cause, sender: addressOf(source.actor), channel: 0, number: 1 };
    case 'timer': {
      const found = timerIn(record, entry);
      return found === undefined
        ? 'no such timer is running'
        : { from: 'timer', to, timer: found[0], token: found[1].token };
    }
    case 'activity': {
      const name = activityOf(entry);
      const running = record?.activities[name];
      if (running === undefined) return `activity ${name} is not running`;
      return { from: 'activity', to, activity: name, token: running.token, result: resultOf(entry) };
    }
  }
}

/** The journal does not tell the version that a stale command had seen: any other will do. */
function commandOf({ source, reason }: Entry): { principal: PrincipalOf; ifMatch?: number } {
  const { subject, roles, warehouses } = source as Extract<Entry['source'], { from: 'outside' }>;
  return {
    principal: { subject, roles, warehouses },
    ...(reason === 'stale' ? { ifMatch: 0 } : {}),
  };
}
type PrincipalOf = Extract<Message, { from: 'outside' }>['principal'];

/** By its token; by its event where a changed chart gives other tokens. */
function timerIn(record: ActorRecord | undefined, { cause, event }: Entry): [string, Timer] | undefined {
  const timers = Object.entries(record?.timers ?? {});
  return (
    timers.find(([, { token }]) => token === cause) ??
    timers.find(([, timer]) => timer.event.type === event.type)
  );
}

function activityOf({ event }: Entry): string {
  return String(event['actorId']);
}

function resultOf({ event }: Entry): Extract<Message, { from: 'activity' }>['result'] {
  return ('error' in event ? { error: event['error'] } : { output: event['output'] }) as never;
}

/**
 * Where the replay began in the midst of the actor's life, its record lacks what was running by then. A timer or
 * an activity that comes now and is as old as that was among it.
 */
export function withTimersOf(record: ActorRecord, entry: Entry, resumedAt: number): ActorRecord {
  const { source, cause, event, at } = entry;
  if (madeAtVersion(cause) > resumedAt) return record;
  if (source.from === 'timer' && !has(record.timers, cause)) {
    // XState names the timer of `after` as its event.
    const name = event.type.startsWith('xstate.after.') ? event.type : cause;
    return { ...record, timers: { ...record.timers, [name]: { event, at, token: cause } } };
  }
  if (source.from === 'activity' && !has(record.activities, cause)) {
    const activity: RunningActivity = { source: '', input: null, token: cause, startedAt: at };
    return { ...record, activities: { ...record.activities, [activityOf(entry)]: activity } };
  }
  return record;
}

function has(running: Readonly<Record<string, { readonly token: string }>>, cause: string): boolean {
  return Object.values(running).some(({ token }) => token === cause);
}

/** Tokens are `kind/id@version.index`. */
function madeAtVersion(token: string): number {
  const version = /@(\d+)\.\d+$/.exec(token)?.[1];
  return version === undefined ? Infinity : Number(version);
}
