/** Who is where, since when: from records, and from what the journal tells after them. */
import { expect, test } from 'vitest';
import type { StateValue } from 'xstate';
import { Occupancy } from '../../runtime/reading/occupancy.ts';
import { seededRandom } from '../support/random.ts';

const windowMs = 1_000_000;
const look = (occupancy: Occupancy, path: string, now: number) => occupancy.dwell(path, { now, windowMs });
const step = (version: number, value: StateValue, at: number) => ({
  version,
  value,
  at,
  isOver: value === 'done',
});

test('counts who is there, in the states around as well, and how long they stayed', () => {
  const occupancy = new Occupancy();
  occupancy.step('a', step(1, { work: 'open' }, 100));
  occupancy.step('b', step(1, { work: 'open' }, 200));
  occupancy.step('a', step(2, { work: 'shut' }, 400));
  expect(occupancy.dwell('work', { now: 500, windowMs, targetMs: 350 })).toEqual({
    ...{ count: 2, over: 1, oldestMs: 400, oldestId: 'a', p50Ms: null, p95Ms: null, left: 0 },
  });
  expect(look(occupancy, 'work.open', 500)).toEqual({
    ...{ count: 1, over: 0, oldestMs: 300, oldestId: 'b', p50Ms: 300, p95Ms: 300, left: 1 },
  });
  expect(look(occupancy, 'work.shut', 500)).toMatchObject({ count: 1, oldestId: 'a', oldestMs: 100 });
});

test('who is over is in no state any more', () => {
  const occupancy = new Occupancy();
  occupancy.step('a', step(1, 'open', 100));
  occupancy.step('a', step(2, 'done', 150));
  expect(look(occupancy, 'done', 200)).toMatchObject({ count: 0 });
  expect(look(occupancy, 'open', 200)).toMatchObject({ count: 0, left: 1, p50Ms: 50 });
});

test('what is stored counts unless something later is known, whatever comes first', () => {
  const stored = { version: 2, paths: ['shut'], since: [70] };
  const first = new Occupancy();
  first.put('a', stored);
  first.step('a', step(2, 'shut', 70));
  first.step('a', step(1, 'open', 10));
  expect([look(first, 'shut', 100), look(first, 'open', 100)]).toMatchObject([
    { count: 1, oldestMs: 30, left: 0 },
    { count: 0, left: 0 },
  ]);
  const second = new Occupancy();
  second.step('a', step(3, 'open', 90));
  second.put('a', stored);
  expect([look(second, 'shut', 100), look(second, 'open', 100)]).toMatchObject([{ count: 0 }, { count: 1 }]);
});

test('who is over is not brought back by a record read before, nor by an entry told twice', () => {
  const occupancy = new Occupancy();
  occupancy.step('a', step(4, 'done', 100));
  occupancy.put('a', { version: 3, paths: ['open'], since: [50] });
  occupancy.step('a', step(3, 'open', 50));
  expect(look(occupancy, 'open', 200)).toMatchObject({ count: 0 });
  occupancy.step('a', step(5, 'open', 150));
  expect(look(occupancy, 'open', 200)).toMatchObject({ count: 1, oldestMs: 50 });
});

test('visits from before the window do not count', () => {
  const occupancy = new Occupancy();
  occupancy.step('a', step(1, 'open', 0));
  occupancy.step('a', step(2, 'shut', 10));
  expect(look(occupancy, 'open', 10 + windowMs).left).toBe(0);
  expect(look(occupancy, 'open', 9 + windowMs).left).toBe(1);
});

const seed = Math.floor(Math.random() * 1_000_000);
test(`is what a walk over all actors finds (seed ${seed})`, () => {
  const random = seededRandom(seed);
  const below = (count: number): number => Math.floor(random.next() * count);
  const states = ['open', 'shut', 'away', 'done'];
  const occupancy = new Occupancy();
  const truth = new Map<string, { state: string; since: number; version: number }>();
  for (let now = 1; now <= 3_000; now++) {
    const id = `a${below(40)}`;
    const state = states[below(4)] ?? 'open';
    const { version, ...before } = truth.get(id) ?? { version: 0, state: '', since: 0 };
    truth.set(id, { state, since: before.state === state ? before.since : now, version: version + 1 });
    occupancy.step(id, step(version + 1, state, now));
  }
  for (const state of ['open', 'shut', 'away']) {
    const there = [...truth.values()].filter((each) => each.state === state).map(({ since }) => since);
    const found = occupancy.dwell(state, { now: 4_000, windowMs, targetMs: 2_000 });
    expect(found.count).toBe(there.length);
    expect(found.oldestMs).toBe(there.length === 0 ? null : 4_000 - Math.min(...there));
    expect(found.over).toBe(there.filter((since) => since <= 2_000).length);
  }
});
