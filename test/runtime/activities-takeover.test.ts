/** What goes before the activities at a takeover: results in the mailbox, and timers that were due (R10, R12). */
import { expect, test } from 'vitest';
import { fromPromise, setup } from 'xstate';
import { z } from 'zod';
import { anyone, defineActor, type Activity, type ActorDefinition } from '../../runtime/definition.ts';
import type { ActivityMessage } from '../../runtime/message.ts';
import { createCluster, type Cluster, type ClusterGiven } from '../support/cluster.ts';
import type { Interfere } from '../support/faults.ts';
import { createLossyServer, type LossyServer } from '../support/lossy.ts';
import { at } from '../support/messages.ts';

const hour = 3_600_000;
const key = 'caller/c';
const stub = fromPromise(() => Promise.reject(new Error('a stub')));

/** Calls somebody, and gives up after an hour. */
const machine = setup({ actors: { call: stub } }).createMachine({
  id: 'caller',
  initial: 'calling',
  states: {
    calling: {
      description: 'Somebody is called',
      invoke: { src: 'call', id: 'call', onDone: { target: 'answered' }, onError: { target: 'failed' } },
      after: { [hour]: { target: 'givenUp' } },
    },
    answered: { description: 'They said something' },
    failed: { description: 'They did not' },
    givenUp: { description: 'Nobody waits any more' },
  },
});

interface Run {
  readonly repeated: boolean;
  succeed(): void;
}

function caller(runs: Run[], options: Partial<Activity>): ActorDefinition {
  const user = { user: anyone };
  const run: Activity['run'] = (_, { repeated }) =>
    new Promise((resolve) => runs.push({ repeated, succeed: () => resolve('hello') }));
  const retry = { attempts: 1, baseMs: 1, maxMs: 1 };
  return defineActor({
    ...{ kind: 'caller', plural: 'callers', version: 1, machine, events: {}, commands: {} },
    input: z.strictObject({}),
    create: { event: 'caller.create', access: user },
    readers: user,
    view: () => ({}),
    activities: { call: { target: 'them', timeoutMs: 10 * hour, retry, ...options, run } },
  });
}

async function calling(options: Partial<Activity> = {}, given: ClusterGiven = {}) {
  const runs: Run[] = [];
  const cluster = createCluster([caller(runs, options)], given);
  const one = await cluster.start('one');
  await one.reply(key, 'caller.create');
  await cluster.clock.until(() => runs.length === 1);
  const value = async () => (await cluster.stored(key))?.snapshot.value;
  return { runs, cluster, one, value };
}

/** The result of the call, as a dead process sent it at last. */
async function answer(cluster: Cluster, given?: string): Promise<void> {
  const to = at(key);
  const token = given ?? (await cluster.stored(key))?.activities['call']?.token ?? '';
  const message: ActivityMessage = { from: 'activity', to, activity: 'call', token, result: { output: 1 } };
  const body = JSON.stringify(message);
  await cluster.direct.mailbox.append({
    to,
    partition: cluster.partition(key),
    id: token,
    dedupe: false,
    body,
  });
}

test('a result that stands in the mailbox ends its activity before it is called again', async () => {
  const { runs, cluster, one, value } = await calling({}, { options: { batchMax: 1 } });
  one.crash();
  // A backlog, so that the result is not in the first batch.
  for (let times = 0; times < 20; times++) await answer(cluster, 'nobody');
  await answer(cluster);
  await cluster.start('two');
  await cluster.clock.until(async () => (await value()) === 'answered');
  await cluster.clock.advance(60_000);
  expect(runs).toHaveLength(1);
});

test('a timer that was due fires before anything is called again', async () => {
  const { runs, cluster, one, value } = await calling();
  one.crash();
  await cluster.clock.advance(48 * hour);
  const slow: Interfere = async (call, pass) => {
    if (call.name === 'due') await new Promise<void>((resolve) => void cluster.clock.after(2_000, resolve));
    return pass();
  };
  await cluster.start('two', { interfere: slow });
  await cluster.clock.until(async () => (await value()) === 'givenUp');
  await cluster.clock.advance(60_000);
  expect(runs).toHaveLength(1);
});

test('what is too old for its target is not called again, and has its late outcome', async () => {
  const { runs, cluster, one, value } = await calling({ maxAgeMs: hour / 2, late: 'nobody knows' });
  one.crash();
  await cluster.clock.advance((hour * 3) / 4);
  await cluster.start('two');
  await cluster.clock.until(async () => (await value()) === 'answered');
  expect(runs).toHaveLength(1);
});

test('a copy of the store that is older than the result does not call again', async () => {
  let server: LossyServer | undefined;
  const serverWith = (clock: Parameters<typeof createLossyServer>[0]): LossyServer =>
    (server = createLossyServer(clock));
  const { runs, cluster, one, value } = await calling({}, { serverWith });
  runs[0]?.succeed();
  await cluster.clock.until(async () => (await value()) === 'answered');
  one.crash();
  await server?.fallBack((_, made) => made);
  expect(await value()).toBeUndefined();
  await cluster.start('two');
  await cluster.clock.until(async () => (await value()) === 'answered');
  await cluster.clock.advance(60_000);
  expect(runs).toHaveLength(1);
});

test('a call that the store forgets to have begun counts as repeated', async () => {
  let server: LossyServer | undefined;
  const serverWith = (clock: Parameters<typeof createLossyServer>[0]): LossyServer =>
    (server = createLossyServer(clock));
  const { runs, cluster, one } = await calling({}, { serverWith });
  one.crash();
  await server?.fallBack((_, made) => made);
  await cluster.start('two');
  await cluster.clock.until(() => runs.length === 2);
  expect(runs.map(({ repeated }) => repeated)).toEqual([false, true]);
});

test('a mailbox that has lost all that would be read again holds nothing back', async () => {
  let server: LossyServer | undefined;
  const serverWith = (clock: Parameters<typeof createLossyServer>[0]): LossyServer =>
    (server = createLossyServer(clock));
  const { runs, cluster, one, value } = await calling({}, { serverWith });
  await cluster.clock.advance(hour / 2);
  await one.reply(key, 'caller.create');
  one.crash();
  server?.loseTail(1);
  await cluster.start('two');
  await cluster.clock.until(() => runs.length === 2);
  runs[1]?.succeed();
  await cluster.clock.until(async () => (await value()) === 'answered');
});
