/**
 * `npm run bench`: prints what was measured, as ratios of one run. Needs nats-server and redis-server (as the
 * tests do) and Chromium. `npm run bench -- --actors 20000 --orders 2000` makes it shorter, `--only turns,stored`
 * leaves out the other parts.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startNats, startRedis } from '../support/servers.ts';
import { openCluster, openEmbedded } from './open.ts';
import { actorsEach } from './orders.ts';
import { measureOverHttp } from './over-http.ts';
import { fixed, say } from './say.ts';
import { measureStored } from './stored.ts';
import type { Backend, System } from './system.ts';
import { callers, measureDrafts, measureHot, measureTurns } from './without-http.ts';

const { values } = parseArgs({
  options: {
    actors: { type: 'string', default: '100000' },
    orders: { type: 'string', default: '4000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'turns,http,hot,stored' },
  },
});
const actors = Number(values.actors);
const orders = Number(values.orders);
const rounds = Number(values.rounds);
const parts = new Set(values.only.split(','));
const folder = await mkdtemp(join(tmpdir(), 'waybill-bench-'));
const servers = await startServers();
try {
  const file = (name: string): string => join(folder, `${name}.db`);
  const backends: Backend[] = [
    {
      name: 'embedded',
      env: { WAYBILL_DATA: file('http') },
      servers: {},
      open: (name) => openEmbedded(file(name)),
    },
    {
      name: 'NATS + Redis',
      ...servers.of('http'),
      open: (namespace) => openCluster({ ...servers.urls, namespace }),
    },
  ];
  const withoutHttp = new Map<string, number>();
  if (parts.has('turns')) {
    say(`Without HTTP, ${callers} callers; a full order is ${actorsEach} actors of its own:\n`);
    for (const backend of backends) withoutHttp.set(backend.name, await measureDrafts(backend, orders));
    for (const backend of backends) await measureTurns(backend, orders);
    say('');
  }
  if (parts.has('http')) await measureOverHttp(backends, withoutHttp, { orders, rounds });
  if (parts.has('hot')) {
    say('\nThe same where every order wants the same SKU, as a ratio:\n');
    for (const backend of backends) await measureHot(backend, orders);
  }
  if (parts.has('stored')) {
    say(`\nDrafts, where few and where ${fixed(actors)} more actors are stored, in turn:\n`);
    const effort = { orders, rounds, actors };
    const inFile = (name: string): System => ({ env: { WAYBILL_DATA: file(name) }, servers: {} });
    await measureStored('embedded', { few: inFile('few'), many: inFile('many') }, effort);
    const others = await startServers();
    const systems = { few: servers.of('few'), many: others.of('many') };
    await measureStored('NATS + Redis', systems, effort).finally(others.stop);
  }
} finally {
  await servers.stop();
  await rm(folder, { recursive: true });
}

async function startServers() {
  const [nats, redis] = await Promise.all([startNats(), startRedis()]);
  return {
    urls: { nats: nats.url, redis: redis.url },
    of: (namespace: string): System => ({
      env: {
        WAYBILL_BACKEND: 'cluster',
        WAYBILL_NATS_URL: nats.url,
        WAYBILL_REDIS_URL: redis.url,
        WAYBILL_NAMESPACE: namespace,
      },
      servers: { NATS: nats.pid, Redis: redis.pid },
    }),
    stop: () => Promise.all([nats.stop(), redis.stop()]),
  };
}
