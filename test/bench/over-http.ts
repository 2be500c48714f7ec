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
import { callers } from './without-http.ts';

const mixes: readonly Mix[] = [
  { client: 'fetch', kind: 'drafts' },
  { client: 'fetch', kind: 'orders' },
  { client: 'lean', kind: 'drafts' },
  { client: 'lean', kind: 'orders' },
];

export interface Effort {
  /** A round. */
  readonly orders: number;
  readonly rounds: number;
}

/** `without`: what the same run did of drafts without HTTP, a second, by the backend's name. */
export async function measureOverHttp(
  backends: readonly Backend[],
  without: ReadonlyMap<string, number>,
  effort: Effort,
): Promise<void> {
  say(
    'Requests per second over HTTP, and their ratio to the empty handler under the same client and traffic.',
  );
  say(
    `drafts: create, 5 changes, cancel; one turn a request. orders: create to delivered, ${requestsEach} requests.`,
  );
  say(`${connections} connections; client, servers and Waybill share this machine.\n`);
  const running = await start('test/bench/empty.ts', {});
  const empty = served(running, {}, 'empty Hono handler');
  for (const backend of backends) {
    const waybill = await serveWaybill(backend.env);
    const pair = { empty, waybill: served(waybill, backend.servers) };
    for (const mix of mixes) {
      const measured = await inTurn(mix, pair, effort);
      sayPair(backend.name, mix, measured);
      if (mix.kind === 'drafts') sayWithout(without.get(backend.name), measured.waybill.perSecond);
    }
    await waybill.stop();
  }
  await running.stop();
}

interface Pair<Of> {
  readonly empty: Of;
  readonly waybill: Of;
}

type Rounds = Pair<Shopped> & { readonly ratios: readonly number[] };

/** Round by round, after a warm-up, so that both see the same machine. Answers the round of the median ratio. */
async function inTurn(mix: Mix, { empty, waybill }: Pair<Served>, given: Effort): Promise<Rounds> {
  const { orders, rounds } = given;
  for (const system of [empty, waybill]) await shop(system, mix, Math.ceil(orders / 4));
  const pairs: Pair<Shopped>[] = [];
  for (let round = 0; round < rounds; round++) {
    pairs.push({ empty: await shop(empty, mix, orders), waybill: await shop(waybill, mix, orders) });
  }
  pairs.sort((one, other) => ratioOf(one) - ratioOf(other));
  const middle = pairs[Math.floor(rounds / 2)];
  if (middle === undefined) throw new Error('no rounds');
  return { ...middle, ratios: pairs.map(ratioOf) };
}

const ratioOf = ({ empty, waybill }: Pair<Measured>): number => waybill.perSecond / empty.perSecond;

function sayPair(name: string, mix: Mix, { empty, waybill, ratios }: Rounds): void {
  const median = fixed(ratioOf({ empty, waybill }), 2);
  const all = ratios.map((ratio) => fixed(ratio, 2)).join(', ');
  say(
    `${name.padEnd(13)} ${mix.kind.padEnd(6)} ${mix.client.padEnd(5)} ` +
      `${fixed(waybill.perSecond).padStart(7)} of ${fixed(empty.perSecond).padStart(7)} requests/s   ${median} (rounds ${all})   ` +
      `p50 ${fixed(waybill.p50Ms, 1)} ms   p99 ${fixed(waybill.p99Ms, 1)} ms   ${fixed(waybill.ordersPerSecond)} orders/s`,
  );
  if (mix.client === 'fetch') sayDetails(empty, waybill);
}

function sayWithout(perSecond: number | undefined, overHttp: number): void {
  if (perSecond !== undefined)
    say(`  without HTTP, ${callers} callers: ${fixed(perSecond / overHttp, 2)} times that`);
}

function sayDetails(empty: Shopped, waybill: Shopped): void {
  const each = waybill.perCommand.map(
    ({ command, p50Ms, p99Ms }) => `${command} ${fixed(p50Ms, 1)}/${fixed(p99Ms, 1)}`,
  );
  say(`  p50/p99 in ms: ${each.join('  ')}`);
  say(`  µs of CPU a request: ${cpuLine(waybill.cpu)}; ${cpuLine(empty.cpu)}`);
}
