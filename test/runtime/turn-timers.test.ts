/** Timers in a turn: when they are set, dropped, consumed (R9). */
import { expect, test } from 'vitest';
import { sleeper } from '../support/charts.ts';
import { epoch } from '../support/clock.ts';
import { at, command, timerOf } from '../support/messages.ts';
import { actor, type Actor } from '../support/turns.ts';

const asleep = (time = epoch + 10): Actor => {
  const it = actor(sleeper);
  it.take(command('sleeper/a1', 'sleeper.sleep'), time);
  return it;
};

test('sets an absolute deadline from the message’s own time, under a token of the turn', () => {
  const it = actor(sleeper, { input: { napMs: 4_000 } });
  const { effects } = it.take(command('sleeper/a1', 'sleeper.nap'), epoch + 10);
  expect(effects.addTimers).toMatchObject([{ key: 'sleeper/a1', at: epoch + 4_010 }]);
  expect(effects.addTimers[0]?.token).toMatch(/^sleeper\/a1@2\.\d+$/);
  expect(effects.dropTimers).toEqual([]);
});

test('fires at its deadline and drops its token', () => {
  const it = asleep();
  const fire = timerOf(it.record());
  const { outcome, effects } = it.take(fire, epoch + 1_010);
  expect(outcome).toEqual({ outcome: 'accepted', from: 'asleep', to: 'awake' });
  expect(effects.dropTimers).toEqual(['sleeper/a1@2.0']);
  expect(it.record()).toMatchObject({ version: 3, timers: {} });
});

test('drops one that comes before its deadline, and keeps the timer', () => {
  const it = asleep();
  const before = it.text();
  expect(it.take(timerOf(it.record()), epoch + 1_009).outcome).toEqual({ outcome: 'dropped', why: 'early' });
  expect(it.text()).toBe(before);
});

test('drops a second copy of one that has fired', () => {
  const it = asleep();
  const fire = timerOf(it.record());
  it.take(fire, epoch + 2_000);
  const before = it.text();
  expect(it.take(fire, epoch + 2_001).outcome).toEqual({ outcome: 'dropped', why: 'outlived' });
  expect(it.text()).toBe(before);
});

test('drops one whose state was left', () => {
  const it = asleep();
  const fire = timerOf(it.record());
  const { effects } = it.take(command('sleeper/a1', 'sleeper.wake'));
  expect(effects).toMatchObject({ addTimers: [], dropTimers: ['sleeper/a1@2.0'] });
  expect(it.take(fire, epoch + 9_000).outcome).toEqual({ outcome: 'dropped', why: 'outlived' });
});

test('drops one whose state was left and entered again: that has a new token', () => {
  const it = asleep();
  const old = timerOf(it.record());
  const { effects } = it.take(command('sleeper/a1', 'sleeper.again'), epoch + 500);
  expect(effects.dropTimers).toEqual(['sleeper/a1@2.0']);
  expect(effects.addTimers).toMatchObject([{ at: epoch + 1_500 }]);
  expect(it.take(old, epoch + 5_000).outcome).toEqual({ outcome: 'dropped', why: 'outlived' });
  expect(it.take(timerOf(it.record()), epoch + 5_001).outcome).toMatchObject({ to: 'awake' });
});

test('sets none for a state that is left in the same turn', () => {
  const { effects, record } = actor(sleeper).take(command('sleeper/a1', 'sleeper.blink'));
  expect(record?.snapshot.value).toBe('awake');
  expect(effects).toMatchObject({ addTimers: [], dropTimers: [] });
});

test('consumes one that a guard refuses, and says so', () => {
  const it = actor(sleeper);
  it.take(command('sleeper/a1', 'sleeper.wait'), epoch);
  const fire = timerOf(it.record());
  const { outcome, effects, record } = it.take(fire, epoch + 500);
  expect(outcome).toMatchObject({ outcome: 'refused', reason: 'guard', guards: ['isReady'], version: 2 });
  expect(effects).toMatchObject({ addTimers: [], dropTimers: ['sleeper/a1@2.0'] });
  expect(record).toMatchObject({ version: 2, timers: {} });
  it.take(command('sleeper/a1', 'sleeper.prepare'));
  expect(it.take(fire, epoch + 600).outcome).toEqual({ outcome: 'dropped', why: 'outlived' });
});

test('keeps two delayed events of the same type apart, as XState does', () => {
  const it = actor(sleeper);
  const { effects } = it.take(command('sleeper/a1', 'sleeper.wind'), epoch);
  expect(effects.addTimers.map((timer) => timer.at - epoch)).toEqual([100, 200]);
  const [first, second] = effects.addTimers;
  for (const timer of [second, first, second]) {
    if (timer === undefined) throw new Error('two timers were set');
    const { timer: name, token } = timer;
    it.take({ from: 'timer', to: at('sleeper/a1'), timer: name, token }, epoch + 300);
  }
  expect(it.record().snapshot.context).toMatchObject({ ticks: 2 });
});

test.each([NaN, Infinity])('throws at a delay of %s, which a record could not keep', (napMs) => {
  const broken = { ...sleeper, machine: sleeper.machine.provide({ delays: { nap: () => napMs } } as never) };
  const it = actor(broken);
  const before = it.text();
  expect(() => it.take(command('sleeper/a1', 'sleeper.nap'))).toThrow(/delayed by/);
  expect(it.text()).toBe(before);
});

test('drops timers for actors and names that are not there', () => {
  const it = asleep();
  const fire = { ...timerOf(it.record()), timer: '__proto__' } as never;
  expect(it.take(fire, epoch + 9_000).outcome).toEqual({ outcome: 'dropped', why: 'outlived' });
  const nobody = { from: 'timer' as const, to: at('sleeper/nobody'), timer: 'x', token: 'y' };
  expect(actor(sleeper).take({ ...nobody }, epoch).outcome.outcome).toBe('dropped');
});
