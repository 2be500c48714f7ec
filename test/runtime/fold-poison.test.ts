/** What cannot be handled becomes a dead letter, once, and holds nothing up (R11). */
import { expect, test } from 'vitest';
import type { DeadLetter } from '../../runtime/core/entry.ts';
import type { Message } from '../../runtime/message.ts';
import type { Stored } from '../../runtime/ports.ts';
import { counter, payer, sleeper } from '../support/charts.ts';
import { epoch } from '../support/clock.ts';
import { folding, type Folding } from '../support/folding.ts';
import { at, command, fromActor, stored } from '../support/messages.ts';

const create = (): Stored => stored(command('counter/c1', 'counter.create'), 1);
const add = (sequence: number): Stored => stored(command('counter/c1', 'counter.add'), sequence);

function letters(partition: Folding): DeadLetter[] {
  return partition.publications
    .filter(({ log }) => log === 'dead')
    .map(({ body }) => JSON.parse(body) as DeadLetter);
}

const changed = (text: string | undefined, change: object): string =>
  JSON.stringify({ ...(JSON.parse(text ?? '{}') as object), ...change });

test('a chart that throws: the actor is untouched, the next message goes on', () => {
  const partition = folding([counter]);
  partition.take(create());
  const before = partition.record('counter/c1');
  const spoil = command('counter/c1', { type: 'counter.spoil', how: 'throw' });
  const draft = partition.take(stored(spoil, 2));
  expect(draft.actors.size).toBe(0);
  expect(partition.record('counter/c1')).toBe(before);
  expect(letters(partition)).toEqual([
    {
      id: spoil.id,
      at: epoch + 2,
      to: at('counter/c1'),
      cause: 'a bug in the chart',
      message: JSON.stringify(spoil),
    },
  ]);
  expect(draft.notices).toMatchObject([{ level: 'error', message: 'dead letter' }]);
  partition.take(add(3));
  expect(partition.record('counter/c1')).toContain('"version":2');
  expect(partition.state().position).toMatchObject({ sequence: 3, time: epoch + 3 });
});

test('a chart that never comes to rest holds up nobody', () => {
  const partition = folding([counter]);
  partition.take(
    create(),
    stored(command('counter/c1', { type: 'counter.spoil', how: 'endless' }), 2),
    add(3),
  );
  expect(letters(partition)[0]?.cause).toMatch(/more than 1000 microsteps/);
  expect(letters(partition)).toHaveLength(1);
  expect(partition.record('counter/c1')).toContain('"version":2');
});

test('a turn that throws after it has sent leaves no message behind', () => {
  const partition = folding([counter]);
  partition.take(create());
  for (const how of ['wrongPayload', 'wrongAddress', 'datePayload']) {
    partition.take(stored(command('counter/c1', { type: 'counter.spoil', how }), 2));
  }
  expect(partition.state()).toMatchObject({ outbox: [], sent: {} });
  expect(letters(partition)).toHaveLength(3);
});

test.each([
  ['is no JSON', '{"from":', 'unreadable/unreadable'],
  ['is no message', '{"hello":1}', 'unreadable/unreadable'],
  ['has an address at least', '{"from":"outside","to":{"kind":"counter","id":"c1"}}', 'counter/c1'],
  [
    'has an impossible address',
    '{"from":"outside","to":{"kind":"counter","id":"a.b"}}',
    'unreadable/unreadable',
  ],
])('a message that %s is parked, and the position moves on', (_, body, to) => {
  const partition = folding([counter]);
  partition.take(create(), { sequence: 2, time: epoch + 2, id: 'odd', body }, add(3));
  expect(letters(partition)).toMatchObject([{ id: 'odd', message: body, to: at(to) }]);
  expect(letters(partition)[0]?.cause).toMatch(/does not parse/);
  expect(partition.state().position).toMatchObject({ sequence: 3 });
  expect(partition.record('counter/c1')).toContain('"version":2');
});

test.each([
  ['does not parse', () => '{"half":', /does not parse/],
  [
    'is of a changed chart',
    (text?: string) => changed(text, { chart: { version: 1, hash: 'old' } }),
    /changed/,
  ],
  [
    'is of a newer chart',
    (text?: string) => changed(text, { chart: { version: 2, hash: 'x' } }),
    /version 2/,
  ],
  [
    'is in a state that the chart does not have',
    (text?: string) => changed(text, { snapshot: { value: 'gone', context: {}, status: 'active' } }),
    /does not exist in the chart/,
  ],
])('a record that %s parks its messages and stays as it is', (_, spoiled, cause) => {
  const partition = folding([counter]);
  partition.take(create());
  const text = spoiled(partition.record('counter/c1'));
  partition.putRecord('counter/c1', text);
  partition.takeOver();
  const draft = partition.take(add(2), stored(command('counter/c2', 'counter.create'), 3));
  expect(letters(partition)).toHaveLength(1);
  expect(letters(partition)[0]?.cause).toMatch(cause);
  expect(partition.record('counter/c1')).toBe(text);
  expect(partition.record('counter/c2')).toBeDefined();
  expect(draft.position).toMatchObject({ sequence: 3 });
});

test('a message between actors with an event of another build is parked', () => {
  const partition = folding([counter]);
  partition.take(create());
  const before = partition.record('counter/c1');
  partition.take(stored(fromActor('counter/c1', 'counter.invented'), 2));
  expect(letters(partition)).toMatchObject([
    { to: at('counter/c1'), cause: 'counter.invented is an event that this process does not know' },
  ]);
  expect(partition.record('counter/c1')).toBe(before);
  expect(partition.state().received).toEqual({ 7: 1 });
});

test('a message between actors to one that does not exist is parked', () => {
  const partition = folding([counter]);
  partition.take(stored(fromActor('counter/nobody', { type: 'counter.add', by: 1 }), 1));
  expect(letters(partition)).toMatchObject([{ to: at('counter/nobody') }]);
  expect(letters(partition)[0]?.cause).toMatch(/counter\/nobody does not exist for counter\.add/);
});

test('a message between actors that does not fit any more is parked', () => {
  const partition = folding([counter]);
  partition.take(create(), stored(fromActor('counter/c1', { type: 'counter.add', by: 'much' }), 2));
  expect(letters(partition)[0]?.cause).toMatch(/counter\.add does not fit its schema: \/by/);
});

test('a message between actors that the chart does not take now is refused, and the journal says so', () => {
  const partition = folding([counter]);
  const closed = stored(command('counter/c1', 'counter.close'), 2);
  partition.take(create(), closed, stored(fromActor('counter/c1', { type: 'counter.add', by: 1 }), 3));
  expect(letters(partition)).toEqual([]);
  expect(JSON.parse(partition.publications.at(-1)?.body ?? '')).toMatchObject({
    outcome: 'refused',
    reason: 'unhandled',
  });
});

test('a message to a kind that nobody runs is parked', () => {
  const partition = folding([counter]);
  partition.take(stored(command('nobody/n1', 'nobody.create'), 1));
  expect(letters(partition)[0]?.cause).toMatch(/no kind of actor named nobody/);
});

test('a message that would not fit the broker is a bug of its sender', () => {
  const partition = folding([counter]);
  const to = Array.from({ length: 20 }, () => 'x'.repeat(200));
  partition.take(create(), stored(command('counter/c1', { type: 'counter.tell', to, by: 1 }), 2));
  expect(letters(partition)).toEqual([]);
  partition.take(
    stored(
      command('counter/c1', {
        type: 'counter.tell',
        to: [...Array<string>(2_000)].map(() => to[0] ?? ''),
        by: 1,
      }),
      3,
    ),
  );
  expect(letters(partition)[0]?.cause).toMatch(/characters/);
  expect(partition.state().outbox).toHaveLength(20);
});

test('a timer or result that becomes a dead letter is not sent again by this owner', () => {
  const partition = folding([sleeper]);
  partition.take(
    stored(command('sleeper/s1', 'sleeper.create'), 1),
    stored(command('sleeper/s1', 'sleeper.sleep'), 2),
  );
  const record = partition.record('sleeper/s1');
  partition.putRecord('sleeper/s1', '{}');
  partition.takeOver();
  const token = /"token":"([^"]+)"/.exec(record ?? '')?.[1] ?? '';
  const fire: Message = { from: 'timer', to: at('sleeper/s1'), timer: 'x', token };
  const draft = partition.take(stored(fire, 3, epoch + 9_000));
  expect(letters(partition)).toHaveLength(1);
  expect(draft.parked).toEqual([token]);
});

test('timers that come and go in one batch leave nothing behind', () => {
  const partition = folding([sleeper]);
  const events = ['sleeper.create', 'sleeper.sleep', 'sleeper.again', 'sleeper.again', 'sleeper.wake'];
  const draft = partition.take(
    ...events.map((type, index) => stored(command('sleeper/s1', type), index + 1)),
  );
  expect([...draft.timers]).toEqual([]);
  expect(partition.record('sleeper/s1')).toContain('"timers":{}');
});

test('a timer that was there before is dropped, and the last one of a batch is kept', () => {
  const partition = folding([sleeper]);
  const send = (type: string, sequence: number): Stored => stored(command('sleeper/s1', type), sequence);
  partition.take(send('sleeper.create', 1), send('sleeper.sleep', 2));
  const draft = partition.take(send('sleeper.again', 3), send('sleeper.again', 4));
  expect([...draft.timers].map(([token, timer]) => [token, timer?.at])).toEqual([
    [expect.stringMatching('@2'), undefined],
    [expect.stringMatching('@4'), epoch + 1_004],
  ]);
});

test('activities that come and go in one batch are never started', () => {
  const partition = folding([payer]);
  const events = ['payer.create', 'payer.ask', 'payer.cancel'];
  const draft = partition.take(...events.map((type, index) => stored(command('payer/p1', type), index + 1)));
  expect([...draft.activities]).toEqual([]);
  expect(partition.state().activities).toEqual([]);
});
