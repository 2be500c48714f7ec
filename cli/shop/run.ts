/** Keeps a shop busy: places orders at a rate, and lets each live its life. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Call } from './calls.ts';
import { fates, type FateName } from './fates.ts';
import { createHands } from './hands.ts';
import { shopRandom, type ShopRandom } from './random.ts';
import type { Mix, ShopRequest } from './request.ts';
import { keepFull, linesFor, openShelves } from './shelves.ts';
import { Unexpected, type Shop } from './steps.ts';
import { count, noteProblem, type Tally } from './tally.ts';
import { isIn, type View } from './views.ts';

export interface Given {
  readonly request: ShopRequest;
  readonly call: Call;
  readonly tally: Tally;
  /** No more orders; those under way go on to their ends. */
  readonly closing: AbortSignal;
  /** Nothing more at all. */
  readonly ending: AbortController;
}

interface Run extends Given {
  readonly fail: (error: unknown) => void;
}

/** Enough for three minutes in which nothing is received. */
const reserveSeconds = 180;
const leastReserve = 100;
const perOrderMost = 6;

/**
 * Resolves when all orders have ended, or `ending` was aborted. Rejects with `Unexpected` where the shop cannot
 * open, with `TerminalError` where nobody would be answered.
 */
export async function runShop(given: Given): Promise<void> {
  const { request, ending } = given;
  let failure: { error: unknown } | undefined;
  const run: Run = {
    ...given,
    fail(error) {
      // What was told to end is no failure.
      if (!ending.signal.aborted) failure = { error };
      ending.abort();
    },
  };
  const owner = handsFor(given, shopRandom(request.seed, 0), 0);
  await owner.put('/sandbox/carriers/sandbox', { mode: 'up' });
  const low = leastReserve + Math.ceil(request.ratePerSecond * reserveSeconds * perOrderMost);
  await openShelves(owner, low);
  const done = new AbortController();
  const filling = keepFull(owner, low, AbortSignal.any([ending.signal, done.signal])).catch(
    (error: unknown) => {
      if (!done.signal.aborted) run.fail(error);
    },
  );
  await placeAll(run);
  done.abort();
  await filling;
  if (failure !== undefined) throw failure.error;
}

function handsFor({ call, tally, ending }: Given, random: ShopRandom, pauseMs: number): Shop {
  return createHands({ call, tally, random, pauseMs, signal: ending.signal });
}

async function placeAll(run: Run): Promise<void> {
  const { request, tally, closing, ending } = run;
  const lives = new Set<Promise<void>>();
  const stop = AbortSignal.any([closing, ending.signal]);
  // Ids of an earlier run are taken, also where it had the same seed.
  const prefix = `shop-${Date.now().toString(36)}`;
  const stepMs = 1_000 / request.ratePerSecond;
  const begun = performance.now();
  for (let due = begun; due - begun < request.forMs; due = Math.max(due + stepMs, performance.now())) {
    await delay(Math.max(0, due - performance.now()), undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) break;
    // What cannot be placed in time is left out: nobody catches up in a rush.
    if (tally.underWay >= request.atOnce) continue;
    const number = ++tally.placed;
    const life = liveOn(run, `${prefix}-${number}`, shopRandom(request.seed, number));
    lives.add(life);
    void life.then(() => lives.delete(life));
  }
  await Promise.all(lives);
}

/** Never rejects. */
async function liveOn(run: Run, id: string, random: ShopRandom): Promise<void> {
  const { request, tally } = run;
  const fate = pickFate(request.mix, random);
  tally.underWay += 1;
  try {
    const shop = handsFor(run, random, request.pauseMs);
    const order = { id, lines: linesFor(fate, random), customerId: `customer-${random.below(1_000)}` };
    await fates[fate]({ shop, order });
    count(tally.ends, endOf(await shop.until(`/orders/${id}`, () => true)));
    tally.underWay -= 1;
  } catch (error) {
    if (!(error instanceof Unexpected)) {
      run.fail(error);
      return;
    }
    tally.underWay -= 1;
    count(tally.ends, 'astray');
    noteProblem(tally, `${fate} ${id}: ${error.message}`);
  }
}

function pickFate(mix: Mix, random: ShopRandom): FateName {
  const entries = Object.entries(mix) as [FateName, number][];
  let left = random.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  const found = entries.find(([, weight]) => (left -= weight) < 0);
  return found?.[0] ?? 'happy';
}

/** Where an order has ended, in a word. */
function endOf(order: View): string {
  return isIn(order, 'active.execution.delivered') ? 'delivered' : (order.states[0] ?? 'nowhere');
}
