/** What a batch leaves behind: answers, notices for the log, tokens that are used up, and messages to others. */
import { describe, expect, it, test } from 'vitest';
import { definitions } from '../../actors/registry.ts';
import { partitionOf } from '../../runtime/address.ts';
import { parseAnswer } from '../../runtime/core/answer.ts';
import type { Command, Message } from '../../runtime/message.ts';
import type { Stored } from '../../runtime/ports.ts';
import { counter, payer, sleeper } from '../support/charts.ts';
import { epoch } from '../support/clock.ts';
import { folding, partitions, type Folding } from '../support/folding.ts';
import { at, command, fromActor, stored } from '../support/messages.ts';

let sequence = 0;

function entry(message: Message, time = epoch): Stored {
  return stored(message, ++sequence, time);
}

function asked(key: string, event: Command['event'] | string, given: Partial<Command> = {}): Stored {
  return entry(command(key, event, { reply: { to: 'node-1', number: 1 }, ...given }));
}

function partitionWith(...made: readonly string[]): Folding {
  const partition = folding([counter, sleeper, payer]);
  for (const key of made) partition.take(asked(key, `${at(key).kind}.create`));
  partition.publications.length = 0;
  partition.replies.length = 0;
  return partition;
}

const answerOf = (partition: Folding) => parseAnswer(partition.replies.at(-1)?.body ?? '{}');
const logs = (partition: Folding) => partition.publications.map(({ log }) => log);

describe('an answer', () => {
  it('tells that the actor was made by it, or not', () => {
    const partition = partitionWith();
    partition.take(asked('counter/c1', 'counter.create', { fingerprint: 'f' }));
    expect(answerOf(partition).head).toEqual({
      ...{ event: 'counter.create', fingerprint: 'f' },
      ...{ outcome: 'accepted', version: 1, created: true },
    });
    partition.take(asked('counter/c1', 'counter.note'));
    expect(answerOf(partition).head).toEqual({
      event: 'counter.note',
      ...{ outcome: 'accepted', version: 2, created: false },
    });
  });

  it('to a command for nobody is a refusal, in the journal and no dead letter', () => {
    const partition = partitionWith();
    const draft = partition.take(asked('counter/c1', 'counter.add', { fingerprint: 'f' }));
    expect(answerOf(partition)).toEqual({
      head: { event: 'counter.add', fingerprint: 'f', outcome: 'refused', reason: 'not-found', allowed: [] },
    });
    expect(logs(partition)).toEqual(['journal']);
    expect([...draft.actors.keys()]).toEqual([]);
  });

  it('to a command that becomes a dead letter names it', () => {
    const partition = partitionWith('counter/c1');
    const spoil = { type: 'counter.spoil', how: 'throw' };
    const draft = partition.take(asked('counter/c1', spoil, { id: 'k1', fingerprint: 'f' }));
    expect(answerOf(partition).head).toEqual({
      ...{ outcome: 'dead', cause: 'a bug in the chart', deadLetter: 'k1' },
      ...{ event: 'counter.spoil', fingerprint: 'f' },
    });
    expect(draft.notices).toEqual([
      {
        level: 'error',
        message: 'dead letter',
        fields: { to: 'counter/c1', cause: 'a bug in the chart', deadLetter: 'k1' },
      },
    ]);
    expect(draft.parked).toEqual([]);
    expect(draft.ran).toHaveLength(1);
  });

  it('goes nowhere where nobody waits', () => {
    const partition = partitionWith('counter/c1');
    partition.take(entry(command('counter/c1', 'counter.note')));
    expect(partition.replies).toEqual([]);
  });
});

describe('the log', () => {
  it('tells a refusal with what is needed to find it', () => {
    const partition = partitionWith('counter/c1');
    const { notices, actors } = partition.take(asked('counter/c1', 'counter.forbidden', { id: 'k2' }));
    const fields = { to: 'counter/c1', event: 'counter.forbidden', cause: 'k2' };
    expect(notices).toEqual([
      {
        level: 'info',
        message: 'event refused',
        fields: { ...fields, reason: 'unhandled', state: 'open', guards: undefined },
      },
    ]);
    expect(actors.size).toBe(0);
  });

  it('tells at debug only what every search for stock is answered (ADR 014)', () => {
    const wish = { reservation: 'o1~r1', owner: { kind: 'order', id: 'o1' }, quantity: 1, partial: false };
    const { notices, outbox } = folding(definitions).take(
      entry(fromActor('stockItem/W1~NONE', { type: 'stockItem.hold', ...wish })),
    );
    expect(outbox.map(({ to }) => to.kind)).toEqual(['order']);
    expect(notices.map(({ level, message }) => [level, message])).toEqual([['debug', 'event refused']]);
  });

  it('tells nothing of what was accepted', () => {
    const { notices } = partitionWith('counter/c1').take(asked('counter/c1', 'counter.note'));
    expect(notices).toEqual([]);
  });
});

describe('a timer or result that comes too late', () => {
  const stray = { from: 'timer' as const, to: at('sleeper/s1'), timer: 'nap', token: 'old' };
  const late = {
    from: 'activity' as const,
    to: at('payer/p1'),
    activity: 'charge',
    token: 'gone',
    result: {},
  };

  it('is dropped without a trace, and its token need not be sent again', () => {
    const partition = partitionWith('sleeper/s1', 'payer/p1');
    const draft = partition.take(entry(stray), entry(late));
    expect(draft).toMatchObject({ outlived: ['old', 'gone'], parked: [], notices: [], publications: [] });
    expect(draft.actors.size).toBe(0);
    expect(draft.ran).toHaveLength(2);
  });

  it('is dropped where there is no such actor', () => {
    const draft = partitionWith().take(entry(stray), entry(late));
    expect(draft).toMatchObject({ outlived: ['old', 'gone'], publications: [] });
  });
});

test('a timer that comes early is dropped, and comes again', () => {
  const partition = partitionWith('sleeper/s1');
  const { timers } = partition.take(asked('sleeper/s1', 'sleeper.sleep'));
  const [timer] = timers.values();
  const fire = {
    from: 'timer' as const,
    to: at('sleeper/s1'),
    timer: timer?.timer ?? '',
    token: timer?.token ?? '',
  };
  const early = partition.take(entry(fire, epoch + 10));
  expect(early).toMatchObject({ outlived: [], publications: [], notices: [] });
  expect(partition.take(entry(fire, epoch + 1000)).timers).toEqual(new Map([[timer?.token, null]]));
});

test('a timer for a record that does not parse is parked with its token, a message of an actor without', () => {
  const partition = partitionWith();
  partition.putRecord('sleeper/s1', '{');
  const timer = { from: 'timer' as const, to: at('sleeper/s1'), timer: 'nap', token: 't1' };
  const result = { from: 'activity' as const, to: at('sleeper/s1'), activity: 'a', token: 't2', result: {} };
  const draft = partition.take(entry(timer), entry(result), entry(fromActor('sleeper/s1', 'sleeper.wake')));
  expect(draft.parked).toEqual(['t1', 't2']);
  expect(logs(partition)).toEqual(['dead', 'dead', 'dead']);
});

describe('a message between actors that nobody can take', () => {
  const cause = (partition: Folding) =>
    (JSON.parse(partition.publications.at(-1)?.body ?? '{}') as { cause: string }).cause;

  it('is parked with the reason', () => {
    const partition = partitionWith('counter/c1');
    partition.take(entry(fromActor('counter/c9', 'counter.add')));
    expect(cause(partition)).toBe('counter/c9 does not exist for counter.add');
    const wrong = { type: 'counter.tell', to: 5, by: 'x' };
    partition.take(entry(fromActor('counter/c1', wrong, { number: 2 })));
    expect(cause(partition)).toMatch(
      /^counter\.tell does not fit its schema: \/to .*expected array.*; \/by .*expected number/,
    );
  });

  it('is parked under a name of its own where nothing of it can be read', () => {
    const partition = partitionWith();
    const draft = partition.take({ sequence: 1, time: epoch, id: '', body: '5' });
    expect(cause(partition)).toMatch(/^the message does not parse: .+/);
    expect(draft.notices).toMatchObject([
      { fields: { to: 'unreadable/unreadable', deadLetter: `unread-${epoch}-1` } },
    ]);
    expect(draft.ran).toHaveLength(0);
  });
});

describe('messages to other actors', () => {
  const tell = { type: 'counter.tell', to: ['b', 'c', 'b'], by: 2 };
  const channels = ['b', 'c', 'b'].map((id) => partitionOf(`counter/${id}`, partitions));

  it('are numbered in their channels, with sender and trace', () => {
    const partition = partitionWith('counter/c1');
    const { outbox, sent } = partition.take(asked('counter/c1', tell, { trace: '00-7' }));
    const counts = new Map<number, number>();
    const numbers = channels.map((channel) => {
      counts.set(channel, (counts.get(channel) ?? 0) + 1);
      return counts.get(channel);
    });
    expect(outbox.map(({ body }) => JSON.parse(body) as unknown)).toEqual(
      ['b', 'c', 'b'].map((id, index) => ({
        ...{ from: 'actor', to: { kind: 'counter', id }, event: { type: 'counter.add', by: 2 } },
        ...{ id: `counter/c1@2.${index}`, sender: { kind: 'counter', id: 'c1' } },
        ...{ channel: partitionOf('counter/c1', partitions), number: numbers[index], trace: '00-7' },
      })),
    );
    expect(outbox.map(({ channel, number }) => [channel, number])).toEqual(
      channels.map((channel, index) => [channel, numbers[index]]),
    );
    expect(sent).toEqual(counts);
  });

  it('carry no trace where there was none', () => {
    const [first] = partitionWith('counter/c1').take(asked('counter/c1', tell)).outbox;
    expect(JSON.parse(first?.body ?? '{}')).not.toHaveProperty('trace');
  });
});

test('the position is the last message, the high water mark the latest time', () => {
  const partition = partitionWith('counter/c1');
  const note = command('counter/c1', 'counter.note', { id: 'n1' });
  const draft = partition.take(entry(note, epoch + 50), entry({ ...note, id: 'n2' }, epoch + 20));
  expect(draft.position).toEqual({ sequence, time: epoch + 20, id: 'n2' });
  expect(draft.highWater).toBe(epoch + 50);
});

test('a message that is held back and taken in one batch is never stored', () => {
  const partition = partitionWith('counter/c1');
  const note = (number: number) => entry(fromActor('counter/c1', 'counter.note', { number }));
  const draft = partition.take(note(2), note(1));
  expect([...draft.held]).toEqual([]);
  expect(draft.received).toEqual(new Map([[7, 2]]));
  partition.take(note(4));
  expect([...partition.take(note(3)).held]).toEqual([['7:4', null]]);
});
