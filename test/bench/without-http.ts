/** What the runtime does without HTTP, with as many under way at once as there are callers. */
import { skus } from './orders.ts';
import { fixed, say } from './say.ts';
import type { Backend } from './system.ts';
import { openShop, runDrafts, runTurns, type TurnsMeasured } from './turns.ts';

export const callers = 512;
let series = 0;

/** Drafts: the commands a second. */
export async function measureDrafts(backend: Backend, orders: number): Promise<number> {
  const opened = await backend.open(`drafts-${++series}`);
  const work = { callers, orders };
  await runDrafts(opened, { ...work, prefix: `warm-${series}-` });
  const perSecond = await runDrafts(opened, { ...work, prefix: `drafts-${series}-` });
  await opened.close();
  say(`${backend.name.padEnd(20)} ${fixed(perSecond).padStart(7)} drafts' commands/s`);
  return perSecond;
}

/** Full orders. */
export async function measureTurns(backend: Backend, orders: number): Promise<void> {
  const { ordersPerSecond, turnsPerSecond, turnsEach, turnsPerCommit } = await turnsOn(backend, {
    orders,
    skus: skus.length,
  });
  say(
    `${backend.name.padEnd(20)} ${fixed(ordersPerSecond).padStart(7)} orders/s   ${fixed(turnsEach, 1)} turns an order   ` +
      `${fixed(turnsPerSecond)} turns/s   ${fixed(turnsPerCommit, 1)} turns a commit`,
  );
}

/** The same where all want one thing: each on data of its own. */
export async function measureHot(backend: Backend, orders: number): Promise<void> {
  const spread = await turnsOn(backend, { orders, skus: skus.length });
  const hot = await turnsOn(backend, { orders, skus: 1 });
  const ratio = hot.ordersPerSecond / spread.ordersPerSecond;
  say(
    `${backend.name.padEnd(20)} ${fixed(ratio, 2)}   ${fixed(hot.ordersPerSecond)} orders/s for one SKU, ` +
      `${fixed(spread.ordersPerSecond)} for one of ${skus.length}`,
  );
}

/** After a warm-up. */
async function turnsOn(
  backend: Backend,
  { orders, skus: among }: { orders: number; skus: number },
): Promise<TurnsMeasured> {
  const opened = await backend.open(`turns-${++series}`);
  await openShop(opened);
  const work = { callers, skus: among };
  await runTurns(opened, { ...work, orders: Math.ceil(orders / 4), prefix: `warm-${series}-` });
  const measured = await runTurns(opened, { ...work, orders, prefix: `turns-${series}-` });
  await opened.close();
  return measured;
}
