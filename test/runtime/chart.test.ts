/** What a chart says of itself: which events it hears, which guards stand before them, what is kept of it. */
import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';
import {
  and,
  assign,
  createMachine,
  not,
  or,
  setup,
  type AnyMachineSnapshot,
  type AnyStateMachine,
} from 'xstate';
import { describe, expect, it, test } from 'vitest';
import {
  bounded,
  isUnguarded,
  leafPaths,
  listedEvents,
  machineOf,
  matches,
  persist,
  restore,
  start,
  step,
  verdict,
  withChildren,
} from '../../runtime/core/chart.ts';
import { TerminalError } from '../../runtime/errors.ts';
import { counterMachine, regionsMachine } from '../support/charts.ts';

function after(machine: AnyStateMachine, ...types: readonly string[]): AnyMachineSnapshot {
  const { snapshot } = start(machine, { id: 'a', limit: 3 });
  return types.reduce((before, type) => step(before, { type }).snapshot, snapshot);
}

function reloaded(snapshot: AnyMachineSnapshot): AnyMachineSnapshot {
  const text = JSON.stringify(persist(snapshot));
  return restore(machineOf(snapshot), JSON.parse(text) as ReturnType<typeof persist>);
}

const idsOf = (snapshot: AnyMachineSnapshot): string[] =>
  (snapshot._nodes as { id: string }[]).map(({ id }) => id);

const ways = setup({
  guards: { isNever: () => false, isAlways: () => true },
  actions: { tell: () => undefined },
}).createMachine({
  id: 'ways',
  initial: 'open',
  on: { 'root.ping': { actions: 'tell' }, 'root.stay': {} },
  states: {
    open: {
      on: {
        act: { actions: 'tell' },
        go: { target: 'open' },
        both: { target: 'open', actions: 'tell' },
        forbidden: {},
        guarded: { guard: 'isNever', target: 'open' },
        mostly: [{ guard: 'isNever', target: 'open' }, { target: 'open' }],
        hollow: [{ guard: 'isNever', target: 'open' }, {}],
        'some.*': { target: 'open' },
        finish: { target: 'done' },
      },
    },
    done: { type: 'final' },
  },
});

describe('the events of a state', () => {
  it('are those with a target or an action, each once, of its parents too', () => {
    const listed = ['act', 'go', 'both', 'guarded', 'mostly', 'hollow', 'some.*', 'finish', 'root.ping'];
    expect(listedEvents(after(ways))).toEqual(listed);
  });

  it('are none once the chart is done', () => {
    const done = after(ways, 'finish');
    expect(listedEvents(done)).toEqual([]);
    expect(isUnguarded(done, 'root.ping')).toBe(false);
    expect(verdict(done, { type: 'root.ping' })).toEqual({ can: false, guards: [] });
  });

  it.each([
    ...['act', 'go', 'both', 'some.thing', 'finish', 'root.ping'].map((type) => [type, true]),
    ...['forbidden', 'guarded', 'mostly', 'hollow', 'nothing', 'root.stay'].map((type) => [type, false]),
  ])('%s is taken whatever the context is: %s', (type, expected) => {
    expect(isUnguarded(after(ways), String(type))).toBe(expected);
  });
});

test.each([
  ['payment.done', 'payment.done', true],
  ['payment', 'payment.done', false],
  ['*', 'anything.at.all', true],
  ['payment.*', 'payment.done', true],
  ['payment.*', 'payment.card.done', true],
  ['payment.*', 'payment', true],
  ['payment.*', 'payments.done', false],
  ['payment.*', 'order.payment.done', false],
  ['payment*', 'payment.done', false],
])('%s hears %s: %s', (descriptor, type, expected) => {
  expect(matches(descriptor, type)).toBe(expected);
});

describe('the guards that said no', () => {
  const nameless = (
    () => () =>
      false
  )();
  function isClosed(): boolean {
    return false;
  }
  const refusing = (guard: unknown): AnyStateMachine =>
    createMachine(
      { initial: 'a', states: { a: { on: { go: [{ guard, target: 'a' }] as never } } } },
      {
        guards: {
          isNamed: () => false,
          isGiven: (_: unknown, params?: { of: number }) => params?.of === 2,
          isTrue: () => true,
          isJoined: and(['isTrue', 'isNamed']),
        },
      },
    );

  it.each<[string, unknown, string]>([
    ['by name', 'isNamed', 'isNamed'],
    ['with params', { type: 'isGiven', params: { of: 1 } }, 'isGiven'],
    ['as a function', isClosed, 'isClosed'],
    ['as a function without a name', nameless, 'guard'],
    ['as one turned round', not('isTrue'), 'not isTrue'],
    ['of those joined by and, the one that says no', and(['isTrue', 'isNamed']), 'isNamed'],
    ['inside another', and(['isTrue', and([isClosed, 'isNamed'])]), 'isClosed'],
    ['all of those joined by or', or(['isNamed', { type: 'isGiven' }]), '(isNamed or isGiven)'],
    ['where a name stands for others', 'isJoined', 'isJoined'],
  ])('are told %s', (_, guard, name) => {
    const answer = verdict(after(refusing(guard)), { type: 'go' });
    expect(answer).toEqual({ can: false, guards: [name] });
  });

  it('are those of this event, each once', () => {
    const machine = createMachine(
      {
        initial: 'a',
        on: { go: { guard: 'isNo', target: '.a' } },
        states: {
          a: { on: { go: { guard: 'isNo', target: 'a' }, stay: { guard: 'isOther', target: 'a' } } },
        },
      },
      { guards: { isNo: () => false, isOther: () => false } },
    );
    expect(verdict(after(machine), { type: 'go' })).toEqual({ can: false, guards: ['isNo'] });
  });
});

describe('the order of active states', () => {
  // The right region is entered anew each time, so XState has it last.
  const paths = [
    ['on', 'right', 'right', 'right'],
    ['on', 'right', 'left', 'right', 'left'],
    ['on', 'left', 'off', 'deep', 'right'],
  ].map((names) => names.map((name) => `regions.${name}`));

  it.each(paths.map((types) => [types.join(), types]))('is that of the chart after %s', (_, types) => {
    const snapshot = after(regionsMachine, ...types);
    expect(idsOf(snapshot)).toEqual(idsOf(reloaded(snapshot)));
    expect([...snapshot.tags]).toEqual([...reloaded(snapshot).tags]);
    const orders = (snapshot._nodes as { order: number }[]).map(({ order }) => order);
    expect(orders).toEqual(orders.toSorted((one, other) => one - other));
  });

  it('is that of the chart for tags', () => {
    const snapshot = after(
      regionsMachine,
      ...['on', 'right', 'right', 'right'].map((name) => `regions.${name}`),
    );
    expect([...snapshot.tags]).toEqual(['busy', 'right', 'left']);
  });
});

describe('what is kept of a snapshot', () => {
  it('is value, context and status', () => {
    expect(persist(after(counterMachine))).toEqual({
      value: 'open',
      context: { id: 'a', count: 0, limit: 3 },
      status: 'active',
    });
    expect(Object.keys(persist(after(counterMachine)))).toEqual(['value', 'context', 'status']);
  });

  it('is the output too, where there is one', () => {
    const machine = createMachine({ output: { sum: 3 }, initial: 'a', states: { a: { type: 'final' } } });
    const persisted = persist(after(machine));
    expect(persisted).toEqual({ value: 'a', context: {}, status: 'done', output: { sum: 3 } });
    expect(reloaded(after(machine)).output).toEqual({ sum: 3 });
  });

  it('is the history too, by the ids of the states', () => {
    const persisted = persist(after(regionsMachine, 'regions.on', 'regions.right', 'regions.off'));
    expect(persisted.historyValue).toEqual({
      'regions.on.shallow': [{ id: 'regions.on.right' }, { id: 'regions.on.left' }],
      'regions.on.deep': [{ id: 'regions.on.right.two.a' }, { id: 'regions.on.left.one' }],
    });
  });

  it('is nothing of activities, which the record has', () => {
    const snapshot = withChildren(after(counterMachine), ['charge']);
    expect(snapshot.children).toEqual({ charge: { id: 'charge' } });
    expect(persist(snapshot)).not.toHaveProperty('children');
    expect(reloaded(snapshot).children).toEqual({});
  });
});

test.each<[string, Parameters<typeof leafPaths>[0], string[]]>([
  ['one state', 'open', ['open']],
  ['nested states', { a: { b: 'c' } }, ['a.b.c']],
  ['regions', { a: { x: 'one', y: { z: 'two' } } }, ['a.x.one', 'a.y.z.two']],
  ['a region without states', { a: { x: {}, y: 'one' } }, ['a.x', 'a.y.one']],
  ['a region that is not there', { a: { x: undefined as never } }, ['a.x']],
])('the leaves of %s', (_, value, expected) => {
  expect(leafPaths(value)).toEqual(expected);
});

test('a chart that fails is told with its cause', () => {
  const cause = new Error('a bug in the chart');
  const machine = createMachine({
    initial: 'a',
    states: {
      a: {
        on: {
          go: {
            guard: () => {
              throw cause;
            },
            target: 'a',
          },
        },
      },
    },
  });
  expect(() => step(after(machine), { type: 'go' })).toThrow(/a bug in the chart/);
  const broken = createMachine({
    invoke: { src: 'gone', id: 'gone' },
    initial: 'a',
    states: { a: {} },
  });
  const failed = { type: 'xstate.error.actor.gone', actorId: 'gone', error: cause };
  const fail = (): unknown => step(after(broken), failed);
  expect(fail).toThrow(TerminalError);
  expect(fail).toThrow(expect.objectContaining({ message: 'the chart failed: a bug in the chart', cause }));
});

describe('a chart that never comes to rest', () => {
  const turning = (most: number, options?: { maxIterations: number }): AnyStateMachine =>
    setup({
      types: { context: {} as { n: number } },
      actions: { up: assign({ n: ({ context }) => context.n + 1 }) },
      guards: { isFurther: ({ context }) => context.n < most },
    }).createMachine({
      id: 'turning',
      context: { n: 0 },
      ...(options && { options }),
      initial: 'still',
      states: {
        still: { on: { turn: 'round' } },
        round: { always: { guard: 'isFurther', target: 'round', reenter: true, actions: 'up' } },
      },
    });
  const turned = (machine: AnyStateMachine): unknown => after(bounded(machine), 'turn').context;

  it('ends its step after 1,000 microsteps', () => {
    expect(() => turned(turning(Number.POSITIVE_INFINITY))).toThrow(/more than 1000 microsteps/);
    expect(turned(turning(900))).toEqual({ n: 900 });
  });

  it('may be allowed more by its own options, or less', () => {
    expect(turned(turning(5_000, { maxIterations: 10_000 }))).toEqual({ n: 5_000 });
    expect(() => turned(turning(50, { maxIterations: 20 }))).toThrow(/more than 20 microsteps/);
  });

  it('is the same chart otherwise, and the definition’s own is untouched', () => {
    const machine = turning(3);
    expect(bounded(machine).config).toBe(machine.config);
    expect(machine.options.maxIterations).toBe(Number.POSITIVE_INFINITY);
  });
});

const contextOf = ({ context }: AnyMachineSnapshot): unknown => context;

/** V8's own word for an object that is no hash table; it knows it only where its natives may be called. */
function isPlain(object: unknown): boolean {
  setFlagsFromString('--allow-natives-syntax');
  return (runInThisContext('(object) => %HasFastProperties(object)') as (object: unknown) => boolean)(object);
}

test('a context with many fields is a plain object, which is read and copied fast', () => {
  const fields = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`field${index}`, index]));
  const filled = createMachine({
    context: { count: 0 },
    on: {
      fill: { actions: assign(fields) },
      count: { actions: assign({ count: ({ context }) => context.count + 1 }) },
    },
  });
  const contexts = [['fill'], ['fill', 'count'], ['fill', 'count', 'count']].map((types) =>
    contextOf(after(filled, ...types)),
  );

  expect(contexts.at(-1)).toEqual({ ...fields, count: 2 });
  expect(contexts.map(isPlain)).toEqual([true, true, true]);
});
