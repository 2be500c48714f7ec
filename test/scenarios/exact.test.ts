/** What only a clock that is moved by hand, and messages that are held back, can show exactly. */
import { expect, test } from 'vitest';
import { scenarios } from './all.ts';
import { startProcess, type Process } from './one-process.ts';
import { holding, type Holding } from './holding.ts';
import { endOf, expectedEnd, playAll, shopFor } from './play.ts';
import type { Scenario } from './scenario.ts';
import { crossing } from './selling.ts';
import type { Shop } from './shop.ts';
import { handedOver } from './work.ts';

const minute = 60_000;

test('5 the customer has 30 minutes to pay in another way', async () => {
  const shop = await playAll(numbered(5), await startProcess());
  await shop.at(shop.order(), 'expired');
  const { body } = await shop.send('GET', `${shop.order()}/history?limit=200`);
  const { items } = body as { items: readonly { event: string; to: unknown; time: string }[] };
  const asked = items.find(({ to }) => to === 'awaitingPayment');
  const over = items.find(({ event }) => event.includes('payWindow'));
  expect(Date.parse(over?.time ?? '') - Date.parse(asked?.time ?? '')).toBe(30 * minute);
});

test('9 an unroutable fulfillment gets the next slot that is freed, within 15 minutes', async () => {
  const scenario = numbered(9);
  const shop = await playAll(scenario, await startProcess());
  expect(await endOf(scenario, shop)).toEqual(scenario.end);
  await shop.post(`${await orderPlannedIn(shop, 'W1')}/cancel`);
  await shop.pass(15 * minute);
  expect(await endOf({ ...scenario, end: oneLess }, shop)).toEqual(oneLess);
});

const oneLess = {
  ...{ planned: { W1: 100, W2: 30 }, unroutable: 19, withTimer: 19 },
  ...{ slots: [100, 30], onHand: 300, reserved: 149 },
};

async function orderPlannedIn(shop: Shop, warehouse: string): Promise<string> {
  const path = `/fulfillments?warehouse=${shop.id(warehouse)}&state=progress.planned&limit=1`;
  const { body } = await shop.send('GET', path);
  const { items } = body as { items: readonly { context: { orderId: string } }[] };
  return `/orders/${items[0]?.context.orderId ?? ''}`;
}

test('13 the parcel is handed over, and the customer cancels before the order has heard of it', async () => {
  const { shop, held } = await untilCrossing();
  held.hold('fulfillment.account');
  await handedOver(shop, 'f1');
  await shop.post(`${shop.order()}/cancel`);
  await shop.at(shop.order(), 'ending.stopping');
  expect(held.count()).toBeGreaterThan(0);
  held.release();
  expect(await endOf(crossing, shop)).toEqual(expectedEnd(crossing, shop));
  await expectTooLate(shop);
});

test('13 the customer cancels, and the parcel is handed over before its warehouse has heard of it', async () => {
  const { shop, held } = await untilCrossing();
  held.hold('fulfillment.stop');
  await shop.at(shop.fulfillment('f1'), 'progress.readyToShip');
  await shop.post(`${shop.order()}/cancel`);
  await handedOver(shop, 'f1');
  expect(held.count()).toBeGreaterThan(0);
  held.release();
  expect(await endOf(crossing, shop)).toEqual(expectedEnd(crossing, shop));
  await expectTooLate(shop);
});

test('13 where the cancellation comes first, the hand-over is refused, and nothing is captured', async () => {
  const { shop } = await untilCrossing();
  await shop.at(shop.fulfillment('f1'), 'progress.readyToShip');
  await shop.post(`${shop.order()}/cancel`);
  await shop.at(shop.fulfillment('f1'), 'progress.stopped');
  expect(await shop.tryPost(`${shop.fulfillment('f1')}/hand-over`)).toBe(409);
  const end = {
    ...(crossing.end as object),
    order: 'cancelled',
    money: [0, 0, 0],
    lines: { l1: { cancelled: 2 }, l2: { cancelled: 1 } },
    fulfillments: { 'o~f1': 'W1 stopped', 'o~f2': 'W2 stopped' },
    payments: { 'o~p1': 'voided' },
    parcels: { 'o~f1~s1': ['null', 'awaitingHandover', 0] },
    stock: { 'W1~A': [10, 0, 0], 'W2~B': [10, 0, 0] },
    authorizations: { 'o~p1': ['voided', 0, 0, 0] },
    keys: { 'o~p1:auth': 'succeeded', 'o~p1:void': 'succeeded' },
    labels: { 'o~f1~s1#1': 'void' },
    calls: { 'o~p1:auth': 1, 'o~p1:void': 1, 'o~f1~s1#1': 1 },
  };
  expect(await endOf({ ...crossing, end }, shop)).toEqual(end);
});

/** The customer was told yes; that it did not come about is told too. */
async function expectTooLate(shop: Shop): Promise<void> {
  const { incidents } = (await shop.get(shop.order()))?.context ?? {};
  expect(incidents).toEqual([`${shop.id('o')}~f1: the parcel left before it could be cancelled`]);
}

/** Everything up to the step in which they cross. */
async function untilCrossing(): Promise<{ world: Process; shop: Shop; held: Holding }> {
  const held = holding();
  const world = await startProcess({ wrap: held.wrap });
  const shop = shopFor(world, crossing);
  for (const [, run] of crossing.steps.slice(0, -1)) await run(shop);
  return { world, shop, held };
}

function numbered(number: number): Scenario {
  const found = scenarios.find((each) => each.number === number);
  if (found === undefined) throw new Error(`there is no scenario ${number}`);
  return found;
}
