/** All that can happen to an actor as it stands: commands, messages of others, its timers, its activities. */
import { z } from 'zod';
import { addressOf } from '../../runtime/address.ts';
import { arisesWith, type Access, type ActorDefinition } from '../../runtime/definition.ts';
import { messageOf as textOf } from '../../runtime/errors.ts';
import type { Event, Message, Principal } from '../../runtime/message.ts';
import type { ActorRecord } from '../../runtime/core/record.ts';
import { parse, schemaOf } from '../../runtime/core/registry.ts';
import { foundIn, nothingFound, type Json } from './found.ts';
import { payloadsOf } from './payloads.ts';
import { defaultLimits } from './walk-limits.ts';

const { payloadsMax, beginningsMax } = defaultLimits;

/** Something that may happen. `name` is what a reader of a report knows it by. */
export interface Happening {
  readonly name: string;
  readonly message: Message;
  /** The message's own time, ms. */
  readonly time: number;
}

export const start = 1_790_000_000_000;

/** Every role, every warehouse, and the gateway of the sandbox: what is refused, is refused by the chart. */
export function mayEverything({ create, commands, readers }: ActorDefinition): Principal {
  const all = [create.access, readers, ...Object.values(commands)];
  const roles = [...new Set(all.flatMap((access: Access | undefined) => Object.keys(access ?? {})))];
  return { subject: 'webhook:sandbox', roles, warehouses: ['*'] };
}

/** How the actor may come into being by the event that creates. */
export function beginnings(definition: ActorDefinition, key: string, max: number): Happening[] {
  return beginningsBy(definition, { key, type: definition.create.event, max });
}

/** By the event that creates, or by one that it arises with. */
export function beginningsBy(
  definition: ActorDefinition,
  { key, type, max }: { key: string; type: string; max: number },
): Happening[] {
  const examples = examplesOf(definition, type, undefined);
  const arises = arisesWith(definition, type);
  const schema = (arises ? schemaOf(definition, type) : undefined) ?? definition.input;
  const generated = arises || examples === undefined ? payloadsOf(schema, { max }) : [];
  return [...(examples ?? []), ...generated].map(({ id, ...payload }) => ({
    name: type,
    time: start,
    message: messageOf(definition, key, { ...(arises && id !== undefined ? { id } : {}), ...payload, type }),
  }));
}

/** Where there are examples, so many payloads are made besides: what matters is among them. */
const besidesMax = 1;

/** Of one event, at most `max` payloads. */
export function happeningsOf(
  definition: ActorDefinition,
  record: ActorRecord,
  { type, max, salt = 0 }: { type: string; max: number; salt?: number },
): Happening[] {
  const schema = schemaOf(definition, type);
  const context = record.snapshot.context as unknown;
  const found = context === undefined ? nothingFound : foundIn(context, definition.kind);
  const examples = examplesOf(definition, type, context) ?? [];
  const left = examples.length === 0 ? max : Math.min(max - 1, besidesMax);
  const generated = schema === undefined || left === 0 ? [] : payloadsOf(schema, { found, max: left, salt });
  return [...examples, ...generated].slice(0, max).map((payload) => ({
    name: type,
    time: record.updatedAt + 1,
    message: messageOf(definition, record.key, { ...payload, type }),
  }));
}

/** The best payload of an event for an actor with this context. Throws where there is none. */
export function eventFor(definition: ActorDefinition, type: string, context: unknown): Event {
  return named(definition, type, () => {
    const schema = schemaOf(definition, type) ?? z.strictObject({});
    const examples = (examplesOf(definition, type, context) ?? []).filter((each) => fitting(schema, each));
    // One is made fast; where a refinement takes none of the first, it is looked for as far as a walk looks.
    const [first] = examples.length > 0 ? examples : payloadsOf(schema, { max: 1 });
    return first ?? payloadsOf(schema, { found: foundIn(context, definition.kind), max: payloadsMax })[0];
  });
}

/** What brings the actor with this key into being. Throws where there is no payload for it. */
export function beginningFor(definition: ActorDefinition, key: string): Event {
  const { input, create } = definition;
  const fittingOf = (max: number): Event | undefined =>
    beginnings(definition, key, max)
      .map(({ message }) => ('event' in message ? message.event : { type: create.event }))
      .find(({ type: _type, ...payload }) => fitting(input, payload));
  return named(definition, create.event, () => fittingOf(1) ?? fittingOf(beginningsMax));
}

function named(definition: ActorDefinition, type: string, make: () => Json | undefined): Event {
  const what = `${definition.kind}: event ${type}`;
  let payload: Json | undefined;
  try {
    payload = make();
  } catch (error) {
    throw new Error(`${what}: its payloads cannot be made: ${textOf(error)}`, { cause: error });
  }
  if (payload === undefined) throw new Error(`${what}: no payload fits its schema: give it examples`);
  return { ...payload, type };
}

function fitting(schema: z.ZodType, payload: Json): boolean {
  return 'payload' in parse(schema, { ...payload, type: '' });
}

/** Each at its deadline. */
export function dueTimers({ key, timers, updatedAt }: ActorRecord): Happening[] {
  return Object.entries(timers).map(([timer, { at, token, event }]) => ({
    name: event.type,
    time: Math.max(at, updatedAt + 1),
    message: { from: 'timer', to: addressOf(key), timer, token },
  }));
}

export const failure = { error: { code: 'failed', message: 'as the model wants it' } };

/** One activity failing, and with each of its outputs: the examples of its source, else a few plain ones. */
export function resultsOf(definition: ActorDefinition, record: ActorRecord, activity: string): Happening[] {
  const { key, activities, updatedAt, snapshot } = record;
  const running = activities[activity];
  if (running === undefined) return [];
  const { source, token } = running;
  const outputs = examplesOf(definition, source, snapshot.context) ?? [null, {}, true, 'output'];
  return [...outputs.map((output) => ({ output })), failure].map((result) => ({
    name: `${'error' in result ? 'error' : 'done'} ${activity}`,
    time: updatedAt + 1,
    message: { from: 'activity', to: addressOf(key), activity, token, result } as Message,
  }));
}

function examplesOf(
  { examples }: ActorDefinition,
  name: string,
  context: unknown,
): readonly Json[] | undefined {
  const given = examples?.[name];
  return (typeof given === 'function' ? given(context) : given) as readonly Json[] | undefined;
}

function messageOf(definition: ActorDefinition, key: string, event: Event): Message {
  const to = addressOf(key);
  const { create, commands } = definition;
  const isCommand = event.type in commands || (event.type === create.event && create.access !== undefined);
  if (isCommand) {
    const principal = mayEverything(definition);
    return { from: 'outside', to, event, id: 'model', kept: true, madeAt: start, principal };
  }
  const sender = { kind: 'model', id: 'model' };
  return { from: 'actor', to, event, id: 'model', sender, channel: 0, number: 1 };
}
