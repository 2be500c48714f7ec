/** Whether what is stored slows down what is done. */
import { readFile } from 'node:fs/promises';
import { actorsEach } from './orders.ts';
import type { Effort } from './over-http.ts';
import { cpuLine, fixed, say } from './say.ts';
import { measureStudio, type StudioMeasured } from './studio.ts';
import {
  serveWaybill,
  served,
  shop,
  token,
  type Mix,
  type Served,
  type Shopped,
  type System,
} from './system.ts';

const drafts: Mix = { client: 'lean', kind: 'drafts' };

/**
 * The same traffic on two systems, each with servers of its own: few actors are stored in one, many in the other.
 * Round by round in turn, so that both see the same machine; and what an idle process needs for many.
 */
export async function measureStored(
  name: string,
  systems: { few: System; many: System },
  effort: Effort & { actors: number },
): Promise<void> {
  const filling = await serveWaybill(systems.many.env);
  await shop(
    served(filling, systems.many.servers),
    { client: 'lean', kind: 'orders' },
    Math.ceil(effort.actors / actorsEach),
  );
  await filling.stop();
  const many = await serveWaybill(systems.many.env);
  const idleMiB = await residentMiB(many.pid);
  const few = await serveWaybill(systems.few.env);
  const pairs = await inTurn(
    { few: served(few, systems.few.servers), many: served(many, systems.many.servers) },
    effort,
  );
  await few.stop();
  await many.stop();
  // In a process that has shown nothing yet; and not before, since what it reads for people goes on for a while.
  const again = await serveWaybill(systems.many.env);
  const studio = await measureStudio(again.url, token);
  await again.stop();
  const middle = pairs[Math.floor(pairs.length / 2)];
  if (middle === undefined) throw new Error('no rounds');
  const shares = pairs.map(({ share }) => fixed(share * 100));
  say(
    `${name.padEnd(20)} ${fixed(middle.few.perSecond).padStart(8)} → ${fixed(middle.many.perSecond)} requests/s: ${fixed(middle.share * 100)} % ` +
      `(rounds ${shares.join(', ')})   p99 ${fixed(middle.few.p99Ms, 1)} → ${fixed(middle.many.p99Ms, 1)} ms   ` +
      `resident after a restart with ${fixed(effort.actors)} stored: ${fixed(idleMiB)} MiB`,
  );
  say(`  µs of CPU a request: ${cpuLine(middle.few.cpu)} → ${cpuLine(middle.many.cpu)}`);
  say(studioLine(studio));
}

interface Pair {
  readonly few: Shopped;
  readonly many: Shopped;
  /** Of the requests a second with few. */
  readonly share: number;
}

/**
 * By their share; the middle one is the median. A process is compiled and warm after some 30,000 requests; which
 * of the two begins changes from round to round.
 */
async function inTurn(
  { few, many }: { few: Served; many: Served },
  { orders, rounds }: Effort,
): Promise<Pair[]> {
  for (const system of [few, many]) await shop(system, drafts, orders);
  const count = Math.ceil(orders / 4);
  const pairs: Pair[] = [];
  for (let round = 0; round < 4 * rounds; round++) {
    const isFirst = round % 2 === 0;
    const first = await shop(isFirst ? few : many, drafts, count);
    const second = await shop(isFirst ? many : few, drafts, count);
    const one = isFirst ? { few: first, many: second } : { few: second, many: first };
    pairs.push({ ...one, share: one.many.perSecond / one.few.perSecond });
  }
  return pairs.sort((one, other) => one.share - other.share);
}

/** What a person waits for, in ms. */
function studioLine({ firstMs, againMs, countedMs, steps }: StudioMeasured): string {
  const each = steps.map(({ name, ms }) => `${name} ${fixed(ms)}`);
  return `  Studio: first view ${fixed(firstMs)} ms (all counted after ${fixed(countedMs)}), again ${fixed(againMs)}; ${each.join(', ')}`;
}

async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1_024;
}
