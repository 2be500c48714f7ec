/** Messages as they are read from a mailbox: nothing that is not one gets in. */
import { describe, expect, it, test } from 'vitest';
import { identityOf, messageSchema, placeSchema } from '../../runtime/message.ts';
import { command, fromActor } from '../support/messages.ts';

const reply = { to: 'node-1', number: 0 };
const outside = command('counter/c1', { type: 'counter.add', by: 2 }, { id: 'made-1' });
const whole = { ...outside, ifMatch: 0, fingerprint: 'f', reply, trace: 't' };
const between = { ...fromActor('counter/c1', 'counter.add'), trace: 't' };
const timer = { from: 'timer', to: { kind: 'sleeper', id: 's1' }, timer: 'nap', token: 'sleeper/s1@2.0' };
const activity = { ...timer, from: 'activity', activity: 'charge', result: { output: { paid: [1] } } };
const { timer: _, ...result } = activity;

function isMessage(value: unknown): boolean {
  return messageSchema.safeParse(JSON.parse(JSON.stringify(value))).success;
}

test.each<[string, unknown]>([
  ['a command', outside],
  ['a command with all that one may have', whole],
  ['a command with a long id', { ...outside, id: 'x'.repeat(600) }],
  ['a command with a long trace', { ...outside, trace: 'x'.repeat(200) }],
  ['a message of an actor', between],
  ['a timer', timer],
  ['a result', result],
  ['a result without output', { ...result, result: {} }],
  ['an error', { ...result, result: { error: { code: 'declined', message: 'no' } } }],
])('%s is read whole', (name, message) => {
  expect(messageSchema.parse(message), name).toEqual(message);
});

describe('what is no message', () => {
  it.each<[string, unknown]>([
    ['has no source', { ...outside, from: undefined }],
    ['has an unknown source', { ...outside, from: 'inside' }],
    ['has a field too many', { ...outside, more: 1 }],
    ['has no addressee', { ...outside, to: undefined }],
    ['has an event without a type', { ...outside, event: {} }],
    ['has too long an id', { ...outside, id: 'x'.repeat(601) }],
    ['has too long a trace', { ...outside, trace: 'x'.repeat(201) }],
    ['was made before time', { ...outside, madeAt: -1 }],
    ['has a version that is none', { ...outside, ifMatch: 1.5 }],
    ['has no principal', { ...outside, principal: undefined }],
    ['has a principal without roles', { ...outside, principal: { subject: 'a', warehouses: [] } }],
    ['has a role that is no name', { ...outside, principal: { ...outside.principal, roles: [1] } }],
    ['has a principal with more', { ...outside, principal: { ...outside.principal, more: 1 } }],
    ['says not whether it is kept', { ...outside, kept: undefined }],
    ['waits nowhere', { ...outside, reply: { number: 1 } }],
    ['waits under no number', { ...outside, reply: { to: 'node-1' } }],
    ['waits with more', { ...outside, reply: { ...reply, more: 1 } }],
    ['has no place in its channel', { ...between, number: 0 }],
    ['has no channel', { ...between, channel: undefined }],
    ['has no sender', { ...between, sender: undefined }],
    ['has more than a message of an actor', { ...between, kept: true }],
    ['has no token', { ...timer, token: undefined }],
    ['has no timer', { ...timer, timer: undefined }],
    ['has more than a timer', { ...timer, more: 1 }],
    ['has no result', { ...result, result: undefined }],
    ['has more than a result', { ...result, more: 1 }],
    ['has an output and an error', { ...result, result: { output: 1, error: { code: 'c', message: 'm' } } }],
    ['has an error without a code', { ...result, result: { error: { message: 'm' } } }],
    ['has an error with more', { ...result, result: { error: { code: 'c', message: 'm', stack: '' } } }],
  ])('what %s', (_, message) => {
    expect(isMessage(message)).toBe(false);
  });
});

test('the place of a message between actors is read even where the rest is none', () => {
  expect(placeSchema.parse({ from: 'actor', channel: 0, number: 1, event: 5 })).toEqual({
    from: 'actor',
    channel: 0,
    number: 1,
  });
  for (const wrong of [
    { from: 'outside', channel: 0, number: 1 },
    { from: 'actor', channel: -1, number: 1 },
    { from: 'actor', channel: 0, number: 0 },
  ]) {
    expect(placeSchema.safeParse(wrong).success).toBe(false);
  }
});

test('a message is told from others by its id, or by the token that it uses up', () => {
  const all = [outside, between, messageSchema.parse(timer), messageSchema.parse(result)];
  expect(all.map(identityOf)).toEqual(['made-1', between.id, 'sleeper/s1@2.0', 'sleeper/s1@2.0']);
});
