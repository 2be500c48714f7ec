/**
 * `npm run demo`: a shop with two warehouses, and a dozen orders with different fates, walked over HTTP on the real
 * program. Its data is in a temporary folder, which is removed in the end; `--keep` leaves it.
 */
import { parseArgs } from 'node:util';
import { TerminalError, messageOf } from '../../runtime/errors.ts';
import { createCalls, type Call } from '../shop/calls.ts';
import { startShopServer } from '../shop/server.ts';
import { openWarehouse, receive, Unexpected } from '../shop/steps.ts';
import { endsOf } from './ends.ts';
import { scenes, warehouses, type Scene } from './fates.ts';
import { createPage, type Page, type Row, type Section } from './page.ts';
import { createDemoShop } from './shop.ts';

/** Days are seconds here; what a person or a partner is waited for is no wait at all. */
const durations = {
  closing: 1_000,
  contendedRetry: 200,
  bookingGivenUp: 1_000,
  labelLookUp: 500,
  paymentLookUpSoon: 500,
  paymentLookUpNext: 1_000,
};
const patienceMs = 10_000;

const { keep } = parseArgs({ options: { keep: { type: 'boolean', default: false } } }).values;
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
process.exitCode = await main(createPage(process.stdout)).catch((error: unknown) => {
  if (!interrupted.signal.aborted && !(error instanceof TerminalError)) throw error;
  process.stderr.write(`${interrupted.signal.aborted ? 'Interrupted.' : messageOf(error)}\n`);
  return interrupted.signal.aborted ? 130 : 1;
});

async function main(page: Page): Promise<number> {
  const begun = performance.now();
  const given = Object.entries(durations).map(([name, ms]) => `${name}=${ms}`);
  const server = await startShopServer({ WAYBILL_DURATIONS: given.join(',') });
  try {
    page.say(`Waybill is at ${server.url}, with its data in ${server.folder}`);
    const call = createCalls({ ...server, patienceMs, signal: interrupted.signal });
    const rows = await play(call, page);
    page.table(rows);
    const wrong = rows.filter(({ isWrong }) => isWrong).length;
    const seconds = Math.round((performance.now() - begun) / 1_000);
    page.say(`\n${resultText(rows.length, wrong)}, after ${seconds} s.`);
    if (keep) page.say(`The data and the log are in ${server.folder}.`);
    return wrong === 0 ? 0 : 1;
  } finally {
    await server.stop({ keep });
  }
}

function resultText(count: number, wrong: number): string {
  if (wrong === 0) return `All ${count} orders have ended as they were meant to`;
  return `${wrong} of ${count} orders have not ended as they were meant to`;
}

async function play(call: Call, page: Page): Promise<readonly Row[]> {
  const opening = page.open('The shop opens');
  const sections = new Map(scenes.map((scene) => [scene, page.open(scene.story)]));
  await setUp(call, opening);
  const failed = new Set<Scene>();
  const act = async (scene: Scene): Promise<void> => {
    const section = sections.get(scene);
    if (section !== undefined && !(await actOut(call, scene, section))) failed.add(scene);
  };
  const others = async (): Promise<void> => {
    for (const scene of scenes.filter(({ isLong }) => isLong !== true)) await act(scene);
  };
  await Promise.all([...scenes.filter(({ isLong }) => isLong).map(act), others()]);
  const rows = await Promise.all(scenes.map((scene) => endsOf(call, scene, failed.has(scene))));
  return rows.flat();
}

async function setUp(call: Call, section: Section): Promise<void> {
  const shop = createDemoShop(call, section);
  for (const warehouse of warehouses) await openWarehouse(shop, warehouse);
  for (const { shelves } of scenes) {
    for (const { stockItem, quantity } of shelves) await receive(shop, stockItem, quantity);
  }
  section.close();
}

/** False: it went another way, and the section says how. */
async function actOut(call: Call, scene: Scene, section: Section): Promise<boolean> {
  const shop = createDemoShop(call, section);
  const { late } = scene;
  const restock = async (): Promise<void> => {
    if (late !== undefined) await receive(shop, late.stockItem, late.quantity);
  };
  try {
    await scene.act({ shop, orders: scene.orders, restock });
    return true;
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error;
    section.problem(error.message);
    return false;
  } finally {
    section.close();
  }
}
