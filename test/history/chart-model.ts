/** The chart as the sequential model: one operation after the other through the pure turn. */
import { isDeepStrictEqual } from 'node:util';
import { addressOf } from '../../runtime/address.ts';
import type { Event, Message } from '../../runtime/message.ts';
import type { Refusal } from '../../runtime/core/outcome.ts';
import { snapshotText, type ActorRecord } from '../../runtime/core/record.ts';
import type { Kind, Registry } from '../../runtime/core/registry.ts';
import { turn, type Turn } from '../../runtime/core/turn.ts';
import { viewOf, type View } from '../../runtime/core/view.ts';
import type { Model } from './linearize.ts';
import type { ClientOperation, InternalOperation, Operation, Result, Seen } from './operation.ts';
import { eventOf, kindOf } from './sent.ts';

export type ActorState = ActorRecord | undefined;

/** Of one actor, `orders/o1`. Time stands still in it, and timers are due when they come. */
export function chartModel(registry: Registry, actor: string): Model<ActorState, Operation> {
  const [, id = ''] = actor.split('/');
  const kind = kindOf(registry, actor);
  const to = { kind: kind.definition.kind, id };

  function take(record: ActorState, message: Message): Turn | undefined {
    const time = message.from === 'timer' ? (record?.timers[message.timer]?.at ?? 0) : 0;
    try {
      return turn({ registry, record, message, time, sequence: 0 });
    } catch {
      // A dead letter: nothing changes, and no operation here has that for a result.
      return undefined;
    }
  }

  function applySystem(record: ActorState, { entry }: InternalOperation): ActorState | 'impossible' {
    const message = messageOf(to, record, entry);
    const taken = message && take(record, message);
    if (taken?.outcome.outcome !== 'accepted' || taken.record === undefined) return 'impossible';
    const isSame =
      entry.after === undefined ||
      isDeepStrictEqual(JSON.parse(snapshotText(taken.record.snapshot)), entry.after);
    return isSame ? taken.record : 'impossible';
  }

  function applyRead(record: ActorState, { principal }: ClientOperation, shown: Seen | undefined): boolean {
    if (record === undefined || shown === undefined) return record === shown;
    return record.version === shown.version && looks(viewOf(kind, record, principal), shown);
  }

  return {
    start: undefined,
    apply(record, operation) {
      if (operation.by === 'system') return applySystem(record, operation);
      const { result } = operation;
      if (result.outcome === 'read') return applyRead(record, operation, result.view) ? record : 'impossible';
      const taken = take(record, commandOf(kind, to, operation));
      if (taken === undefined || !fits(kind, operation, taken)) return 'impossible';
      return taken.outcome.outcome === 'accepted' ? taken.record : record;
    },
    versionOf: (record) => record?.version ?? 0,
    keyOf: (record) => (record === undefined ? '' : `${record.version} ${snapshotText(record.snapshot)}`),
  };
}

type To = Message['to'];

function commandOf(kind: Kind, to: To, operation: ClientOperation): Message {
  const { principal, ifMatch } = operation;
  return {
    ...{ from: 'outside', to, event: eventOf(kind, operation), principal },
    ...{ id: principal.subject, kept: true, madeAt: 0 },
    ...(ifMatch === undefined ? {} : { ifMatch }),
  };
}

/** Timers and activities are known by their tokens, which are the same in every run (R5). */
function messageOf(to: To, record: ActorState, entry: InternalOperation['entry']): Message | undefined {
  const { source, cause } = entry;
  const event = entry.event as Event;
  switch (source.from) {
    case 'outside': {
      const { from: _from, ...principal } = source;
      return { from: 'outside', to, event, principal, id: cause, kept: false, madeAt: 0 };
    }
    case 'actor': {
      const sender = addressOf(source.actor);
      return { from: 'actor', to, event, id: cause, sender, channel: 0, number: 1 };
    }
    case 'timer': {
      const timer = withToken(record?.timers, cause);
      return timer === undefined ? undefined : { from: 'timer', to, timer, token: cause };
    }
    case 'activity': {
      const activity = withToken(record?.activities, cause);
      const result = resultOf(event);
      return activity === undefined ? undefined : { from: 'activity', to, activity, token: cause, result };
    }
  }
}

function withToken(
  pending: Readonly<Record<string, { token: string }>> = {},
  cause: string,
): string | undefined {
  return Object.entries(pending).find(([, { token }]) => token === cause)?.[0];
}

type ActivityResult = Extract<Message, { from: 'activity' }>['result'];
type ActivityEvent = Event & { readonly output?: never; readonly error?: { code: string; message: string } };

/** The chart was given its result as an event. */
function resultOf({ output, error }: ActivityEvent): ActivityResult {
  return error === undefined ? { output } : { error };
}

/** Whether the client could be told this after that turn. */
function fits(kind: Kind, { principal, result }: ClientOperation, { outcome, record }: Turn): boolean {
  switch (result.outcome) {
    case 'promised':
    case 'unknown':
      return true;
    case 'accepted':
      return (
        outcome.outcome === 'accepted' &&
        record !== undefined &&
        agree(result.version, record.version) &&
        isShown(viewOf(kind, record, principal), result.view)
      );
    case 'refused':
      return outcome.outcome === 'refused' && isRefusal(result, outcome);
    case 'read':
      return false;
  }
}

function isShown(is: View, shown: Seen | undefined): boolean {
  return shown === undefined || looks(is, shown);
}

function isRefusal(told: Refused, is: Refusal): boolean {
  return (
    told.reason === is.reason &&
    agree(told.state, is.state) &&
    agree(told.version, is.version) &&
    agree(told.allowed, is.allowed) &&
    agree(told.guard, is.guards?.join(', '))
  );
}

type Refused = Extract<Result, { outcome: 'refused' }>;

/** Every part that was shown is as it is. */
function looks(is: View, shown: Seen): boolean {
  return Object.entries(shown).every(([name, value]) =>
    isDeepStrictEqual(value, plain(is[name as keyof Seen])),
  );
}

function agree(told: unknown, is: unknown): boolean {
  return told === undefined || isDeepStrictEqual(told, plain(is));
}

/** As JSON has it: without what is undefined. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
}
