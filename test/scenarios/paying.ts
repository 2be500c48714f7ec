/** Scenarios of paying: a gateway that repeats and contradicts itself, one that does not answer, and cash. */
import { pictureOf } from './picture.ts';
import type { Scenario } from './scenario.ts';
import type { Fields, Shop } from './shop.ts';
import { handOver, open, order, orderIs, pickedAndPacked, scan } from './work.ts';

const minute = 60_000;

const webhooks: Scenario = {
  number: 3,
  name: 'the webhook comes five times, and a late one says the contrary',
  steps: [
    open({ W1: { A: 10 } }),
    order([{ sku: 'A', quantity: 2 }], 'webhook-late'),
    ['nobody knows', (shop) => shop.at(shop.payment('p1'), 'authorization.unknown')],
    ...[1, 2, 3, 4, 5].map((times) => [`the gateway says yes (${times} of 5)`, yes(times)] as const),
    ['the gateway says no', (shop) => tell(shop, 'failed')],
  ],
  async look(shop) {
    const payment = await shop.get(shop.payment('p1'));
    return { ...(await pictureOf({ stock: ['W1~A'] })(shop)), webhooks: payment?.context.webhooks };
  },
  end: {
    webhooks: { taken: 1, duplicates: 4, stale: 1 },
    order: 'execution.inFulfillment money.authorized',
    money: [2_000, 0, 0],
    lines: { l1: { allocated: 2 } },
    incidents: [],
    fulfillments: { 'o~f1': 'W1 planned' },
    payments: { 'o~p1': 'authorized' },
    parcels: {},
    stock: { 'W1~A': [10, 2, 0] },
    slots: { W1: 1 },
    authorizations: { 'o~p1': ['authorized', 0, 0, 0] },
    keys: { 'o~p1:auth': 'succeeded' },
    labels: {},
    calls: { 'o~p1:auth': 1 },
  },
};

/** Where a process was long in coming back, the gateway has said it for the first time by itself. */
function yes(times: number): (shop: Shop) => Promise<void> {
  return async (shop) => {
    const heard = (await shop.get(shop.payment('p1')))?.context.webhooks;
    if (heard === undefined || heard.taken + heard.duplicates < times) await tell(shop, 'succeeded');
  };
}

/** A process that has just come back may not be ready (503): as gateways do, it is told again. */
async function tell(shop: Shop, outcome: 'succeeded' | 'failed'): Promise<void> {
  const path = `/sandbox${shop.payment('p1')}/webhook`;
  await shop.until(
    async () => {
      const { answered } = (await shop.post(path, { outcome })) as { answered: number };
      if (answered === 200) return true;
      if (shop.isKilled && answered === 503) return undefined;
      throw new Error(`the webhook was answered ${answered}`);
    },
    () => 'the webhook is answered 200',
  );
}

const lateYes: Scenario = {
  number: 4,
  name: 'the gateway does not answer, and has authorized',
  steps: [
    open({ W1: { A: 10 } }),
    order([{ sku: 'A', quantity: 2 }], 'timeout-succeeds'),
    ['nobody knows', noAnswer],
    ['it is looked up', (shop) => shop.at(shop.order(), 'active.execution.inFulfillment')],
  ],
  look: pictureOf({ stock: ['W1~A'] }),
  end: {
    order: 'execution.inFulfillment money.authorized',
    money: [2_000, 0, 0],
    lines: { l1: { allocated: 2 } },
    incidents: [],
    fulfillments: { 'o~f1': 'W1 planned' },
    payments: { 'o~p1': 'authorized' },
    parcels: {},
    stock: { 'W1~A': [10, 2, 0] },
    slots: { W1: 1 },
    authorizations: { 'o~p1': ['authorized', 0, 0, 0] },
    keys: { 'o~p1:auth': 'succeeded' },
    labels: {},
    calls: { 'o~p1:auth': 1 },
  },
};

const lateNo: Scenario = {
  number: 5,
  name: 'the gateway does not answer, and has declined',
  steps: [
    open({ W1: { A: 10 } }),
    order([{ sku: 'A', quantity: 2 }], 'timeout-declines'),
    ['nobody knows', noAnswer],
    ['it is looked up', (shop) => shop.at(shop.payment('p1'), 'authorization.declined')],
    ['the customer does not pay in another way', (shop) => shop.pass(30 * minute)],
  ],
  async look(shop) {
    const hasWaited = await hasBeen(shop, shop.order(), 'awaitingPayment');
    return { ...(await pictureOf({ stock: ['W1~A'] })(shop)), hasWaited };
  },
  end: {
    hasWaited: true,
    order: 'expired',
    money: [0, 0, 0],
    lines: { l1: { cancelled: 2 } },
    incidents: [],
    fulfillments: {},
    payments: { 'o~p1': 'declined' },
    parcels: {},
    stock: { 'W1~A': [10, 0, 0] },
    slots: { W1: 0 },
    authorizations: { 'o~p1': ['declined', 0, 0, 0] },
    keys: { 'o~p1:auth': 'failed' },
    labels: {},
    calls: { 'o~p1:auth': 1 },
  },
};

const inCash: Scenario = {
  number: 16,
  name: 'what a person took in cash is given back in cash before the order ends',
  steps: [
    open({ W1: { A: 10 } }),
    order([{ sku: 'A', quantity: 2 }], 'capture-fails'),
    pickedAndPacked('f1', { l1: 2 }),
    handOver('f1'),
    [
      'the customer pays in cash, as the gateway has captured nothing, twice',
      async (shop) => {
        const isFailed = ({ key, state }: Fields['operations'][number]): boolean =>
          key.includes(':cap:') && state === 'failed';
        await shop.until(
          async () => (await shop.get(shop.payment('p2')))?.context.operations.find(isFailed),
          () => 'the second capture has failed',
        );
        await taken(shop, 'resolve', { reason: 'paid in cash' });
      },
    ],
    orderIs('active.money.captured'),
    scan('f1', 'lost'),
    [
      'a person refunds the parcel',
      (shop) => taken(shop, 'resolve-parcel', { shipmentId: `${shop.id('o')}~f1~s1`, by: 'refund' }),
    ],
    [
      'nobody has given the money back',
      async (shop) => {
        const { captured, refunded } = (await shop.at(shop.order(), 'compensationStuck')).context;
        if (captured !== 2_000 || refunded !== 0)
          throw new Error(`${String(refunded)} of ${String(captured)}`);
      },
    ],
    ['a person gives it back', (shop) => taken(shop, 'resolve', { reason: 'given back in cash' })],
  ],
  look: pictureOf({ stock: ['W1~A'] }),
  end: {
    order: 'refunded',
    money: [0, 2_000, 2_000],
    lines: { l1: { cancelled: 2 } },
    incidents: [],
    fulfillments: { 'o~f1': 'W1 completed.lost' },
    payments: { 'o~p1': 'voided', 'o~p2': 'voided' },
    parcels: { 'o~f1~s1': ['sandbox', 'lost', 0] },
    stock: { 'W1~A': [8, 0, 0] },
    slots: { W1: 0 },
    authorizations: { 'o~p1': ['voided', 0, 0, 0], 'o~p2': ['voided', 0, 0, 0] },
    keys: {
      ...{ 'o~p1:auth': 'succeeded', 'o~p1:cap:o~f1': 'failed', 'o~p1:void': 'succeeded' },
      ...{ 'o~p2:auth': 'succeeded', 'o~p2:cap:o~f1': 'failed', 'o~p2:void': 'succeeded' },
    },
    labels: { 'o~f1~s1#1': 'live' },
    calls: {
      ...{ 'o~p1:auth': 1, 'o~p1:cap:o~f1': 1, 'o~p1:void': 1 },
      ...{ 'o~p2:auth': 1, 'o~p2:cap:o~f1': 1, 'o~p2:void': 1, 'o~f1~s1#1': 1 },
    },
  },
};

/** As soon as the order takes it: it may not have heard yet of what the command is about. */
async function taken(shop: Shop, command: string, body: object): Promise<void> {
  await shop.until(
    async () => ((await shop.tryPost(`${shop.order()}/${command}`, body)) === 200 ? true : undefined),
    () => `the order takes ${command}`,
  );
}

/** By its journal. */
async function hasBeen(shop: Shop, path: string, state: string): Promise<boolean> {
  const { body } = await shop.send('GET', `${path}/history?limit=200`);
  const { items } = body as { items: readonly { to: unknown }[] };
  return items.some(({ to }) => JSON.stringify(to).includes(`"${state}"`));
}

/** A process that was killed has asked again, and was answered. */
async function noAnswer(shop: Shop): Promise<void> {
  if (shop.isKilled) return;
  const path = shop.payment('p1');
  await shop.at(path);
  await shop.until(
    async () => ((await hasBeen(shop, path, 'unknown')) ? true : undefined),
    () => `${path} has been unknown`,
  );
}

export const paying: readonly Scenario[] = [webhooks, lateYes, lateNo, inCash];
