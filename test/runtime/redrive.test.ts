/** A dead letter that is sent again is done once, and needs no place in a channel. */
import { expect, test } from 'vitest';
import type { Answer } from '../../runtime/core/answer.ts';
import { messageIn, redriveOf, type RedriveEnd } from '../../runtime/core/redrive.ts';
import type { ActorDefinition } from '../../runtime/definition.ts';
import type { DeadLetter, JournalEntry } from '../../runtime/core/entry.ts';
import { parseAnswer } from '../../runtime/core/answer.ts';
import type { Stored } from '../../runtime/ports.ts';
import { counter, sleeper } from '../support/charts.ts';
import { epoch } from '../support/clock.ts';
import { folding, type Folding } from '../support/folding.ts';
import { at, command, fromActor, stored, timerOf } from '../support/messages.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { parseRecord } from '../../runtime/core/record.ts';

/** A counter whose schema for what it is to add is broken until somebody repairs it. */
function broken(): { definition: ActorDefinition; repair: () => void } {
  let isBroken = true;
  const { view } = counter;
  const definition = {
    ...counter,
    view: (context: unknown) => {
      if (isBroken) throw new Error('a bug in the view');
      return view(context);
    },
  };
  return { definition, repair: () => (isBroken = false) };
}

function letters({ publications }: Folding): DeadLetter[] {
  return publications.filter(({ log }) => log === 'dead').map(({ body }) => JSON.parse(body) as DeadLetter);
}

function journal({ publications }: Folding): JournalEntry[] {
  return publications
    .filter(({ log }) => log === 'journal')
    .map(({ body }) => JSON.parse(body) as JournalEntry);
}

/** As the edge sends it, with somebody who waits for what comes of it. */
function again(letter: DeadLetter | undefined, sequence: number, number = 1): Stored {
  const message = letter && messageIn(letter);
  if (letter === undefined || message === undefined) throw new Error('there is nothing to send again');
  const redrive = { ...redriveOf(letter, message, 'olga'), reply: { to: 'edge', number } };
  return { sequence, time: epoch + sequence, id: redrive.id, body: JSON.stringify(redrive) };
}

function end({ replies }: Folding): RedriveEnd {
  return JSON.parse(replies.at(-1)?.body ?? '') as RedriveEnd;
}

test('a command that failed is done, and whoever repeats it is told so', () => {
  const { definition, repair } = broken();
  const partition = folding([definition]);
  const create = command('counter/c1', 'counter.create', { reply: { to: 'edge', number: 1 } });
  partition.take(stored(create, 1));
  expect(partition.record('counter/c1')).toBeUndefined();
  repair();
  partition.take(again(letters(partition)[0], 2));
  expect(end(partition)).toEqual({ outcome: 'accepted', version: 1 });
  expect(partition.record('counter/c1')).toContain('"version":1');
  expect(journal(partition)).toMatchObject([
    { cause: create.id, redrivenBy: 'olga', source: { subject: 'ann' } },
  ]);
  partition.take(stored(create, 3));
  const told: Answer = parseAnswer(partition.replies.at(-1)?.body ?? '');
  expect(told.head).toMatchObject({ outcome: 'accepted', version: 1, replayed: true });
  expect(told.view).toContain('"id":"c1"');
});

test('two operators send it again: it is done once, also after a takeover', () => {
  const { definition, repair } = broken();
  const partition = folding([definition]);
  repair();
  partition.take(stored(command('counter/c1', 'counter.create'), 1));
  partition.take(stored(fromActor('counter/none', 'counter.add'), 2));
  const [letter] = letters(partition);
  expect(letter?.cause).toContain('does not exist');
  partition.take(stored(command('counter/none', 'counter.create'), 3));
  partition.take(again(letter, 4, 1), again(letter, 5, 2));
  partition.takeOver();
  partition.take(again(letter, 6, 3));
  expect(partition.record('counter/none')).toContain('"version":2');
  expect(partition.replies.slice(-3).map(({ body }) => JSON.parse(body) as unknown)).toEqual(
    [1, 2, 3].map(() => ({ outcome: 'accepted', version: 2 })),
  );
});

test('the channel that it came in goes on meanwhile, and does not go back', () => {
  const partition = folding([counter]);
  partition.take(stored(fromActor('counter/c1', 'counter.add', { number: 1 }), 1));
  partition.take(stored(command('counter/c1', 'counter.create'), 2));
  partition.take(stored(fromActor('counter/c1', 'counter.add', { number: 2 }), 3));
  partition.take(again(letters(partition)[0], 4));
  expect(end(partition)).toEqual({ outcome: 'accepted', version: 3 });
  partition.take(stored(fromActor('counter/c1', 'counter.add', { number: 3 }), 5));
  expect(partition.record('counter/c1')).toContain('"version":4');
  expect(partition.state().received).toEqual({ 7: 3 });
});

test('what fails again is another letter, whose redrive is another one', () => {
  const partition = folding([counter]);
  partition.take(stored(fromActor('counter/none', 'counter.add'), 1));
  const [first] = letters(partition);
  partition.take(again(first, 2));
  const second = letters(partition)[1];
  expect(end(partition)).toMatchObject({ outcome: 'dead', deadLetter: second?.id });
  expect(second?.id).not.toBe(first?.id);
  partition.take(stored(command('counter/none', 'counter.create'), 3));
  partition.take(again(second, 4));
  expect(end(partition)).toEqual({ outcome: 'accepted', version: 2 });
  expect(letters(partition)).toHaveLength(2);
});

test('what the actor does not take now is refused, and journaled as such', () => {
  const partition = folding([counter]);
  partition.take(stored(fromActor('counter/c1', 'counter.add'), 1));
  partition.take(
    stored(command('counter/c1', 'counter.create'), 2),
    stored(command('counter/c1', 'counter.close'), 3),
  );
  partition.take(again(letters(partition)[0], 4));
  expect(end(partition)).toEqual({ outcome: 'refused', reason: 'unhandled' });
  expect(journal(partition).at(-1)).toMatchObject({ outcome: 'refused', redrivenBy: 'olga' });
});

test('a timer that the actor has outlived does nothing', () => {
  const partition = folding([sleeper]);
  partition.take(
    stored(command('sleeper/s1', 'sleeper.create'), 1),
    stored(command('sleeper/s1', 'sleeper.sleep'), 2),
  );
  const kind = createRegistry([sleeper]).get('sleeper');
  const text = partition.record('sleeper/s1');
  if (kind === undefined || text === undefined) throw new Error('it sleeps');
  const message = timerOf(parseRecord(text, kind));
  const letter = { id: 'x', at: 0, to: at('sleeper/s1'), cause: 'a bug', message: JSON.stringify(message) };
  const due = Object.values(parseRecord(text, kind).timers)[0]?.at ?? 0;
  partition.take({ ...stored(message, 3), time: due });
  partition.take({ ...again(letter, 4), time: due + 1 });
  expect(end(partition)).toEqual({ outcome: 'outlived' });
});
