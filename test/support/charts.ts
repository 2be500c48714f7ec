/** Small charts that each show one side of what charts can do. */
import { assign, emit, enqueueActions, fromPromise, raise, setup } from 'xstate';
import { z } from 'zod';
import { send, type Sent } from '../../machines/send.ts';
import { anyone, defineActor, type Activity, type ActorDefinition } from '../../runtime/definition.ts';
import type { Principal } from '../../runtime/message.ts';

const user = { user: anyone };
export const principal: Principal = { subject: 'ann', roles: ['user'], warehouses: [] };
const nothing = z.strictObject({});

interface CounterContext {
  id: string;
  count: number;
  limit: number;
  stain?: unknown;
}

/** What can go wrong inside a turn, by name. */
export const spoils = [
  'throw',
  'endless',
  'date',
  'notANumber',
  'plainAction',
  'unknownKind',
  'unknownEvent',
  'wrongPayload',
  'wrongAddress',
  'datePayload',
] as const;
type Spoil = (typeof spoils)[number];

type CounterEvent =
  | { type: 'counter.add'; by: number }
  | { type: 'counter.tell'; to: string[]; by: number }
  | { type: 'counter.note' }
  | { type: 'counter.forbidden' }
  | { type: 'counter.spoil'; how: Spoil }
  | { type: 'counter.close' }
  | { type: 'counter.ping' };

const misaddressed: Partial<Record<Spoil, Omit<Sent, 'type'>>> = {
  unknownKind: { to: { kind: 'nobody', id: 'x' }, event: { type: 'counter.add' } },
  unknownEvent: { to: { kind: 'counter', id: 'x' }, event: { type: 'counter.nothing' } },
  wrongPayload: { to: { kind: 'counter', id: 'x' }, event: { type: 'counter.add', by: 'much' } as never },
  wrongAddress: { to: { kind: 'counter', id: 'no.dots' }, event: { type: 'counter.add', by: 1 } as never },
  datePayload: {
    to: { kind: 'counter', id: 'x' },
    event: { type: 'counter.add', by: 1, on: new Date(0) } as never,
  },
};

/** Guard, payload, emit, messages to others and itself, a final state under root handlers, chart bugs. */
export const counterMachine = setup({
  types: {
    context: {} as CounterContext,
    events: {} as CounterEvent,
    input: {} as { id: string; limit: number },
    emitted: {} as Sent | { type: 'counter.noted'; count: number },
  },
  guards: {
    hasRoom: ({ context, event }) =>
      event.type === 'counter.add' && context.count + event.by <= context.limit,
  },
  actions: {
    add: assign(({ context, event }) => ({
      count: context.count + (event.type === 'counter.add' ? event.by : 0),
    })),
    tell: send(({ event }) =>
      event.type === 'counter.tell'
        ? event.to.map((id) => ({
            to: { kind: 'counter', id },
            event: { type: 'counter.add', by: event.by },
          }))
        : [],
    ),
    note: emit(({ context }) => ({ type: 'counter.noted' as const, count: context.count })),
    spoil: enqueueActions(({ enqueue, event }) => {
      if (event.type !== 'counter.spoil') return;
      const message = misaddressed[event.how];
      if (message !== undefined) enqueue.emit({ type: 'waybill.send', ...message });
      if (event.how === 'date') enqueue.assign({ stain: new Date(0) });
      if (event.how === 'notANumber') enqueue.assign({ stain: [{ deep: NaN }] });
      if (event.how === 'plainAction') enqueue(() => undefined);
      if (event.how === 'endless') enqueue.raise(event);
      if (event.how === 'throw') throw new Error('a bug in the chart');
    }),
  },
}).createMachine({
  id: 'counter',
  context: ({ input }) => ({ id: input.id, count: 0, limit: input.limit }),
  initial: 'open',
  on: { 'counter.ping': { actions: 'note' } },
  states: {
    open: {
      description: 'It counts',
      on: {
        'counter.add': { guard: 'hasRoom', actions: 'add' },
        'counter.tell': { actions: 'tell' },
        'counter.note': { actions: 'note' },
        'counter.forbidden': {},
        'counter.spoil': { actions: 'spoil' },
        'counter.close': { target: 'closed' },
      },
    },
    closed: { type: 'final', description: 'It counts no more' },
  },
});

export const counter: ActorDefinition = defineActor({
  kind: 'counter',
  plural: 'counters',
  version: 1,
  machine: counterMachine,
  input: z.strictObject({ limit: z.int().default(1_000_000) }),
  create: { event: 'counter.create', access: user },
  events: {
    'counter.add': z
      .strictObject({ by: z.int().default(1), on: z.unknown().optional() })
      .describe('Counts on'),
    'counter.tell': z.strictObject({ to: z.array(z.string()), by: z.int() }).describe('Makes others count'),
    'counter.note': nothing.describe('Says how far it is'),
    'counter.forbidden': nothing.describe('Nothing at all'),
    'counter.spoil': z.strictObject({ how: z.enum(spoils) }).describe('Runs into a bug'),
    'counter.close': nothing.describe('Ends it'),
    'counter.ping': nothing.describe('Says how far it is, in any state'),
  },
  commands: {
    'counter.add': user,
    'counter.tell': { user: ({ id }: CounterContext) => id !== 'locked' },
    'counter.note': user,
    'counter.forbidden': user,
    'counter.spoil': user,
    'counter.close': user,
  },
  readers: user,
  indexed: { full: ({ count, limit }: CounterContext) => (count === limit ? 'yes' : undefined) },
  view: ({ count }: CounterContext) => ({ count }),
});

interface SleeperContext {
  id: string;
  napMs: number;
  ready: boolean;
  ticks: number;
}

type SleeperEvent = {
  type:
    | 'sleeper.sleep'
    | 'sleeper.again'
    | 'sleeper.wake'
    | 'sleeper.nap'
    | 'sleeper.wait'
    | 'sleeper.prepare'
    | 'sleeper.wind'
    | 'sleeper.blink'
    | 'sleeper.tick';
};

/** Timers: numeric, named, guarded, re-entered, raised with a delay, come and gone at once. */
export const sleeperMachine = setup({
  types: {
    context: {} as SleeperContext,
    events: {} as SleeperEvent,
    input: {} as { id: string; napMs: number },
  },
  delays: { nap: ({ context }) => context.napMs },
  guards: { isReady: ({ context }) => context.ready },
  actions: {
    getReady: assign({ ready: true }),
    countTick: assign({ ticks: ({ context }) => context.ticks + 1 }),
    wind: enqueueActions(({ enqueue }) => {
      enqueue.raise({ type: 'sleeper.tick' }, { delay: 100 });
      enqueue.raise({ type: 'sleeper.tick' }, { delay: 200 });
    }),
  },
}).createMachine({
  id: 'sleeper',
  context: ({ input }) => ({ ...input, ready: false, ticks: 0 }),
  initial: 'awake',
  on: {
    'sleeper.wind': { actions: 'wind' },
    'sleeper.tick': { actions: 'countTick' },
    'sleeper.prepare': { actions: 'getReady' },
  },
  states: {
    awake: {
      description: 'Up',
      on: {
        'sleeper.sleep': { target: 'asleep' },
        'sleeper.nap': { target: 'napping' },
        'sleeper.wait': { target: 'waiting' },
        'sleeper.blink': { target: 'blinking' },
      },
    },
    asleep: {
      description: 'For a second',
      after: { 1000: { target: 'awake' } },
      on: {
        'sleeper.again': { target: 'asleep', reenter: true },
        'sleeper.wake': { target: 'awake' },
      },
    },
    napping: { description: 'As long as it was told', after: { nap: { target: 'awake' } } },
    waiting: { description: 'Not before it is ready', after: { 500: { guard: 'isReady', target: 'awake' } } },
    blinking: {
      description: 'Left in the turn that enters it',
      after: { 1000: { target: 'asleep' } },
      entry: raise({ type: 'sleeper.wake' }),
      on: { 'sleeper.wake': { target: 'awake' } },
    },
  },
});

export const sleeper: ActorDefinition = defineActor({
  kind: 'sleeper',
  plural: 'sleepers',
  version: 1,
  machine: sleeperMachine,
  input: z.strictObject({ napMs: z.number().default(60_000) }),
  create: { event: 'sleeper.create', access: user },
  events: {
    'sleeper.sleep': nothing.describe('Sleeps for a second'),
    'sleeper.again': nothing.describe('Sleeps on'),
    'sleeper.wake': nothing.describe('Wakes up'),
    'sleeper.nap': nothing.describe('Sleeps as long as it was told'),
    'sleeper.wait': nothing.describe('Waits'),
    'sleeper.prepare': nothing.describe('Gets ready'),
    'sleeper.wind': nothing.describe('Ticks twice, a little later'),
    'sleeper.blink': nothing.describe('Sleeps and wakes up in one turn'),
    'sleeper.tick': nothing.describe('Counts a tick'),
  },
  commands: {
    'sleeper.sleep': user,
    'sleeper.again': user,
    'sleeper.wake': user,
    'sleeper.nap': user,
    'sleeper.wait': user,
    'sleeper.prepare': user,
    'sleeper.wind': user,
    'sleeper.blink': user,
  },
  readers: user,
  view: ({ ticks }: SleeperContext) => ({ ticks }),
});

interface PayerContext {
  id: string;
  amount: number;
  receipt: unknown;
  problem: unknown;
}

type PayerEvent =
  | { type: 'payer.pay'; amount: number }
  | { type: 'payer.cancel' }
  | { type: 'payer.again' }
  | { type: 'payer.ask' };

const stub = fromPromise<unknown, unknown>(() => Promise.reject(new Error('a stub')));

/** Activities: with and without input, done and failed, two at once, left and entered again. */
export const payerMachine = setup({
  types: { context: {} as PayerContext, events: {} as PayerEvent, input: {} as { id: string } },
  actors: { charge: stub, ask: stub },
  actions: {
    noteAmount: assign({ amount: ({ event }) => (event.type === 'payer.pay' ? event.amount : 0) }),
    noteReceipt: assign({ receipt: ({ event }) => (event as unknown as { output: unknown }).output }),
    noteProblem: assign({ problem: ({ event }) => (event as unknown as { error: unknown }).error }),
  },
}).createMachine({
  id: 'payer',
  context: ({ input }) => ({ id: input.id, amount: 0, receipt: null, problem: null }),
  initial: 'idle',
  states: {
    idle: {
      description: 'Nothing to do',
      on: {
        'payer.pay': { target: 'paying', actions: 'noteAmount' },
        'payer.ask': { target: 'asking' },
      },
    },
    paying: {
      description: 'The gateway is charged',
      invoke: {
        src: 'charge',
        id: 'charge',
        input: ({ context }: { context: PayerContext }) => ({ amount: context.amount }),
        onDone: { target: 'paid', actions: 'noteReceipt' },
        onError: { target: 'failed', actions: 'noteProblem' },
      },
      on: {
        'payer.cancel': { target: 'idle' },
        'payer.again': { target: 'paying', reenter: true },
      },
    },
    asking: {
      description: 'Two activities at once, without input',
      invoke: [
        { src: 'ask', id: 'ask', onDone: { actions: 'noteReceipt' }, onError: { target: 'failed' } },
        { src: 'charge', id: 'charge', onDone: { target: 'paid' }, onError: { target: 'failed' } },
      ],
      on: { 'payer.cancel': { target: 'idle' } },
    },
    paid: { description: 'Done', type: 'final' },
    failed: {
      description: 'It did not work',
      on: { 'payer.pay': { target: 'paying', actions: 'noteAmount' } },
    },
  },
});

export function payerWith(run: Activity['run'], options: Partial<Activity> = {}): ActorDefinition {
  const activity: Activity = {
    target: 'gateway',
    timeoutMs: 10_000,
    retry: { attempts: 3, baseMs: 1_000, maxMs: 8_000 },
    ...options,
    run,
  };
  return defineActor({
    kind: 'payer',
    plural: 'payers',
    version: 1,
    machine: payerMachine,
    input: nothing,
    create: { event: 'payer.create', access: user },
    events: {
      'payer.pay': z.strictObject({ amount: z.int() }).describe('Pays'),
      'payer.cancel': nothing.describe('Lets it be'),
      'payer.again': nothing.describe('Starts over'),
      'payer.ask': nothing.describe('Asks'),
    },
    commands: { 'payer.pay': user, 'payer.cancel': user, 'payer.again': user, 'payer.ask': user },
    readers: user,
    view: ({ receipt, problem }: PayerContext) => ({ receipt, problem }),
    activities: { charge: activity, ask: activity },
  });
}

export const payer: ActorDefinition = payerWith(() => Promise.resolve('unused'));

type RegionsEvent = {
  type: `regions.${'on' | 'off' | 'left' | 'right' | 'deep' | 'back' | 'reset' | 'finish'}`;
};

const said = (word: string) => ({ type: 'say', params: { word } }) as const;

/** Parallel regions, history shallow and deep, nested finals, `always`; every entry and exit says so. */
export const regionsMachine = setup({
  types: {
    context: {} as { id: string; steps: number },
    events: {} as RegionsEvent,
    input: {} as { id: string },
    emitted: {} as { type: 'regions.said'; word: string },
    tags: {} as 'busy' | 'left' | 'right',
  },
  guards: { isOften: ({ context }) => context.steps >= 4 },
  actions: {
    countStep: assign({ steps: ({ context }) => context.steps + 1 }),
    say: emit((_, { word }: { word: string }) => ({ type: 'regions.said' as const, word })),
  },
}).createMachine({
  id: 'regions',
  context: ({ input }) => ({ id: input.id, steps: 0 }),
  initial: 'off',
  states: {
    off: {
      description: 'Everything is off',
      on: {
        'regions.on': { target: 'on' },
        'regions.back': { target: 'on.shallow' },
        'regions.deep': { target: 'on.deep' },
      },
    },
    on: {
      description: 'Two regions at once',
      type: 'parallel',
      tags: 'busy',
      entry: said('on'),
      exit: said('off'),
      on: { 'regions.off': { target: 'off' }, 'regions.reset': { target: 'on', reenter: true } },
      onDone: { target: 'finished' },
      states: {
        shallow: { type: 'history' },
        deep: { type: 'history', history: 'deep' },
        right: {
          description: 'The right side',
          initial: 'one',
          exit: said('right exit'),
          states: {
            one: {
              description: 'First',
              tags: 'right',
              entry: said('right one'),
              exit: said('right one exit'),
              on: { 'regions.right': { target: 'two', actions: 'countStep' } },
            },
            two: {
              description: 'Second, with steps of its own',
              initial: 'a',
              entry: said('right two'),
              exit: said('right two exit'),
              states: {
                a: {
                  description: 'Inner first',
                  entry: said('right a'),
                  on: { 'regions.right': { target: 'b', actions: 'countStep' } },
                },
                b: {
                  description: 'Inner second',
                  entry: said('right b'),
                  always: { guard: 'isOften', target: '#regions.on.right.done' },
                  on: { 'regions.right': { target: '#regions.on.right.one', actions: 'countStep' } },
                },
              },
            },
            done: { description: 'Finished', type: 'final', entry: said('right done') },
          },
        },
        left: {
          description: 'The left side',
          initial: 'one',
          exit: said('left exit'),
          states: {
            one: {
              description: 'First',
              tags: 'left',
              entry: said('left one'),
              exit: said('left one exit'),
              on: { 'regions.left': { target: 'two', actions: 'countStep' } },
            },
            two: {
              description: 'Second',
              entry: said('left two'),
              exit: said('left two exit'),
              on: {
                'regions.left': { target: 'one', actions: 'countStep' },
                'regions.finish': { target: 'done' },
              },
            },
            done: { description: 'Finished', type: 'final', entry: said('left done') },
          },
        },
      },
    },
    finished: { description: 'Both sides are finished', type: 'final', entry: said('finished') },
  },
});

const regionsEvents = ['on', 'off', 'left', 'right', 'deep', 'back', 'reset', 'finish'] as const;

export const regions: ActorDefinition = defineActor({
  kind: 'regions',
  plural: 'regions',
  version: 1,
  machine: regionsMachine,
  input: nothing,
  create: { event: 'regions.create', access: user },
  events: Object.fromEntries(regionsEvents.map((name) => [`regions.${name}`, nothing.describe(name)])),
  commands: Object.fromEntries(regionsEvents.map((name) => [`regions.${name}`, user])),
  readers: user,
  view: (context) => context as unknown,
});

export const probes: ActorDefinition[] = [counter, sleeper, payer, regions];
