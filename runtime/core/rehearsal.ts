/**
 * What would happen if: the pure turn, on a copy of what is. Nothing can come of it: it is given no port, so
 * there is nobody here to store or to send anything.
 */
import { z } from 'zod';
import { keyOf, type Address } from '../address.ts';
import { messageOf } from '../errors.ts';
import { eventSchema, type Event, type Message, type Principal } from '../message.ts';
import type { ActorRecord } from './record.ts';
import { unfit } from './redrive.ts';
import type { Kind, Registry } from './registry.ts';
import { turn, type Turn } from './turn.ts';
import { isoTime, viewOf, type View } from './view.ts';

const failure = z.strictObject({ code: z.string().max(200), message: z.string().max(2_000) });

/** A command or a message, a timer that fires, or an activity that ends. */
export const supposedSchema = z.union([
  z.strictObject({ timer: z.string().max(500) }),
  z.strictObject({ activity: z.string().max(500), output: z.json() }),
  z.strictObject({ activity: z.string().max(500), error: failure }),
  eventSchema,
]);
export type Supposed = z.infer<typeof supposedSchema>;

export interface Step {
  readonly event: string;
  /** `dead`: the chart fails on it, and it would become a dead letter. `nothing`: there is no such timer or activity. */
  readonly outcome: 'accepted' | 'refused' | 'dead' | 'nothing';
  readonly reason?: string;
  readonly guards?: readonly string[];
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
  /** What it would take. */
  readonly allowed?: readonly string[];
  /** After it; null where there is no actor. */
  readonly view: View | null;
  readonly effects: {
    readonly messages: readonly { readonly to: string; readonly event: Event }[];
    readonly activities: readonly { readonly source: string; readonly input: unknown }[];
    readonly stopped: readonly string[];
    readonly timers: readonly { readonly event: string; readonly at: string }[];
    readonly cancelled: readonly string[];
    readonly emitted: readonly Event[];
  };
}

export interface Rehearsed {
  /** Null where there is no actor yet. */
  readonly from: View | null;
  readonly steps: readonly Step[];
}

export interface Rehearsal {
  readonly registry: Registry;
  readonly kind: Kind;
  readonly record: ActorRecord;
  readonly events: readonly Supposed[];
  /** Who would send the commands. */
  readonly principal: Principal;
  /** ms */
  readonly now: number;
  /** Told of the size of the actor after each step: many steps of a large one are not taken in one go. */
  readonly worked: (chars: number) => Promise<void>;
}

export async function rehearse(given: Rehearsal): Promise<Rehearsed> {
  const { registry, kind, record, events, principal, now, worked } = given;
  const steps: Step[] = [];
  let at: ActorRecord | undefined = record;
  let time = now;
  for (const [index, supposed] of events.entries()) {
    const trying: Trying = { registry, kind, record: at, principal, time };
    const message: Message | undefined =
      at && messageFor(supposed, { kind, record: at, principal, now: time, index });
    if (message === undefined) {
      steps.push({ event: nameOf(supposed), outcome: 'nothing', view: shown(trying), effects: nothing });
      continue;
    }
    // A timer does not fire before its time.
    if (message.from === 'timer') time = Math.max(time, at?.timers[message.timer]?.at ?? time);
    const tried = tryOut({ ...trying, time }, message);
    steps.push(tried.step);
    if (tried.step.outcome === 'dead') break;
    at = tried.record;
    await worked(sizeOf(at));
  }
  return { from: viewOf(kind, record, principal), steps };
}

function sizeOf(record: ActorRecord | undefined): number {
  return record?.size ?? 0;
}

/** What would come of a message as it is. */
export function rehearseMessage({
  message,
  now,
  ...given
}: Omit<Trying, 'time'> & { message: Message; now: number }): Rehearsed {
  const trying = { ...given, time: now };
  return { from: shown(trying), steps: [tryOut(trying, message).step] };
}

interface Trying {
  readonly registry: Registry;
  readonly kind: Kind;
  readonly record: ActorRecord | undefined;
  readonly principal: Principal;
  /** ms */
  readonly time: number;
}

function shown({ kind, record, principal }: Trying): View | null {
  return record === undefined ? null : viewOf(kind, record, principal);
}

function tryOut(trying: Trying, message: Message): { step: Step; record: ActorRecord | undefined } {
  const { registry, record, time } = trying;
  const taken = attempt({ registry, record, message, time });
  const dead = {
    event: eventNameOf(message),
    outcome: 'dead' as const,
    view: shown(trying),
    effects: nothing,
  };
  if ('cause' in taken) return { record, step: { ...dead, reason: taken.cause } };
  const cause = unfit(message, taken, registry);
  if (cause !== undefined) return { record, step: { ...dead, reason: cause } };
  const after = taken.record ?? record;
  return {
    record: after,
    step: stepOf(taken, { before: record, view: shown({ ...trying, record: after }) }),
  };
}

const nothing: Step['effects'] = {
  messages: [],
  activities: [],
  stopped: [],
  timers: [],
  cancelled: [],
  emitted: [],
};

function attempt(given: Omit<Parameters<typeof turn>[0], 'sequence'>): Turn | { cause: string } {
  try {
    return turn({ ...given, sequence: given.record?.sequence ?? 0 });
  } catch (error) {
    return { cause: messageOf(error) };
  }
}

interface Supposing {
  readonly kind: Kind;
  readonly record: ActorRecord;
  readonly principal: Principal;
  readonly now: number;
  readonly index: number;
}

/** What people may send comes from them; anything else comes from an actor. */
function messageFor(supposed: Supposed, given: Supposing): Message | undefined {
  const { kind, record, principal, now, index } = given;
  const to: Address = { kind: record.kind, id: record.id };
  const id = `rehearsal@${record.version}.${index}`;
  if ('timer' in supposed) {
    const [timer, due] =
      Object.entries(record.timers).find(([, { event }]) => event.type === supposed.timer) ?? [];
    return timer === undefined || due === undefined
      ? undefined
      : { from: 'timer', to, timer, token: due.token };
  }
  if ('activity' in supposed) {
    const { activity } = supposed as { activity: string };
    const running = record.activities[activity];
    if (running === undefined) return undefined;
    const result =
      'error' in supposed
        ? { error: failure.parse(supposed.error) }
        : { output: z.json().parse(supposed['output']) };
    return { from: 'activity', to, activity, token: running.token, result };
  }
  const event = eventSchema.parse(supposed);
  const isCommand = Object.hasOwn(kind.definition.commands, event.type);
  return isCommand
    ? { from: 'outside', to, event, id, kept: false, madeAt: now, principal }
    : { from: 'actor', to, event, id, sender: to, channel: 0, number: 1 };
}

function nameOf(supposed: Supposed): string {
  const { timer, activity, type } = supposed as { timer?: string; activity?: string; type?: string };
  return timer ?? activity ?? type ?? '';
}

function eventNameOf(message: Message): string {
  if (message.from === 'timer') return message.timer;
  return message.from === 'activity' ? message.activity : message.event.type;
}

function stepOf(
  turned: Turn,
  { before, view }: { before: ActorRecord | undefined; view: View | null },
): Step {
  const { event, outcome } = turned;
  const told = { event: event.type, view, effects: effectsOf(turned, before) };
  if (outcome.outcome === 'accepted') return { ...told, outcome: 'accepted' };
  if (outcome.outcome === 'dropped') return { ...told, outcome: 'nothing' };
  const { reason, guards, errors, allowed } = outcome;
  return {
    ...told,
    ...{ outcome: 'refused', reason, allowed },
    ...(guards === undefined ? {} : { guards }),
    ...(errors === undefined ? {} : { errors }),
  };
}

function effectsOf({ record, effects }: Turn, before: ActorRecord | undefined): Step['effects'] {
  const timers = Object.values(before?.timers ?? {});
  const after = Object.values(record?.timers ?? {});
  return {
    messages: effects.messages.map(({ to, event: sent }) => ({ to: keyOf(to), event: sent })),
    activities: effects.addActivities.map(({ source, input }) => ({
      source,
      input: JSON.parse(input) as unknown,
    })),
    stopped: Object.values(before?.activities ?? {})
      .filter(({ token }) => effects.dropActivities.includes(token))
      .map(({ source }) => source),
    timers: effects.addTimers.map(({ token, at }) => ({
      event: after.find((each) => each.token === token)?.event.type ?? '',
      at: isoTime(at),
    })),
    cancelled: timers
      .filter(({ token }) => effects.dropTimers.includes(token))
      .map((each) => each.event.type),
    emitted: effects.emitted,
  };
}
