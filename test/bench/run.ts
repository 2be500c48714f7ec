/**
 * `npm run bench`: prints what was measured, as ratios of one run. Needs nats-server and redis-server (as the
 * tests do) and Chromium. `npm run bench -- --actors 20000 --orders 2000` makes it shorter, `--only turns,stored`
 * leaves out the other parts.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mintToken } from '../../http/auth.ts';
import { startNats, startRedis } from '../support/servers.ts';
import { ready, start, type Running } from './server.ts';
import { openShop, requestsEach, runShop, type Measured, type Traffic } from './shop.ts';
import { measureStudio, type StudioMeasured } from './studio.ts';
import { openCluster, openEmbedded, type Opened } from './open.ts';
import { skus } from './orders.ts';
import { openShop as openShopAt, runTurns, type TurnsMeasured } from './turns.ts';

const { values } = parseArgs({
  options: {
    actors: { type: 'string', default: '100000' },
    orders: { type: 'string', default: '4000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'http,turns,hot,stored' },
  },
});
const actors = Number(values.actors);
const orders = Number(values.orders);
const rounds = Number(values.rounds);
const parts = new Set(values.only.split(','));
const connections = 64;
const callers = 512;
/** The order, its fulfillment, payment, shipment and tracking number. */
const actorsEach = 5;
const drafts: Mix = { client: 'http', kind: 'drafts' };
/** What is sent, and by which client. */
const mixes: readonly Mix[] = [
  drafts,
  { client: 'http', kind: 'orders' },
  { client: 'lean', kind: 'drafts' },
  { client: 'lean', kind: 'orders' },
];
const secret = 'a secret that only this benchmark knows, for its own servers';
const roles = ['customer', 'cs', 'picker', 'packer', 'warehouseManager', 'admin'];
const token = await mintToken(
  secret,
  { subject: 'c-1', roles, warehouses: ['*'] },
  { now: Date.now(), lifetimeS: 86_400 },
);
let series = 0;

interface Backend {
  readonly name: string;
  readonly env: Record<string, string>;
  /** Under a name of its own. */
  open(name: string): Promise<Opened>;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const fixed = (value: number, digits = 0): string =>
  value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });

async function serveWaybill(env: Record<string, string>): Promise<Running> {
  const running = await start('main.ts', {
    ...env,
    WAYBILL_PORT: '0',
    WAYBILL_JWT_SECRET: secret,
    WAYBILL_LOG_LEVEL: 'error',
    WAYBILL_RATE_PER_SECOND: '0',
    // The world outside costs nothing but its own work.
    WAYBILL_SANDBOX_DATA: ':memory:',
  });
  await ready(running.url);
  await openShop({ url: running.url, token });
  return running;
}

type Mix = Pick<Traffic, 'client' | 'kind'>;

function shop(url: string, mix: Mix, count: number): Promise<Measured> {
  return runShop({ ...mix, url, token, connections, orders: count, prefix: `bench-${++series}-` });
}

/** The median of some rounds, by requests per second, after a warm-up. */
async function median(url: string, mix: Mix): Promise<Measured> {
  await shop(url, mix, Math.ceil(orders / 4));
  const measured: Measured[] = [];
  for (let round = 0; round < rounds; round++) measured.push(await shop(url, mix, orders));
  measured.sort((one, other) => one.perSecond - other.perSecond);
  return measured[Math.floor(rounds / 2)] ?? Promise.reject(new Error('no rounds'));
}

async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1_024;
}

async function measureHttp(name: string, running: Running, empty: readonly Measured[]): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const [index, mix] of mixes.entries()) {
    const one = await median(running.url, mix);
    measured.push(one);
    const ratio = one.perSecond / (empty[index]?.perSecond ?? one.perSecond);
    say(
      `${name.padEnd(20)} ${mix.kind.padEnd(10)} ${mix.client.padEnd(5)} ${fixed(one.perSecond).padStart(7)} requests/s   ` +
        `${fixed(ratio, 2)}   p50 ${fixed(one.p50Ms, 1)} ms   p99 ${fixed(one.p99Ms, 1)} ms` +
        (mix.kind === 'orders' ? `   ${fixed(one.ordersPerSecond)} orders/s` : ''),
    );
  }
  for (const [index, mix] of mixes.entries()) {
    if (empty.length === 0 || mix.client !== 'http') continue;
    const commands = measured[index]?.perCommand ?? [];
    const each = commands.map(
      ({ command, p50Ms, p99Ms }) => `${command} ${fixed(p50Ms, 1)}/${fixed(p99Ms, 1)}`,
    );
    say(`  ${mix.kind}, p50/p99 in ms: ${each.join('  ')}`);
  }
  await running.stop();
  return measured;
}

async function measureAllHttp(backends: readonly Backend[]): Promise<void> {
  say(
    'Requests per second over HTTP, and their ratio to the empty handler under the same client and traffic.',
  );
  say(
    `drafts: create, 5 changes, cancel; one turn a request. orders: create to delivered, ${requestsEach} requests.`,
  );
  say(`${connections} connections; client, servers and Waybill share this machine.\n`);
  const empty = await measureHttp('empty Hono handler', await start('test/bench/empty.ts', {}), []);
  for (const backend of backends) {
    await measureHttp(backend.name, await serveWaybill(backend.env), empty);
  }
}

/** Full orders without HTTP: as many as can be under way at once. */
async function measureTurns(backend: Backend): Promise<void> {
  const { ordersPerSecond, turnsPerSecond, turnsEach, turnsPerCommit } = await turnsOn(backend, skus.length);
  say(
    `${backend.name.padEnd(20)} ${fixed(ordersPerSecond).padStart(7)} orders/s   ${fixed(turnsEach, 1)} turns an order   ` +
      `${fixed(turnsPerSecond)} turns/s   ${fixed(turnsPerCommit, 1)} turns a commit`,
  );
}

/** The same where all want one thing: each on data of its own. */
async function measureHot(backend: Backend): Promise<void> {
  const spread = await turnsOn(backend, skus.length);
  const hot = await turnsOn(backend, 1);
  const ratio = hot.ordersPerSecond / spread.ordersPerSecond;
  say(
    `${backend.name.padEnd(20)} ${fixed(ratio, 2)}   ${fixed(hot.ordersPerSecond)} orders/s for one SKU, ` +
      `${fixed(spread.ordersPerSecond)} for one of ${skus.length}`,
  );
}

/** After a warm-up. */
async function turnsOn(backend: Backend, among: number): Promise<TurnsMeasured> {
  const opened = await backend.open(`turns-${++series}`);
  await openShopAt(opened);
  const work = { callers, skus: among };
  await runTurns(opened, { ...work, orders: Math.ceil(orders / 4), prefix: `warm-${series}-` });
  const measured = await runTurns(opened, { ...work, orders, prefix: `turns-${series}-` });
  await opened.close();
  return measured;
}

/**
 * The same traffic on two systems, each with servers of its own: few actors are stored in one, many in the other.
 * Round by round in turn, so that both see the same machine; and what an idle process needs for many.
 */
async function measureStored(
  name: string,
  systems: { few: Record<string, string>; many: Record<string, string> },
): Promise<void> {
  const filling = await serveWaybill(systems.many);
  await shop(filling.url, { client: 'lean', kind: 'orders' }, Math.ceil(actors / actorsEach));
  await filling.stop();
  const many = await serveWaybill(systems.many);
  const idleMiB = await residentMiB(many.pid);
  const studio = await measureStudio(many.url, token);
  const few = await serveWaybill(systems.few);
  const pairs = await inTurn(few.url, many.url);
  await Promise.all([few.stop(), many.stop()]);
  const middle = pairs[Math.floor(pairs.length / 2)];
  if (middle === undefined) throw new Error('no rounds');
  const shares = pairs.map(({ share }) => fixed(share * 100));
  say(
    `${name.padEnd(20)} ${fixed(middle.few.perSecond).padStart(8)} → ${fixed(middle.many.perSecond)} requests/s: ${fixed(middle.share * 100)} % ` +
      `(rounds ${shares.join(', ')})   p99 ${fixed(middle.few.p99Ms, 1)} → ${fixed(middle.many.p99Ms, 1)} ms   ` +
      `resident after a restart with ${fixed(actors)} stored: ${fixed(idleMiB)} MiB`,
  );
  say(studioLine(studio));
}

interface Pair {
  readonly few: Measured;
  readonly many: Measured;
  /** Of the requests a second with few. */
  readonly share: number;
}

/** By their share; the middle one is the median. After a warm-up of each. */
async function inTurn(few: string, many: string): Promise<Pair[]> {
  const count = Math.ceil(orders / 4);
  for (const url of [few, many]) await shop(url, drafts, count);
  const pairs: Pair[] = [];
  for (let round = 0; round < 2 * rounds + 1; round++) {
    const one = { few: await shop(few, drafts, count), many: await shop(many, drafts, count) };
    pairs.push({ ...one, share: one.many.perSecond / one.few.perSecond });
  }
  return pairs.sort((one, other) => one.share - other.share);
}

/** What a person waits for, in ms. */
function studioLine({ firstMs, againMs, countedMs, steps }: StudioMeasured): string {
  const each = steps.map(({ name, ms }) => `${name} ${fixed(ms)}`);
  return `  Studio: first view ${fixed(firstMs)} ms (all counted after ${fixed(countedMs)}), again ${fixed(againMs)}; ${each.join(', ')}`;
}

const folder = await mkdtemp(join(tmpdir(), 'waybill-bench-'));
const servers = await startServers();
try {
  const file = (name: string): string => join(folder, `${name}.db`);
  const backends: Backend[] = [
    {
      name: 'embedded',
      env: { WAYBILL_DATA: file('http') },
      open: (name) => openEmbedded(file(name)),
    },
    {
      name: 'NATS + Redis',
      env: servers.env('http'),
      open: (namespace) => openCluster({ ...servers.urls, namespace }),
    },
  ];
  if (parts.has('http')) await measureAllHttp(backends);
  if (parts.has('turns')) {
    say(`\nFull orders without HTTP, ${callers} callers; an order is ${actorsEach} actors of its own:\n`);
    for (const backend of backends) await measureTurns(backend);
  }
  if (parts.has('hot')) {
    say('\nThe same where every order wants the same SKU, as a ratio:\n');
    for (const backend of backends) await measureHot(backend);
  }
  if (parts.has('stored')) {
    say(`\nDrafts, where few and where ${fixed(actors)} more actors are stored, in turn:\n`);
    await measureStored('embedded', {
      few: { WAYBILL_DATA: file('few') },
      many: { WAYBILL_DATA: file('many') },
    });
    const others = await startServers();
    await measureStored('NATS + Redis', { few: servers.env('few'), many: others.env('many') }).finally(
      others.stop,
    );
  }
} finally {
  await servers.stop();
  await rm(folder, { recursive: true });
}

async function startServers() {
  const [nats, redis] = await Promise.all([startNats(), startRedis()]);
  return {
    urls: { nats: nats.url, redis: redis.url },
    env: (namespace: string): Record<string, string> => ({
      WAYBILL_BACKEND: 'cluster',
      WAYBILL_NATS_URL: nats.url,
      WAYBILL_REDIS_URL: redis.url,
      WAYBILL_NAMESPACE: namespace,
    }),
    stop: () => Promise.all([nats.stop(), redis.stop()]),
  };
}
