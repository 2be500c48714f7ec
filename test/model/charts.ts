/** Charts for the tests of the walk: one that has everything, and some with something wrong. */
import { assign, enqueueActions, fromPromise, setup, type AnyStateMachine } from 'xstate';
import { z } from 'zod';
import { send, type Message } from '../../machines/send.ts';
import { anyone, defineActor, type ActorDefinition } from '../../runtime/definition.ts';

const user = { user: anyone };
const nothing = z.strictObject({});

interface JobContext {
  readonly id: string;
  readonly limit: number;
  readonly parts: readonly { partId: string; weight: number }[];
  readonly grade: string | null;
}

type JobEvent =
  | { type: 'job.addPart'; partId: string; weight: number }
  | { type: 'job.dropPart'; partId: string }
  | { type: 'job.begin' | 'job.pause' | 'job.resume' | 'job.silence' }
  | { type: 'job.note.read' | 'job.note.written' }
  | { type: 'xstate.done.actor.inspect'; output: unknown };

/** Activity, timers, history, regions, wildcards, a forbidden event, guards over payload and context. */
export const jobMachine = setup({
  types: {
    context: {} as JobContext,
    events: {} as JobEvent,
    input: {} as { id: string; limit: number },
  },
  actors: { inspect: fromPromise<unknown, unknown>(() => Promise.reject(new Error('a stub'))) },
  delays: { patience: 1_000 },
  guards: {
    hasRoom: ({ context, event }) =>
      event.type === 'job.addPart' &&
      context.parts.length < context.limit &&
      !context.parts.some(({ partId }) => partId === event.partId),
    hasPart: ({ context, event }) =>
      event.type === 'job.dropPart' && context.parts.some(({ partId }) => partId === event.partId),
    isFull: ({ context }) => context.parts.length >= 5,
    isFine: ({ event }) =>
      event.type === 'xstate.done.actor.inspect' &&
      (event.output as { grade?: unknown } | null)?.grade === 'fine',
  },
  actions: {
    changeNothing: enqueueActions(() => undefined),
    addPart: assign(({ context, event }) => {
      if (event.type !== 'job.addPart') return {};
      const { partId, weight } = event;
      return { parts: [...context.parts, { partId, weight }] };
    }),
    dropPart: assign(({ context, event }) => ({
      parts: context.parts.filter(({ partId }) => event.type !== 'job.dropPart' || partId !== event.partId),
    })),
    noteGrade: assign({ grade: 'fine' }),
  },
}).createMachine({
  id: 'job',
  context: ({ input }) => ({ ...input, parts: [], grade: null }),
  initial: 'open',
  on: { 'job.note.*': { actions: 'changeNothing' } },
  states: {
    open: {
      description: 'Parts come and go',
      on: {
        'job.addPart': { guard: 'hasRoom', actions: 'addPart' },
        'job.dropPart': { guard: 'hasPart', actions: 'dropPart' },
        'job.begin': { target: 'working' },
      },
      always: { guard: 'isFull', target: 'working' },
    },
    working: {
      description: 'It is worked on',
      type: 'parallel',
      on: { 'job.pause': { target: 'paused' }, 'job.note.*': {} },
      onDone: { target: 'finished' },
      states: {
        check: {
          description: 'Somebody looks at it',
          initial: 'inspecting',
          states: {
            inspecting: {
              description: 'Being inspected',
              invoke: {
                src: 'inspect',
                id: 'inspect',
                input: ({ context }: { context: JobContext }) => ({ parts: context.parts.length }),
                onDone: [{ guard: 'isFine', target: 'passed', actions: 'noteGrade' }, { target: 'again' }],
                onError: { target: 'again' },
              },
            },
            again: { description: 'Later', after: { patience: { target: 'inspecting' } } },
            passed: { type: 'final', description: 'It is fine' },
          },
        },
        noise: {
          description: 'Whether it can be heard',
          initial: 'loud',
          states: {
            loud: {
              description: 'Loud',
              on: { 'job.silence': { target: 'quiet' } },
              after: { 500: { target: 'quiet' } },
            },
            quiet: { type: 'final', description: 'Quiet' },
          },
        },
        past: { type: 'history', history: 'deep' },
      },
    },
    paused: { description: 'Not now', on: { 'job.resume': { target: 'working.past' } } },
    finished: { type: 'final', description: 'Done' },
  },
});

export const job: ActorDefinition = defineActor({
  kind: 'job',
  plural: 'jobs',
  version: 1,
  machine: jobMachine,
  input: z.strictObject({ limit: z.int().min(1).max(9).default(9) }),
  create: { event: 'job.create', access: user },
  events: {
    'job.addPart': z
      .strictObject({ partId: z.string().regex(/^[a-z][a-z0-9]{0,9}$/), weight: z.number().positive() })
      .describe('One part more'),
    'job.dropPart': z.strictObject({ partId: z.string() }).describe('One part less'),
    'job.begin': nothing.describe('Begins'),
    'job.pause': nothing.describe('Stops for a while'),
    'job.resume': nothing.describe('Goes on'),
    'job.silence': nothing.describe('Makes it quiet'),
    'job.note.read': nothing.describe('Changes nothing'),
    'job.note.written': nothing.describe('Changes nothing'),
  },
  commands: {
    'job.addPart': user,
    'job.dropPart': user,
    'job.begin': user,
    'job.pause': user,
    'job.resume': user,
    'job.note.read': user,
  },
  readers: user,
  view: ({ parts }: JobContext) => ({ parts }),
  activities: {
    inspect: {
      target: 'inspector',
      timeoutMs: 1_000,
      retry: { attempts: 1, baseMs: 1, maxMs: 1 },
      run: () => Promise.resolve({ grade: 'fine' }),
    },
  },
  examples: { inspect: [null, { grade: 'fine' }] },
});

/** A definition with this chart and these events, all of them commands. */
function probe(
  machine: AnyStateMachine,
  events: ActorDefinition['events'],
  rest: Partial<ActorDefinition> = {},
): ActorDefinition {
  return defineActor({
    kind: 'probe',
    plural: 'probes',
    version: 1,
    machine,
    input: nothing,
    create: { event: 'probe.create', access: user },
    events,
    commands: Object.fromEntries(Object.keys(events).map((type) => [type, user])),
    readers: user,
    view: (context: unknown) => context,
    ...rest,
  });
}

const go = { 'probe.go': nothing.describe('Goes on') };

/** Nothing leads to `island`. */
export function withIsland(rest: Partial<ActorDefinition> = {}): ActorDefinition {
  const machine = setup({}).createMachine({
    initial: 'here',
    states: {
      here: { description: 'Here', on: { 'probe.go': { target: 'there' } } },
      there: { description: 'There' },
      island: { description: 'Nowhere near', on: { 'probe.go': { target: 'here' } } },
    },
  });
  return probe(machine, go, rest);
}

/** No code that a schema can tell passes the guard; with an example one does. */
export function withSecret(rest: Partial<ActorDefinition> = {}): ActorDefinition {
  const machine = setup({
    types: { events: {} as { type: 'probe.enter'; code: string } },
    guards: { isSecret: ({ event }) => event.code === 'open sesame' },
  }).createMachine({
    initial: 'outside',
    states: {
      outside: { description: 'Out', on: { 'probe.enter': { guard: 'isSecret', target: 'inside' } } },
      inside: { description: 'In' },
    },
  });
  return probe(
    machine,
    { 'probe.enter': z.strictObject({ code: z.string().max(20) }).describe('Enters') },
    rest,
  );
}

/** Nothing that could be generated has this check digit. */
export function withCheckDigit(rest: Partial<ActorDefinition> = {}): ActorDefinition {
  const code = z.string().refine((text) => text.endsWith('-97'), 'has a wrong check digit');
  return withPayload(z.strictObject({ code }), rest);
}

/** Grows with every event, and its guards tell all lengths up to a thousand apart. */
export function growing(): ActorDefinition {
  const events = {
    'probe.add': z.strictObject({ item: z.string().regex(/^[a-z0-9]{1,5}$/) }).describe('One more'),
  };
  const isLength = (length: number) => (given: { context: { items: readonly string[] } }) =>
    given.context.items.length === length;
  const names = Array.from({ length: 1_000 }, (_, index) => `has${index}`);
  const machine = setup({
    types: { context: {} as { items: readonly string[] }, events: {} as { type: 'probe.add'; item: string } },
    guards: Object.fromEntries(names.map((name, index) => [name, isLength(index)])),
    actions: { add: assign(({ context, event }) => ({ items: [...context.items, event.item] })) },
  }).createMachine({
    context: { items: [] },
    initial: 'here',
    states: {
      here: {
        description: 'Here',
        on: { 'probe.add': names.map((guard) => ({ guard, actions: 'add' as const })) },
      },
    },
  });
  return probe(machine, events);
}

/** One event with this payload leads from `here` to `there`. */
export function withPayload(payload: z.ZodType, rest: Partial<ActorDefinition> = {}): ActorDefinition {
  const machine = setup({}).createMachine({
    initial: 'here',
    states: {
      here: { description: 'Here', on: { 'probe.enter': { target: 'there' } } },
      there: { description: 'There' },
    },
  });
  return probe(machine, { 'probe.enter': payload.describe('Enters') }, rest);
}

/** On its way from `here` to `there` it sends what the function makes from its id. */
export function telling(
  message: (id: string) => Message,
  rest: Partial<ActorDefinition> = {},
): ActorDefinition {
  const machine = setup({
    types: { context: {} as { id: string }, input: {} as { id: string } },
    actions: { tell: send<{ id: string }, { type: string }>(({ context }) => message(context.id)) as never },
  }).createMachine({
    context: ({ input }) => ({ id: input.id }),
    initial: 'here',
    states: {
      here: { description: 'Here', on: { 'probe.tell': { target: 'there', actions: 'tell' } } },
      there: { description: 'There', on: { 'probe.go': { target: 'here' } } },
    },
  });
  return probe(machine, { 'probe.tell': nothing.describe('Tells'), ...go }, rest);
}
