/** Commands with an id: run once, answered every time (R6). */
import { expect, test } from 'vitest';
import { parseAnswer } from '../../runtime/core/answer.ts';
import type { Command } from '../../runtime/message.ts';
import type { Stored } from '../../runtime/ports.ts';
import { counter } from '../support/charts.ts';
import { epoch } from '../support/clock.ts';
import { folding, type Folding } from '../support/folding.ts';
import { command, stored } from '../support/messages.ts';

const keepMs = 600_000;
let sequence = 0;

const add = { type: 'counter.add', by: 1 };

function asking(given: Partial<Command> & { event?: Command['event'] }, time = epoch): Stored {
  const { event = add, ...rest } = given;
  const message = command('counter/c1', event, { id: 'ann|counter/c1|k1', ...rest });
  return stored({ ...message, reply: { to: 'node-1', number: ++sequence } }, sequence, time);
}

function counterAt(limit: number, given: Parameters<typeof folding>[1] = {}): Folding {
  const partition = folding([counter], { madeKeepMs: keepMs, ...given });
  partition.take(asking({ id: 'ann|counter/c1|create', event: { type: 'counter.create', limit } }));
  partition.replies.length = 0;
  return partition;
}

const answers = (partition: Folding) => partition.replies.map(({ body }) => parseAnswer(body));
const heads = (partition: Folding) => answers(partition).map(({ head }) => head);
const version = (partition: Folding) =>
  (JSON.parse(partition.record('counter/c1') ?? '{}') as { version: number }).version;

for (const where of ['in the same batch', 'in a later batch', 'after a takeover'] as const) {
  const takeBoth = (partition: Folding, first: Stored, second: Stored): void => {
    if (where === 'in the same batch') return void partition.take(first, second);
    partition.take(first);
    if (where === 'after a takeover') partition.takeOver();
    partition.take(second);
  };

  test(`answers a known key with the whole stored answer, and runs it once, ${where}`, () => {
    const partition = counterAt(9);
    takeBoth(partition, asking({}), asking({}));
    const [first, second] = answers(partition);
    expect(first?.head).toMatchObject({ outcome: 'accepted', version: 2, created: false });
    expect(second?.head).toEqual({ ...first?.head, replayed: true });
    expect(second?.view).toBe(first?.view);
    expect(first?.view).toContain('"count":1');
    expect(version(partition)).toBe(2);
    expect(partition.publications.filter(({ log }) => log === 'journal')).toHaveLength(2);
  });

  test(`answers a made id with the bare outcome, and runs it once, ${where}`, () => {
    const partition = counterAt(9);
    takeBoth(partition, asking({ kept: false }), asking({ kept: false }));
    const [first, second] = answers(partition);
    expect(first?.view).toContain('"count":1');
    expect(second).toEqual({
      head: { outcome: 'accepted', event: 'counter.add', version: 2, created: false, replayed: true },
    });
    expect(version(partition)).toBe(2);
  });

  test(`keeps no more of an answer than it may, ${where}`, () => {
    const whole = counterAt(9);
    takeBoth(whole, asking({}), asking({}));
    const chars = whole.replies[0]?.body.length ?? 0;
    for (const [keptAnswerMaxChars, isKept] of [
      [chars, true],
      [chars - 1, false],
    ] as const) {
      const partition = counterAt(9, { keptAnswerMaxChars });
      takeBoth(partition, asking({}), asking({}));
      const [first, second] = answers(partition);
      expect(second?.head).toEqual({ ...first?.head, replayed: true });
      expect(second?.view).toBe(isKept ? first?.view : undefined);
    }
  });

  test(`keeps a refusal, though it would be accepted by now, ${where}`, () => {
    const partition = counterAt(0);
    partition.take(asking({ id: 'x' }));
    takeBoth(partition, asking({}), asking({}));
    const [, first, second] = heads(partition);
    expect(first).toMatchObject({ outcome: 'refused', reason: 'guard', guards: ['hasRoom'] });
    expect(second).toEqual({ ...first, replayed: true });
  });

  test(`keeps what became a dead letter, and parks it once, ${where}`, () => {
    const partition = counterAt(9);
    const spoil = () => asking({ event: { type: 'counter.spoil', how: 'throw' } });
    takeBoth(partition, spoil(), spoil());
    const [first, second] = heads(partition);
    expect(first).toMatchObject({ outcome: 'dead', cause: 'a bug in the chart', event: 'counter.spoil' });
    expect(second).toEqual({ ...first, replayed: true });
    expect(partition.publications.filter(({ log }) => log === 'dead')).toHaveLength(1);
  });

  test(`refuses a key that is used again with another body, and runs nothing, ${where}`, () => {
    const partition = counterAt(9);
    takeBoth(partition, asking({ fingerprint: 'f1' }), asking({ fingerprint: 'f2' }));
    expect(heads(partition)[1]).toEqual({ outcome: 'key-reused', event: 'counter.add' });
    partition.take(asking({ fingerprint: 'f1' }));
    expect(heads(partition)[2]).toMatchObject({ outcome: 'accepted', replayed: true });
    expect(version(partition)).toBe(2);
  });

  test(`runs a command once that is stored again as kept, and comes a third time as it was, ${where}`, () => {
    const partition = counterAt(9);
    takeBoth(partition, asking({ kept: false }), asking({ kept: true }));
    takeBoth(partition, asking({ kept: false }), asking({ kept: true }));
    expect(heads(partition).map((head) => head.replayed)).toEqual([undefined, true, true, true]);
    expect(version(partition)).toBe(2);
  });

  test(`runs a command once whose kept copy overtakes the first one, ${where}`, () => {
    const partition = counterAt(9);
    takeBoth(partition, asking({ kept: true }), asking({ kept: false }));
    expect(heads(partition).map((head) => head.replayed)).toEqual([undefined, true]);
    expect(version(partition)).toBe(2);
  });
}

test('an answer that was stored again as kept lives as long as kept ones do', () => {
  const partition = counterAt(9);
  partition.take(asking({ kept: false }), asking({ kept: true }));
  partition.forget({ madeBefore: epoch + 1, keptBefore: epoch });
  partition.take(asking({ kept: true }, epoch + keepMs));
  expect(heads(partition)[2]).toMatchObject({ outcome: 'accepted', replayed: true });
  expect(version(partition)).toBe(2);
});

test('does not run a made id that is older than half its keeping time: nobody can know whether it ran', () => {
  const partition = counterAt(9);
  partition.take(asking({ kept: false }, epoch + keepMs / 2 + 1));
  const time = epoch + keepMs / 2 + 1;
  expect(heads(partition)).toEqual([{ outcome: 'unknown', time, event: 'counter.add' }]);
  expect(version(partition)).toBe(1);
  partition.take(asking({ kept: false, id: 'ann|counter/c1|k2' }, epoch + keepMs / 2));
  expect(version(partition)).toBe(2);
});

for (const aheadMs of [-2 * keepMs, -keepMs, -keepMs / 2, 0, keepMs / 2, keepMs, 2 * keepMs]) {
  test(`runs a made id at most once, stamped ${aheadMs / 1_000} s ahead, however late its copies come`, () => {
    const partition = counterAt(9);
    for (let time = epoch; time <= epoch + 4 * keepMs; time += keepMs / 8) {
      partition.take(asking({ kept: false, madeAt: epoch + aheadMs }, time));
      partition.forget({ madeBefore: time - keepMs, keptBefore: 0 });
    }
    expect(version(partition)).toBeLessThanOrEqual(2);
  });
}

test('answers a made id that is old but known', () => {
  const partition = counterAt(9);
  partition.take(asking({ kept: false }));
  partition.take(asking({ kept: false }, epoch + keepMs - 1));
  expect(heads(partition)[1]).toMatchObject({ outcome: 'accepted', replayed: true });
});

test('always runs a kept command, however old', () => {
  const partition = counterAt(9);
  partition.take(asking({ kept: true }, epoch + 10 * keepMs));
  expect(heads(partition)).toMatchObject([{ outcome: 'accepted' }]);
});

test('an id is looked up as it stands: another caller’s is another', () => {
  const partition = counterAt(9);
  partition.take(asking({}), asking({ id: 'bob|counter/c1|k1' }));
  expect(heads(partition).map((head) => head.replayed)).toEqual([undefined, undefined]);
  expect(version(partition)).toBe(3);
});

test('answers nobody where nobody waits', () => {
  const partition = counterAt(9);
  partition.take(stored(command('counter/c1', add), 2));
  expect(partition.replies).toEqual([]);
  expect(version(partition)).toBe(2);
});

test('a refusal names what would be accepted, also in the journal', () => {
  const partition = counterAt(0);
  partition.take(asking({}));
  expect(heads(partition)[0]).toHaveProperty('allowed', expect.arrayContaining(['counter.note']));
  const [, entry] = partition.publications.map(({ body }) => JSON.parse(body) as object);
  expect(entry).toMatchObject({ outcome: 'refused', reason: 'guard', guards: ['hasRoom'], version: 1 });
  expect(entry).not.toHaveProperty('after');
});
