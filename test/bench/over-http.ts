/** Requests per second over HTTP, and their ratio to an empty handler under the same client and traffic. */
import { cpuLine, fixed, say } from './say.ts';
import { start } from './server.ts';
import { requestsEach, type Measured } from './shop.ts';
import {
  connections,
  serveWaybill,
  served,
  shop,
  type Backend,
  type Mix,
  type Served,
  type Shopped,
} from './system.ts';

const mixes: readonly Mix[] = [
  { client: 'http', kind: 'drafts' },
  { client: 'http', kind: 'orders' },
  { client: 'lean', kind: 'drafts' },
  { client: 'lean', kind: 'orders' },
];

export interface Effort {
  /** A round. */
  readonly orders: number;
  readonly rounds: number;
}

export async function measureOverHttp(backends: readonly Backend[], effort: Effort): Promise<void> {
  say(
    'Requests per second over HTTP, and their ratio to the empty handler under the same client and traffic.',
  );
  say(
    `drafts: create, 5 changes, cancel; one turn a request. orders: create to delivered, ${requestsEach} requests.`,
  );
  say(`${connections} connections; client, servers and Waybill share this machine.\n`);
  const running = await start('test/bench/empty.ts', {});
  const name = 'empty Hono handler';
  const empty = await measure(name, { served: served(running, {}, name), empty: [], ...effort });
  await running.stop();
  for (const backend of backends) {
    const waybill = await serveWaybill(backend.env);
    await measure(backend.name, { served: served(waybill, backend.servers), empty, ...effort });
    await waybill.stop();
  }
}

interface Given extends Effort {
  readonly served: Served;
  readonly empty: readonly Measured[];
}

async function measure(name: string, given: Given): Promise<Shopped[]> {
  const measured: Shopped[] = [];
  for (const [index, mix] of mixes.entries()) {
    const one = await median(mix, given);
    measured.push(one);
    say(`${name.padEnd(20)} ${mix.kind.padEnd(10)} ${mix.client.padEnd(5)} ${line(one, given.empty[index])}`);
  }
  say(`  µs of CPU a request, drafts: ${cpuLine(measured[0]?.cpu ?? {})}`);
  if (given.empty.length > 0) for (const [index, mix] of mixes.entries()) sayCommands(mix, measured[index]);
  return measured;
}

function line(one: Measured, empty = one): string {
  return (
    `${fixed(one.perSecond).padStart(7)} requests/s   ${fixed(one.perSecond / empty.perSecond, 2)}   ` +
    `p50 ${fixed(one.p50Ms, 1)} ms   p99 ${fixed(one.p99Ms, 1)} ms   ${fixed(one.ordersPerSecond)} orders/s`
  );
}

function sayCommands({ client, kind }: Mix, measured: Measured | undefined): void {
  if (client !== 'http') return;
  const each = measured?.perCommand.map(
    ({ command, p50Ms, p99Ms }) => `${command} ${fixed(p50Ms, 1)}/${fixed(p99Ms, 1)}`,
  );
  say(`  ${kind}, p50/p99 in ms: ${each?.join('  ')}`);
}

/** By requests per second, after a warm-up. */
async function median(mix: Mix, { served, orders, rounds }: Given): Promise<Shopped> {
  await shop(served, mix, Math.ceil(orders / 4));
  const measured: Shopped[] = [];
  for (let round = 0; round < rounds; round++) measured.push(await shop(served, mix, orders));
  measured.sort((one, other) => one.perSecond - other.perSecond);
  return measured[Math.floor(rounds / 2)] ?? Promise.reject(new Error('no rounds'));
}
