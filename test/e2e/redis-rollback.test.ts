/** Redis comes back with an older append-only file: all that was answered is restored from the mailbox (R8). */
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';
import { type App, startApp } from '../support/app.ts';
import { differences } from '../support/compare.ts';
import { createCleanUp, makeFolder, openCluster } from '../support/places.ts';
import { seeds } from '../support/random.ts';
import type { Server } from '../support/servers.ts';
import { moreApplied, startTraffic, type Traffic } from '../support/traffic.ts';
import { until } from '../support/until.ts';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

const alive = 'with the program alive';
const empty = 'with nothing left of it';
const variants = [alive, 'with the program killed too', empty];

test.each(seeds(1).flatMap((seed) => variants.map((variant) => ({ variant, seed }))))(
  'restores what Redis has lost, $variant, seed $seed',
  { timeout: 120_000 },
  async ({ variant, seed }) => {
    const { redis, env, close } = await openCluster();
    cleanUp.add(close);
    const app = await startApp(env);
    cleanUp.add(() => app.kill9());
    const traffic = startTraffic({ url: () => app.url, seed });
    cleanUp.add(traffic.abandon);
    await moreApplied(traffic, 150);
    const copy = await makeFolder();
    cleanUp.add(copy.remove);
    if (variant !== empty) await cp(filesOf(redis), copy.path, { recursive: true });
    await moreApplied(traffic, 300);

    const before = await commits(redis);
    const isAlive = variant === alive || variant === empty;
    const taken = app.lines().filter(isTaken).length;
    await rollBack({ redis, copy: copy.path, app, traffic, isAlive });
    await moreApplied(traffic, 150);
    expect(fallenBack(app, taken, before)).toBeGreaterThan(0);
    await traffic.finish();
    expect(await differences(traffic, { get: app.get })).toEqual([]);
  },
);

function filesOf({ dataDir }: Server): string {
  return join(dataDir, 'appendonlydir');
}

async function rollBack(given: {
  redis: Server;
  copy: string;
  app: App;
  traffic: Traffic;
  isAlive: boolean;
}): Promise<void> {
  const { redis, copy, app, traffic, isAlive } = given;
  await until(() => traffic.inFlight() > 2);
  await redis.kill9();
  if (!isAlive) await app.kill9();
  await rm(filesOf(redis), { recursive: true });
  await cp(copy, filesOf(redis), { recursive: true });
  await redis.restart();
  if (isAlive) await until(() => app.isReady());
  else await app.restart();
}

/** By partition. */
async function commits({ url }: Server): Promise<number[]> {
  const client = new Redis(url);
  const numbers = [];
  for (let partition = 0; partition < 8; partition++) {
    numbers.push(Number((await client.hget(`{waybill:${partition}}:meta`, 'commits')) ?? 0));
  }
  client.disconnect();
  return numbers;
}

/** How many commits were missing when the partitions were taken again. */
function fallenBack(app: App, taken: number, before: readonly number[]): number {
  const after = app.lines().filter(isTaken).slice(taken);
  return before.reduce((sum, number, partition) => {
    const first = after.find((line) => line['partition'] === partition);
    return sum + Math.max(0, number - Number(first?.['commits'] ?? number));
  }, 0);
}

function isTaken({ msg }: { msg: string }): boolean {
  return msg === 'partition taken';
}
