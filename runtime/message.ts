/** What stands in a mailbox: an event, addressed, with where it came from. Parsed when it is read. */
import { z } from 'zod';
import { addressSchema } from './address.ts';

/** Who sends a command: the verified claims of a token. */
export const principalSchema = z.strictObject({
  subject: z.string(),
  roles: z.array(z.string()),
  warehouses: z.array(z.string()),
});
export type Principal = z.infer<typeof principalSchema>;

export const eventSchema = z.looseObject({ type: z.string() });
export type Event = z.infer<typeof eventSchema>;

const count = z.int().nonnegative();

/** A command from outside. Only these are answered. */
const commandSchema = z.strictObject({
  from: z.literal('outside'),
  to: addressSchema,
  event: eventSchema,
  /** The caller's idempotency key scoped by caller and actor, or an id made at the edge (R6). */
  id: z.string().max(600),
  /** True for a client's key and for what was answered 202: the whole answer is kept, and it always runs. */
  kept: z.boolean(),
  /** When the edge made it, ms in mailbox time as it knows it; a made id is run only near it (R6). */
  madeAt: count,
  principal: principalSchema,
  /** The version that the caller has seen. */
  ifMatch: count.optional(),
  /** Tells the same id with another command or body apart. */
  fingerprint: z.string().optional(),
  /** The node that waits, and the number under which it waits. */
  reply: z.strictObject({ to: z.string(), number: count }).optional(),
  /** W3C trace context, passed on unread. */
  trace: z.string().max(200).optional(),
});
export type Command = z.infer<typeof commandSchema>;

/** From one actor to another. `channel` and `number` are the numbered flow between two partitions (R3). */
const actorMessageSchema = z.strictObject({
  from: z.literal('actor'),
  to: addressSchema,
  event: eventSchema,
  /** `(actor, record version, index)` of the sender (R5). */
  id: z.string(),
  sender: addressSchema,
  channel: count,
  number: count.min(1),
  trace: z.string().optional(),
});
export type ActorMessage = z.infer<typeof actorMessageSchema>;

/** Where a message between actors stands in its channel. */
export const placeSchema = z.object({ from: z.literal('actor'), channel: count, number: count.min(1) });
export type Place = z.infer<typeof placeSchema>;

const timerMessageSchema = z.strictObject({
  from: z.literal('timer'),
  to: addressSchema,
  timer: z.string(),
  token: z.string(),
});
export type TimerMessage = z.infer<typeof timerMessageSchema>;

const activityMessageSchema = z.strictObject({
  from: z.literal('activity'),
  to: addressSchema,
  activity: z.string(),
  token: z.string(),
  result: z.union([
    z.strictObject({ output: z.json().optional() }),
    z.strictObject({ error: z.strictObject({ code: z.string(), message: z.string() }) }),
  ]),
});
export type ActivityMessage = z.infer<typeof activityMessageSchema>;

export const messageSchema = z.discriminatedUnion('from', [
  commandSchema,
  actorMessageSchema,
  timerMessageSchema,
  activityMessageSchema,
]);
export type Message = z.infer<typeof messageSchema>;

/**
 * A message that had become a dead letter, sent again by an operator. It has an id of its own, under which it
 * is done once: the id of a command is answered already, and the number in a channel is taken.
 */
const redriveSchema = z.strictObject({
  from: z.literal('redrive'),
  to: addressSchema,
  id: z.string().max(900),
  message: messageSchema,
  /** The operator's subject. */
  by: z.string(),
  reply: z.strictObject({ to: z.string(), number: count }).optional(),
});
export type Redrive = z.infer<typeof redriveSchema>;

/** All that stands in a mailbox. */
export const mailSchema = z.discriminatedUnion('from', [...messageSchema.options, redriveSchema]);

/**
 * What tells a message from every other, and is the same each time it is read; never the mailbox sequence,
 * which the broker may use again (R5).
 */
export function identityOf(message: Message): string {
  switch (message.from) {
    case 'outside':
      return message.id;
    case 'actor':
      return message.id;
    case 'timer':
    case 'activity':
      return message.token;
  }
}
