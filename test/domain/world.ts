/**
 * All actors of a shop in one process, without a runtime: pure turns, and between every two actors a line of
 * messages that keep their order. Whoever holds it decides what happens next; nothing happens by itself.
 */
import { addressOf, keyOf } from '../../runtime/address.ts';
import type { ActivityMessage, Event, Message, Principal } from '../../runtime/message.ts';
import type { PendingActivity } from '../../runtime/ports.ts';
import type { ActorRecord } from '../../runtime/core/record.ts';
import type { Registry } from '../../runtime/core/registry.ts';
import { turn, type Turn } from '../../runtime/core/turn.ts';
import { epoch } from '../support/clock.ts';
import { command, fromActor } from '../support/messages.ts';

export interface Due {
  readonly key: string;
  readonly timer: string;
  readonly at: number;
}

/** One turn that was taken, for whoever wants to look. */
export interface Taken {
  readonly key: string;
  readonly message: Message;
  readonly before: ActorRecord | undefined;
  readonly turn: Turn;
}

/** A message that was taken out of its line as a dead letter. */
export interface Letter {
  readonly from: string;
  readonly to: string;
  readonly event: Event;
}

export interface World {
  readonly records: ReadonlyMap<string, ActorRecord>;
  /** Lines with messages under way: `order/o1>stockItem/W1~A`. */
  lines(): string[];
  /** What is under way on a line, the first one first. */
  under(line: string): readonly Letter[];
  /** Delivers the first message of a line. */
  deliver(line: string): Turn;
  /** Makes a dead letter of the first message of a line. */
  park(line: string): void;
  /** As a dead letter that is thrown away. */
  drop(line: string): void;
  /** Messages that were thrown away. */
  dropped(): readonly Letter[];
  letters(): readonly Letter[];
  /** Delivers a dead letter after all. */
  redrive(letter: Letter): Turn;
  command(key: string, event: Event, principal?: Principal): Turn;
  timers(): Due[];
  /** As if its time had come. */
  fire(due: Due): Turn;
  activities(): PendingActivity[];
  /** What became of an activity. */
  result(pending: PendingActivity, result: ActivityMessage['result']): Turn;
}

export interface Watch {
  readonly took?: (taken: Taken) => void;
  /** A chart does not wait for this call any more; it may be under way all the same. */
  readonly left?: (pending: PendingActivity) => void;
}

export const everybody: Principal = {
  subject: 'ann',
  roles: ['customer', 'cs', 'picker', 'packer', 'warehouseManager', 'admin', 'webhook'],
  warehouses: ['*'],
};

export function createWorld(registry: Registry, { took, left }: Watch = {}): World {
  const records = new Map<string, ActorRecord>();
  const lines = new Map<string, Letter[]>();
  const letters = new Set<Letter>();
  const thrown: Letter[] = [];
  const activities = new Map<string, PendingActivity>();
  let now = epoch;
  let sequence = 0;

  function take(message: Message, time = now): Turn {
    const key = keyOf(message.to);
    const before = records.get(key);
    now = Math.max(now, time) + 1;
    const result = turn({ registry, record: before, message, time: now, sequence: ++sequence });
    if (result.record !== undefined) records.set(key, result.record);
    for (const { to, event } of result.effects.messages) send({ from: key, to: keyOf(to), event });
    for (const token of result.effects.dropActivities) {
      const pending = activities.get(token);
      activities.delete(token);
      if (pending !== undefined && message.from !== 'activity') left?.(pending);
    }
    for (const pending of result.effects.addActivities) activities.set(pending.token, pending);
    took?.({ key, message, before, turn: result });
    return result;
  }

  function send(letter: Letter): void {
    const line = `${letter.from}>${letter.to}`;
    const waiting = lines.get(line);
    if (waiting === undefined) lines.set(line, [letter]);
    else waiting.push(letter);
  }

  function first(line: string): Letter {
    const waiting = lines.get(line) ?? [];
    const letter = waiting.shift();
    if (letter === undefined) throw new Error(`nothing is under way on ${line}`);
    if (waiting.length === 0) lines.delete(line);
    return letter;
  }

  function taken({ from, to, event }: Letter): Turn {
    return take(fromActor(to, event, { sender: addressOf(from) }));
  }

  return {
    records,
    lines: () => [...lines.keys()],
    under: (line) => lines.get(line) ?? [],
    deliver: (line) => taken(first(line)),
    park: (line) => void letters.add(first(line)),
    drop: (line) => void thrown.push(first(line)),
    dropped: () => thrown,
    letters: () => [...letters],
    redrive(letter) {
      letters.delete(letter);
      return taken(letter);
    },
    command: (key, event, principal = everybody) => take(command(key, event, { principal })),
    timers: () =>
      [...records.values()].flatMap(({ key, timers }) =>
        Object.entries(timers).map(([timer, { at }]) => ({ key, timer, at })),
      ),
    fire({ key, timer, at }) {
      const token = records.get(key)?.timers[timer]?.token ?? '';
      return take({ from: 'timer', to: addressOf(key), timer, token }, at);
    },
    activities: () => [...activities.values()],
    result({ key, activity, token }, result) {
      activities.delete(token);
      return take({ from: 'activity', to: addressOf(key), activity, token, result });
    },
  };
}
