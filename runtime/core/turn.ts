/**
 * One message handled by one actor: a pure function (I8). Same record, message and time: same result, byte
 * for byte. It throws only where a chart is wrong or a record or message does not parse: a dead letter.
 */
import type { AnyMachineSnapshot, StateValue } from 'xstate';
import { keyOf } from '../address.ts';
import { arisesWith, isAllowed } from '../definition.ts';
import { TerminalError } from '../errors.ts';
import type { ActorMessage, Command, Event, Message, Principal } from '../message.ts';
import { start, step, verdict, withChildren, type Step } from './chart.ts';
import { added, dropped, interpret, noEffects, type Effects } from './effects.ts';
import { assertJson } from './json.ts';
import type { Outcome, Refusal } from './outcome.ts';
import {
  sinceOf,
  measured,
  snapshotText,
  termsOf,
  type ActorRecord,
  type RunningActivity,
  type Timer,
} from './record.ts';
import { parse, schemaOf, type Kind, type Registry } from './registry.ts';
import { allowedEvents } from './view.ts';

export interface Turn {
  /** What happened, as the journal tells it. */
  readonly event: Event;
  readonly outcome: Outcome;
  /** The record after it; the one before where nothing changed. */
  readonly record: ActorRecord | undefined;
  readonly effects: Effects;
  /** W3C trace context of the request that it goes back to; a timer begins anew, or it would never end. */
  readonly trace?: string | undefined;
}

export interface TurnInput {
  readonly registry: Registry;
  readonly record: ActorRecord | undefined;
  readonly message: Message;
  /** The message's own time, ms. */
  readonly time: number;
  readonly sequence: number;
}

export function turn(input: TurnInput): Turn {
  const trace = traceOf(input);
  const result = handled(input);
  return trace === undefined ? result : { ...result, trace };
}

function traceOf({ message, record }: Pick<TurnInput, 'message' | 'record'>): string | undefined {
  switch (message.from) {
    case 'outside':
    case 'actor':
      return message.trace;
    case 'activity':
      return record?.activities[message.activity]?.trace;
    case 'timer':
      return undefined;
  }
}

function handled(input: TurnInput): Turn {
  const kind = input.registry.get(input.message.to.kind);
  if (kind === undefined) throw new TerminalError(`there is no kind of actor named ${input.message.to.kind}`);
  const { message, record } = input;
  switch (message.from) {
    case 'timer':
      return timer(kind, input, record?.timers[message.timer]);
    case 'activity':
      return activityResult(kind, input, record?.activities[message.activity]);
    case 'outside':
    case 'actor':
      return record === undefined ? create(kind, input) : handle(kind, input, record);
  }
}

function create(kind: Kind, input: TurnInput): Turn {
  const { message, time } = input;
  const event = eventOf(message);
  const { definition } = kind;
  if (arisesWith(definition, event.type)) return arise(kind, input, event);
  if (event.type !== definition.create.event)
    return refuse(input, event, { reason: 'not-found', allowed: [] });
  const parsed = parse(definition.input, event);
  if ('errors' in parsed)
    return refuse(input, event, { reason: 'invalid', allowed: [], errors: parsed.errors });
  const first = start(kind.machine, { ...(parsed.payload as object), id: message.to.id });
  if (
    message.from === 'outside' &&
    !isAllowed(definition.create.access, first.snapshot.context, message.principal)
  ) {
    return refuse(input, event, { reason: 'forbidden', allowed: [] });
  }
  return accept(kind, { ...input, base: unborn(message, time), event, from: null }, first);
}

/**
 * The chart starts with its id alone and takes the event at once. What it refuses brings nothing into being, nor
 * does another actor's message that leaves it as it begins: whoever comes next finds it the same (ADR 014).
 */
function arise(kind: Kind, input: TurnInput, given: Event): Turn {
  const { message, sequence, time } = input;
  const base = unborn(message, time);
  const first = start(kind.machine, { id: message.to.id });
  const snapshot = withChildren(first.snapshot, Object.keys(first.snapshot.children as object));
  const fresh = {
    ...base,
    sequence,
    updatedAt: time,
    snapshot,
    menu: kind.menu(snapshot),
    size: 0,
    since: [],
    terms: [],
  };
  const principal = message.from === 'outside' ? message.principal : undefined;
  const barred = message.from === 'outside' ? gate(kind, fresh, message) : undefined;
  if (barred !== undefined) return refuse(input, given, barred);
  const parsed = parse(kind.definition.events[given.type] ?? kind.definition.input, given);
  if ('errors' in parsed) {
    return refuse(input, given, { reason: 'invalid', allowed: [], errors: parsed.errors });
  }
  const event = { ...(parsed.payload as object), type: given.type };
  const asked = verdict(snapshot, event);
  if (!asked.can) {
    const refusal = refusalOf(kind, fresh, { principal, guards: asked.guards });
    const allowed = refusal.allowed.filter((type) => arisesWith(kind.definition, type));
    return refuse(input, event, { ...refusal, allowed });
  }
  const then = step(snapshot, event);
  const actions = [...first.actions, ...then.actions];
  const born = accept(kind, { ...input, base, event, from: null }, { snapshot: then.snapshot, actions });
  return message.from === 'actor' && isAsItBegins(born, snapshot) ? answered(born, message) : born;
}

function isAsItBegins({ record, effects }: Turn, beginning: AnyMachineSnapshot): boolean {
  const { addTimers, addActivities, emitted } = effects;
  if ([addTimers, addActivities, emitted].some(({ length }) => length > 0)) return false;
  return record !== undefined && snapshotText(record.snapshot) === snapshotText(beginning);
}

/** It has no version that ids could come from (R5): they come from the message, which is there once. */
function answered({ event, effects }: Turn, { id: cause, to }: ActorMessage): Turn {
  const messages = effects.messages.map((each, index) => ({ ...each, id: `${keyOf(to)}<${cause}.${index}` }));
  return {
    event,
    outcome: { outcome: 'refused', reason: 'not-found', allowed: [], isAnswered: true },
    record: undefined,
    effects: { ...noEffects, messages },
  };
}

function unborn({ to }: Message, time: number): Accepting['base'] {
  return { ...to, key: keyOf(to), version: 0, timers: {}, activities: {}, createdAt: time };
}

function handle(kind: Kind, input: TurnInput, record: ActorRecord): Turn {
  const { message } = input;
  const event = eventOf(message);
  if (message.from === 'outside') {
    const refusal = gate(kind, record, message);
    if (refusal !== undefined) return refuse(input, event, refusal);
  }
  const schema = schemaOf(kind.definition, event.type);
  const principal = message.from === 'outside' ? message.principal : undefined;
  if (schema === undefined) return refuse(input, event, refusalOf(kind, record, { principal, guards: [] }));
  const parsed = parse(schema, event);
  if ('errors' in parsed) {
    return refuse(input, event, {
      reason: 'invalid',
      allowed: [],
      errors: parsed.errors,
      version: record.version,
    });
  }
  return attempt(kind, input, {
    record,
    base: record,
    event: { ...(parsed.payload as object), type: event.type },
  });
}

/** What is refused before the chart is asked: role, then the version that the caller has seen. */
function gate(kind: Kind, record: ActorRecord, command: Command): Omit<Refusal, 'outcome'> | undefined {
  const { definition } = kind;
  const { type } = command.event;
  const creates = type === definition.create.event && !(type in definition.commands);
  const access = creates ? definition.create.access : definition.commands[type];
  const state = record.snapshot.value as StateValue;
  // Whose it is does not matter: the id is taken, and that is all that is said.
  if (creates && access !== undefined) return { reason: 'exists', allowed: [] };
  if (!isAllowed(access, record.snapshot.context, command.principal))
    return { reason: 'forbidden', allowed: [] };
  if (command.ifMatch !== undefined && command.ifMatch !== record.version) {
    return { reason: 'stale', allowed: [], state, version: record.version };
  }
  return undefined;
}

/** R9: a token that is gone was cancelled or outlived; a time before the deadline is an owner's fast clock. */
function timer(kind: Kind, input: TurnInput, pending: Timer | undefined): Turn {
  const { message, record, time } = input;
  if (message.from !== 'timer' || record === undefined || pending?.token !== message.token)
    return drop(input, 'outlived');
  if (time < pending.at) return drop(input, 'early');
  const { [message.timer]: _timer, ...timers } = record.timers;
  return attempt(kind, input, { record, base: { ...record, timers }, event: pending.event });
}

function activityResult(kind: Kind, input: TurnInput, running: RunningActivity | undefined): Turn {
  const { message, record } = input;
  if (message.from !== 'activity' || record === undefined || running?.token !== message.token) {
    return drop(input, 'outlived');
  }
  const { [message.activity]: _activity, ...activities } = record.activities;
  const { result } = message;
  const event: Event =
    'error' in result
      ? { type: `xstate.error.actor.${message.activity}`, actorId: message.activity, error: result.error }
      : {
          type: `xstate.done.actor.${message.activity}`,
          actorId: message.activity,
          output: result.output ?? null,
        };
  return attempt(kind, input, { record, base: { ...record, activities }, event });
}

/** `base` is the record less the timer or activity that this message consumes, whatever the chart says. */
function attempt(
  kind: Kind,
  input: TurnInput,
  given: { record: ActorRecord; base: ActorRecord; event: Event },
): Turn {
  const { record, base, event } = given;
  const asked = verdict(record.snapshot, event);
  if (asked.can) {
    const snapshot = base === record ? record.snapshot : copyWithChildren(base);
    return accept(
      kind,
      { ...input, base, event, from: record.snapshot.value as StateValue },
      step(snapshot, event),
    );
  }
  const principal = input.message.from === 'outside' ? input.message.principal : undefined;
  const refused = refuse(input, event, refusalOf(kind, record, { principal, guards: asked.guards }));
  return base === record
    ? refused
    : { ...refused, record: base, effects: { ...noEffects, ...dropped(record, base) } };
}

function copyWithChildren(base: ActorRecord): AnyMachineSnapshot {
  return withChildren({ ...base.snapshot } as AnyMachineSnapshot, Object.keys(base.activities));
}

function refusalOf(
  kind: Kind,
  record: ActorRecord,
  { principal, guards }: { principal: Principal | undefined; guards: readonly string[] },
): Omit<Refusal, 'outcome'> {
  return {
    reason: guards.length > 0 ? 'guard' : 'unhandled',
    state: record.snapshot.value as StateValue,
    version: record.version,
    allowed: allowedEvents(kind, record, principal),
    ...(guards.length > 0 ? { guards } : {}),
  };
}

interface Accepting extends TurnInput {
  readonly base: Omit<
    ActorRecord,
    'snapshot' | 'size' | 'menu' | 'terms' | 'since' | 'sequence' | 'updatedAt'
  >;
  readonly event: Event;
  readonly from: StateValue | null;
}

function accept(kind: Kind, input: Accepting, { snapshot, actions }: Step): Turn {
  const { base, record: before, time } = input;
  assertJson(snapshot.context, base.key, before?.snapshot.context);
  const version = base.version + 1;
  const asked = interpret(actions, { ...input, version, trace: traceOf(input) });
  const ended = snapshot.status !== 'active';
  const menu = kind.menu(snapshot);
  const next = withChildren(snapshot, ended ? [] : Object.keys(asked.activities));
  const record: ActorRecord = {
    ...base,
    version,
    sequence: input.sequence,
    snapshot: next,
    timers: ended ? {} : asked.timers,
    activities: ended ? {} : asked.activities,
    updatedAt: time,
    since: sinceOf(before, menu, time),
    size: measured(before, version, next),
    menu,
    terms: termsOf(kind, menu, snapshot.context),
  };
  return {
    event: input.event,
    outcome: { outcome: 'accepted', from: input.from, to: snapshot.value as StateValue },
    record,
    effects: {
      messages: asked.messages,
      emitted: asked.emitted,
      ...added(before, record),
      ...dropped(before, record),
    },
  };
}

function eventOf(message: Message): Event {
  if (message.from === 'outside' || message.from === 'actor') return message.event;
  throw new TerminalError('a timer or an activity result carries no event of its own');
}

function refuse(input: TurnInput, event: Event, refusal: Omit<Refusal, 'outcome'>): Turn {
  return { event, outcome: { outcome: 'refused', ...refusal }, record: input.record, effects: noEffects };
}

function drop(input: TurnInput, why: 'outlived' | 'early'): Turn {
  const { message, record } = input;
  const type = message.from === 'timer' ? message.timer : message.from === 'activity' ? message.activity : '';
  return { event: { type }, outcome: { outcome: 'dropped', why }, record, effects: noEffects };
}
