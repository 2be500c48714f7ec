/** Channels between partitions (R3): every number once and in order, wherever a batch is cut. */
import { expect, test } from 'vitest';
import type { Stored } from '../../runtime/ports.ts';
import { counter } from '../support/charts.ts';
import { fromActor, stored } from '../support/messages.ts';
import { folding, type Folding } from '../support/folding.ts';
import { seededRandom, seeds } from '../support/random.ts';

const channel = 7;

/** Number 1 creates; the others count `by` their own number. */
function numbered(number: number, sequence: number): Stored {
  const event = number === 1 ? 'counter.create' : { type: 'counter.add', by: number };
  return stored(fromActor('counter/c1', event, { number, channel }), sequence);
}

const broken = (number: number, sequence: number, body?: string): Stored => ({
  ...numbered(number, sequence),
  body: body ?? JSON.stringify({ ...JSON.parse(numbered(number, sequence).body), surprise: true }),
});

function counts(partition: Folding): number[] {
  return partition.publications
    .filter(({ log }) => log === 'journal')
    .map(({ body }) => (JSON.parse(body) as { event: { by?: number } }).event.by ?? 1);
}

function deadLetters(partition: Folding): string[] {
  return partition.publications.filter(({ log }) => log === 'dead').map(({ id }) => id);
}

test('takes the next number', () => {
  const partition = folding([counter]);
  partition.take(numbered(1, 1), numbered(2, 2));
  partition.take(numbered(3, 3));
  expect(counts(partition)).toEqual([1, 2, 3]);
  expect(partition.state().received).toEqual({ [channel]: 3 });
});

test('drops a number that it has taken, in the same batch and in a later one', () => {
  const partition = folding([counter]);
  const first = partition.take(numbered(1, 1), numbered(2, 2), numbered(2, 3), numbered(1, 4));
  expect(first.repeated).toEqual({ commands: 0, messages: 2 });
  partition.take(numbered(2, 5));
  partition.takeOver();
  partition.take(numbered(1, 6), numbered(2, 7));
  expect(counts(partition)).toEqual([1, 2]);
  expect(partition.state().position).toMatchObject({ sequence: 7 });
});

test('holds a higher number back until the gap is filled, and then takes it at once', () => {
  const partition = folding([counter]);
  partition.take(numbered(1, 1), numbered(3, 2));
  expect(counts(partition)).toEqual([1]);
  expect(partition.state()).toMatchObject({ received: { [channel]: 1 }, held: [{ channel, number: 3 }] });
  partition.take(numbered(2, 3));
  expect(counts(partition)).toEqual([1, 2, 3]);
  expect(partition.state()).toMatchObject({ received: { [channel]: 3 }, held: [] });
});

test('keeps what it holds back over a takeover', () => {
  const partition = folding([counter]);
  partition.take(numbered(4, 1), numbered(3, 2), numbered(1, 3));
  partition.takeOver();
  partition.take(numbered(2, 4));
  expect(counts(partition)).toEqual([1, 2, 3, 4]);
  expect(partition.state().held).toEqual([]);
});

test('takes what was held back before the next message of the mailbox', () => {
  const other = stored(
    fromActor('counter/c1', { type: 'counter.add', by: 100 }, { channel: 8, number: 1 }),
    4,
  );
  const partition = folding([counter]);
  partition.take(numbered(1, 1), numbered(3, 2), numbered(2, 3), other);
  expect(counts(partition)).toEqual([1, 2, 3, 100]);
});

test('counts each channel for itself', () => {
  const from = (channel: number, number: number, sequence: number): Stored =>
    stored(fromActor('counter/c1', { type: 'counter.add', by: 1 }, { channel, number }), sequence);
  const partition = folding([counter]);
  partition.take(numbered(1, 1), from(8, 2, 2), from(9, 1, 3), from(8, 1, 4));
  expect(partition.state().received).toEqual({ 7: 1, 8: 2, 9: 1 });
});

test('a message that cannot be handled moves its channel on', () => {
  const partition = folding([counter]);
  const bug = stored(
    fromActor('counter/c1', { type: 'counter.spoil', how: 'throw' }, { number: 2, channel }),
    2,
  );
  partition.take(numbered(1, 1), bug, numbered(3, 3));
  expect(counts(partition)).toEqual([1, 3]);
  expect(deadLetters(partition)).toHaveLength(1);
  expect(partition.state().received).toEqual({ [channel]: 3 });
});

test('a message that does not parse moves its channel on too, when its place can be read', () => {
  const partition = folding([counter]);
  partition.take(numbered(1, 1), broken(2, 2), numbered(3, 3));
  expect(counts(partition)).toEqual([1, 3]);
  expect(deadLetters(partition)).toHaveLength(1);
  expect(partition.state().received).toEqual({ [channel]: 3 });
});

test('a message that does not parse is held back and parked in its turn, once', () => {
  const partition = folding([counter]);
  partition.take(numbered(1, 1), broken(3, 2));
  expect(deadLetters(partition)).toEqual([]);
  partition.take(numbered(2, 3), broken(3, 4), numbered(4, 5));
  expect(counts(partition)).toEqual([1, 2, 4]);
  expect(deadLetters(partition)).toHaveLength(1);
  expect(partition.state()).toMatchObject({ received: { [channel]: 4 }, held: [] });
});

test('numbers its own messages per receiving partition, without gaps, over batches and takeovers', () => {
  const partition = folding([counter]);
  const tell = (to: string[], number: number): Stored =>
    stored(fromActor('counter/c1', { type: 'counter.tell', to, by: 1 }, { number, channel }), number);
  partition.take(numbered(1, 1), tell(['a', 'b', 'c', 'd', 'e'], 2), tell(['a', 'a', 'e'], 3));
  partition.takeOver();
  partition.take(tell(['e', 'd', 'c', 'b', 'a'], 4));
  const { outbox, sent } = partition.state();
  expect(outbox).toHaveLength(13);
  for (const [to, last] of Object.entries(sent)) {
    const numbers = outbox.filter((entry) => entry.channel === Number(to)).map(({ number }) => number);
    expect(numbers).toEqual(Array.from({ length: last }, (_, index) => index + 1));
  }
});

test.each(seeds(60))('takes every number once and in order, however they arrive (seed %i)', (seed) => {
  const random = seededRandom(seed);
  const total = 12;
  const arriving = Array.from({ length: total }, (_, index) => index + 1).flatMap((number) =>
    Array.from({ length: 1 + random.below(3) }, () => number),
  );
  for (let index = arriving.length - 1; index > 0; index--) {
    const other = random.below(index + 1);
    [arriving[index], arriving[other]] = [arriving[other] ?? 0, arriving[index] ?? 0];
  }
  const partition = folding([counter]);
  arriving.forEach((number, index) => {
    partition.take(numbered(number, index + 1));
    if (random.chance(0.2)) partition.takeOver();
  });
  expect(counts(partition)).toEqual(Array.from({ length: total }, (_, index) => index + 1));
  expect(partition.state()).toMatchObject({ received: { [channel]: total }, held: [] });
});
