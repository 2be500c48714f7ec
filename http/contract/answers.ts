/** What is answered, as schemas. A test holds what the running system answers against them. */
import { z } from 'zod';

const time = z.string().meta({ format: 'date-time' });
const count = z.int().min(0);
const cursor = z.string().nullable().describe('For the next page; null: this was the last');

function listOf(item: z.ZodType): z.ZodType {
  return z.strictObject({ items: z.array(item), next: cursor });
}

export const stateValue: z.ZodType = z
  .union([
    z.string(),
    z.record(
      z.string(),
      z.lazy(() => stateValue),
    ),
  ])
  .describe('As XState has it: the name of the state, or the state in each region');

const timer = z.strictObject({ event: z.string(), at: time });

/** What the views of all kinds have. */
const view = z.strictObject({
  kind: z.string(),
  id: z.string(),
  version: z.int().min(1).describe('Counts up with everything that it accepts; also its ETag'),
  status: z.enum(['active', 'done', 'error']),
  state: stateValue,
  states: z.array(z.string()).describe('The innermost states, as dotted paths'),
  tags: z.array(z.string()),
  context: z.unknown().describe('The public part of what it holds'),
  can: z.array(z.string()).describe('The commands that you may send it now'),
  timers: z.array(timer).describe('What happens by itself, and when'),
  createdAt: time,
  updatedAt: time,
});

/** The view of one kind and the list of it, by the names of its states and commands. */
export function viewSchemas(
  name: string,
  { kind, leaves, commands }: { kind: string; leaves: readonly string[]; commands: readonly string[] },
): Record<string, z.ZodType> {
  const own = view.extend({
    kind: z.literal(kind),
    states: z.array(z.enum(leaves)).describe('The innermost states, as dotted paths'),
    can: z.array(commands.length === 0 ? z.never() : z.enum(commands)).describe('What you may send it now'),
  });
  return { [name]: own, [`${name}List`]: listOf(own) };
}

export const historyItem = z.strictObject({
  sequence: count.describe('In the journal; the id of the same entry in a stream of events'),
  version: count,
  event: z.string(),
  from: stateValue.nullable(),
  to: stateValue.nullable(),
  outcome: z.enum(['accepted', 'refused']),
  reason: z.string().optional(),
  guards: z.array(z.string()).optional(),
  principal: z
    .strictObject({ subject: z.string().optional(), roles: z.array(z.string()) })
    .nullable()
    .describe('Who has sent it; null: no person'),
  source: z.strictObject({
    from: z.enum(['outside', 'actor', 'timer', 'activity']),
    actor: z.string().optional(),
  }),
  time,
  cause: z.string().optional().describe('The id of the message behind it'),
  trace: z.string().optional().describe('The `traceparent` of the request that it goes back to'),
  redrivenBy: z.string().optional(),
  sent: z.array(z.strictObject({ to: z.string(), event: z.string() })).optional(),
  sentMore: count.optional().describe('How many more than these'),
  after: z.unknown().optional().describe('The public part of what it held afterwards'),
  afterSize: count.optional().describe('Of a large actor, where `after` is left out: about its characters'),
});

const choice = z.strictObject({
  event: z.string(),
  source: z.enum(['command', 'message', 'timer', 'activity']),
  command: z.string().nullable(),
  possible: z.enum(['yes', 'depends', 'no']),
  why: z.enum(['role', 'over', 'state', 'guard']).optional(),
  roles: z.array(z.string()).optional(),
  states: z.array(z.string()).optional(),
  guards: z.array(z.string()).optional(),
  conditions: z.array(z.string()).optional(),
  at: time.optional(),
});

export const fieldErrors = z.array(
  z.strictObject({ pointer: z.string().describe('JSON pointer to the place'), message: z.string() }),
);

const event = z.looseObject({ type: z.string() });
const step = z.strictObject({
  event: z.string(),
  outcome: z.enum(['accepted', 'refused', 'dead', 'nothing']),
  reason: z.string().optional(),
  guards: z.array(z.string()).optional(),
  errors: fieldErrors.optional(),
  allowed: z.array(z.string()).optional(),
  view: view.nullable(),
  effects: z.strictObject({
    messages: z.array(z.strictObject({ to: z.string(), event })),
    activities: z.array(z.strictObject({ source: z.string(), input: z.unknown() })),
    stopped: z.array(z.string()),
    timers: z.array(timer),
    cancelled: z.array(z.string()),
    emitted: z.array(event),
  }),
});

export const redriveEnd = z.union([
  z.strictObject({ outcome: z.literal('accepted'), version: count }),
  z.strictObject({
    outcome: z.literal('refused'),
    reason: z.string(),
    guards: z.array(z.string()).optional(),
  }),
  z.strictObject({ outcome: z.literal('outlived') }),
  z.strictObject({ outcome: z.literal('dead'), cause: z.string(), deadLetter: z.string() }),
]);

const letter = z.strictObject({
  id: z.string(),
  at: time,
  kind: z.string(),
  actor: z.string(),
  event: z.string().nullable(),
  cause: z.string(),
  status: z.enum(['open', 'redriven', 'discarded']),
  settled: z
    .strictObject({ at: time, by: z.string(), reason: z.string(), end: redriveEnd.nullable() })
    .nullable(),
});

const group = z.strictObject({
  ...{ cause: z.string(), kind: z.string(), event: z.string().nullable() },
  ...{ count, oldest: time, newest: time },
});

const live = count.optional().describe('How many there are; for those who may see all');
const machine = z.looseObject({
  kind: z.string(),
  version: count,
  plural: z.string(),
  description: z.string().optional(),
  states: z.array(z.looseObject({ id: z.string(), key: z.string(), type: z.string() })),
  events: z.record(z.string(), z.looseObject({ schema: z.looseObject({}) })),
  readers: z.array(z.string()),
  live,
});

const milliseconds = z.number().nullable();
const stateFigures = z.strictObject({
  count,
  over: count.describe('Longer than the target'),
  oldestMs: milliseconds,
  oldestId: z.string().nullable(),
  p50Ms: milliseconds,
  p95Ms: milliseconds,
  left: count,
  targetMs: milliseconds,
});
const refusedFigures = z.strictObject({
  ...{ state: z.string(), event: z.string(), reason: z.string(), people: count, systems: count },
});
const figures = z.strictObject({
  kind: z.string(),
  at: time,
  windowMs: z.number(),
  ready: z.boolean(),
  states: z.record(z.string(), stateFigures),
  refused: z.array(refusedFigures),
  moves: z.array(z.strictObject({ from: z.string(), to: z.string(), event: z.string(), count })),
});

const totals = {
  ...{ created: count, finished: count, lost: count, refused: count, onTime: count },
  ...{ p50Ms: milliseconds, p95Ms: milliseconds },
};
const board = z.strictObject({
  ...{
    kind: z.string(),
    at: time,
    from: time,
    ready: z.boolean(),
    stepMs: z.number(),
    promiseMs: z.number(),
  },
  steps: z.array(z.strictObject({ at: time, ...totals, states: z.record(z.string(), count) })),
  totals: z.strictObject(totals),
  funnel: z.array(z.strictObject({ name: z.string(), count })),
  stuck: z.strictObject({
    count,
    values: z.array(z.strictObject({ currency: z.string(), amount: z.number() })),
  }),
});

const pictured = z.strictObject({ version: count, svg: z.string() });
const preview = z.strictObject({
  kind: z.string(),
  before: pictured,
  after: pictured,
  differences: z.array(
    z.looseObject({
      change: z.enum(['added', 'removed', 'changed']),
      what: z.enum(['state', 'transition', 'event']),
      state: z.string(),
    }),
  ),
  stranded: z.array(z.strictObject({ state: z.string(), count, ids: z.array(z.string()) })),
});

/** By their names in the document. */
export const answers = {
  StateValue: stateValue,
  View: view,
  HistoryItem: historyItem,
  History: listOf(historyItem),
  Options: z.strictObject({ version: count, items: z.array(choice), next: z.null() }),
  Rehearsal: z.strictObject({ from: view.nullable(), steps: z.array(step) }),
  Stored: z
    .strictObject({ id: z.string(), location: z.string(), detail: z.string() })
    .describe('It will run; repeat it with this id as Idempotency-Key for its answer'),
  DeadLetter: letter,
  DeadLetterWithMessage: letter.extend({ message: z.unknown() }),
  DeadLetters: z.strictObject({ groups: z.array(group), items: z.array(letter), next: cursor }),
  Settled: z.strictObject({
    settled: count,
    ends: z.record(z.string(), count),
    failed: z.array(z.strictObject({ id: z.string(), detail: z.string() })),
    left: count,
  }),
  Machines: listOf(
    z.strictObject({ kind: z.string(), plural: z.string(), version: count, states: count, live }),
  ),
  Machine: machine,
  Figures: figures,
  Board: board,
  Preview: preview,
  Received: z.strictObject({ received: count.describe('Messages that somebody was there for') }),
  Index: z.looseObject({ name: z.literal('waybill'), actors: z.record(z.string(), z.string()) }),
  Live: z.strictObject({ live: z.literal(true) }),
  Ready: z.strictObject({ ready: z.literal(true), warnings: z.array(z.string()).optional() }),
  Anything: z.looseObject({}),
} as const satisfies Record<string, z.ZodType>;
