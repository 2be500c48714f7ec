/** Messages and mailbox entries for tests, with everything filled in that the test does not care about. */
import { keyOf, addressOf } from '../../runtime/address.ts';
import {
  identityOf,
  type ActorMessage,
  type Command,
  type Event,
  type Message,
} from '../../runtime/message.ts';
import type { Stored } from '../../runtime/ports.ts';
import type { ActorRecord } from '../../runtime/core/record.ts';
import { principal } from './charts.ts';
import { epoch } from './clock.ts';

let made = 0;

/** `at('counter/c1')` */
export const at = addressOf;

export function command(key: string, event: Event | string, given: Partial<Command> = {}): Command {
  return {
    from: 'outside',
    to: addressOf(key),
    event: typeof event === 'string' ? { type: event } : event,
    id: `ann|${key}|${++made}`,
    kept: true,
    madeAt: epoch,
    principal,
    ...given,
  };
}

/** From the actor `sender`, in a numbered channel. */
export function fromActor(
  key: string,
  event: Event | string,
  given: Partial<ActorMessage> = {},
): ActorMessage {
  const sender = given.sender ?? { kind: 'counter', id: 'sender' };
  const channel = given.channel ?? 7;
  const number = given.number ?? 1;
  return {
    from: 'actor',
    to: addressOf(key),
    event: typeof event === 'string' ? { type: event } : event,
    id: `${keyOf(sender)}@${channel}.${number}`,
    sender,
    channel,
    number,
    ...given,
  };
}

/** The message of a timer that the record has now, by the name of its event or its part. */
export function timerOf(record: ActorRecord, name = ''): Message {
  const found = Object.entries(record.timers).find(([timer]) => timer.includes(name));
  if (found === undefined) throw new Error(`${record.key} has no timer ${name}`);
  return { from: 'timer', to: addressOf(record.key), timer: found[0], token: found[1].token };
}

type Result = { output?: never } | { error: { code: string; message: string } };

export function resultOf(record: ActorRecord, activity: string, result: Result): Message {
  const running = record.activities[activity];
  if (running === undefined) throw new Error(`${record.key} does not run ${activity}`);
  return { from: 'activity', to: addressOf(record.key), activity, token: running.token, result };
}

export function stored(message: Message, sequence: number, time = epoch + sequence): Stored {
  return { sequence, time, id: identityOf(message), body: JSON.stringify(message) };
}
