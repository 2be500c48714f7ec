import { expect, onTestFinished, test } from 'vitest';
import { createFeed, type Feed, type Portion } from '../../runtime/reading/feed.ts';
import { sliceChars } from '../../runtime/reading/slices.ts';
import { createManualClock, settled, type ManualClock } from '../support/clock.ts';
import { createCutLog, type CutLog } from '../support/cut-log.ts';
import { seededRandom, seeds } from '../support/random.ts';

interface Follower {
  /** Names in the order told; `reset` where the journal is another one. */
  readonly told: string[];
  /** What the journal has, for who forgets at a reset what comes after it. */
  readonly known: Map<number, string>;
  readonly stop: () => void;
}

interface FeedBench {
  readonly clock: ManualClock;
  readonly log: CutLog;
  readonly feed: Feed;
  readonly put: (...names: string[]) => void;
  readonly follow: (after: number) => Follower;
}

function createFeedBench(marginMs = 0): FeedBench {
  const clock = createManualClock();
  const log = createCutLog(clock);
  const feed = createFeed({ journal: log, clock, marginMs });
  return {
    ...{ clock, log, feed },
    put(...names) {
      for (const id of names) log.put(JSON.stringify({ kind: 'order', actor: id, id, at: 0 }));
    },
    follow(after) {
      const abort = new AbortController();
      const told: string[] = [];
      const known = new Map<number, string>();
      void (async () => {
        for await (const { entries, through, isReset } of feed.follow({ after }, abort.signal)) {
          if (isReset) told.push('reset');
          for (const sequence of isReset ? [...known.keys()].filter((each) => each > through) : [])
            known.delete(sequence);
          for (const { sequence, id } of entries) known.set(sequence, id);
          told.push(...entries.map(({ id }) => id));
        }
      })();
      const stop = (): void => abort.abort();
      onTestFinished(stop);
      return { told, known, stop };
    },
  };
}

const names = (letter: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${letter}${from + index}`);

test('what stands in place of a lost tail is told, however busy the journal is', async () => {
  const { clock, log, put, follow } = createFeedBench();
  for (const name of names('a', 1, 10)) {
    put(name);
    await clock.advance(10);
  }
  const { told } = follow(0);
  await clock.advance(200);
  log.cut(5);
  for (const name of names('b', 6, 14)) {
    put(name);
    await clock.advance(200);
  }
  const [before, after] = [told.slice(0, told.indexOf('reset')), told.slice(told.indexOf('reset') + 1)];
  expect(before).toEqual(names('a', 1, 10));
  expect(after).toEqual(names('b', 6, 14));
});

test('who stays while the journal is away hears what it has lost', async () => {
  const { clock, log, put, follow } = createFeedBench();
  put('a1', 'a2');
  await clock.advance(1);
  put('a3');
  const { told } = follow(0);
  await clock.advance(2_000);
  log.away(true);
  await clock.advance(60_000);
  log.cut(2);
  log.away(false);
  put('b3', 'b4');
  await clock.advance(2_000);
  expect(told).toEqual(['a1', 'a2', 'a3', 'reset', 'b3', 'b4']);
});

test('a lost tail may be younger on another broker’s clock', async () => {
  const { clock, log, put, follow } = createFeedBench(50);
  for (const name of names('a', 1, 10)) {
    put(name);
    await clock.advance(10);
  }
  const { told } = follow(9);
  await clock.advance(2_000);
  log.cut(9);
  put('b10');
  await clock.advance(2_000);
  expect(told).toEqual(['a10', 'reset', ...names('a', 5, 9), 'b10']);
});

test('what has expired is missed only where it was not told', async () => {
  const { clock, log, put, follow } = createFeedBench();
  put(...names('a', 1, 4));
  const near = follow(4);
  await clock.advance(2_000);
  log.expire(5);
  put('a5');
  await clock.advance(2_000);
  log.expire(6);
  await clock.advance(2_000);
  put('a6');
  const far = follow(2);
  await clock.advance(2_000);
  expect([near.told, far.told]).toEqual([
    ['a5', 'a6'],
    ['reset', 'a6'],
  ]);
});

test('a follower begins where it asks, wherever the others stand', async () => {
  const { clock, log, feed, put, follow } = createFeedBench();
  put('a1', 'a2', 'a3');
  const nextOf = async (portions: AsyncGenerator<Portion>): Promise<IteratorResult<Portion>> => {
    const next = portions.next();
    await clock.advance(100);
    return next;
  };
  const slow = feed.follow({ after: 0 }, new AbortController().signal);
  await nextOf(slow);
  put(...names('z', 4, 20_000));
  const before = log.reads();
  const quick = follow(20_000);
  await clock.advance(100);
  put('news');
  await clock.advance(100);
  expect(quick.told).toEqual(['news']);
  expect(log.reads() - before).toBeLessThan(5);
  const next = await nextOf(slow);
  expect(next.done === true ? undefined : next.value.entries[0]?.id).toBe('z4');
  quick.stop();
  await slow.return(undefined);
  await settled();
  expect(log.watchers()).toBe(0);
});

test('large entries come in small portions, and between any two there is room for others', async () => {
  const { clock, log, feed } = createFeedBench();
  const pad = 'x'.repeat(50_000);
  for (const id of names('large', 1, 60))
    log.put(JSON.stringify({ kind: 'order', actor: id, id, at: 0, pad }));
  const portions: number[] = [];
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  // Two that are behind, and one that comes to the last stretch, which is kept.
  for (const after of [0, 0, 50]) {
    void (async () => {
      for await (const { entries } of feed.follow({ after }, abort.signal)) {
        if (entries.length > 0) portions.push(entries.reduce((sum, { chars }) => sum + chars, 0));
      }
    })();
  }
  let before = 0;
  await clock.until(() => {
    expect(portions.length - before).toBeLessThanOrEqual(1);
    before = portions.length;
    return portions.reduce((sum, chars) => sum + chars, 0) > 130 * pad.length;
  });
  expect(Math.max(...portions)).toBeLessThan(sliceChars + 2 * pad.length);
});

test.each(seeds(15))('every follower comes to know what the journal has (seed %i)', async (seed) => {
  const random = seededRandom(seed);
  const { clock, log, put, follow } = createFeedBench();
  const followers = [follow(0)];
  for (let round = 0, made = 0; round < 40; round++) {
    const what = random.pick(['put', 'put', 'many', 'cut', 'away', 'back', 'follow', 'wait'] as const);
    if (what === 'put') put(`n${++made}`);
    if (what === 'many') for (let count = random.below(1_500); count > 0; count--) put(`n${++made}`);
    if (what === 'cut') log.cut(Math.max(0, log.all().length - random.below(700)));
    if (what === 'away' || what === 'back') log.away(what === 'away');
    if (what === 'follow') followers.push(follow(0));
    await clock.advance(random.pick([1, 30, 1_500]));
  }
  log.away(false);
  put('last');
  await clock.advance(20_000);
  const expected = log.all().map(({ body }) => (JSON.parse(body) as { id: string }).id);
  for (const { known } of followers) {
    expect([...known].toSorted(([a], [b]) => a - b).map(([, id]) => id)).toEqual(expected);
  }
});
