/** Where a system under test keeps its data: a file, or servers of its own. */
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Env } from './app.ts';
import { type Server, startNats, startRedis } from './servers.ts';

export interface Place {
  /** What the program is started with to find it. */
  readonly env: Env;
  readonly close: () => Promise<void>;
}

export interface Cluster extends Place {
  readonly nats: Server;
  readonly redis: Server;
}

const folders = new Set<string>();
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Removed by what it resolves to, or when a test run is cut short. */
export async function makeFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'waybill-e2e-'));
  folders.add(path);
  return {
    path,
    async remove() {
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
      folders.delete(path);
    },
  };
}

export async function openFile(): Promise<Place> {
  const folder = await makeFolder();
  return {
    env: { WAYBILL_BACKEND: 'embedded', WAYBILL_DATA: join(folder.path, 'waybill.db') },
    close: folder.remove,
  };
}

export async function openCluster(): Promise<Cluster> {
  const [nats, redis, outside] = await Promise.all([startNats(), startRedis(), makeFolder()]);
  return {
    nats,
    redis,
    env: {
      ...{ WAYBILL_BACKEND: 'cluster', WAYBILL_NATS_URL: nats.url, WAYBILL_REDIS_URL: redis.url },
      // Every process at this place sees the same world outside.
      WAYBILL_SANDBOX_DATA: join(outside.path, 'sandbox.db'),
    },
    async close() {
      await Promise.all([nats.stop(), redis.stop(), outside.remove()]);
    },
  };
}

export const places: readonly [string, () => Promise<Place>][] = [
  ['embedded', openFile],
  ['cluster', openCluster],
];

/** Steps to take back after a test, the last one first. */
export function createCleanUp(): {
  add: (step: () => Promise<unknown>) => void;
  run: () => Promise<void>;
} {
  const steps: (() => Promise<unknown>)[] = [];
  return {
    add: (step) => void steps.push(step),
    async run() {
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) await step();
    },
  };
}
