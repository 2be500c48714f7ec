/** The mutator of charts: each kind of mutant, on a small chart, and nothing else in it. */
import { fromPromise, setup, type AnyStateMachine, type StateNode } from 'xstate';
import { expect, it, test } from 'vitest';
import { fulfillmentMachine } from '../../machines/fulfillment.machine.ts';
import { orderMachine } from '../../machines/order.machine.ts';
import { chartMutants, operators } from './charts.ts';

const lamp = setup({
  guards: { isNight: () => true, hasPower: () => true },
  actions: { count: () => undefined, tell: () => undefined },
  actors: { warm: fromPromise(() => Promise.resolve()) },
  delays: { bedtime: 1000 },
}).createMachine({
  id: 'lamp',
  context: () => ({ count: 0 }),
  initial: 'off',
  on: { unplug: { target: '#lamp.broken' } },
  states: {
    off: {
      exit: 'count',
      on: { press: [{ guard: 'isNight', target: 'on', actions: ['count', 'tell'] }, 'broken'] },
    },
    on: {
      initial: 'warming',
      on: { press: 'off', cool: '.warming' },
      after: { bedtime: { target: 'off' } },
      states: {
        warming: {
          invoke: { src: 'warm', onDone: { target: 'bright' }, onError: { actions: 'tell' } },
        },
        bright: { always: { guard: 'hasPower', target: 'warming' } },
      },
    },
    broken: { type: 'final' },
  },
});

const mutants = chartMutants(lamp);

/** What differs: where, before, after. */
function changed(name: string): string[] {
  const mutant = mutants.find((one) => one.name === name);
  if (mutant === undefined) throw new Error(`no mutant named ${name}`);
  const [before, after] = [factsOf(lamp), factsOf(mutant.machine())];
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((place) => before.get(place) !== after.get(place))
    .map((place) => `${place}: ${before.get(place) ?? 'nothing'} ⇒ ${after.get(place) ?? 'nothing'}`);
}

/** The chart as XState has read it, by place: two ways to write the same do not count. */
function factsOf({ root }: AnyStateMachine): Map<string, string> {
  return new Map(factsOfState(root as StateNode).filter(([, fact]) => fact !== ''));
}

function factsOfState(node: StateNode): [string, string][] {
  const { id, initial, entry, exit, transitions, always = [], states } = node;
  return [
    [`${id} initial`, idsOf(initial.target)],
    [`${id} entry`, entry.map(nameOf).join()],
    [`${id} exit`, exit.map(nameOf).join()],
    ...[...transitions].map(([event, all]): [string, string] => [`${id} on ${event}`, textOf(all)]),
    [`${id} always`, textOf(always)],
    ...Object.values(states).flatMap(factsOfState),
  ];
}

type Transition = NonNullable<StateNode['always']>[number];

function textOf(all: readonly Transition[]): string {
  const texts = all.map(({ guard, actions, target }) =>
    [guard === undefined ? '' : `${nameOf(guard)}?`, ...actions.map(nameOf), `→ ${idsOf(target)}`].join(' '),
  );
  return texts.map((text) => text.trim()).join(' | ');
}

function idsOf(nodes: readonly { id: string }[] = []): string {
  return nodes.map(({ id }) => id).join();
}

function nameOf(reference: unknown): string {
  return typeof reference === 'string' ? reference : ((reference as { type?: string }).type ?? 'inline');
}

test('there is every mutant once, under the same name each time', () => {
  expect(mutants.map(({ name }) => name)).toEqual([
    'lamp: root initial off → on',
    'lamp: root initial off → broken',
    'lamp: root on unplug: transition dropped',
    'lamp: root on unplug: target #lamp.broken → #lamp.off',
    'lamp: root on unplug: target #lamp.broken → #lamp.on',
    'lamp: off exit: action count dropped',
    'lamp: off on press: #1 and #2 swapped',
    'lamp: off on press #1: transition dropped',
    'lamp: off on press #1: guard isNight dropped',
    'lamp: off on press #1: action count dropped',
    'lamp: off on press #1: action tell dropped',
    'lamp: off on press #1: target on → off',
    'lamp: off on press #1: target on → broken',
    'lamp: off on press #2: transition dropped',
    'lamp: off on press #2: target broken → off',
    'lamp: off on press #2: target broken → on',
    'lamp: on initial warming → bright',
    'lamp: on on press: transition dropped',
    'lamp: on on press: target off → on',
    'lamp: on on press: target off → broken',
    'lamp: on on cool: transition dropped',
    'lamp: on on cool: target .warming → .bright',
    'lamp: on after bedtime: timer dropped',
    'lamp: on after bedtime: target off → on',
    'lamp: on after bedtime: target off → broken',
    'lamp: on.warming invoke 1 onDone: transition dropped',
    'lamp: on.warming invoke 1 onDone: target bright → warming',
    'lamp: on.warming invoke 1 onError: transition dropped',
    'lamp: on.warming invoke 1 onError: action tell dropped',
    'lamp: on.bright always: always dropped',
    'lamp: on.bright always: guard hasPower dropped',
    'lamp: on.bright always: target warming → bright',
  ]);
});

const press = 'isNight? count tell → lamp.on | → lamp.broken';

it.each([
  ['root initial off → broken', 'lamp initial: lamp.off ⇒ lamp.broken'],
  ['root on unplug: transition dropped', 'lamp on unplug: → lamp.broken ⇒ nothing'],
  ['root on unplug: target #lamp.broken → #lamp.on', 'lamp on unplug: → lamp.broken ⇒ → lamp.on'],
  ['off exit: action count dropped', 'lamp.off exit: count ⇒ nothing'],
  [
    'off on press: #1 and #2 swapped',
    `lamp.off on press: ${press} ⇒ → lamp.broken | isNight? count tell → lamp.on`,
  ],
  ['off on press #1: transition dropped', `lamp.off on press: ${press} ⇒ → lamp.broken`],
  [
    'off on press #1: guard isNight dropped',
    `lamp.off on press: ${press} ⇒ count tell → lamp.on | → lamp.broken`,
  ],
  [
    'off on press #1: action count dropped',
    `lamp.off on press: ${press} ⇒ isNight? tell → lamp.on | → lamp.broken`,
  ],
  [
    'off on press #1: target on → broken',
    `lamp.off on press: ${press} ⇒ isNight? count tell → lamp.broken | → lamp.broken`,
  ],
  ['on on cool: target .warming → .bright', 'lamp.on on cool: → lamp.on.warming ⇒ → lamp.on.bright'],
  [
    'on.warming invoke 1 onDone: target bright → warming',
    'lamp.on.warming on xstate.done.actor.0.lamp.on.warming: → lamp.on.bright ⇒ → lamp.on.warming',
  ],
  ['on.bright always: always dropped', 'lamp.on.bright always: hasPower? → lamp.on.warming ⇒ nothing'],
])('%s, and no more', (name, expected) => {
  expect(changed(`lamp: ${name}`)).toEqual([expected]);
});

test('a timer is dropped with what sets it and stops it', () => {
  const event = 'xstate.after.bedtime.lamp.on';
  expect(changed('lamp: on after bedtime: timer dropped')).toEqual([
    'lamp.on entry: xstate.raise ⇒ nothing',
    'lamp.on exit: xstate.cancel ⇒ nothing',
    `lamp.on on ${event}: → lamp.off ⇒ nothing`,
  ]);
});

test('the original stays as it is', () => {
  const before = factsOf(lamp);
  for (const mutant of mutants) mutant.machine();
  expect(factsOf(lamp)).toEqual(before);
});

test('what is implemented stays the same', () => {
  for (const mutant of mutants) expect(mutant.machine().implementations).toEqual(lamp.implementations);
});

test.each([
  ['order', orderMachine],
  ['fulfillment', fulfillmentMachine],
])('every mutant of %s can be made, has a name of its own, and differs', (_, machine: AnyStateMachine) => {
  const all = chartMutants(machine);
  const original = factsOf(machine);
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  for (const mutant of all) expect(factsOf(mutant.machine()), mutant.name).not.toEqual(original);
  expect(all.every(({ operator }) => operators.includes(operator))).toBe(true);
});
