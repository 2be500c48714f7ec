/** What DESIGN.md says was measured on XState: if an upgrade changes it, this is where it shows. */
import {
  createActor,
  createMachine,
  fromPromise,
  getNextTransitions,
  initialTransition,
  setup,
  transition,
  type AnyMachineSnapshot,
} from 'xstate';
import { expect, test } from 'vitest';
import { persist, restore, start, step, verdict } from '../../runtime/core/chart.ts';
import type { ChartSnapshot } from '../../runtime/definition.ts';
import { counterMachine, payerMachine, regionsMachine, sleeperMachine } from '../support/charts.ts';

const counting = () => start(counterMachine, { id: 'c', limit: 3 }).snapshot;
const paying = () => step(start(payerMachine, { id: 'p' }).snapshot, { type: 'payer.pay', amount: 1 });
const paid = { type: 'xstate.done.actor.charge', actorId: 'charge', output: 'r' };
const unpaid = { type: 'xstate.error.actor.charge', actorId: 'charge', error: { code: 'x', message: 'y' } };

test('a delayed transition comes as a raise with delay and id, and is cancelled by that id', () => {
  const entered = step(start(sleeperMachine, { id: 's', napMs: 7 }).snapshot, { type: 'sleeper.sleep' });
  expect(entered.actions).toMatchObject([
    { type: 'xstate.raise', params: { delay: 1000, event: { type: 'xstate.after.1000.sleeper.asleep' } } },
  ]);
  const { id } = entered.actions[0]?.params as { id: string };
  const left = step(entered.snapshot, { type: 'sleeper.wake' });
  expect(left.actions).toMatchObject([{ type: 'xstate.cancel', params: { sendId: id } }]);
});

test('a named delay comes worked out', () => {
  const { actions } = step(start(sleeperMachine, { id: 's', napMs: 7 }).snapshot, { type: 'sleeper.nap' });
  expect(actions).toMatchObject([{ type: 'xstate.raise', params: { delay: 7 } }]);
});

test('an invoke comes as spawnChild and stopChild, with source, id and input', () => {
  const { snapshot, actions } = paying();
  expect(actions).toMatchObject([
    { type: 'xstate.spawnChild', params: { id: 'charge', src: 'charge', input: { amount: 1 } } },
  ]);
  const left = step(snapshot, { type: 'payer.cancel' });
  expect(left.actions).toMatchObject([{ type: 'xstate.stopChild', params: { id: 'charge' } }]);
});

test('nothing that a chart asks for is carried out', async () => {
  let ran = 0;
  const machine = payerMachine.provide({
    actors: { charge: fromPromise<unknown, unknown>(() => Promise.resolve((ran += 1))) },
  });
  step(start(machine, { id: 'p' }).snapshot, { type: 'payer.pay', amount: 1 });
  await new Promise((resolve) => setImmediate(resolve));
  expect(ran).toBe(0);
});

test('the shared scope gives what XState’s own pure transition gives', () => {
  const [first] = initialTransition(regionsMachine, { id: 'r' });
  let theirs: AnyMachineSnapshot = first;
  let ours = start(regionsMachine, { id: 'r' }).snapshot;
  for (const name of [
    'on',
    'left',
    'right',
    'right',
    'off',
    'deep',
    'reset',
    'left',
    'left',
    'off',
    'back',
  ]) {
    const event = { type: `regions.${name}` } as const;
    const [next, actions] = transition(regionsMachine, theirs as never, event as never);
    const stepped = step(ours, event);
    expect(stepped.actions.map(({ type, params }) => [type, params])).toEqual(
      actions.map(({ type, params }) => [type, params]),
    );
    // The order of history is ours: see "a restored actor".
    const { value, context, status } = persist(next as AnyMachineSnapshot);
    expect(persist(stepped.snapshot)).toMatchObject({ value, context, status });
    [theirs, ours] = [next, stepped.snapshot];
  }
});

test('an error event for an activity that was left kills a machine, so none may reach it', () => {
  const left = step(paying().snapshot, { type: 'payer.cancel' }).snapshot;
  const [killed] = transition(payerMachine, left as never, unpaid as never);
  expect(killed.status).toBe('error');
  expect(() => step(left, unpaid)).toThrow(/the chart failed/);
  expect(verdict(left, unpaid)).toEqual({ can: false, guards: [] });
});

test('an error event puts a finished machine into error, so none may reach it', () => {
  const done = step(paying().snapshot, paid).snapshot;
  expect(done.status).toBe('done');
  const [broken] = transition(payerMachine, done as never, unpaid as never);
  expect(broken.status).toBe('error');
  expect(verdict(done, unpaid)).toEqual({ can: false, guards: [] });
});

test('the same snapshot again does not mean that the event was refused', () => {
  const before = counting();
  const { snapshot, actions } = step(before, { type: 'counter.note' });
  expect(actions).toMatchObject([{ type: 'xstate.emit' }]);
  expect(snapshot).toBe(before);
  expect(verdict(before, { type: 'counter.note' })).toEqual({ can: true });
});

test('an event that is not listed is unhandled; one that is listed and cannot, a guard has refused', () => {
  const snapshot = counting();
  expect(getNextTransitions(snapshot).map((listed) => String(listed.eventType))).not.toContain('payer.pay');
  expect(verdict(snapshot, { type: 'payer.pay' })).toEqual({ can: false, guards: [] });
  expect(verdict(snapshot, { type: 'counter.add', by: 4 })).toEqual({ can: false, guards: ['hasRoom'] });
  expect(verdict(snapshot, { type: 'counter.add', by: 3 })).toEqual({ can: true });
});

test('every guard that refused is told once, of parallel regions and of parents too', () => {
  const machine = setup({
    types: { events: {} as { type: 'go' } },
    guards: { isNever: () => false, isLucky: () => false, isHigh: () => false },
  }).createMachine({
    type: 'parallel',
    on: { go: { guard: 'isNever', actions: [], target: '.a' } },
    states: {
      a: { initial: 'x', states: { x: { on: { go: { guard: 'isLucky', target: 'y' } } }, y: {} } },
      b: { initial: 'x', states: { x: { on: { go: { guard: 'isHigh', target: 'y' } } }, y: {} } },
      c: { initial: 'x', states: { x: { on: { go: { guard: 'isHigh', target: 'y' } } }, y: {} } },
    },
  });
  const asked = verdict(start(machine, {}).snapshot, { type: 'go' });
  expect(asked.can ? [] : [...asked.guards].sort()).toEqual(['isHigh', 'isLucky', 'isNever']);
});

test('a final machine keeps its root handlers in XState, and takes nothing here', () => {
  const { snapshot } = step(counting(), { type: 'counter.close' });
  expect(snapshot.status).toBe('done');
  expect(verdict(snapshot, { type: 'counter.ping' })).toEqual({ can: false, guards: [] });
});

test('a snapshot is the same after real JSON, history included', () => {
  let { snapshot } = start(regionsMachine, { id: 'r' });
  for (const name of ['on', 'left', 'right', 'right', 'off', 'back', 'off']) {
    ({ snapshot } = step(snapshot, { type: `regions.${name}` }));
    const text = JSON.stringify(persist(snapshot));
    const restored = restore(regionsMachine, JSON.parse(text) as ChartSnapshot);
    expect(JSON.stringify(persist(restored))).toBe(text);
    expect([...restored.tags]).toEqual([...snapshot.tags]);
  }
});

test('XState’s own persisted snapshot names no chart, and does not keep a Date', () => {
  const machine = createMachine({ id: 'dated', context: { on: new Date(0), all: new Map([[1, 2]]) } });
  const persisted = createActor(machine).getPersistedSnapshot();
  const kept = JSON.parse(JSON.stringify(persisted)) as { context: unknown };
  expect(kept.context).toEqual({ on: '1970-01-01T00:00:00.000Z', all: {} });
  expect(JSON.stringify(kept)).not.toContain('dated');
});

test('XState does not bring a timer back with its snapshot', () => {
  const slept: number[] = [];
  const clock = {
    setTimeout: (_: () => void, ms: number) => slept.push(ms),
    clearTimeout: () => undefined,
  };
  const first = createActor(sleeperMachine, { input: { id: 's', napMs: 1 }, clock });
  first.start();
  first.send({ type: 'sleeper.sleep' });
  expect(slept).toEqual([1000]);
  const again = createActor(sleeperMachine, {
    input: { id: 's', napMs: 1 },
    snapshot: first.getPersistedSnapshot(),
    clock,
  });
  again.start();
  expect(again.getSnapshot().value).toBe('asleep');
  expect(slept).toEqual([1000]);
});

test('a state that the chart does not have cannot be restored', () => {
  const gone = { value: 'gone', context: {}, status: 'active' as const };
  expect(() => restore(counterMachine, gone)).toThrow();
});

test('the charts run unmodified under createActor', () => {
  const said: unknown[] = [];
  const live = createActor(counterMachine, { input: { id: 'c', limit: 3 } });
  live.on('*', (event) => said.push(event));
  live.start();
  live.send({ type: 'counter.add', by: 2 });
  live.send({ type: 'counter.tell', to: ['d'], by: 1 });
  expect(live.getSnapshot().context.count).toBe(2);
  expect(said).toMatchObject([{ type: 'waybill.send', to: { kind: 'counter', id: 'd' } }]);
});
