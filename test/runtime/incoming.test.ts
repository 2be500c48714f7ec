/** Reading a mailbox entry, and what a batch needs from the store before it can be handled. */
import { describe, expect, it } from 'vitest';
import type { Held, Memory } from '../../runtime/core/draft.ts';
import { addresseeOf, decode, heldAsStored, wanted } from '../../runtime/core/incoming.ts';
import type { Stored } from '../../runtime/ports.ts';
import { counter } from '../support/charts.ts';
import { epoch } from '../support/clock.ts';
import { command, fromActor, stored } from '../support/messages.ts';
import { actor } from '../support/turns.ts';

function entry(body: unknown): Stored {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { sequence: 5, time: epoch, id: 'm1', body: text };
}

describe('decode', () => {
  it('reads a command, which has no place in a channel', () => {
    const message = command('counter/c1', 'counter.add');
    const read = decode(stored(message, 1));
    expect(read).toEqual({ stored: stored(message, 1), message });
    expect('place' in read).toBe(false);
  });

  it('reads a message between actors with its place', () => {
    const message = fromActor('counter/c1', 'counter.add', { channel: 3, number: 9 });
    expect(decode(stored(message, 1))).toMatchObject({ message, place: { channel: 3, number: 9 } });
  });

  it('says what is wrong with a text that is no JSON', () => {
    const read = decode(entry('{"from'));
    expect(read.message).toBeUndefined();
    expect(read.problem).toMatch(/JSON/);
    expect(read.place).toBeUndefined();
  });

  it('says every field that is wrong, by its path', () => {
    const wrong = { ...command('counter/c1', 'counter.add'), madeAt: 'now', event: { type: 1 } };
    const { message, problem } = decode(entry(wrong));
    expect(message).toBeUndefined();
    expect(problem).toMatch(/^event\.type: .+; madeAt: .+$/);
  });

  it('counts a message between actors that does not parse in its channel', () => {
    const wrong = { ...fromActor('counter/c1', 'counter.add', { channel: 3, number: 9 }), to: 'nowhere' };
    expect(decode(entry(wrong))).toMatchObject({
      message: undefined,
      place: { from: 'actor', channel: 3, number: 9 },
    });
    expect('place' in decode(entry({ ...wrong, number: 0 }))).toBe(false);
  });
});

describe('addresseeOf', () => {
  const unreadable = { kind: 'unreadable', id: 'unreadable' };

  it.each<[string, unknown, object]>([
    [
      'the addressee of a message that is wrong otherwise',
      { to: { kind: 'a', id: 'b' } },
      { kind: 'a', id: 'b' },
    ],
    ['a name of its own for what has no addressee', { from: 'outside' }, unreadable],
    ['a name of its own for a wrong addressee', { to: { kind: 'a', id: 'b.c' } }, unreadable],
    ['a name of its own for what is no object', 'null', unreadable],
    ['a name of its own for what is no JSON', '{', unreadable],
  ])('gives %s', (_, body, expected) => {
    expect(addresseeOf(entry(body))).toEqual(expected);
  });
});

describe('wanted', () => {
  const held = (channel: number, to: string): Held => {
    const { id, body } = stored(fromActor(to, 'counter.add', { channel, number: 3 }), 1);
    return { channel, number: 3, body, id, time: epoch };
  };

  function memoryWith(known: readonly string[], waiting: readonly Held[]): Memory {
    const record = actor(counter).record();
    return {
      commits: 0,
      position: undefined,
      highWater: 0,
      charts: new Map(),
      sent: new Map(),
      received: new Map(),
      held: new Map(waiting.map((one) => [`${one.channel}:${one.number}`, one])),
      actors: new Map(known.map((key) => [key, { record, usedAt: 0 }])),
    };
  }

  const batch = (...messages: Parameters<typeof stored>[0][]) =>
    messages.map((message, index) => decode(stored(message, index + 1)));

  it('asks once for each actor that is not in memory', () => {
    const messages = batch(
      fromActor('counter/a', 'counter.add'),
      fromActor('counter/b', 'counter.add'),
      fromActor('counter/a', 'counter.add'),
    );
    expect(wanted(messages, memoryWith(['counter/b'], []))).toEqual({ keys: ['counter/a'], answers: [] });
  });

  it('asks for the answers to commands, kept or made', () => {
    const messages = batch(
      command('counter/a', 'counter.add', { id: 'i1' }),
      fromActor('counter/a', 'counter.add'),
    );
    expect(wanted(messages, memoryWith([], [])).answers).toEqual([
      { id: 'i1', kept: false },
      { id: 'i1', kept: true },
    ]);
  });

  it('asks for the actors of messages that may be released: held back in a channel of the batch', () => {
    const waiting = [held(7, 'counter/held'), held(8, 'counter/other')];
    const messages = batch(fromActor('counter/a', 'counter.add', { channel: 7 }));
    expect(wanted(messages, memoryWith([], waiting)).keys).toEqual(['counter/a', 'counter/held']);
  });

  it('asks for nothing because of what does not parse, but still counts its channel', () => {
    const wrong = { ...fromActor('counter/a', 'counter.add', { channel: 7 }), to: 'nowhere' };
    const waiting = [held(7, 'counter/held')];
    const broken = { channel: 7, number: 4, body: '{', id: 'm', time: epoch };
    const memory = memoryWith([], [...waiting, broken]);
    expect(wanted([decode(entry(wrong))], memory)).toEqual({ keys: ['counter/held'], answers: [] });
  });
});

it('reads what was held back with the time it came at, and no sequence', () => {
  const held = { channel: 1, number: 2, body: '{}', id: 'm1', time: epoch };
  expect(heldAsStored(held)).toEqual({ sequence: 0, time: epoch, id: 'm1', body: '{}' });
});
