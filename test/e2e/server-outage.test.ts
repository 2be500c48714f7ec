/** NATS and Redis end and come back under traffic: told as such, taken up again without help, nothing lost. */
import { afterEach, expect, test } from 'vitest';
import { type App, isReady, run, startApp } from '../support/app.ts';
import { differences } from '../support/compare.ts';
import { type Cluster, createCleanUp, openCluster } from '../support/places.ts';
import { seeds } from '../support/random.ts';
import type { Server } from '../support/servers.ts';
import { moreApplied, startTraffic, type Traffic } from '../support/traffic.ts';
import { until } from '../support/until.ts';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

/** Five outages on a machine that has other work. */
const timeout = 150_000;

async function cluster(): Promise<Cluster> {
  const place = await openCluster();
  cleanUp.add(() => place.close());
  return place;
}

test.each(seeds(1))('goes on after each outage, seed %i', { timeout }, async (seed) => {
  const place = await cluster();
  const { nats, redis } = place;
  const app = await startApp(place.env);
  cleanUp.add(() => app.kill9());
  const traffic = startTraffic({ url: () => app.url, seed });
  cleanUp.add(traffic.abandon);
  await outage(app, traffic, { servers: [redis], signal: 'SIGKILL' });
  await outage(app, traffic, { servers: [nats], signal: 'SIGKILL' });
  await outage(app, traffic, { servers: [redis], signal: 'SIGTERM' });
  await outage(app, traffic, { servers: [nats], signal: 'SIGTERM' });
  await outage(app, traffic, { servers: [nats, redis], signal: 'SIGKILL' });
  await traffic.finish();
  expect(await differences(traffic, { get: app.get })).toEqual([]);
  expect(app.run.hasEnded()).toBe(false);
});

test('waits for servers that are away when it starts, and says so', async () => {
  const { nats, redis, env } = await cluster();
  await Promise.all([nats.kill9(), redis.kill9()]);
  const started = run(env);
  cleanUp.add(() => (started.send('SIGKILL'), started.ended));
  await until(() => /waiting for NATS/.test(started.stderr()) && /waiting for it/.test(started.stderr()));
  expect(started.url()).toBeUndefined();
  await redis.restart();
  await until(() => /connected to Redis/.test(started.stderr()));
  expect(started.url()).toBeUndefined();
  await nats.restart();
  const url = await until(() => started.url());
  await until(() => isReady(url));
});

interface Outage {
  readonly servers: readonly Server[];
  readonly signal: NodeJS.Signals;
}

/** Lasts until the program has noticed, and clients have been told often enough. */
async function outage(app: App, traffic: Traffic, { servers, signal }: Outage): Promise<void> {
  const { counts } = traffic;
  await moreApplied(traffic, 60);
  await until(() => traffic.inFlight() > 2);
  const before = counts.unavailable;
  await Promise.all(servers.map((server) => end(server, signal)));
  await until(() => counts.unavailable >= before + 50, { what: () => JSON.stringify(counts) });
  await until(async () => !(await app.isReady()));
  const { applied } = counts;
  await until(() => counts.unavailable >= before + 100);
  expect(counts.applied, 'nothing can be applied while a server is away').toBe(applied);
  await Promise.all(servers.map((server) => server.restart()));
  await until(() => app.isReady());
  await moreApplied(traffic, 60);
}

async function end({ pid }: Server, signal: NodeJS.Signals): Promise<void> {
  process.kill(pid, signal);
  await until(() => !isRunning(pid));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
