/** What the journal and the dead letters say. */
import { describe, expect, it, test, vi } from 'vitest';
import {
  deadLetterPublication,
  entryIn,
  journalPublication,
  letterId,
  sourceOf,
} from '../../runtime/core/entry.ts';
import type { Message } from '../../runtime/message.ts';
import { snapshotText } from '../../runtime/core/record.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { turn } from '../../runtime/core/turn.ts';
import { counter, payer, principal, sleeper } from '../support/charts.ts';
import { epoch } from '../support/clock.ts';
import { at, command, fromActor, resultOf, timerOf } from '../support/messages.ts';
import { actor, type Actor } from '../support/turns.ts';

const time = epoch + 5000;
const outside = { from: 'outside', subject: 'ann', roles: ['user'], warehouses: [] };

/** The journal's entry for the message, and how it is published. */
function journal(it: Actor, message: Message): { entry: unknown; published: object } {
  const { body, ...published } = journalPublication({ message, time, chart: 3 }, it.take(message, time));
  return { entry: JSON.parse(body), published };
}

describe('the journal', () => {
  it('tells an accepted command with the state after it', () => {
    const it = actor(counter);
    const message = command('counter/a1', { type: 'counter.add', by: 2 }, { id: 'k1' });
    const { entry, published } = journal(it, message);
    expect(published).toEqual({ log: 'journal', to: at('counter/a1'), id: 'counter/a1!k1' });
    expect(entry).toEqual({
      ...{ id: 'counter/a1!k1', kind: 'counter', actor: 'a1', version: 2, chart: 3, at: time },
      event: { type: 'counter.add', by: 2 },
      ...{ outcome: 'accepted', from: 'open', to: 'open', source: outside, cause: 'k1' },
      after: JSON.parse(snapshotText(it.record().snapshot)) as unknown,
    });
  });

  it('tells the creation, what was emitted, and the trace', () => {
    const registry = createRegistry([counter]);
    const message = command('counter/a2', 'counter.create', { id: 'k2', trace: '00-1' });
    const created = turn({ registry, record: undefined, message, time, sequence: 1 });
    const { body } = journalPublication({ message, time, chart: 3 }, created);
    expect(JSON.parse(body)).toMatchObject({ from: null, to: 'open', version: 1, trace: '00-1' });
    const { entry } = journal(actor(counter), command('counter/a1', 'counter.note'));
    expect(entry).toMatchObject({ emitted: [{ type: 'counter.noted', count: 0 }] });
    expect(entry).not.toHaveProperty('trace');
  });

  it('tells what was sent to others', () => {
    const { entry } = journal(
      actor(counter),
      command('counter/a1', { type: 'counter.tell', to: ['b', 'c'], by: 2 }),
    );
    const event = { type: 'counter.add', by: 2 };
    expect(entry).toMatchObject({
      sent: [
        { id: 'counter/a1@2.0', to: at('counter/b'), event },
        { id: 'counter/a1@2.1', to: at('counter/c'), event },
      ],
    });
  });

  it('tells a refusal with its reason and guards, and no state after it', () => {
    const it = actor(counter, { input: { limit: 1 } });
    const message = command('counter/a1', { type: 'counter.add', by: 9 }, { id: 'k3' });
    expect(journal(it, message).entry).toEqual({
      ...{ id: 'counter/a1!k3', kind: 'counter', actor: 'a1', version: 1, chart: 3, at: time },
      event: { type: 'counter.add', by: 9 },
      ...{ outcome: 'refused', from: 'open', to: 'open', reason: 'guard', guards: ['hasRoom'] },
      ...{ source: outside, cause: 'k3' },
    });
    const unheard = journal(it, command('counter/a1', 'counter.forbidden', { id: 'k4' })).entry;
    expect(unheard).toMatchObject({ reason: 'unhandled' });
    expect(unheard).not.toHaveProperty('guards');
  });

  it('tells what was refused by an actor that does not exist', () => {
    const message = command('counter/none', 'counter.add', { id: 'k5' });
    const registry = createRegistry([counter]);
    const refused = turn({ registry, record: undefined, message, time, sequence: 1 });
    expect(JSON.parse(journalPublication({ message, time, chart: 3 }, refused).body)).toEqual({
      ...{ id: 'counter/none!k5', kind: 'counter', actor: 'none', version: 0, chart: 3, at: time },
      event: { type: 'counter.add' },
      ...{ outcome: 'refused', from: null, to: null, reason: 'not-found', source: outside, cause: 'k5' },
    });
  });

  it('has no entry for what was dropped', () => {
    const it = actor(sleeper);
    const stray = { from: 'timer' as const, to: at('sleeper/a1'), timer: 'nap', token: 'old' };
    expect(() => journal(it, stray)).toThrow('what was dropped is not in the journal');
  });
});

describe('the source of an entry', () => {
  it('is the caller, with the roles and warehouses it had', () => {
    expect(sourceOf(command('counter/a1', 'counter.add', { principal }))).toEqual(outside);
  });

  it('is the actor that sent it', () => {
    const message = fromActor('counter/a1', 'counter.add', { sender: { kind: 'order', id: 'o1' } });
    expect(sourceOf(message)).toEqual({ from: 'actor', actor: 'order/o1' });
  });

  it('is a timer or an activity, whose token is the cause', () => {
    const asleep = actor(sleeper);
    asleep.take(command('sleeper/a1', 'sleeper.sleep'), epoch);
    const timer = journal(asleep, timerOf(asleep.record())).entry;
    expect(timer).toMatchObject({ source: { from: 'timer' }, cause: 'sleeper/a1@2.0' });
    const paying = actor(payer);
    paying.take(command('payer/a1', { type: 'payer.pay', amount: 1 }));
    const { token } = paying.record().activities['charge'] ?? {};
    const result = journal(paying, resultOf(paying.record(), 'charge', {})).entry;
    expect(result).toMatchObject({ source: { from: 'activity' }, cause: token });
  });
});

test('a dead letter keeps the message as it stood there, with its cause', () => {
  const stored = { sequence: 4, time, id: 'm4', body: '{"half' };
  const { body, ...published } = deadLetterPublication(stored, at('counter/a1'), 'no JSON');
  expect(published).toEqual({ log: 'dead', to: at('counter/a1'), id: 'm4' });
  expect(JSON.parse(body)).toEqual({
    ...{ id: 'm4', at: time, to: at('counter/a1') },
    ...{ cause: 'no JSON', message: '{"half' },
  });
});

test('what has no id of its own is told apart by its place', () => {
  expect(letterId({ sequence: 4, time, id: '', body: '' })).toBe(`unread-${time}-4`);
  expect(letterId({ sequence: 4, time, id: 'm4', body: '' })).toBe('m4');
});

describe('an entry that is read', () => {
  const after = { value: 'open', context: { note: 'a,"after":{}' } };
  const parses = (body: string, read: (entry: object) => void): number => {
    const spy = vi.spyOn(JSON, 'parse');
    try {
      const entry = entryIn(body);
      const before = spy.mock.calls.length;
      read(entry);
      return spy.mock.calls.length - before;
    } finally {
      spy.mockRestore();
    }
  };

  it.each([
    { id: 'a', event: { type: 'x' } },
    { id: 'a', event: { type: 'x' }, after },
    {
      id: 'a',
      event: { type: 'x', before: 1, after: { deep: [{ n: 1, after: 2 }] } },
      sent: [{ a: 1, after: 'x' }],
      after,
    },
    { id: 'a', event: { type: 'x', before: 1, after: 3 } },
    { id: ',"after":', event: { type: '\\', note: '\\",\\"after\\":' }, after },
  ])('is what stands there: %j', (entry) => {
    expect({ ...entryIn(JSON.stringify(entry)) }).toEqual(entry);
  });

  it('has the state after it parsed once, when somebody looks', () => {
    const body = JSON.stringify({ id: 'a', event: { type: 'x' }, after });
    expect(parses(body, (entry) => expect(entry).toHaveProperty('event.type', 'x'))).toBe(0);
    expect(parses(body, (entry) => expect([entry, entry]).toMatchObject([{ after }, { after }]))).toBe(1);
  });
});
