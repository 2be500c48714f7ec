/** Activities in a turn: when they are started and stopped, and whose results count (R10). */
import { fromPromise, setup } from 'xstate';
import { expect, test } from 'vitest';
import { createRegistry } from '../../runtime/core/registry.ts';
import { payer } from '../support/charts.ts';
import { epoch } from '../support/clock.ts';
import { at, command, resultOf } from '../support/messages.ts';
import { actor, type Actor } from '../support/turns.ts';

const declined = { error: { code: 'terminal', message: 'no money' } };

function paying(): Actor {
  const it = actor(payer);
  it.take(command('payer/a1', { type: 'payer.pay', amount: 5 }));
  return it;
}

test('asks for an activity with its source, its input as text, and a token of the turn', () => {
  const it = actor(payer);
  const { effects } = it.take(command('payer/a1', { type: 'payer.pay', amount: 5 }));
  expect(effects.addActivities).toEqual([
    {
      ...{ key: 'payer/a1', activity: 'charge', source: 'charge', input: '{"amount":5}' },
      ...{ token: 'payer/a1@2.0', startedAt: epoch + 1 },
    },
  ]);
});

test('takes one without an input', () => {
  const { effects } = actor(payer).take(command('payer/a1', 'payer.ask'));
  expect(effects.addActivities.map(({ activity, input }) => [activity, input])).toEqual([
    ['ask', 'null'],
    ['charge', 'null'],
  ]);
});

test('hands the output to the chart, and drops the token', () => {
  const it = paying();
  const { outcome, effects } = it.take(resultOf(it.record(), 'charge', { output: 'r1' as never }));
  expect(outcome).toEqual({ outcome: 'accepted', from: 'paying', to: 'paid' });
  expect(effects).toMatchObject({ addActivities: [], dropActivities: ['payer/a1@2.0'] });
  expect(it.record().snapshot.context).toMatchObject({ receipt: 'r1' });
  expect(it.record().activities).toEqual({});
});

test('hands an error to the chart', () => {
  const it = paying();
  it.take(resultOf(it.record(), 'charge', declined));
  expect(it.record().snapshot).toMatchObject({ value: 'failed', context: { problem: declined.error } });
});

test('stops an activity whose state is left, and drops its result', () => {
  const it = paying();
  const [done, failed] = [resultOf(it.record(), 'charge', {}), resultOf(it.record(), 'charge', declined)];
  expect(it.take(command('payer/a1', 'payer.cancel')).effects.dropActivities).toEqual(['payer/a1@2.0']);
  for (const late of [done, failed]) {
    const before = it.text();
    expect(it.take(late).outcome).toEqual({ outcome: 'dropped', why: 'outlived' });
    expect(it.text()).toBe(before);
  }
});

test('starts one anew when its state is entered again, and drops the old one’s result', () => {
  const it = paying();
  const old = resultOf(it.record(), 'charge', { output: 'old' as never });
  const { effects } = it.take(command('payer/a1', 'payer.again'));
  expect(effects.dropActivities).toEqual(['payer/a1@2.0']);
  expect(effects.addActivities).toMatchObject([{ token: expect.stringMatching(/^payer\/a1@3\./) as string }]);
  expect(it.take(old).outcome).toEqual({ outcome: 'dropped', why: 'outlived' });
  it.take(resultOf(it.record(), 'charge', { output: 'new' as never }));
  expect(it.record().snapshot.context).toMatchObject({ receipt: 'new' });
});

test('drops a result that comes twice', () => {
  const it = paying();
  const result = resultOf(it.record(), 'charge', { output: 'r1' as never });
  it.take(result);
  expect(it.take(result).outcome).toEqual({ outcome: 'dropped', why: 'outlived' });
});

test('goes on with one activity when the other has ended, and stops all at the end', () => {
  const it = actor(payer);
  it.take(command('payer/a1', 'payer.ask'));
  const [asked, charged] = [resultOf(it.record(), 'ask', {}), resultOf(it.record(), 'charge', {})];
  const first = it.take(asked);
  expect(first.outcome).toMatchObject({ outcome: 'accepted', to: 'asking' });
  expect(Object.keys(it.record().activities)).toEqual(['charge']);
  it.reload();
  expect(it.take(charged).outcome).toMatchObject({ to: 'paid' });

  const other = actor(payer);
  const { effects } = other.take(command('payer/a1', 'payer.ask'));
  const ended = other.take(resultOf(other.record(), 'charge', {}));
  expect(ended.effects.dropActivities).toEqual(effects.addActivities.map(({ token }) => token));
  expect(other.record().activities).toEqual({});
});

test('takes a result after a reload as if it had stayed in memory', () => {
  const texts = [false, true].map((reloads) => {
    const it = paying();
    if (reloads) it.reload();
    it.take(resultOf(it.record(), 'charge', { output: { nested: [1, null] } as never }));
    return it.text();
  });
  expect(texts[1]).toBe(texts[0]);
});

test('goes on with the trace of the request that began it, also after a reload', () => {
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const it = actor(payer);
  it.take(command('payer/a1', { type: 'payer.pay', amount: 5 }, { trace }));
  it.reload();
  expect(it.take(resultOf(it.record(), 'charge', declined)).trace).toBe(trace);

  it.take(command('payer/a1', { type: 'payer.pay', amount: 5 }));
  expect(it.take(resultOf(it.record(), 'charge', {}))).not.toHaveProperty('trace');
});

test('drops results of activities that are not there', () => {
  const it = paying();
  const stray = {
    from: 'activity' as const,
    to: at('payer/a1'),
    activity: 'toString',
    token: 't',
    result: {},
  };
  expect(it.take(stray).outcome).toEqual({ outcome: 'dropped', why: 'outlived' });
});

test('a chart with a systemId does not start: the second actor would find the name taken', () => {
  const stub = fromPromise(() => Promise.reject(new Error('a stub')));
  const machine = setup({ actors: { charge: stub } }).createMachine({
    initial: 'on',
    states: {
      on: {
        description: 'x',
        invoke: { src: 'charge', systemId: 'gateway', onError: { target: 'off' } },
      },
      off: { description: 'y', type: 'final' },
    },
  });
  const named = { ...payer, machine, events: {}, commands: {} };
  expect(() => createRegistry([named])).toThrow(/systemId/);
});
