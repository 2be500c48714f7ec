/** What a turn asks for, read from the chart's actions, which are data. Pure. */
import { addressSchema, keyOf, type Address } from '../address.ts';
import { TerminalError } from '../errors.ts';
import type { Event } from '../message.ts';
import type { DueTimer, PendingActivity } from '../ports.ts';
import type { ChartAction } from './chart.ts';
import { assertJson } from './json.ts';
import type { ActorRecord, RunningActivity, Timer } from './record.ts';
import { parse, schemaOf, type Registry } from './registry.ts';

export interface Effects {
  readonly messages: readonly { id: string; to: Address; event: Event }[];
  readonly addTimers: readonly DueTimer[];
  readonly dropTimers: readonly string[];
  readonly addActivities: readonly PendingActivity[];
  readonly dropActivities: readonly string[];
  /** Public events: what the chart emits that is not a message. */
  readonly emitted: readonly Event[];
}

export const noEffects: Effects = {
  messages: [],
  addTimers: [],
  dropTimers: [],
  addActivities: [],
  dropActivities: [],
  emitted: [],
};

/** The messages of a turn, and all timers and activities after it. */
interface Asked {
  readonly messages: { id: string; to: Address; event: Event }[];
  readonly emitted: Event[];
  readonly timers: Record<string, Timer>;
  readonly activities: Record<string, RunningActivity>;
}

interface Interpreting {
  readonly base: Pick<ActorRecord, 'key' | 'timers' | 'activities'>;
  /** The record's version after this turn. */
  readonly version: number;
  readonly time: number;
  readonly registry: Registry;
  readonly trace?: string | undefined;
}

/** Reads the chart's actions as data. Ids and tokens come from (actor, record version, index), R5. */
export function interpret(actions: readonly ChartAction[], given: Interpreting): Asked {
  const { base, version } = given;
  const asked: Asked = {
    messages: [],
    emitted: [],
    timers: { ...base.timers },
    activities: { ...base.activities },
  };
  for (const [index, action] of actions.entries()) {
    const read = readers[action.type];
    if (read === undefined) {
      throw new TerminalError(`${base.key}: action ${action.type} has effects that the runtime cannot see`);
    }
    read(asked, action.params, { ...given, id: `${base.key}@${version}.${index}` });
  }
  return asked;
}

type ReadAction = (asked: Asked, params: unknown, given: Interpreting & { id: string }) => void;

/** One per built-in action of XState that has an effect. */
const readers: Readonly<Record<string, ReadAction>> = {
  'xstate.raise': (asked, params, { base, time, id }) => {
    const { event, delay, id: name } = params as { event: Event; delay?: number; id?: string };
    if (delay === undefined) return;
    if (!Number.isFinite(delay))
      throw new TerminalError(`${base.key}: ${event.type} is delayed by ${delay} ms`);
    assertJson(event, `${base.key}: ${event.type}`);
    // Without a name it is one of its own: nothing replaces it, nothing cancels it.
    asked.timers[name ?? id] = { event, at: time + delay, token: id };
  },
  'xstate.cancel': (asked, params) => {
    Reflect.deleteProperty(asked.timers, (params as { sendId: string }).sendId);
  },
  'xstate.spawnChild': (asked, params, { base, time, id, trace }) => {
    const { id: name, src, input } = params as { id: string; src: string; input?: unknown };
    assertJson(input, `${base.key}: input of ${src}`);
    const running = { source: src, input: input ?? null, token: id, startedAt: time };
    asked.activities[name] = trace === undefined ? running : { ...running, trace };
  },
  'xstate.stopChild': (asked, params) => {
    // Without a name it is one that has ended already.
    if (params !== undefined) Reflect.deleteProperty(asked.activities, (params as { id: string }).id);
  },
  'xstate.emit': (asked, params, { registry, base, id }) => {
    const { event } = params as { event: Event };
    if (event.type === 'waybill.send') asked.messages.push({ id, ...sent(event, registry, base.key) });
    else asked.emitted.push(event);
  },
  'xstate.log': () => undefined,
};

/** Parsed with the receiver's schema when it is sent, so that a wrong message is found at its sender. */
function sent(emitted: Event, registry: Registry, sender: string): { to: Address; event: Event } {
  const { to, event } = emitted as unknown as { to: Address; event: Event };
  if (!addressSchema.safeParse(to).success)
    throw new TerminalError(`${sender}: ${JSON.stringify(to)} is no address for ${event.type}`);
  const receiver = registry.get(to.kind)?.definition;
  const schema = receiver?.create.event === event.type ? receiver.input : schemaOf(receiver, event.type);
  if (schema === undefined)
    throw new TerminalError(`${sender}: ${to.kind} does not understand ${event.type}`);
  assertJson(event, `${sender}: ${event.type} to ${keyOf(to)}`);
  const parsed = parse(schema, event);
  if ('errors' in parsed) {
    const problems = parsed.errors.map(({ pointer, message }) => `${pointer} ${message}`).join('; ');
    throw new TerminalError(`${sender}: ${event.type} to ${keyOf(to)} does not fit its schema: ${problems}`);
  }
  return { to, event };
}

export function added(
  before: ActorRecord | undefined,
  after: ActorRecord,
): Pick<Effects, 'addTimers' | 'addActivities'> {
  const { key } = after;
  return {
    addTimers: Object.entries(after.timers)
      .filter(([name, { token }]) => before?.timers[name]?.token !== token)
      .map(([name, { at, token }]) => ({ key, timer: name, at, token })),
    addActivities: Object.entries(after.activities)
      .filter(([name, { token }]) => before?.activities[name]?.token !== token)
      .map(([name, { source, input, token, startedAt }]) => ({
        key,
        activity: name,
        source,
        token,
        input: JSON.stringify(input),
        startedAt,
      })),
  };
}

export function dropped(
  before: ActorRecord | undefined,
  after: ActorRecord,
): Pick<Effects, 'dropTimers' | 'dropActivities'> {
  return {
    dropTimers: Object.entries(before?.timers ?? {})
      .filter(([name, { token }]) => after.timers[name]?.token !== token)
      .map(([, { token }]) => token),
    dropActivities: Object.entries(before?.activities ?? {})
      .filter(([name, { token }]) => after.activities[name]?.token !== token)
      .map(([, { token }]) => token),
  };
}
