/** What the outside sees of an actor, and which events it is told that it may send. */
import { assign, setup } from 'xstate';
import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { anyone, defineActor } from '../../runtime/definition.ts';
import type { Event, Principal } from '../../runtime/message.ts';
import type { Kind } from '../../runtime/core/registry.ts';
import { allowedEvents, isoTime, viewOf, type View } from '../../runtime/core/view.ts';
import { counter, principal, regions, sleeper } from '../support/charts.ts';
import { epoch } from '../support/clock.ts';
import { fromActor } from '../support/messages.ts';
import { actor, type Actor } from '../support/turns.ts';

function kindOf(it: Actor): Kind {
  return it.registry.get(it.record().kind) as Kind;
}

function seen(it: Actor, by: Principal = principal): View {
  return viewOf(kindOf(it), it.record(), by);
}

test('a view tells the state, its timers and its times', () => {
  const it = actor(sleeper);
  it.take(fromActor('sleeper/a1', 'sleeper.sleep'), epoch + 1500);
  const [timer] = Object.values(it.record().timers);
  expect(seen(it)).toEqual({
    kind: 'sleeper',
    id: 'a1',
    version: 2,
    status: 'active',
    state: 'asleep',
    states: ['asleep'],
    tags: [],
    context: { ticks: 0 },
    can: ['again', 'wake', 'prepare', 'wind'],
    timers: [{ event: timer?.event.type, at: '2026-09-21T14:13:22.500Z' }],
    createdAt: '2026-09-21T14:13:20.000Z',
    updatedAt: '2026-09-21T14:13:21.500Z',
  });
  expect(timer?.event.type).toMatch(/^xstate\.after\.1000\./);
});

test('a view tells every leaf of parallel states, and their tags', () => {
  const it = actor(regions);
  it.take(fromActor('regions/a1', 'regions.on'));
  expect(seen(it)).toMatchObject({
    state: { on: { right: 'one', left: 'one' } },
    states: ['on.right.one', 'on.left.one'],
    tags: ['busy', 'right', 'left'],
  });
});

test('a view of one that is done offers nothing', () => {
  const it = actor(counter);
  it.take(fromActor('counter/a1', 'counter.close'));
  expect(seen(it)).toMatchObject({ status: 'done', state: 'closed', can: [] });
});

test('a time is written as ISO 8601 in UTC', () => {
  expect(isoTime(0)).toBe('1970-01-01T00:00:00.000Z');
});

describe('whom', () => {
  const stranger = { subject: 'eve', roles: ['stranger'], warehouses: [] };
  const add = ['add', 'tell', 'note', 'spoil', 'close'];

  it.each([
    ['a role that may', principal, add],
    ['a role that may not', stranger, []],
    ['one without a role', { ...stranger, roles: [] }, []],
  ])('%s is offered what it may send', (_, by, expected) => {
    expect(seen(actor(counter), by).can).toEqual(expected);
  });

  it('offers nothing whose condition fails for this actor', () => {
    expect(seen(actor(counter, { id: 'locked' })).can).toEqual(add.filter((name) => name !== 'tell'));
  });

  it('offers another actor every event, commands or not', () => {
    const it = actor(counter);
    expect(allowedEvents(kindOf(it), it.record())).toContain('counter.ping');
    expect(seen(it).can).not.toContain('ping');
  });
});

/** The guards of a door each look at an event in their own way. */
type DoorEvent = { type: string; by?: string };

const door = setup({
  types: { context: {} as { isLocked: boolean }, events: {} as DoorEvent },
  guards: {
    isUnlocked: ({ context }) => !context.isLocked,
    isKnown: ({ event }) => event.by === 'ann',
    isUnlockedAndKnown: ({ context, event }) => !context.isLocked && event.by === 'ann',
    hasName: ({ event }) => 'by' in event,
    hasFields: ({ event }) => Object.keys(event).length > 1,
    hasOwnName: ({ event }) => Object.hasOwn(event, 'by'),
    isKnock: ({ event }) => event.type === 'door.knock',
    isBroken: () => {
      throw new Error('the guard is broken');
    },
  },
  actions: { turn: assign({ isLocked: ({ context }) => !context.isLocked }) },
}).createMachine({
  id: 'door',
  context: ({ input }) => ({ isLocked: (input as { isLocked: boolean }).isLocked }),
  initial: 'shut',
  states: {
    shut: {
      description: 'Nobody gets in',
      on: {
        'door.open': { guard: 'isUnlocked', target: 'ajar' },
        'door.enter': { guard: 'isKnown', target: 'ajar' },
        'door.ring': { guard: 'hasName', target: 'ajar' },
        'door.list': { guard: 'hasFields', target: 'ajar' },
        'door.tell': { guard: 'hasOwnName', target: 'ajar' },
        'door.knock': { guard: 'isKnock', target: 'ajar' },
        'door.scratch': { guard: 'isKnock', target: 'ajar' },
        'door.pull': { guard: 'isUnlockedAndKnown', target: 'ajar' },
        'door.turn': { actions: 'turn' },
        'door.break': { target: 'ajar' },
        'door.slide.open': { guard: 'isUnlocked', target: 'ajar' },
      },
    },
    ajar: { description: 'Open', on: { 'door.force': { guard: 'isBroken', target: 'shut' } } },
  },
});

const named = z.strictObject({ by: z.string() }).describe('By somebody');
const doorEvents = [
  ...['open', 'enter', 'ring', 'list', 'tell', 'knock', 'scratch', 'pull', 'turn', 'break'],
  ...['slide.open', 'force'],
].map((name) => `door.${name}`);

const doors = defineActor({
  kind: 'door',
  plural: 'doors',
  version: 1,
  machine: door,
  input: z.strictObject({ isLocked: z.boolean() }),
  create: { event: 'door.create' },
  events: Object.fromEntries(doorEvents.map((type) => [type, named])),
  commands: Object.fromEntries(doorEvents.map((type) => [type, { user: anyone }])),
  readers: { user: anyone },
  view: () => ({}),
});

describe('what a guard needs', () => {
  const ofPayload = ['enter', 'ring', 'list', 'tell'];

  it.each([true, false])('offers what only the payload can decide, locked: %s', (isLocked) => {
    const it = actor(doors, { input: { isLocked } });
    const open = isLocked ? [] : ['open'];
    const slide = isLocked ? [] : ['slide-open'];
    const pull = isLocked ? [] : ['pull'];
    const expected = [...open, ...ofPayload, 'knock', ...pull, 'turn', 'break', ...slide];
    expect(seen(it).can).toEqual(expected);
    expect(seen(it).can).toEqual(expected);
  });

  it('says of an actor the same whatever was looked at before', () => {
    const it = actor(doors, { input: { isLocked: true } });
    const turn = (): void =>
      void it.take(fromActor('door/a1', { type: 'door.turn', by: 'eve' } satisfies Event));
    const before = seen(it).can;
    turn();
    expect(seen(it).can).toEqual(expect.arrayContaining([...before, 'pull']));
    turn();
    expect(seen(it).can).toEqual(before);
  });

  it('passes on what a guard throws of its own', () => {
    const it = actor(doors, { input: { isLocked: false } });
    it.take(fromActor('door/a1', { type: 'door.break', by: 'eve' } satisfies Event));
    expect(() => seen(it)).toThrow('the guard is broken');
  });

  it('asks guards with the defaults of the payload, where it has some', () => {
    const it = actor(counter, { input: { limit: 1 } });
    expect(seen(it).can).toContain('add');
    it.take(fromActor('counter/a1', 'counter.add'));
    expect(seen(it).can).not.toContain('add');
  });
});
