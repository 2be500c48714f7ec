/** Kinds for tests of actors that come into being with their first message: shelves, which belong to rooms. */
import { assign, fromPromise, setup } from 'xstate';
import { z } from 'zod';
import { send, type Sent } from '../../machines/send.ts';
import { anyone, defineActor, type ActorDefinition } from '../../runtime/definition.ts';

interface ShelfContext {
  readonly id: string;
  readonly room: string;
  readonly books: number;
}

type ShelfEvent = { type: 'shelf.put'; books: number } | { type: 'shelf.tidy' } | { type: 'shelf.burn' };

/** It starts with a timer and an activity; the first book ends both. */
const shelfMachine = setup({
  types: {
    context: {} as ShelfContext,
    events: {} as ShelfEvent,
    input: {} as { id: string },
    emitted: {} as Sent,
  },
  actors: { dust: fromPromise<unknown, unknown>(() => Promise.reject(new Error('a stub'))) },
  delays: { patience: 1_000, reading: 5_000 },
  guards: {
    hasRoom: ({ context, event }) => event.type === 'shelf.put' && context.books + event.books <= 10,
  },
  actions: {
    put: assign(({ context, event }) => ({
      books: context.books + (event.type === 'shelf.put' ? event.books : 0),
    })),
    tellRoom: send<ShelfContext, ShelfEvent>(({ context: { room } }) => ({
      to: { kind: 'room', id: room },
      event: { type: 'room.filled' },
    })) as never,
  },
}).createMachine({
  id: 'shelf',
  context: ({ input: { id } }) => ({ id, room: id.split('~')[0] ?? '', books: 0 }),
  initial: 'bare',
  states: {
    bare: {
      description: 'Nothing on it',
      invoke: { src: 'dust', id: 'dust', onDone: { target: 'swept' }, onError: { target: 'swept' } },
      after: { patience: { target: 'swept' } },
      on: {
        'shelf.put': { guard: 'hasRoom', target: 'full', actions: ['put', 'tellRoom'] },
        'shelf.tidy': { target: 'swept' },
      },
    },
    swept: {
      description: 'Clean',
      on: { 'shelf.put': { guard: 'hasRoom', target: 'full', actions: ['put', 'tellRoom'] } },
    },
    full: {
      description: 'Books on it',
      after: { reading: { target: 'swept' } },
      on: { 'shelf.put': { guard: 'hasRoom', actions: 'put' }, 'shelf.burn': { target: 'bare' } },
    },
  },
});

const shelfEvents = {
  'shelf.put': z.strictObject({ books: z.int().min(1).max(20) }).describe('Books come in'),
  'shelf.tidy': z.strictObject({}).describe('Somebody dusts it'),
  'shelf.burn': z.strictObject({}).describe('Nothing is left'),
};

export const shelf: ActorDefinition = defineActor({
  kind: 'shelf',
  plural: 'shelves',
  version: 1,
  machine: shelfMachine,
  events: shelfEvents,
  input: shelfEvents['shelf.put'],
  create: { event: 'shelf.put', arises: ['shelf.put', 'shelf.tidy', 'shelf.burn'] },
  belongsTo: (id) =>
    /^[a-z0-9]+~[a-z0-9]+$/.test(id) ? [{ kind: 'room', id: id.split('~')[0] ?? '' }] : 'it is {room}~{name}',
  commands: {
    'shelf.put': {
      admin: anyone,
      picker: ({ room }: ShelfContext, { warehouses }) => warehouses.includes(room),
    },
    'shelf.burn': { admin: anyone },
  },
  readers: { admin: anyone },
  view: ({ books }: ShelfContext) => ({ books }),
  activities: {
    dust: {
      target: 'duster',
      timeoutMs: 1_000,
      retry: { attempts: 1, baseMs: 1, maxMs: 1 },
      run: () => Promise.resolve(null),
    },
  },
});

const roomMachine = setup({
  types: { events: {} as { type: 'room.filled' } },
}).createMachine({
  id: 'room',
  initial: 'empty',
  states: {
    empty: { description: 'No books', on: { 'room.filled': { target: 'library' } } },
    library: { description: 'Books', on: { 'room.filled': { target: 'library', reenter: true } } },
  },
});

export const room: ActorDefinition = defineActor({
  kind: 'room',
  plural: 'rooms',
  version: 1,
  machine: roomMachine,
  events: { 'room.filled': z.strictObject({}).describe('A shelf has books') },
  input: z.strictObject({}),
  create: { event: 'room.create', access: { admin: anyone } },
  commands: {},
  readers: { picker: anyone },
  view: () => ({}),
});

/** It answers a question to `l2` without a change; `start` is how it begins. */
export function quiet({ start }: { start: object }): ActorDefinition {
  const machine = setup({
    types: { events: {} as { type: 'log.ask' | 'log.write' }, emitted: {} as Sent },
    actions: { answer: send(() => ({ to: { kind: 'log', id: 'l2' }, event: { type: 'log.write' } })) },
  }).createMachine({
    id: 'log',
    initial: 'start',
    on: { 'log.ask': { actions: 'answer' }, 'log.write': { target: '.late' } },
    states: { start: { description: 'Nothing is written', ...start }, late: { description: 'Written' } },
  });
  const question = z.strictObject({}).describe('What is written?');
  return defineActor({
    ...{ kind: 'log', plural: 'logs', version: 1, machine },
    events: { 'log.ask': question, 'log.write': z.strictObject({}).describe('Write') },
    input: question,
    create: { event: 'log.ask', arises: ['log.ask', 'log.write'] },
    commands: { 'log.ask': { admin: anyone } },
    readers: { admin: anyone },
    view: () => ({}),
  });
}
