/**
 * A chart made for the simulator: all that a chart can ask of the runtime, a few events each. Cells tell each
 * other things, set and cancel timers, start and stop jobs, refuse, and run into a bug.
 */
import { assign, fromPromise, setup } from 'xstate';
import { z } from 'zod';
import { send, type Sent } from '../../machines/send.ts';
import { anyone, defineActor, type Activity, type ActorDefinition } from '../../runtime/definition.ts';
import type { SeededRandom } from '../support/random.ts';
import type { Faults } from './faults.ts';
import type { SimulatedTime } from './time.ts';

const events = {
  'cell.tell': z
    .strictObject({ to: z.array(z.string()), n: z.int(), hops: z.int() })
    .describe('Tells others'),
  'cell.hear': z
    .strictObject({ from: z.string(), n: z.int(), hops: z.int(), way: z.array(z.string()) })
    .describe('Is told'),
  'cell.take': z.strictObject({}).describe('Takes one of three'),
  'cell.arm': z.strictObject({ ms: z.int() }).describe('Sets the timer, anew if it is set'),
  'cell.disarm': z.strictObject({}).describe('Cancels it'),
  'cell.work': z.strictObject({}).describe('Begins a job, anew if one is running'),
  'cell.stop': z.strictObject({}).describe('Ends it'),
};
type Events = typeof events;
type CellEvent = { [Type in keyof Events]: { type: Type } & z.infer<Events[Type]> }[keyof Events];

export interface CellContext {
  id: string;
  ms: number;
  heard: Record<string, number>;
  taken: number;
  rung: number;
  done: number;
  failed: number;
}

/** A message with such a number throws where it is heard: a bug in the chart. */
export const isPoison = (n: number): boolean => n % 13 === 0;

const cellMachine = setup({
  types: {
    context: {} as CellContext,
    events: {} as CellEvent,
    input: {} as { id: string },
    emitted: {} as Sent,
  },
  actors: { job: fromPromise<unknown, string>(() => Promise.reject(new Error('the runtime runs it'))) },
  delays: { ring: ({ context }) => context.ms },
  guards: { isLeft: ({ context }) => context.taken < 3 },
  actions: {
    tell: send(({ context, event }) =>
      event.type === 'cell.tell'
        ? event.to.map((id) => hearing({ ...event, id, from: context.id, way: event.to }))
        : [],
    ),
    passOn: send(({ context, event }) => {
      if (event.type !== 'cell.hear' || event.hops === 0) return [];
      const id = event.way[event.hops % event.way.length] ?? context.id;
      return [hearing({ ...event, id, from: context.id, hops: event.hops - 1 })];
    }),
    hear: assign(({ context, event }) => {
      if (event.type !== 'cell.hear') return {};
      if (isPoison(event.n)) throw new Error('a bug in the chart');
      return { heard: { ...context.heard, [event.from]: (context.heard[event.from] ?? 0) + 1 } };
    }),
    take: assign({ taken: ({ context }) => context.taken + 1 }),
    wind: assign({ ms: ({ event, context }) => (event.type === 'cell.arm' ? event.ms : context.ms) }),
    ring: assign({ rung: ({ context }) => context.rung + 1 }),
    succeed: assign({ done: ({ context }) => context.done + 1 }),
    fail: assign({ failed: ({ context }) => context.failed + 1 }),
  },
}).createMachine({
  id: 'cell',
  context: ({ input }) => ({ id: input.id, ms: 0, heard: {}, taken: 0, rung: 0, done: 0, failed: 0 }),
  type: 'parallel',
  on: {
    'cell.tell': { actions: 'tell' },
    'cell.hear': { actions: ['hear', 'passOn'] },
    'cell.take': { guard: 'isLeft', actions: 'take' },
  },
  states: {
    timer: {
      description: 'One timer',
      initial: 'idle',
      states: {
        idle: { description: 'No timer is set', on: { 'cell.arm': { target: 'armed', actions: 'wind' } } },
        armed: {
          description: 'A timer is set',
          after: { ring: { target: 'idle', actions: 'ring' } },
          on: {
            'cell.arm': { target: 'armed', reenter: true, actions: 'wind' },
            'cell.disarm': { target: 'idle' },
          },
        },
      },
    },
    job: {
      description: 'One job at a time',
      initial: 'idle',
      states: {
        idle: { description: 'No job is running', on: { 'cell.work': { target: 'working' } } },
        working: {
          description: 'A job is running',
          invoke: {
            id: 'job',
            src: 'job',
            input: ({ context }) => context.id,
            onDone: { target: 'idle', actions: 'succeed' },
            onError: { target: 'idle', actions: 'fail' },
          },
          on: { 'cell.work': { target: 'working', reenter: true }, 'cell.stop': { target: 'idle' } },
        },
      },
    },
  },
});

function hearing(given: { id: string; from: string; n: number; hops: number; way: string[] }): {
  to: Sent['to'];
  event: CellEvent;
} {
  const { id, from, n, hops, way } = given;
  return { to: { kind: 'cell', id }, event: { type: 'cell.hear', from, n, hops, way } };
}

/** Where jobs are carried out: once per key, however often they are asked for. */
export class Workshop {
  /** Keys under which something was done. */
  readonly done = new Set<string>();
  readonly #time: SimulatedTime;
  readonly #random: SeededRandom;
  readonly #faults: Faults;

  constructor(time: SimulatedTime, random: SeededRandom, faults: Faults) {
    this.#time = time;
    this.#random = random;
    this.#faults = faults;
  }

  async work(key: string): Promise<string> {
    const hangs = this.#faults.strikes('activityHangs', this.#random);
    const fails = this.#faults.strikes('activityFails', this.#random);
    const unseen = this.#faults.strikes('activityUnseen', this.#random);
    await this.#time.later(5 + this.#random.below(400));
    if (hangs) await new Promise(() => undefined);
    if (fails) throw new Error('the workshop is closed');
    this.done.add(key);
    if (unseen) throw new Error('done, but nobody heard');
    return key;
  }
}

let workshop: Workshop | undefined;

/** Simulations run one after the other; definitions are made once. */
export function openWorkshop(opened: Workshop): void {
  workshop = opened;
}

const job: Activity = {
  target: 'workshop',
  timeoutMs: 1_000,
  retry: { attempts: 6, baseMs: 50, maxMs: 1_000 },
  run: (_, { key }) => workshop?.work(key) ?? Promise.reject(new Error('no workshop')),
};

const role = { user: anyone };

export const cell: ActorDefinition = defineActor({
  kind: 'cell',
  plural: 'cells',
  version: 1,
  machine: cellMachine,
  input: z.strictObject({}),
  create: { event: 'cell.create', access: role },
  events,
  commands: {
    'cell.tell': role,
    'cell.take': role,
    'cell.arm': role,
    'cell.disarm': role,
    'cell.work': role,
    'cell.stop': role,
  },
  readers: role,
  view: (context: CellContext) => context,
  activities: { job },
  invariants: { 'takes three at most': ({ taken }: CellContext) => taken <= 3 },
});
