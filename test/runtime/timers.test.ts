/** Timers of running nodes: once, not early, also after a takeover (R9, I6). */
import { expect, test } from 'vitest';
import { RetryableError } from '../../runtime/errors.ts';
import type { DueTimer, Mailbox, Store } from '../../runtime/ports.ts';
import { createTimers } from '../../runtime/loop/timers.ts';
import { sleeper } from '../support/charts.ts';
import { createManualClock } from '../support/clock.ts';
import { createCluster, type Cluster, type StartGiven, type TestNode } from '../support/cluster.ts';

type Entry = Parameters<Mailbox['append']>[0];

const key = 'sleeper/s';
const isTimer = ({ body }: Entry): boolean => body.startsWith('{"from":"timer"');

async function asleep(given: { napMs?: number; node?: StartGiven; options?: object } = {}) {
  const cluster = createCluster([sleeper], { options: given.options ?? {} });
  const one = await cluster.start('one', given.node);
  await one.reply(key, {
    type: 'sleeper.create',
    ...(given.napMs === undefined ? {} : { napMs: given.napMs }),
  });
  await one.reply(key, given.napMs === undefined ? 'sleeper.sleep' : 'sleeper.nap');
  return { cluster, one, from: cluster.clock.now() };
}

const valueOf = async ({ stored }: Cluster) => (await stored(key))?.snapshot.value;

/** Calls with timer messages, which may be meddled with. */
function watching(meddle: (count: number, pass: () => Promise<unknown>) => Promise<unknown>) {
  const seen: string[] = [];
  const node: StartGiven = {
    interfere: (call, pass) => {
      if (call.name !== 'append' || call.to !== 'mailbox' || !isTimer(call.args[0] as Entry)) return pass();
      seen.push((call.args[0] as Entry).id);
      return meddle(seen.length, pass);
    },
  };
  return { seen, node };
}

async function fired({ journal }: Cluster): Promise<number> {
  return (await journal(key)).filter(({ source }) => source.from === 'timer').length;
}

test('fires at its deadline, and once', async () => {
  const { cluster, from } = await asleep();
  await cluster.clock.advance(999);
  expect(await valueOf(cluster)).toBe('asleep');
  await cluster.clock.until(async () => (await valueOf(cluster)) === 'awake');
  expect(cluster.clock.now() - from).toBe(1_000);
  await cluster.clock.advance(300_000);
  expect(await fired(cluster)).toBe(1);
});

test('fires beyond the horizon of what is read at once', async () => {
  const { cluster, from } = await asleep({ napMs: 200_000 });
  await cluster.clock.until(async () => (await valueOf(cluster)) === 'awake', 400_000);
  expect(cluster.clock.now() - from).toBe(200_000);
});

test('fires though more timers are due than are read at once', async () => {
  const cluster = createCluster([sleeper], { options: { timersMax: 3, partitions: 1 } });
  const one = await cluster.start('one');
  const keys = Array.from({ length: 20 }, (_, index) => `sleeper/s${index}`);
  for (const one_ of keys) await one.reply(one_, { type: 'sleeper.create', napMs: 100_000 });
  for (const one_ of keys) await one.reply(one_, 'sleeper.nap');
  one.crash();
  await cluster.start('two');
  await cluster.clock.until(async () => {
    const values = await Promise.all(keys.map(async (of) => (await cluster.stored(of))?.snapshot.value));
    return values.every((value) => value === 'awake');
  });
  for (const of of keys) expect((await cluster.stored(of))?.version).toBe(3);
});

test('one that is set while the store is being read fires in time', async () => {
  const clock = createManualClock();
  const sent: string[] = [];
  let answer: (due: DueTimer[]) => void = () => undefined;
  const store = { due: () => new Promise((resolve) => (answer = resolve)) } as unknown as Store;
  const mailbox = {
    append: ({ id }: { id: string }) => Promise.resolve(void sent.push(id)),
  } as unknown as Mailbox;
  const options = { timerHorizonMs: 60_000, timersMax: 10, resendMs: 1_000 };
  const timers = createTimers({ ...options, partition: 0, store, mailbox, clock });
  timers.start();
  timers.add([{ key: 'sleeper/s', timer: 'nap', at: clock.now() + 500, token: 'sleeper/s@2.0' }]);
  answer([]);
  await clock.advance(499);
  expect([sent, timers.due()]).toEqual([[], 0]);
  await clock.advance(1);
  expect([sent, timers.due()]).toEqual([['sleeper/s@2.0'], 1]);
  timers.park(['sleeper/s@2.0']);
  expect(timers.due()).toBe(0);
  timers.stop();
});

test('a cancelled one does not fire, nor does the one before when the state is entered again', async () => {
  const { cluster, one, from } = await asleep();
  await cluster.clock.advance(600);
  await one.reply(key, 'sleeper.again');
  await cluster.clock.until(async () => (await valueOf(cluster)) === 'awake');
  expect(cluster.clock.now() - from).toBeGreaterThanOrEqual(1_600);
  await one.reply(key, 'sleeper.sleep');
  await one.reply(key, 'sleeper.wake');
  await cluster.clock.advance(10_000);
  expect(await fired(cluster)).toBe(1);
});

test('fires once after a takeover, when it came due while nobody owned it', async () => {
  const { cluster, one } = await asleep();
  one.crash();
  await cluster.clock.advance(60_000);
  expect(await valueOf(cluster)).toBe('asleep');
  await cluster.start('two');
  await cluster.clock.until(async () => (await valueOf(cluster)) === 'awake');
  await cluster.clock.advance(300_000);
  expect(await fired(cluster)).toBe(1);
});

test('is sent again until it is consumed', async () => {
  const { seen, node } = watching((count, pass) => {
    if (count === 1) return Promise.reject(new RetryableError('away'));
    return count < 4 ? Promise.resolve() : pass();
  });
  const { cluster } = await asleep({ node });
  await cluster.clock.until(async () => (await valueOf(cluster)) === 'awake');
  expect(seen).toHaveLength(4);
  await cluster.clock.advance(600_000);
  expect(seen).toHaveLength(4);
  expect(await fired(cluster)).toBe(1);
});

test('one that is delivered twice fires once', async () => {
  const { node } = watching(async (_, pass) => {
    await pass();
    return pass();
  });
  const { cluster } = await asleep({ node });
  await cluster.clock.advance(300_000);
  expect(await fired(cluster)).toBe(1);
});

test('an owner whose clock is ahead does not make it fire early', async () => {
  const { seen, node } = watching((_, pass) => pass());
  const { cluster, from } = await asleep({ node: { ...node, aheadMs: 900 } });
  await cluster.clock.advance(500);
  expect(seen).toHaveLength(1);
  expect(await valueOf(cluster)).toBe('asleep');
  await cluster.clock.until(async () => (await valueOf(cluster)) === 'awake');
  expect(cluster.clock.now() - from).toBeGreaterThanOrEqual(1_000);
});

test('one that is a dead letter is not sent over and over', async () => {
  const broken = {
    ...sleeper,
    machine: sleeper.machine.provide({
      guards: {
        isReady: () => {
          throw new Error('a bug');
        },
      },
    } as never),
  };
  const { seen, node } = watching((_, pass) => pass());
  const cluster = createCluster([broken]);
  const one: TestNode = await cluster.start('one', node);
  await one.reply(key, 'sleeper.create');
  await one.reply(key, 'sleeper.wait');
  await cluster.clock.advance(600_000);
  expect(await cluster.deadLetters(key)).toHaveLength(1);
  expect(seen).toHaveLength(1);
  expect(await valueOf(cluster)).toBe('waiting');
});

test('timers that were parked do not stand in the way of others', async () => {
  const clock = createManualClock();
  const stored = Array.from({ length: 3 }, (_, n) => ({
    key: 'a/1',
    timer: `t${n}`,
    at: clock.now(),
    token: `k${n}`,
  }));
  const sent: string[] = [];
  const timers = createTimers({
    partition: 0,
    store: {
      due: (_partition: number, _before: number, limit: number) => Promise.resolve(stored.slice(0, limit)),
    } as Store,
    mailbox: {
      append: ({ id }: { id: string }) => Promise.resolve(void sent.push(id)),
    } as unknown as Mailbox,
    clock,
    timerHorizonMs: 60_000,
    timersMax: 2,
    resendMs: 1_000,
  });
  timers.start();
  await clock.until(() => sent.length === 2);
  timers.park(['k0', 'k1']);
  await clock.until(() => sent.includes('k2'));
  timers.stop();
  expect(sent.filter((id) => id !== 'k2')).toEqual(['k0', 'k1']);
});
