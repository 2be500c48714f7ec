import {
  and,
  assign,
  cancel,
  createMachine,
  emit,
  enqueueActions,
  fromPromise,
  log,
  raise,
  sendParent,
  sendTo,
  setup,
  spawnChild,
  stopChild,
  type AnyStateMachine,
} from 'xstate';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { definitions, definitionsWith } from '../../actors/registry.ts';
import { id as machineId } from '../../machines/schemas.ts';
import { idPattern } from '../../runtime/address.ts';
import { chartHash, checkDefinition, checkRegistry } from '../../runtime/core/check.ts';
import { assertJson } from '../../runtime/core/json.ts';
import { anyone, defineActor, type Activity, type ActorDefinition } from '../../runtime/definition.ts';
import { TerminalError } from '../../runtime/errors.ts';

const goState = { description: 'Waiting', on: { 'lamp.go': { target: 'lit' } } };
const goodChart = {
  id: 'lamp',
  initial: 'dark',
  context: { count: 0 },
  states: { dark: goState, lit: { description: 'Shining' } },
};

// Bad charts would not compile with XState's types, which is half of the point.
type Loose = Record<string, unknown>;

function machine(config: Loose = {}, implementations: Loose = {}): AnyStateMachine {
  return createMachine({ ...goodChart, ...config } as never, implementations as never);
}

/** A chart whose first state has this as well. */
function withState(more: Loose, implementations: Loose = {}): AnyStateMachine {
  return machine({ states: { ...goodChart.states, dark: { ...goState, ...more } } }, implementations);
}

function lamp(more: Partial<ActorDefinition> = {}): ActorDefinition {
  return defineActor({
    kind: 'lamp',
    plural: 'lamps',
    version: 1,
    machine: machine(),
    events: { 'lamp.go': z.strictObject({}).describe('Switch on') },
    input: z.strictObject({}),
    create: { event: 'lamp.create' },
    commands: { 'lamp.go': { admin: anyone } },
    readers: { admin: anyone },
    view: (context: unknown) => context,
    ...more,
  });
}

const empty = z.strictObject({}).describe('Nothing');
const pay: Activity = {
  target: 'bank',
  timeoutMs: 1,
  retry: { attempts: 1, baseMs: 1, maxMs: 1 },
  run: () => Promise.resolve(null),
};
const inert = fromPromise(() => Promise.resolve(1));

describe('what is well', () => {
  it('passes', () => {
    expect(checkDefinition(lamp())).toEqual([]);
    expect(() => {
      checkRegistry(definitions);
    }).not.toThrow();
  });

  it('passes with every built-in that comes back as data, and with an activity', () => {
    const actions = {
      note: assign({ count: 1 }),
      tell: enqueueActions(() => undefined),
      shout: emit({ type: 'x' }),
    };
    const entry = [
      'note',
      { type: 'tell' },
      'shout',
      assign({}),
      raise({ type: 'lamp.go' }),
      cancel('x'),
      log('x'),
    ];
    const invoke = { src: 'pay', id: 'pay', onDone: { target: 'lit' }, onError: { target: 'lit' } };
    const on = { 'lamp.*': { guard: and(['isOn', { type: 'isDark' }]), target: 'lit' } };
    const chart = withState(
      { entry, invoke, on, after: { soon: { target: 'lit' }, 500: { target: 'lit' } } },
      {
        actions,
        guards: { isOn: () => true, isDark: () => true },
        delays: { soon: () => 5 },
        actors: { pay: inert },
      },
    );
    expect(checkDefinition(lamp({ machine: chart, activities: { pay } }))).toEqual([]);
  });
});

const hidden =
  'is a plain function, its side effect would be in no commit: use assign, emit, raise or invoke';
const childless = (type: string): string => `is ${type}, but an actor has no children: use emit or invoke`;
const unnamed = 'invokes an inline source; name it, and put the activity into activities';

describe('a chart is refused with', () => {
  it.each<[string, AnyStateMachine, string]>([
    [
      'a plain action in a state',
      withState({ entry: () => undefined }),
      `state dark an inline action ${hidden}`,
    ],
    [
      'a plain action on leaving',
      withState({ exit: () => undefined }),
      `state dark an inline action ${hidden}`,
    ],
    [
      'a plain action on the root',
      machine({ on: { 'lamp.go': { actions: () => undefined } } }),
      `the root an inline action ${hidden}`,
    ],
    [
      'a plain action of an always',
      withState({ always: { guard: () => false, target: 'lit', actions: [() => undefined] } }),
      `state dark an inline action ${hidden}`,
    ],
    [
      'a plain action of an initial transition',
      machine({ initial: { target: 'dark', actions: () => undefined } }),
      `the root an inline action ${hidden}`,
    ],
    ['a plain action in setup', machine({}, { actions: { ring: () => undefined } }), `action ring ${hidden}`],
    [
      'sendTo',
      withState({ entry: sendTo('x', { type: 'y' }) }),
      `state dark an inline action ${childless('sendTo')}`,
    ],
    [
      'sendParent',
      withState({ exit: sendParent({ type: 'y' }) }),
      `state dark an inline action ${childless('sendTo')}`,
    ],
    [
      'spawnChild',
      withState({ entry: spawnChild(inert) }),
      `state dark an inline action ${childless('spawnChild')}`,
    ],
    [
      'stopChild',
      withState({ entry: stopChild('x') }),
      `state dark an inline action ${childless('stopChild')}`,
    ],
    [
      'spawnChild in setup',
      machine({}, { actions: { spawn: spawnChild(inert) } }),
      `action spawn ${childless('spawnChild')}`,
    ],
    ['an action that is missing', withState({ entry: 'ring' }), 'state dark action ring is not implemented'],
    ['one by type', withState({ entry: { type: 'ring' } }), 'state dark action ring is not implemented'],
    [
      'a guard that is missing',
      withState({ always: { guard: 'isOn', target: 'lit' } }),
      'state dark guard isOn is not implemented',
    ],
    [
      'a guard that is missing in another',
      withState(
        { always: { guard: and(['isOn', 'isDark']), target: 'lit' } },
        { guards: { isOn: () => true } },
      ),
      'state dark guard isDark is not implemented',
    ],
    [
      'a guard that is missing in one of setup',
      withState({ always: { guard: 'isBoth', target: 'lit' } }, { guards: { isBoth: and(['isOn']) } }),
      'state dark guard isOn is not implemented',
    ],
    [
      'a delay that is missing',
      withState({ after: { soon: 'lit' } }),
      'state dark an inline action waits soon, a delay that is not implemented',
    ],
    [
      'a raise with a delay that is missing',
      withState({ entry: raise({ type: 'lamp.go' }, { delay: 'soon' } as never) }),
      'state dark an inline action waits soon, a delay that is not implemented',
    ],
    [
      'a raise of setup with a delay that is missing',
      machine({}, { actions: { later: raise({ type: 'lamp.go' }, { delay: 'soon' } as never) } }),
      'action later waits soon, a delay that is not implemented',
    ],
    [
      'a delay below 0',
      withState({ after: { soon: 'lit' } }, { delays: { soon: -1 } }),
      'delay soon is not a finite number of milliseconds, 0 or more',
    ],
    [
      'a delay without end',
      withState({ after: { soon: 'lit' } }, { delays: { soon: Infinity } }),
      'delay soon is not a finite number of milliseconds, 0 or more',
    ],
    [
      'a delay below 0 in the chart',
      withState({ after: { [-5]: 'lit' } }),
      'state dark an inline action waits -5, which is not a finite number of milliseconds, 0 or more',
    ],
    ['an inline invoke', withState({ invoke: { src: inert, onError: 'lit' } }), `state dark ${unnamed}`],
    [
      'an event without a schema',
      withState({ on: { 'lamp.go': 'lit', 'lamp.stop': 'lit' } }),
      'state dark listens to lamp.stop, which has no schema in events',
    ],
    [
      'a wildcard that matches nothing',
      withState({ on: { 'lamp.go': 'lit', 'sun.*': 'lit' } }),
      'state dark listens to sun.*, which has no schema in events',
    ],
    [
      'a state without a description',
      machine({ states: { ...goodChart.states, odd: {} } }),
      'state odd has no description',
    ],
    [
      'a nested state without one',
      withState({ initial: 'a', states: { a: { description: ' ' } } }),
      'state dark.a has no description',
    ],
    [
      'a Date in the context',
      machine({ context: { since: new Date(0) } }),
      'initial context.since is a Date, which JSON does not keep',
    ],
  ])('%s', (_, chart, problem) => {
    expect(checkDefinition(lamp({ machine: chart }))).toEqual([problem]);
  });

  it('a dot in the name of a state', () => {
    // XState splits ids at dots, but builds such a chart.
    const chart = machine({ states: { ...goodChart.states, 'a.b': { description: 'Odd' } } });
    expect(checkDefinition(lamp({ machine: chart }))).toContain('state a.b has a dot in its name');
  });

  it('an invoke that has no activity, no stub and no onError', () => {
    expect(checkDefinition(lamp({ machine: withState({ invoke: { src: 'pay' } }) }))).toEqual([
      'state dark invokes pay, which is not in activities',
      'state dark invokes pay, which has no stub in setup',
      'state dark invokes pay without onError: a failure would end the actor',
    ]);
  });
});

describe('a definition is refused with', () => {
  const go = lamp().events['lamp.go'] as z.ZodType;
  const twoPaths = withState({ on: { 'lamp.go': 'lit', 'lamp.goOn': 'lit', 'lamp.go.on': 'lit' } });

  it.each<[string, Partial<ActorDefinition>, string]>([
    ['a kind that is no word', { kind: 'Lamp', commands: {} }, 'kind Lamp is not one word in camelCase'],
    [
      'a plural that is no path',
      { plural: 'streetLamps' },
      'plural streetLamps is not in kebab-case, as URLs are',
    ],
    ['version 0', { version: 0 }, 'version 0 is not a whole number from 1 up'],
    ['half a version', { version: 1.5 }, 'version 1.5 is not a whole number from 1 up'],
    ['a missing migration', { version: 3, migrations: { 1: (old) => old } }, 'no migration from version 2'],
    [
      'a migration too many',
      { version: 2, migrations: { 1: (old) => old, 2: (old) => old } },
      'a migration from version 2, but this is version 2',
    ],
    [
      'a schema that nothing listens to',
      { events: { 'lamp.go': go, 'lamp.dim': empty } },
      'event lamp.dim has a schema, but no state listens to it',
    ],
    [
      'a command without a schema',
      { commands: { 'lamp.go': {}, 'lamp.dim': {} } },
      'command lamp.dim has no schema in events',
    ],
    [
      'a command without a description',
      { events: { 'lamp.go': z.strictObject({}) } },
      'command lamp.go has no description',
    ],
    [
      'a command of another kind',
      {
        machine: withState({ on: { 'lamp.go': 'lit', 'sun.go': 'lit' } }),
        events: { 'lamp.go': go, 'sun.go': empty },
        commands: { 'sun.go': {} },
      },
      'command sun.go is not named lamp.inCamelCase',
    ],
    [
      'two commands with one path',
      {
        machine: twoPaths,
        events: { 'lamp.go': go, 'lamp.goOn': empty, 'lamp.go.on': empty },
        commands: { 'lamp.goOn': {}, 'lamp.go.on': {} },
      },
      'two commands have the path go-on',
    ],
    [
      'a target that is no state',
      { targets: { out: { dwellMs: 1 } } },
      'target out is not a state of the chart',
    ],
    [
      'a board of what is no state',
      {
        board: {
          steps: [{ name: 'on', states: ['lit'] }],
          ...{ promiseMs: 1, states: ['out'], value: () => ({ amount: 0, currency: 'EUR' }) },
        },
      },
      'the board names out, which is not a state of the chart',
    ],
  ])('%s', (_, more, problem) => {
    expect(checkDefinition(lamp(more))).toEqual([problem]);
  });

  it('an event named as if it were XState’s own', () => {
    const events = { 'lamp.go': go, 'xstate.go': empty };
    expect(checkDefinition(lamp({ events }))).toContain('event xstate.go has a name that is XState’s own');
  });
});

describe('a registry', () => {
  it('is refused with all problems of all definitions at once', () => {
    const bad = [lamp({ version: 0 }), lamp({ plural: 'Lamps' })];
    const message = [
      'the actor definitions cannot be run:',
      '- kind lamp is defined twice',
      '- lamp: version 0 is not a whole number from 1 up',
      '- lamp: plural Lamps is not in kebab-case, as URLs are',
    ].join('\n');
    expect(() => {
      checkRegistry(bad);
    }).toThrow(new TerminalError(message));
  });

  it('takes durations, which do not change the charts', () => {
    const [order] = definitionsWith({ durations: { closing: 1 } });
    expect(order?.machine.implementations.delays['closing']).toBe(1);
    expect(chartHash(order?.machine as AnyStateMachine)).toBe(
      chartHash(definitions[0]?.machine as AnyStateMachine),
    );
    expect(() => {
      checkRegistry(definitionsWith({ durations: { closing: Number.NaN } }));
    }).toThrow('order: delay closing is not a finite number of milliseconds, 0 or more');
  });
});

describe('the hash of a chart', () => {
  const hash = (chart: AnyStateMachine): string => chartHash(chart);
  const base = hash(machine());

  it('is the same for the same chart, whatever is said about it', () => {
    expect(hash(machine())).toBe(base);
    expect(base).toMatch(/^[0-9a-f]{14}$/);
    expect(hash(withState({ description: 'Other words' }))).toBe(base);
    expect(hash(machine({ states: { lit: goodChart.states.lit, dark: goState } }))).toBe(base);
  });

  it.each<[string, AnyStateMachine]>([
    ['a state', machine({ states: { ...goodChart.states, odd: {} } })],
    ['another initial state', machine({ initial: 'lit' })],
    ['a nested state', withState({ initial: 'a', states: { a: {} } })],
    ['a tag', withState({ tags: ['ended'] })],
    ['a type', machine({ states: { dark: goState, lit: { type: 'final' } } })],
    ['an event', withState({ on: { 'lamp.go': 'lit', 'lamp.stop': 'lit' } })],
    ['another event', withState({ on: { 'lamp.stop': 'lit' } })],
    ['another target', withState({ on: { 'lamp.go': 'dark' } })],
    ['a guard', withState({ on: { 'lamp.go': { guard: 'isOn', target: 'lit' } } })],
    ['another guard', withState({ on: { 'lamp.go': { guard: 'isDark', target: 'lit' } } })],
    ['guards together', withState({ on: { 'lamp.go': { guard: and(['isOn', 'isDark']), target: 'lit' } } })],
    ['an action', withState({ on: { 'lamp.go': { actions: 'ring', target: 'lit' } } })],
    ['an action on entry', withState({ entry: 'ring' })],
    ['an action on exit', withState({ exit: 'ring' })],
    ['an always', withState({ always: { guard: 'isOn', target: 'lit' } })],
    ['a delay', withState({ after: { soon: 'lit' } })],
    ['another delay', withState({ after: { late: 'lit' } })],
    ['an invoke', withState({ invoke: { src: 'pay' } })],
    ['another invoke', withState({ invoke: { src: 'book' } })],
    ['a re-entry', withState({ on: { 'lamp.go': { target: 'lit', reenter: true } } })],
  ])('notices %s', (_, chart) => {
    expect(hash(chart)).not.toBe(base);
  });
});

describe('assertJson', () => {
  const complaint = (value: unknown): string | undefined => {
    try {
      assertJson(value, 'lamp/1');
      return undefined;
    } catch (error) {
      return (error as TerminalError).message;
    }
  };
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;

  it.each([
    [{ a: [1, 'x', true, null, { b: [] }] }],
    [Object.create(null) as object],
    [undefined],
    [null],
    [0],
  ])('takes %j', (value) => {
    expect(complaint(value)).toBeUndefined();
  });

  it.each<[unknown, string]>([
    [{ a: { b: [0, new Date(0)] } }, 'lamp/1: a.b[1] is a Date, which JSON does not keep'],
    [{ a: new Map() }, 'lamp/1: a is a Map, which JSON does not keep'],
    [{ a: new Set() }, 'lamp/1: a is a Set, which JSON does not keep'],
    [{ a: new TerminalError('x') }, 'lamp/1: a is a TerminalError, which JSON does not keep'],
    [{ a: undefined }, 'lamp/1: a is undefined, which JSON does not keep'],
    [[1, undefined], 'lamp/1: [1] is of type undefined, which JSON does not keep'],
    [{ a: NaN }, 'lamp/1: a is NaN, which JSON does not keep'],
    [{ a: -Infinity }, 'lamp/1: a is -Infinity, which JSON does not keep'],
    [{ a: 1n }, 'lamp/1: a is of type bigint, which JSON does not keep'],
    [{ a: Symbol('x') }, 'lamp/1: a is of type symbol, which JSON does not keep'],
    [{ a: () => 1 }, 'lamp/1: a is of type function, which JSON does not keep'],
    [new Date(0), 'lamp/1: is a Date, which JSON does not keep'],
  ])('names the place of what it does not', (value, message) => {
    expect(complaint(value)).toBe(message);
  });

  it('ends on a cycle', () => {
    expect(complaint(cycle)).toMatch(
      /^lamp\/1: self\.self.* contains itself, or is nested without end, which/,
    );
  });
});

it('has one pattern for ids, in charts and in the runtime', () => {
  for (const text of ['o1~f1', 'a#1:x-_', '', '~a', 'a.b', 'a b', 'a'.repeat(200), 'a'.repeat(201), 'ä']) {
    expect(machineId.safeParse(text).success, text).toBe(idPattern.test(text));
  }
});

describe('the conditions of a kind', () => {
  const setupGuards = setup({ guards: { isFree: () => true, isOn: () => true } });
  const on = (transitions: unknown): AnyStateMachine =>
    setupGuards.createMachine({
      initial: 'dark',
      states: {
        dark: { description: 'Waiting', on: { 'lamp.go': transitions as never } },
        lit: { description: 'Bright' },
      },
    });
  const guarded = on([{ guard: and(['isFree', 'isOn']), target: 'lit' }]);
  const check = (chart: AnyStateMachine, conditions: Record<string, string>): string[] =>
    checkDefinition(lamp({ machine: chart, conditions }));

  it('have each guard that can refuse a command, and no other name', () => {
    expect(check(guarded, { isFree: 'nobody may use it', isOn: 'it must be on' })).toEqual([]);
    expect(check(guarded, { isFree: 'nobody may use it', isOff: 'x' })).toEqual([
      'guard isOn can refuse a command, but has no words in conditions',
      'conditions has isOff, which is no guard of the chart',
    ]);
  });

  it('need no guard behind which the event is taken in any case', () => {
    expect(check(on([{ guard: 'isOn', target: 'lit' }, { target: 'dark' }]), {})).toEqual([]);
  });

  it.each(definitions.filter(({ commands }) => Object.keys(commands).length > 0))(
    'are there: $kind',
    (kind) => {
      const asksNothing = kind.kind === 'trackingNumber';
      expect(kind.conditions !== undefined || asksNothing).toBe(true);
    },
  );
});
