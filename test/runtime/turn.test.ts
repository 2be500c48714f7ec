/** One turn: creation, refusals, versions, ids. */
import { expect, test } from 'vitest';
import { keyOf } from '../../runtime/address.ts';
import { TerminalError } from '../../runtime/errors.ts';
import { recordText } from '../../runtime/core/record.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { turn } from '../../runtime/core/turn.ts';
import { counter, payer, probes, regions, spoils } from '../support/charts.ts';
import { epoch } from '../support/clock.ts';
import { command, fromActor } from '../support/messages.ts';
import { actor } from '../support/turns.ts';

const stranger = { subject: 'eve', roles: ['stranger'], warehouses: [] };

function onNothing(message: Parameters<typeof turn>[0]['message']) {
  return turn({ registry: createRegistry(probes), record: undefined, message, time: epoch, sequence: 1 });
}

test('creates with the input parsed and its defaults filled in', () => {
  const { outcome, record } = onNothing(command('counter/c1', 'counter.create'));
  expect(outcome).toEqual({ outcome: 'accepted', from: null, to: 'open' });
  expect(record).toMatchObject({ kind: 'counter', id: 'c1', version: 1, createdAt: epoch, updatedAt: epoch });
  expect(record?.snapshot.context).toEqual({ id: 'c1', count: 0, limit: 1_000_000 });
});

test('refuses to create with a wrong input, and points to what is wrong', () => {
  const { outcome, record } = onNothing(command('counter/c1', { type: 'counter.create', limit: 'high' }));
  expect(outcome).toMatchObject({ outcome: 'refused', reason: 'invalid', errors: [{ pointer: '/limit' }] });
  expect(record).toBeUndefined();
});

test('refuses to create for a role that may not', () => {
  const { outcome, record } = onNothing(command('counter/c1', 'counter.create', { principal: stranger }));
  expect(outcome).toMatchObject({ outcome: 'refused', reason: 'forbidden' });
  expect(record).toBeUndefined();
});

test('refuses any other event to an actor that does not exist', () => {
  expect(onNothing(command('counter/c1', 'counter.add')).outcome).toMatchObject({ reason: 'not-found' });
  expect(onNothing(fromActor('counter/c1', 'counter.add')).outcome).toMatchObject({ reason: 'not-found' });
});

test('refuses to create what exists, and tells nothing of it', () => {
  const it = actor(counter);
  it.take(command('counter/a1', 'counter.add'));
  const { outcome, record } = it.take(command('counter/a1', 'counter.create'));
  expect(outcome).toEqual({ outcome: 'refused', reason: 'exists', allowed: [] });
  expect(record?.version).toBe(2);
});

test('throws for a kind that is not registered', () => {
  expect(() => onNothing(command('nobody/n1', 'nobody.create'))).toThrow(TerminalError);
});

test('refuses a role that may not, before the chart is asked', () => {
  const it = actor(counter);
  const before = it.text();
  const add = command('counter/a1', 'counter.add', { principal: stranger });
  expect(it.take(add).outcome).toEqual({ outcome: 'refused', reason: 'forbidden', allowed: [] });
  expect(it.text()).toBe(before);
});

test.each(['constructor', 'hasOwnProperty', '__defineGetter__'])('knows no role %s', (role) => {
  const principal = { ...stranger, roles: [role] };
  const add = command('counter/a1', 'counter.add', { principal });
  expect(actor(counter).take(add).outcome).toMatchObject({ outcome: 'refused', reason: 'forbidden' });
});

test('asks the access condition with the actor’s context', () => {
  const tell = { type: 'counter.tell', to: [], by: 1 };
  const outcomeOn = (id: string) =>
    actor(counter, { id }).take(command(`counter/${id}`, tell)).outcome.outcome;
  expect([outcomeOn('open'), outcomeOn('locked')]).toEqual(['accepted', 'refused']);
});

test('refuses from outside an event that is no command', () => {
  const it = actor(counter);
  expect(it.take(command('counter/a1', 'counter.ping')).outcome).toMatchObject({ reason: 'forbidden' });
  expect(it.take(fromActor('counter/a1', 'counter.ping')).outcome.outcome).toBe('accepted');
});

test.each(['xstate.done.actor.charge', 'xstate.init', 'xstate.stop', 'constructor', '__proto__'])(
  'refuses %s, which no chart may hear from others',
  (type) => {
    const it = actor(payer);
    it.take(command('payer/a1', { type: 'payer.pay', amount: 5 }));
    const before = it.text();
    expect(it.take(command('payer/a1', type)).outcome).toMatchObject({ reason: 'forbidden' });
    expect(it.take(fromActor('payer/a1', type)).outcome).toMatchObject({ reason: 'unhandled' });
    expect(it.text()).toBe(before);
  },
);

test('refuses a version that the caller has not seen, and takes the one it has', () => {
  const it = actor(counter);
  const add = (ifMatch: number) => it.take(command('counter/a1', 'counter.add', { ifMatch })).outcome;
  expect(add(2)).toMatchObject({ outcome: 'refused', reason: 'stale', version: 1, state: 'open' });
  expect(add(1)).toMatchObject({ outcome: 'accepted' });
  expect(add(1)).toMatchObject({ outcome: 'refused', reason: 'stale', version: 2 });
});

test('refuses a payload that does not fit, and changes nothing', () => {
  const it = actor(counter);
  const before = it.text();
  const { outcome, effects } = it.take(command('counter/a1', { type: 'counter.add', by: 1.5 }));
  expect(outcome).toMatchObject({ reason: 'invalid', version: 1, errors: [{ pointer: '/by' }] });
  expect(effects).toMatchObject({ messages: [], emitted: [] });
  expect(it.text()).toBe(before);
});

test('tells a guard that said no, by name, with what is allowed', () => {
  const it = actor(counter, { input: { limit: 3 } });
  const { outcome } = it.take(command('counter/a1', { type: 'counter.add', by: 4 }));
  expect(outcome).toMatchObject({ outcome: 'refused', reason: 'guard', guards: ['hasRoom'], state: 'open' });
  expect(outcome).toHaveProperty('allowed', expect.arrayContaining(['counter.add', 'counter.close']));
});

test('tells that no transition was there', () => {
  const it = actor(payer);
  const { outcome } = it.take(command('payer/a1', 'payer.cancel'));
  expect(outcome).toEqual({
    outcome: 'refused',
    reason: 'unhandled',
    state: 'idle',
    version: 1,
    allowed: ['payer.pay', 'payer.ask'],
  });
});

test('refuses an event that the chart lists without a transition', () => {
  const it = actor(counter);
  expect(it.take(command('counter/a1', 'counter.forbidden')).outcome).toMatchObject({ reason: 'unhandled' });
});

test('offers a guarded event whose payload nobody knows yet, and an unguarded one only where it is heard', () => {
  const it = actor(counter);
  it.take(command('counter/a1', 'counter.close'));
  const { outcome } = it.take(command('counter/a1', 'counter.add'));
  expect(outcome).toMatchObject({ reason: 'unhandled', allowed: [] });
});

test('takes an action-only transition that leaves the state as it is', () => {
  const it = actor(counter);
  const { outcome, effects, record } = it.take(command('counter/a1', 'counter.note'));
  expect(outcome).toEqual({ outcome: 'accepted', from: 'open', to: 'open' });
  expect(effects.emitted).toEqual([{ type: 'counter.noted', count: 0 }]);
  expect(record?.version).toBe(2);
});

test('does not touch the record before it', () => {
  const it = actor(regions);
  const kind = it.registry.get('regions');
  if (kind === undefined) throw new Error('regions is registered');
  const events = [
    'on',
    'left',
    'right',
    'right',
    'left',
    'off',
    'deep',
    'reset',
    'off',
    'back',
    'left',
    'finish',
  ];
  for (const name of events) {
    const before = it.record();
    const text = recordText(before, kind);
    it.take(command('regions/a1', `regions.${name}`));
    expect(recordText(before, kind), name).toBe(text);
    expect(Object.keys(before.snapshot.children as object), name).toEqual([]);
  }
});

test('numbers messages by actor, record version and place among the actions', () => {
  const it = actor(counter);
  it.take(command('counter/a1', 'counter.add'));
  const { effects } = it.take(command('counter/a1', { type: 'counter.tell', to: ['b', 'c', 'b'], by: 2 }));
  expect(effects.messages.map(({ to }) => keyOf(to))).toEqual(['counter/b', 'counter/c', 'counter/b']);
  const ids = effects.messages.map(({ id }) => id);
  expect(new Set(ids).size).toBe(3);
  for (const id of ids) expect(id).toMatch(/^counter\/a1@3\.\d+$/);
});

test('a refused event uses up no id', () => {
  const told = (refuseFirst: boolean) => {
    const it = actor(counter, { input: { limit: 1 } });
    if (refuseFirst) it.take(command('counter/a1', { type: 'counter.add', by: 9 }));
    return it.take(command('counter/a1', { type: 'counter.tell', to: ['b'], by: 2 })).effects.messages;
  };
  expect(told(true)).toEqual(told(false));
});

test.each(spoils)('throws at a chart bug (%s) and leaves the actor as it was', (how) => {
  const it = actor(counter);
  const before = it.text();
  expect(() => it.take(command('counter/a1', { type: 'counter.spoil', how }))).toThrow();
  expect(it.text()).toBe(before);
});

test('names the place of what JSON does not keep', () => {
  const it = actor(counter);
  const spoil = command('counter/a1', { type: 'counter.spoil', how: 'notANumber' });
  expect(() => it.take(spoil)).toThrow(/counter\/a1.*stain\[0\]\.deep is NaN/);
});

test('names an action whose effects it cannot see', () => {
  const spoil = command('counter/a1', { type: 'counter.spoil', how: 'plainAction' });
  expect(() => actor(counter).take(spoil)).toThrow(/action .* has effects that the runtime cannot see/);
});

test('finds a wrong message at its sender', () => {
  const spoil = (how: string) => () =>
    actor(counter).take(command('counter/a1', { type: 'counter.spoil', how }));
  expect(spoil('wrongPayload')).toThrow(
    /counter\/a1: counter\.add to counter\/x does not fit its schema: \/by/,
  );
  expect(spoil('unknownEvent')).toThrow(/counter does not understand counter\.nothing/);
  expect(spoil('unknownKind')).toThrow(/nobody does not understand/);
  expect(spoil('wrongAddress')).toThrow(/no\.dots/);
});

test('refuses everything once the chart is done, root handlers too', () => {
  const it = actor(counter);
  it.take(command('counter/a1', 'counter.close'));
  it.reload();
  const { outcome } = it.take(fromActor('counter/a1', 'counter.ping'));
  expect(outcome).toEqual({
    outcome: 'refused',
    reason: 'unhandled',
    state: 'closed',
    version: 2,
    allowed: [],
  });
});

test('gives the same outcome, effects and record for the same input, byte for byte', () => {
  const tell = command('counter/a1', { type: 'counter.tell', to: ['b', 'c'], by: 1 });
  const run = (): string => {
    const it = actor(counter);
    const { outcome, effects } = it.take(tell);
    return JSON.stringify([outcome, effects, it.text()]);
  };
  expect(run()).toBe(run());
});
