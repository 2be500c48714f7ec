/** The breaker of a target, by itself (R10). */
import { expect, test } from 'vitest';
import { createBreaker, type BreakerState } from '../../runtime/loop/breaker.ts';
import { createManualClock } from '../support/clock.ts';

function breakerOf(breakerFailures: number) {
  const clock = createManualClock();
  const changes: BreakerState[] = [];
  const options = { breakerFailures, breakerOpenMs: 1_000 };
  const breaker = createBreaker(clock, options, (state) => changes.push(state));
  const fail = (...actors: string[]): void => actors.forEach((actor) => breaker.failed(actor));
  const waits = (...actors: string[]): number[] => actors.map((actor) => breaker.waitMs(actor));
  return { breaker, clock, changes, fail, waits };
}

test('opens after failures of so many in a row only, and parks all', () => {
  const { breaker, changes, fail, waits } = breakerOf(2);
  fail('a');
  breaker.succeeded('healthy');
  fail('b');
  expect(waits('a', 'b')).toEqual([0, 0]);
  fail('c');
  expect(waits('a', 'b', 'c')).toEqual([1_000, 1_000, 1_000]);
  expect(changes).toEqual(['open']);
});

test('is not opened by one actor, however often it fails', () => {
  const { changes, fail, waits } = breakerOf(3);
  fail(...Array.from({ length: 50 }, () => 'poisoned'), 'other');
  expect([waits('poisoned', 'healthy'), changes]).toEqual([[0, 0], []]);
});

test('half-open, lets as many try as it takes to open it, each once, and closes when one succeeds', async () => {
  const { breaker, clock, changes, fail, waits } = breakerOf(3);
  fail('a', 'b', 'c');
  await clock.advance(1_000);
  expect(waits('a', 'a', 'b')).toEqual([0, 1_000, 0]);
  fail('a', 'b');
  await clock.advance(400);
  // Two that fail do not take the third one's place, however late it comes.
  expect(waits('a', 'healthy', 'd')).toEqual([600, 0, 600]);
  breaker.succeeded('healthy');
  expect(waits('a', 'd')).toEqual([0, 0]);
  expect(changes).toEqual(['open', 'half-open', 'closed']);
});

test('opens again when all that could try have failed', async () => {
  const { clock, changes, fail, waits } = breakerOf(2);
  fail('a', 'b');
  await clock.advance(1_000);
  expect(waits('a', 'b')).toEqual([0, 0]);
  await clock.advance(400);
  fail('a', 'b');
  expect(waits('a', 'b', 'c')).toEqual([1_000, 1_000, 1_000]);
  expect(changes).toEqual(['open', 'half-open', 'open']);
});

test('begins a new round where too few have tried, or their results never come', async () => {
  const { clock, changes, fail, waits } = breakerOf(2);
  fail('a', 'b');
  await clock.advance(1_000);
  expect(waits('a', 'b')).toEqual([0, 0]);
  await clock.advance(1_000);
  expect(waits('c', 'a', 'b')).toEqual([0, 0, 1_000]);
  expect(changes).toEqual(['open', 'half-open']);
});

test('does not count a call that was under way before', async () => {
  const { clock, changes, fail, waits } = breakerOf(2);
  fail('a', 'b');
  await clock.advance(400);
  fail('slow', 'slower');
  expect(waits('a')).toEqual([600]);
  await clock.advance(600);
  expect(waits('a')).toEqual([0]);
  fail('slow', 'slower');
  expect(waits('healthy')).toEqual([0]);
  expect(changes).toEqual(['open', 'half-open']);
});

test('a call of before that succeeds late does not close it', async () => {
  const { breaker, clock, changes, fail, waits } = breakerOf(2);
  expect(waits('slow')).toEqual([0]);
  fail('a', 'b');
  breaker.succeeded('slow');
  expect(waits('a')).toEqual([1_000]);
  await clock.advance(1_000);
  expect(waits('a')).toEqual([0]);
  breaker.succeeded('slow');
  expect(changes).toEqual(['open', 'half-open']);
});

test('a trial that succeeds after its round is over closes it', async () => {
  const { breaker, clock, changes, fail, waits } = breakerOf(2);
  fail('a', 'b');
  await clock.advance(1_000);
  expect(waits('slow')).toEqual([0]);
  await clock.advance(1_000);
  expect(waits('a')).toEqual([0]);
  breaker.succeeded('slow');
  expect(changes).toEqual(['open', 'half-open', 'closed']);
});

test('a trial from before it opened again does not close it', async () => {
  const { breaker, clock, changes, fail, waits } = breakerOf(2);
  fail('a', 'b');
  await clock.advance(1_000);
  expect(waits('slow')).toEqual([0]);
  await clock.advance(1_000);
  expect(waits('a', 'b')).toEqual([0, 0]);
  fail('a', 'b');
  breaker.succeeded('slow');
  expect(changes).toEqual(['open', 'half-open', 'open']);
});

test('who fails while others succeed does not count until it succeeds itself', () => {
  const { breaker, changes, fail } = breakerOf(2);
  fail('a');
  breaker.succeeded('healthy');
  fail('b');
  breaker.succeeded('healthy');
  fail('a', 'b', 'c', 'a', 'b');
  expect(changes).toEqual([]);
  breaker.succeeded('a');
  fail('b', 'c', 'd');
  expect(changes).toEqual([]);
  fail('a');
  expect(changes).toEqual(['open']);
});

test('in an outage after that it opens for the others', () => {
  const { breaker, changes, fail } = breakerOf(3);
  fail('a', 'b');
  breaker.succeeded('c');
  fail('a', 'b', 'c', 'd');
  expect(changes).toEqual([]);
  fail('e');
  expect(changes).toEqual(['open']);
});

test('does not remember for ever who has given up', () => {
  const { breaker, changes, fail } = breakerOf(2);
  for (const actor of Array.from({ length: 2_000 }, (_, index) => `gone${index}`)) {
    fail(actor);
    breaker.succeeded('healthy');
  }
  fail('gone0', 'gone1999');
  expect(changes).toEqual([]);
  fail('gone1');
  expect(changes).toEqual(['open']);
});
