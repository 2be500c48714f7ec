/** From mailbox text to messages, and what the store must be asked for before they can be handled. Pure. */
import { addressSchema, keyOf, type Address } from '../address.ts';
import { messageOf } from '../errors.ts';
import { mailSchema, placeSchema, type Message, type Place, type Redrive } from '../message.ts';
import type { AnswerId, Stored } from '../ports.ts';
import type { Held, Memory } from './draft.ts';

/** A mailbox entry, read. */
export interface Incoming {
  readonly stored: Stored;
  readonly message: Message | undefined;
  /** Around the message, where an operator sends it again. */
  readonly redrive?: Redrive;
  /** Why it does not parse. */
  readonly problem?: string;
  /** Of a message between actors; it counts even where the rest does not parse, or its channel would stand still. */
  readonly place?: Place;
}

export function decode(stored: Stored): Incoming {
  let body: unknown;
  try {
    body = JSON.parse(stored.body);
  } catch (error) {
    return { stored, message: undefined, problem: messageOf(error) };
  }
  const parsed = mailSchema.safeParse(body);
  if (parsed.success) {
    const message = parsed.data;
    if (message.from === 'redrive') return { stored, message: message.message, redrive: message };
    return { stored, message, ...(message.from === 'actor' ? { place: message } : {}) };
  }
  const problem = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  const place = placeSchema.safeParse(body).data;
  return { stored, message: undefined, problem, ...(place === undefined ? {} : { place }) };
}

/** The actors that are not in memory, and the ids to look up. Held-back messages may be released: theirs too. */
export function wanted(batch: readonly Incoming[], memory: Memory): { keys: string[]; answers: AnswerId[] } {
  const keys = new Set<string>();
  const answers: AnswerId[] = [];
  const channels = new Set<number>();
  for (const { message, place, redrive } of batch) {
    if (place !== undefined) channels.add(place.channel);
    if (message === undefined) continue;
    keys.add(keyOf(message.to));
    if (redrive !== undefined) answers.push({ id: redrive.id, kept: true });
    // A made id may have been stored again as kept, and then come a third time as it was (R6).
    else if (message.from === 'outside')
      answers.push({ id: message.id, kept: false }, { id: message.id, kept: true });
  }
  for (const held of memory.held.values()) {
    const { message } = decode(heldAsStored(held));
    if (message !== undefined && channels.has(held.channel)) keys.add(keyOf(message.to));
  }
  return { keys: [...keys].filter((key) => !memory.actors.has(key)), answers };
}

/** Whatever can be read of a message that does not parse. */
export function addresseeOf(stored: Stored): Address {
  try {
    const { to } = JSON.parse(stored.body) as { to: unknown };
    const parsed = addressSchema.safeParse(to);
    if (parsed.success) return parsed.data;
  } catch {
    // Not even JSON: it is parked under a name of its own.
  }
  return { kind: 'unreadable', id: 'unreadable' };
}

export function heldAsStored(held: Held): Stored {
  return { sequence: 0, time: held.time, id: held.id, body: held.body };
}
