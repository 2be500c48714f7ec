/** Several processes on one pair of servers, each behind cables of its own, in one world outside. */
import { join } from 'node:path';
import type { Env } from '../support/app.ts';
import { isReady, startApp, type App } from '../support/app.ts';
import { makeFolder } from '../support/places.ts';
import type { SeededRandom } from '../support/random.ts';
import { startNats, type Server } from '../support/servers.ts';
import { startRedisForFullDisk } from './disk.ts';
import { openLink, type Link } from './link.ts';

export interface Node {
  readonly name: string;
  readonly app: App;
  readonly toNats: Link;
  readonly toRedis: Link;
  /** Set by whoever stops it. */
  isStopped: boolean;
}

export interface System {
  readonly nats: Server;
  readonly redis: Server;
  readonly nodes: readonly Node[];
  /** Where the next request goes: as a load balancer that knows, most of the time, who is there. */
  url(): string;
  isReady(): Promise<boolean>;
  /** Dead letters, and ends that nobody asked for. */
  complaints(): string[];
  /** How often the processes have logged each error. */
  errors(): Record<string, number>;
  close(): Promise<void>;
}

export interface SystemOptions {
  readonly nodes: number;
  readonly random: SeededRandom;
  readonly env?: Env;
  /** What an operator would have had to do so that a server starts again. */
  readonly mended: (what: string) => void;
}

export async function startSystem(options: SystemOptions): Promise<System> {
  const { nodes: count, random, env } = options;
  const [nats, redis, outside] = await Promise.all([
    startNats(),
    startRedisForFullDisk(options.mended),
    makeFolder(),
  ]);
  // No fault reaches it: it tells what has really happened.
  const all = { ...env, WAYBILL_SANDBOX_DATA: join(outside.path, 'sandbox.db') };
  const nodes: Node[] = [];
  const system: System = {
    ...{ nats, redis, nodes },
    url() {
      const there = nodes.filter((node) => !node.isStopped && !node.app.run.hasEnded());
      const among = there.length === 0 || random.chance(0.02) ? nodes : there;
      return random.pick(among).app.url;
    },
    async isReady() {
      return (await Promise.all(nodes.map(({ app }) => isReady(app.url)))).every(Boolean);
    },
    complaints: () => nodes.flatMap(complaintsOf),
    errors: () => errorsOf(nodes),
    async close() {
      for (const { app, toNats, toRedis } of nodes) {
        app.run.send('SIGCONT');
        await app.kill9();
        await Promise.all([toNats.close(), toRedis.close()]);
      }
      for (const { pid } of [nats, redis]) resume(pid);
      await Promise.all([nats.stop(), redis.stop(), outside.remove()]);
    },
  };
  try {
    for (let number = 1; number <= count; number++) nodes.push(await startNode(`node${number}`, system, all));
  } catch (error) {
    await system.close();
    throw error;
  }
  return system;
}

async function startNode(name: string, { nats, redis }: System, env: Env = {}): Promise<Node> {
  const [toNats, toRedis] = await Promise.all([openLink(nats.url), openLink(redis.url)]);
  const app = await startApp({
    ...{ WAYBILL_BACKEND: 'cluster', WAYBILL_NATS_URL: toNats.url, WAYBILL_REDIS_URL: toRedis.url },
    ...env,
  });
  return { name, app, toNats, toRedis, isStopped: false };
}

/** Of a process that may have ended. */
function resume(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // Then there is nothing to resume.
  }
}

function complaintsOf({ name, app }: Node): string[] {
  const letters = app.lines().filter(({ msg }) => msg === 'dead letter');
  const ended = app.run.hasEnded() ? [`it has ended: ${app.run.stderr().slice(-1_000)}`] : [];
  return [...letters.map((line) => JSON.stringify(line)), ...ended].map((text) => `${name}: ${text}`);
}

const errorLevel = 50;

function errorsOf(nodes: readonly Node[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { level, msg } of nodes.flatMap(({ app }) => app.lines())) {
    if (level >= errorLevel) counts[msg] = (counts[msg] ?? 0) + 1;
  }
  return counts;
}
