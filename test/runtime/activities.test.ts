/** Activities of running nodes (R10). */
import { expect, test } from 'vitest';
import { createActivities } from '../../runtime/loop/activities.ts';
import { createBreaker } from '../../runtime/loop/breaker.ts';
import { backoffMs, type Target } from '../../runtime/loop/carry-out.ts';
import type { CallEnd } from '../../runtime/counters.ts';
import type { Activity } from '../../runtime/definition.ts';
import { TerminalError } from '../../runtime/errors.ts';
import type { PendingActivity } from '../../runtime/ports.ts';
import { createSlots } from '../../runtime/loop/slots.ts';
import { payerWith } from '../support/charts.ts';
import { createManualClock, epoch, settled } from '../support/clock.ts';
import { createCluster, outcomeOf } from '../support/cluster.ts';
import { recordingLogger } from '../support/loggers.ts';
import { seededRandom } from '../support/random.ts';

interface Run {
  readonly key: string;
  readonly attempt: number;
  readonly repeated: boolean;
  readonly at: number;
  readonly input: unknown;
  readonly signal: AbortSignal;
  succeed(output?: unknown): void;
  fail(error?: Error): void;
}

/** A gateway whose answers the test gives, one by one. */
function gateway(options: Partial<Activity> = {}) {
  const runs: Run[] = [];
  let now = (): number => 0;
  const definition = payerWith(
    (input, { key, attempt, repeated, signal }) =>
      new Promise((resolve, reject) => {
        runs.push({
          key,
          attempt,
          repeated,
          signal,
          input,
          at: now(),
          succeed: resolve,
          fail: (error = new Error('away')) => reject(error),
        });
      }),
    options,
  );
  const cluster = createCluster([definition], { options: { breakerFailures: 100 } });
  now = () => cluster.clock.now();
  return { runs, cluster };
}

const key = 'payer/p';
const pay = { type: 'payer.pay', amount: 5 };

async function paying(options: Partial<Activity> = {}) {
  const { runs, cluster } = gateway(options);
  const one = await cluster.start('one');
  await one.reply(key, 'payer.create');
  await one.reply(key, pay);
  await cluster.clock.until(() => runs.length === 1);
  const value = async () => (await cluster.stored(key))?.snapshot.value;
  return { runs, cluster, one, value };
}

test('runs after the commit, with its input and a key of the turn, and hands the output to the chart', async () => {
  const { runs, cluster, value } = await paying();
  expect(runs).toMatchObject([{ key: 'payer/p@2.0', attempt: 1, input: { amount: 5 } }]);
  expect(await value()).toBe('paying');
  runs[0]?.succeed({ receipt: 'r1' });
  await cluster.clock.until(async () => (await value()) === 'paid');
  expect((await cluster.stored(key))?.snapshot.context).toMatchObject({ receipt: { receipt: 'r1' } });
  await cluster.clock.advance(600_000);
  expect(runs).toHaveLength(1);
  expect(await cluster.journal(key)).toHaveLength(3);
});

test('tries again under the same key, after a random part of a growing wait, and gives up at last', async () => {
  const { runs, cluster, value } = await paying();
  for (const attempt of [1, 2, 3]) {
    await cluster.clock.until(() => runs.length === attempt);
    runs[attempt - 1]?.fail();
  }
  await cluster.clock.until(async () => (await value()) === 'failed');
  expect(runs.map((run) => [run.key, run.attempt, run.repeated])).toEqual(
    [1, 2, 3].map((attempt) => ['payer/p@2.0', attempt, attempt > 1]),
  );
  const [first, second, third] = runs.map(({ at }) => at) as [number, number, number];
  expect(second - first).toBeLessThanOrEqual(1_000);
  expect(third - second).toBeLessThanOrEqual(2_000);
  expect((await cluster.stored(key))?.snapshot.context).toMatchObject({
    problem: { code: 'exhausted', message: 'away' },
  });
});

test('waits a random part of base · 2^(attempt − 1), at most the maximum', () => {
  const activity = { retry: { attempts: 9, baseMs: 100, maxMs: 1_000 } } as Activity;
  const with_ = (next: number) =>
    [1, 2, 3, 4, 5, 6].map((attempt) => backoffMs(activity, attempt, { next: () => next, id: String }));
  expect(with_(1)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  expect(with_(0.5)).toEqual([50, 100, 200, 400, 500, 500]);
  expect(with_(0)).toEqual([0, 0, 0, 0, 0, 0]);
});

test('an attempt that takes too long is cancelled and tried again', async () => {
  const { runs, cluster } = await paying();
  await cluster.clock.until(() => runs.length === 2);
  expect((runs[1]?.at ?? 0) - (runs[0]?.at ?? 0)).toBeGreaterThanOrEqual(10_000);
  expect(runs[0]?.signal.aborted).toBe(true);
  expect(runs[1]?.signal.aborted).toBe(false);
});

test('a late answer is an output where the activity names one, and nothing is tried again', async () => {
  const { runs, cluster, value } = await paying({ late: { outcome: 'unknown' } });
  await cluster.clock.until(async () => (await value()) === 'paid');
  expect((await cluster.stored(key))?.snapshot.context).toMatchObject({ receipt: { outcome: 'unknown' } });
  expect(runs[0]?.signal.aborted).toBe(true);
  runs[0]?.succeed('after all');
  await cluster.clock.advance(600_000);
  expect(runs).toHaveLength(1);
});

test('an activity with an output for late answers is tried again after an error', async () => {
  const { runs, cluster, value } = await paying({ late: { outcome: 'unknown' } });
  runs[0]?.fail();
  await cluster.clock.until(() => runs.length === 2);
  runs[1]?.succeed({ receipt: 'r2' });
  await cluster.clock.until(async () => (await value()) === 'paid');
});

test('does not try again what never will succeed', async () => {
  const { runs, cluster, value } = await paying();
  runs[0]?.fail(new TerminalError('declined'));
  await cluster.clock.until(async () => (await value()) === 'failed');
  expect((await cluster.stored(key))?.snapshot.context).toMatchObject({
    problem: { code: 'terminal', message: 'declined' },
  });
  await cluster.clock.advance(600_000);
  expect(runs).toHaveLength(1);
});

test('is cancelled when the chart leaves the state, and what it still says is dropped', async () => {
  const { runs, cluster, one, value } = await paying();
  await one.reply(key, 'payer.cancel');
  expect(runs[0]?.signal.aborted).toBe(true);
  runs[0]?.succeed('late');
  await cluster.clock.advance(60_000);
  expect(await value()).toBe('idle');
  expect(runs).toHaveLength(1);
});

test('entered again it runs anew, under another key', async () => {
  const { runs, cluster, one, value } = await paying();
  await one.reply(key, 'payer.again');
  await cluster.clock.until(() => runs.length === 2);
  expect(runs[1]?.key).not.toBe(runs[0]?.key);
  runs[1]?.succeed('second');
  await cluster.clock.until(async () => (await value()) === 'paid');
});

test('a takeover runs it again under the same key, and one result counts', async () => {
  const { runs, cluster, one, value } = await paying();
  one.crash();
  await cluster.start('two');
  await cluster.clock.until(() => runs.length === 2);
  expect(runs[0]).toMatchObject({ attempt: 1, repeated: false });
  expect(runs[1]).toMatchObject({ key: runs[0]?.key, attempt: 1, repeated: true, input: { amount: 5 } });
  runs[0]?.succeed('from the dead');
  await cluster.clock.advance(5_000);
  expect(await value()).toBe('paying');
  runs[1]?.succeed('from the living');
  await cluster.clock.until(async () => (await value()) === 'paid');
  expect((await cluster.stored(key))?.snapshot.context).toMatchObject({ receipt: 'from the living' });
});

test('a result is sent until it is committed, also when the mailbox loses it', async () => {
  const { runs, cluster } = gateway();
  let lost = 3;
  const one = await cluster.start('one', {
    interfere: (call, pass) =>
      call.name === 'append' && JSON.stringify(call.args).includes('"from\\":\\"activity') && lost-- > 0
        ? Promise.resolve()
        : pass(),
  });
  await one.reply(key, 'payer.create');
  await one.reply(key, pay);
  await cluster.clock.until(() => runs.length === 1);
  runs[0]?.succeed();
  await cluster.clock.until(async () => (await cluster.stored(key))?.snapshot.value === 'paid');
  expect(lost).toBeLessThan(0);
});

test('drains with an activity under way: it is stopped, and the next owner runs it', async () => {
  const { runs, cluster, one } = await paying();
  void one.node.drain();
  await cluster.start('two');
  await cluster.clock.until(() => runs.length === 2);
  expect(runs[0]?.signal.aborted).toBe(true);
});

test('an open breaker parks calls without failing them, and lets a few try after a while', async () => {
  const definition = { breakerFailures: 2, breakerOpenMs: 10_000 };
  const calls: number[] = [];
  let works = false;
  const cluster = createCluster(
    [
      payerWith(
        () => {
          calls.push(cluster.clock.now());
          return works ? Promise.resolve('ok') : Promise.reject(new Error('away'));
        },
        { retry: { attempts: 50, baseMs: 1, maxMs: 1 } },
      ),
    ],
    { options: definition },
  );
  const one = await cluster.start('one');
  const keys = ['payer/a', 'payer/b', 'payer/c', 'payer/d'];
  for (const of of keys) await one.reply(of, 'payer.create');
  for (const of of keys) expect(outcomeOf(await one.reply(of, pay))).toBe('accepted');
  await cluster.clock.advance(100);
  const opened = calls.length;
  await cluster.clock.advance(9_000);
  expect(calls).toHaveLength(opened);
  await cluster.clock.advance(10_000);
  expect(calls).toHaveLength(opened + 2);
  works = true;
  const allPaid = async () =>
    (await Promise.all(keys.map(async (of) => (await cluster.stored(of))?.snapshot.value))).every(
      (value) => value === 'paid',
    );
  await cluster.clock.until(allPaid, 60_000);
});

test('late answers open the breaker', async () => {
  const { clock, seen } = breakerChanges(
    { timeoutMs: 1_000, late: 'late' },
    () => new Promise(() => undefined),
  );
  await clock.advance(10_000);
  expect(seen).toEqual([['gateway', 'open']]);
});

test('what a call makes of its abort is no answer: it is late all the same', async () => {
  const appended: string[] = [];
  const run: Activity['run'] = (_, { signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
  const { clock } = breakerChanges({ timeoutMs: 1_000, late: 'late' }, run, appended);
  await clock.advance(1_000);
  expect(appended.map((body) => (JSON.parse(body) as { result: unknown }).result)).toEqual([
    { output: 'late' },
  ]);
});

test('has a breaker for each target that the input names', async () => {
  const target = (input: unknown): string => `gateway:${(input as { gateway: string }).gateway}`;
  const { seen } = breakerChanges({ target }, () => Promise.reject(new Error('away')));
  await settled();
  expect(seen).toEqual([['gateway:sandbox', 'open']]);
});

/** What the breakers of one activity report, which open at the first failure. */
function breakerChanges(options: Partial<Activity>, run: Activity['run'], appended: string[] = []) {
  const clock = createManualClock();
  const seen: [string, string][] = [];
  const target = (name: string): Target => ({
    slots: createSlots(1),
    breaker: createBreaker(clock, { breakerFailures: 1, breakerOpenMs: 600_000 }, (state) =>
      seen.push([name, state]),
    ),
  });
  const { activities } = alone(run, { options, clock, target, appended });
  activities.start([pendingOf('t', { gateway: 'sandbox' })], false);
  return { clock, seen };
}

const pendingOf = (token: string, input: unknown = null): PendingActivity => ({
  ...{ key, activity: 'charge', source: 'charge', token },
  input: JSON.stringify(input),
  startedAt: epoch,
});

const alwaysClosed = { waitMs: () => 0, succeeded: () => undefined, failed: () => undefined };

/** The activities of one partition without a node; open. What reaches the mailbox is in `appended`. */
function alone(run: Activity['run'], given: AloneGiven = {}) {
  const { clock = createManualClock(), appended = [], slots = createSlots(1_000) } = given;
  const { target = () => ({ breaker: alwaysClosed, slots }) } = given;
  const { logger, lines } = recordingLogger();
  const called: [target: string, end: CallEnd][] = [];
  const activity = { ...payerWith(run).activities['charge'], ...given.options } as Activity;
  const activities = createActivities({
    partition: 0,
    called: (...call) => called.push(call),
    mailbox: {
      append: ({ body }: { body: string }) => {
        appended.push(body);
        return Promise.resolve();
      },
    } as never,
    clock,
    random: seededRandom(1),
    logger,
    resendMs: 60_000,
    messageMaxChars: 1_000,
    implementation: () => activity,
    target,
  });
  activities.open();
  const results = (): unknown[] => appended.map((body) => (JSON.parse(body) as { result: unknown }).result);
  return { activities, called, clock, lines, results };
}

interface AloneGiven {
  readonly options?: Partial<Activity>;
  readonly clock?: ReturnType<typeof createManualClock>;
  readonly target?: (name: string) => Target;
  readonly slots?: ReturnType<typeof createSlots>;
  readonly appended?: string[];
}

/** One target, for operations that always fail and such that never do. */
function mixed() {
  const clock = createManualClock();
  const seen: string[] = [];
  const options = { breakerFailures: 5, breakerOpenMs: 10_000 };
  const breaker = createBreaker(clock, options, (state) => seen.push(state));
  const run: Activity['run'] = (input) =>
    input === 'bad' ? Promise.reject(new Error('500')) : Promise.resolve('done');
  const { activities, results } = alone(run, {
    clock,
    options: { target: 'gateway', retry: { attempts: 1_000, baseMs: 1, maxMs: 1_000 } },
    target: () => ({ breaker, slots: createSlots(50) }),
  });
  const start = (input: 'bad' | 'good', count: number): void => {
    const names = Array.from({ length: count }, (_, index) => `${input}${clock.now()}-${index}`);
    activities.start(
      names.map((name) => ({ ...pendingOf(name, input), key: name })),
      false,
    );
  };
  return { clock, seen, start, results };
}

test('operations that always fail do not keep the others from a target that works', async () => {
  const { clock, seen, start, results } = mixed();
  // More than can try in one round.
  start('bad', 12);
  await clock.advance(100);
  expect(seen).toEqual(['open']);
  start('good', 3);
  // Each has its turn within as many rounds as it takes to try all, and then nobody waits.
  await clock.advance(4 * 10_000);
  expect(results()).toHaveLength(3);
});

test('nor do they stop the others again and again', async () => {
  const { clock, seen, start, results } = mixed();
  start('bad', 8);
  await clock.advance(100);
  start('good', 1);
  await clock.until(() => results().length === 1, 3 * 10_000);
  expect(seen.at(-1)).toBe('closed');
  const before = [...seen];
  for (let second = 1; second <= 30; second++) {
    start('good', 1);
    await clock.advance(1_000);
    expect(results()).toHaveLength(1 + second);
  }
  expect(seen).toEqual(before);
});

test('one that is stopped while its breaker is open asks no more, and leaves the trial to others', async () => {
  let asked = 0;
  const breaker = {
    ...alwaysClosed,
    waitMs() {
      asked += 1;
      if (asked > 100) throw new Error('asked over and over');
      return 1_000;
    },
  };
  const target = () => ({ breaker, slots: createSlots(1) });
  const { activities } = alone(() => Promise.resolve(), { target });
  activities.start([pendingOf('t')], false);
  await settled();
  activities.stop(['t']);
  await settled();
  expect(asked).toBe(1);
});

test('one that cannot be run ends with the reason, and the process goes on', async () => {
  const target = (): never => {
    throw new Error('which gateway?');
  };
  const { activities, results, lines } = alone(() => Promise.resolve(), { options: { target } });
  activities.start([pendingOf('t')], false);
  await settled();
  expect(results()).toEqual([{ error: { code: 'terminal', message: 'which gateway?' } }]);
  expect(lines).toMatchObject([{ level: 'error', message: 'activity cannot be run' }]);
});

test.each<[CallEnd, Activity['run'], Partial<Activity>]>([
  ['succeeded', () => Promise.resolve(1), {}],
  ['refused', () => Promise.reject(new TerminalError('no')), {}],
  ['failed', () => Promise.reject(new Error('away')), {}],
  ['late', () => new Promise(() => undefined), { timeoutMs: 1_000 }],
  ['outdated', () => Promise.resolve(1), { maxAgeMs: -1 }],
])('a call that has %s is counted so, by its target', async (end, run, options) => {
  const retry = { attempts: 1, baseMs: 1, maxMs: 1 };
  const { activities, called, clock } = alone(run, { options: { target: 'bank', retry, ...options } });
  activities.start([pendingOf('t')], false);
  await clock.advance(2_000);
  expect(called).toEqual([['bank', end]]);
});

test('one that is stopped under way has no end to count', async () => {
  const { activities, called, clock } = alone(() => new Promise(() => undefined));
  activities.start([pendingOf('t')], false);
  await settled();
  activities.stop(['t']);
  await clock.advance(600_000);
  expect(called).toEqual([]);
});

test('an output that is no JSON is a mistake, and is not asked for again', async () => {
  let calls = 0;
  const { activities, clock, results } = alone(() => Promise.resolve(BigInt((calls += 1))));
  activities.start([pendingOf('t')], false);
  await clock.advance(30_000);
  expect(results()).toMatchObject([{ error: { code: 'terminal' } }]);
  expect(calls).toBe(1);
});

test('a result that no message can hold ends it as too large, and somebody hears of it', async () => {
  const { activities, results, lines } = alone(() => Promise.resolve('x'.repeat(2_000)));
  activities.start([pendingOf('t')], false);
  await settled();
  expect(results()).toMatchObject([{ error: { code: 'too-large' } }]);
  expect(lines).toMatchObject([{ level: 'error', message: 'the result of an activity is too large' }]);
});

test('an error of any length ends it, cut short', async () => {
  const failing = () => Promise.reject(new TerminalError('x'.repeat(300_000)));
  const { activities, results } = alone(failing, {
    options: { retry: { attempts: 1, baseMs: 1, maxMs: 1 } },
  });
  activities.start([pendingOf('t')], false);
  await settled();
  expect(results()).toMatchObject([{ error: { code: 'too-large' } }]);
});

test('so many calls go to a target at once, and the others follow in their order', async () => {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const run: Activity['run'] = (_, { key: token }) =>
    new Promise((resolve) => {
      begun.push(token);
      ends.set(token, () => resolve(null));
    });
  const { activities, results } = alone(run, { slots: createSlots(2) });
  activities.start(
    ['a', 'b', 'c', 'd', 'e', 'f'].map((token) => pendingOf(token)),
    false,
  );
  await settled();
  expect(begun).toEqual(['a', 'b']);
  activities.stop(['d']);
  ends.get('b')?.();
  await settled();
  expect(begun).toEqual(['a', 'b', 'c']);
  activities.stop(['a', 'c']);
  await settled();
  expect(begun).toEqual(['a', 'b', 'c', 'e', 'f']);
  ends.get('e')?.();
  ends.get('f')?.();
  await settled();
  expect(results()).toHaveLength(3);
});

test('one that waits to be tried again leaves its slot to others', async () => {
  const begun: string[] = [];
  const run: Activity['run'] = (_, { key: token }) => {
    begun.push(token);
    return begun.length === 1 ? Promise.reject(new Error('away')) : Promise.resolve(null);
  };
  const { activities, clock, results } = alone(run, { slots: createSlots(1) });
  activities.start(
    ['a', 'b'].map((token) => pendingOf(token)),
    false,
  );
  await settled();
  expect(begun).toEqual(['a', 'b']);
  await clock.advance(10_000);
  expect(begun).toEqual(['a', 'b', 'a']);
  expect(results()).toHaveLength(2);
});

const old = { maxAgeMs: 1_800_000 };

test.each([
  [
    'an output for late answers',
    { ...old, late: { outcome: 'unknown' } },
    { output: { outcome: 'unknown' } },
  ],
  ['no output for them', old, { error: { code: 'too-old' } }],
])('is not called once its target may have forgotten the key: with %s', async (_, options, result) => {
  let calls = 0;
  const { activities, clock, results } = alone(() => Promise.resolve((calls += 1)), { options });
  await clock.advance(old.maxAgeMs + 1);
  activities.start([pendingOf('t')], false);
  await settled();
  expect(results()).toMatchObject([result]);
  expect(calls).toBe(0);
});

test('behind an open breaker it grows too old as well, and does not use up the trial', async () => {
  const clock = createManualClock();
  const breaker = createBreaker(
    clock,
    { breakerFailures: 1, breakerOpenMs: old.maxAgeMs * 2 },
    () => undefined,
  );
  breaker.failed('other');
  const target = () => ({ breaker, slots: createSlots(1) });
  const { activities, results } = alone(() => Promise.resolve(), { options: old, clock, target });
  activities.start([pendingOf('t')], false);
  await clock.advance(old.maxAgeMs * 2);
  expect(results()).toMatchObject([{ error: { code: 'too-old' } }]);
  expect(breaker.waitMs('other')).toBe(0);
});
