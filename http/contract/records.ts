/** What stands in the logs and streams, as schemas. A test holds what the running system writes against them. */
import { z } from 'zod';
import { addressSchema } from '../../runtime/address.ts';
import { eventSchema, principalSchema } from '../../runtime/message.ts';
import { historyItem, redriveEnd, stateValue } from './answers.ts';

const milliseconds = z.int().describe('Milliseconds since the epoch, by the clock of the mailbox');

const source = z.union([
  principalSchema.extend({ from: z.literal('outside') }),
  z.strictObject({ from: z.literal('actor'), actor: z.string() }),
  z.strictObject({ from: z.enum(['timer', 'activity']) }),
]);

const journalEntry = z.strictObject({
  id: z.string().describe('The same for an entry that is written twice'),
  kind: z.string(),
  actor: z.string(),
  version: z.int(),
  chart: z.int().describe('The version of the chart'),
  at: milliseconds,
  event: eventSchema,
  outcome: z.enum(['accepted', 'refused']),
  from: stateValue.nullable(),
  to: stateValue.nullable(),
  reason: z.string().optional(),
  guards: z.array(z.string()).optional(),
  source,
  cause: z.string().describe('The message behind it'),
  trace: z.string().optional(),
  redrivenBy: z.string().optional(),
  sent: z.array(z.strictObject({ id: z.string(), to: addressSchema, event: eventSchema })).optional(),
  sentMore: z.int().optional().describe('How many more messages there were'),
  emitted: z.array(eventSchema).optional(),
  after: z
    .looseObject({})
    .optional()
    .describe('The snapshot of the chart after it; of a large actor not with every version'),
  afterSize: z.int().optional().describe('About how many characters it has, where it is left out'),
});

const deadLetter = z.strictObject({
  id: z.string(),
  at: milliseconds,
  to: addressSchema,
  cause: z.string(),
  message: z.string().describe('As it stood in the mailbox'),
});

const settlement = z.strictObject({
  settles: z.string().describe('The id of the letter'),
  how: z.enum(['redriven', 'discarded']),
  at: milliseconds,
  by: principalSchema,
  reason: z.string(),
  end: redriveEnd.optional(),
});

/** By their names in the document. */
export const records = {
  StateValue: stateValue,
  JournalEntry: journalEntry,
  DeadLetter: deadLetter,
  Settlement: settlement,
  StreamedEvent: historyItem.extend({ kind: z.string(), id: z.string() }),
  Reset: z.looseObject({}).describe('Of one actor: its view'),
} as const satisfies Record<string, z.ZodType>;
