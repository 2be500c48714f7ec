/** What a turn asks for besides a new state, and what it leaves as it was. */
import { emit, fromPromise, raise, setup } from 'xstate';
import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { send } from '../../machines/send.ts';
import { anyone, defineActor, type ActorDefinition } from '../../runtime/definition.ts';
import type { Message } from '../../runtime/message.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { turn, type Turn } from '../../runtime/core/turn.ts';
import { counter, payer, payerWith, probes, sleeper } from '../support/charts.ts';
import { epoch } from '../support/clock.ts';
import { at, command, fromActor, resultOf, timerOf } from '../support/messages.ts';
import { actor } from '../support/turns.ts';

const none = {
  messages: [],
  emitted: [],
  ...{ addTimers: [], dropTimers: [], addActivities: [], dropActivities: [] },
};

function onNothing(message: Message, definitions: readonly ActorDefinition[] = probes): Turn {
  const registry = createRegistry(definitions);
  return turn({ registry, record: undefined, message, time: epoch, sequence: 1 });
}

const stub = fromPromise<unknown, unknown>(() => Promise.reject(new Error('a stub')));

/** What lasts as long as the actor, what makes another one, and what JSON would not keep. */
const kettleMachine = setup({
  actors: { heat: stub },
  actions: {
    whistle: raise({ type: 'kettle.whistle' }, { delay: 1000, id: 'whistle' }),
    rust: raise({ type: 'kettle.rust', since: new Date(0) } as never, { delay: 1000 }),
    count: send(() => ({ to: { kind: 'counter', id: 'cups' }, event: { type: 'counter.create', limit: 5 } })),
    miscount: send(() => ({
      to: { kind: 'counter', id: 'cups' },
      event: { type: 'counter.create', limit: 'many' },
    })),
    sing: emit({ type: 'kettle.sang' }),
  },
}).createMachine({
  id: 'kettle',
  initial: 'cold',
  invoke: { src: 'heat', id: 'heat', onError: { target: '#kettle.off' } },
  states: {
    cold: {
      description: 'On the stove',
      on: {
        'kettle.fill': { actions: 'whistle' },
        'kettle.rust': { actions: 'rust' },
        'kettle.count': { actions: 'count' },
        'kettle.miscount': { actions: 'miscount' },
        'kettle.whistle': { actions: 'sing' },
        'kettle.burn': { target: 'burning' },
        'kettle.stop': { target: 'off' },
      },
    },
    burning: {
      description: 'Without water',
      invoke: {
        src: 'heat',
        id: 'burn',
        input: { since: new Date(0) } as never,
        onError: { target: 'off' },
      },
    },
    off: { description: 'Off for good', type: 'final' },
  },
});

const nothing = z.strictObject({}).describe('Something about the kettle');
const kettle = defineActor({
  kind: 'kettle',
  plural: 'kettles',
  version: 1,
  machine: kettleMachine,
  input: z.strictObject({}),
  create: { event: 'kettle.create' },
  events: Object.fromEntries(
    ['fill', 'rust', 'count', 'miscount', 'whistle', 'burn', 'stop'].map((name) => [
      `kettle.${name}`,
      nothing,
    ]),
  ),
  commands: { 'kettle.fill': { user: anyone } },
  readers: {},
  view: () => ({}),
  activities: { heat: payerWith(() => Promise.resolve(1)).activities['charge'] as never },
});

const running = () => actor(kettle, { others: [counter] });

describe('an actor that is done', () => {
  it('has no timers and no activities any more, and drops those that it had', () => {
    const it = running();
    const [activity] = Object.values(it.record().activities);
    const filled = it.take(fromActor('kettle/a1', 'kettle.fill')).effects;
    const { effects, record } = it.take(fromActor('kettle/a1', 'kettle.stop'));
    expect(record).toMatchObject({ timers: {}, activities: {} });
    expect(record?.snapshot.children).toEqual({});
    expect(effects).toEqual({
      ...none,
      dropTimers: filled.addTimers.map(({ token }) => token),
      dropActivities: [activity?.token],
    });
    expect(filled.addTimers).toHaveLength(1);
  });
});

describe('what an event does not concern', () => {
  it('a timer goes on, and is neither set again nor dropped', () => {
    const it = actor(sleeper);
    it.take(command('sleeper/a1', 'sleeper.sleep'));
    const { timers } = it.record();
    const { effects, record } = it.take(command('sleeper/a1', 'sleeper.prepare'));
    expect(effects).toEqual(none);
    expect(record?.timers).toEqual(timers);
    expect(Object.keys(timers)).toHaveLength(1);
  });

  it('an activity goes on, and is neither started again nor dropped', () => {
    const it = actor(payer);
    it.take(command('payer/a1', 'payer.ask'));
    const { ask, charge } = it.record().activities;
    const { effects, record } = it.take(resultOf(it.record(), 'ask', {}));
    expect(effects).toEqual({ ...none, dropActivities: [ask?.token] });
    expect(record?.activities).toEqual({ charge });
    expect(Object.keys(record?.snapshot.children as object)).toEqual(['charge']);
  });

  it('a refused or dropped message leaves everything', () => {
    const it = running();
    const before = it.record();
    const stray = { from: 'timer' as const, to: at('kettle/a1'), timer: 'whistle', token: 'old' };
    for (const message of [fromActor('kettle/a1', 'kettle.nothing'), stray]) {
      const { effects, record } = it.take(message);
      expect(effects).toEqual(none);
      expect(record).toBe(before);
    }
  });
});

test('a message that creates another actor is parsed with the input of its kind', () => {
  const it = running();
  const { effects } = it.take(fromActor('kettle/a1', 'kettle.count'));
  expect(effects.messages).toEqual([
    { id: 'kettle/a1@2.0', to: at('counter/cups'), event: { type: 'counter.create', limit: 5 } },
  ]);
  expect(() => it.take(fromActor('kettle/a1', 'kettle.miscount'))).toThrow(
    /^kettle\/a1: counter\.create to counter\/cups does not fit its schema: \/limit /,
  );
});

test('what JSON would not keep is found in a delayed event, an input and a message, by its place', () => {
  const take = (type: string) => () => running().take(fromActor('kettle/a1', type));
  expect(take('kettle.rust')).toThrow('kettle/a1: kettle.rust: since is a Date');
  expect(take('kettle.burn')).toThrow('kettle/a1: input of heat: since is a Date');
  const spoil = command('counter/a1', { type: 'counter.spoil', how: 'datePayload' });
  expect(() => actor(counter).take(spoil)).toThrow('counter/a1: counter.add to counter/x: on is a Date');
});

describe('what was dropped', () => {
  it('is told by the name of its timer or activity', () => {
    const it = running();
    const timer = { from: 'timer' as const, to: at('kettle/a1'), timer: 'whistle', token: 'old' };
    const activity = { ...timer, from: 'activity' as const, activity: 'heat', result: {} };
    expect([it.take(timer), it.take(activity)].map(({ event }) => event)).toEqual([
      { type: 'whistle' },
      { type: 'heat' },
    ]);
    it.take(fromActor('kettle/a1', 'kettle.fill'), epoch);
    const early = it.take(timerOf(it.record(), 'whistle'), epoch + 999);
    expect(early).toMatchObject({
      event: { type: 'whistle' },
      outcome: { outcome: 'dropped', why: 'early' },
    });
    const due = it.take(timerOf(it.record(), 'whistle'), epoch + 1000);
    expect(due.effects.emitted).toEqual([{ type: 'kettle.sang' }]);
  });

  it('is what comes for an actor that does not exist', () => {
    const timer = { from: 'timer' as const, to: at('sleeper/s1'), timer: 'nap', token: 't' };
    const activity = {
      ...timer,
      from: 'activity' as const,
      to: at('payer/p1'),
      activity: 'charge',
      result: {},
    };
    for (const message of [timer, activity]) {
      expect(onNothing(message)).toMatchObject({
        outcome: { outcome: 'dropped', why: 'outlived' },
        record: undefined,
        effects: none,
      });
    }
  });
});

describe('a refusal says exactly', () => {
  const stranger = { subject: 'eve', roles: ['stranger'], warehouses: [] };

  it.each([
    ['that there is none', command('counter/c1', 'counter.add'), 'not-found'],
    [
      'that a role may not create',
      command('counter/c1', 'counter.create', { principal: stranger }),
      'forbidden',
    ],
  ])('%s', (_, message, reason) => {
    const { event, outcome, effects } = onNothing(message);
    expect(outcome).toEqual({ outcome: 'refused', reason, allowed: [] });
    expect(event).toEqual(message.event);
    expect(effects).toEqual(none);
  });

  it('what is wrong with an input or a payload', () => {
    const wrong = onNothing(command('counter/c1', { type: 'counter.create', limit: 'high' })).outcome;
    expect(wrong).toMatchObject({ reason: 'invalid', allowed: [] });
    const payload = actor(counter).take(command('counter/a1', { type: 'counter.add', by: 'x' })).outcome;
    expect(payload).toMatchObject({ reason: 'invalid', allowed: [], version: 1 });
  });

  it('that the version is stale', () => {
    const { outcome } = actor(counter).take(command('counter/a1', 'counter.add', { ifMatch: 7 }));
    expect(outcome).toEqual({ outcome: 'refused', reason: 'stale', allowed: [], state: 'open', version: 1 });
  });

  it('what a caller may send instead, and what another actor may', () => {
    const commands = ['counter.add', 'counter.tell', 'counter.note', 'counter.spoil', 'counter.close'];
    const add = { type: 'counter.add', by: 4 };
    const it = actor(counter, { input: { limit: 3 } });
    const refused = { outcome: 'refused', reason: 'guard', state: 'open', version: 1, guards: ['hasRoom'] };
    expect(it.take(command('counter/a1', add)).outcome).toEqual({ ...refused, allowed: commands });
    const all = [...commands, 'counter.ping'];
    expect(it.take(fromActor('counter/a1', add)).outcome).toEqual({ ...refused, allowed: all });
    expect(it.take(fromActor('counter/a1', 'counter.nothing')).outcome).toEqual({
      ...{ outcome: 'refused', reason: 'unhandled', state: 'open', version: 1 },
      allowed: all,
    });
  });

  it('nothing of an actor that nobody outside may create', () => {
    const create = command('kettle/a1', 'kettle.create');
    const forbidden = { outcome: 'refused', reason: 'forbidden', allowed: [] };
    expect(onNothing(create, [kettle, counter]).outcome).toEqual(forbidden);
    expect(running().take(create).outcome).toEqual(forbidden);
  });
});
