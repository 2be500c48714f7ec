import { expect, onTestFinished, test } from 'vitest';
import type { Address } from '../../runtime/address.ts';
import { createFeed, type Feed, type Portion } from '../../runtime/reading/feed.ts';
import { sliceChars } from '../../runtime/reading/slices.ts';
import type { Log } from '../../runtime/ports.ts';
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
  /** The actor is what stands before a slash. */
  readonly put: (...names: string[]) => void;
  readonly follow: (after: number, of?: Address) => Follower;
}

/** `between` is called before each answer of the log. */
function createFeedBench(marginMs = 0, between: (log: CutLog) => void = () => undefined): FeedBench {
  const clock = createManualClock();
  const log = createCutLog(clock);
  const journal: Log = {
    ...log,
    read: (...asked) => (between(log), log.read(...asked)),
    readAll: (...asked) => (between(log), log.readAll(...asked)),
  };
  const feed = createFeed({ journal, clock, marginMs });
  return {
    ...{ clock, log, feed },
    put: (...names) => putInto(log, names),
    follow(after, of) {
      const abort = new AbortController();
      const from = { after, ...(of === undefined ? {} : { of }) };
      const told: string[] = [];
      const known = new Map<number, string>();
      void (async () => {
        for await (const { entries, through, isReset } of feed.follow(from, abort.signal)) {
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

function putInto(log: CutLog, names: readonly string[]): void {
  for (const id of names) log.put(JSON.stringify({ kind: 'order', actor: id.split('/')[0], id, at: 0 }));
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

const one: Address = { kind: 'order', id: 'one' };

test('who follows one actor is told what that has, and nobody reads the whole journal for it', async () => {
  const { clock, log, put, follow } = createFeedBench();
  put('one/1', ...names('a', 2, 9_000), 'one/2', ...names('a', 9_002, 20_000));
  const { told } = follow(0, one);
  await clock.advance(100);
  put('one/3', 'b', 'one/4');
  await clock.advance(100);
  expect(told).toEqual(['one/1', 'one/2', 'one/3', 'one/4']);
  expect(log.taken()).toBeLessThan(1_000);
});

test('large entries of one actor come by small pages too', async () => {
  const { clock, log, feed, put } = createFeedBench();
  const pad = 'x'.repeat(50_000);
  const large = names('one/', 1, 30);
  for (const id of large) {
    log.put(JSON.stringify({ kind: 'order', actor: 'one', id, at: 0, pad }));
    put(...names('a', 1, 100));
  }
  const portions: Portion[] = [];
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  void (async () => {
    for await (const portion of feed.follow({ after: 0, of: one }, abort.signal)) portions.push(portion);
  })();
  await clock.until(() => portions.some(({ through }) => through === 30 * 101));
  expect(portions.flatMap(({ entries }) => entries.map(({ id }) => id))).toEqual(large);
  const sizes = portions.map(({ entries }) => entries.reduce((sum, { chars }) => sum + chars, 0));
  expect(Math.max(...sizes)).toBeLessThan(sliceChars + 2 * pad.length);
});

/** At each of the reads that catching up takes, before what was told already and after it. */
const losses = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((read) => [2, 2_006].map((last) => ({ read, last })));

test.each(losses)('no loss stays unseen while one actor is caught up with: $read, $last', async (loss) => {
  let reads = 0;
  const { clock, log, put, follow } = createFeedBench(0, (beneath) => {
    if (++reads !== loss.read) return;
    beneath.cut(loss.last);
    putInto(beneath, ['one/new', ...names('c', 1, 2_500), 'one/newer', ...names('d', 1, 2_000)]);
  });
  put(...names('z', 1, 5), 'one/1', ...names('a', 1, 2_000));
  await clock.advance(10);
  put('one/2', ...names('b', 1, 2_000));
  const { known } = follow(0, one);
  await clock.advance(2_000);
  const own = log.all().map(({ body }) => (JSON.parse(body) as { id: string }).id);
  expect([...known.values()]).toEqual(own.filter((id) => id.startsWith('one/')));
});

test('of one actor what has expired is missed only where it was not told', async () => {
  const { clock, log, put, follow } = createFeedBench();
  put('one/1', ...names('a', 1, 2_000), 'one/2', ...names('b', 1, 2_000));
  log.expire(1_000);
  const { told } = follow(0, one);
  const near = follow(999, one);
  await clock.advance(2_000);
  expect([told, near.told]).toEqual([['reset', 'one/2'], ['one/2']]);
});

test.each(seeds(15))('every follower comes to know what the journal has (seed %i)', async (seed) => {
  const random = seededRandom(seed);
  let made = 0;
  let isCalm = false;
  const next = (): string => (++made % 50 === 0 ? `one/${made}` : `n${made}`);
  const some = (max: number): string[] => Array.from({ length: random.below(max) }, next);
  const { clock, log, put, follow } = createFeedBench(0, (beneath) => {
    if (isCalm) return;
    const what = random.below(30);
    if (what < 4) putInto(beneath, [`one/${++made}`]);
    if (what === 4) putInto(beneath, some(1_500));
  });
  const followers = [follow(0)];
  const ofOne = [follow(0, one)];
  for (let round = 0; round < 40; round++) {
    const what = random.pick(['put', 'put', 'many', 'cut', 'away', 'back', 'follow', 'wait'] as const);
    if (what === 'put') put(next());
    if (what === 'many') put(...some(1_500));
    if (what === 'cut') log.cut(Math.max(0, log.all().length - random.below(700)));
    if (what === 'away' || what === 'back') log.away(what === 'away');
    if (what === 'follow') random.pick([() => followers.push(follow(0)), () => ofOne.push(follow(0, one))])();
    await clock.advance(random.pick([1, 30, 1_500]));
  }
  isCalm = true;
  log.away(false);
  put('last', 'one/last');
  await clock.advance(20_000);
  const expected = log.all().map(({ body }) => (JSON.parse(body) as { id: string }).id);
  const inOrder = ({ known }: Follower): string[] =>
    [...known].toSorted(([a], [b]) => a - b).map(([, id]) => id);
  for (const follower of followers) expect(inOrder(follower)).toEqual(expected);
  const own = expected.filter((id) => id.startsWith('one/'));
  for (const follower of ofOne) expect(inOrder(follower)).toEqual(own);
});
