/** Scenarios of selling: one parcel, two, a cancellation, something short. */
import { pictureOf } from './picture.ts';
import type { Scenario } from './scenario.ts';
import {
  finishPick,
  handOver,
  handedOver,
  open,
  order,
  orderIs,
  pack,
  pickAndPack,
  pickedAndPacked,
  scan,
  startPick,
} from './work.ts';

const happy: Scenario = {
  number: 1,
  name: 'happy',
  steps: [
    open({ W1: { A: 10 } }),
    order([{ sku: 'A', quantity: 2 }]),
    ...pickAndPack('f1', { l1: 2 }),
    handOver('f1'),
    orderIs('active.execution.shipped', 'active.money.captured'),
    scan('f1', 'delivered'),
  ],
  look: pictureOf({ stock: ['W1~A'] }),
  end: {
    order: 'execution.delivered money.captured',
    money: [2_000, 2_000, 0],
    lines: { l1: { shipped: 2, delivered: 2 } },
    incidents: [],
    fulfillments: { 'o~f1': 'W1 completed.delivered' },
    payments: { 'o~p1': 'authorized' },
    parcels: { 'o~f1~s1': ['sandbox', 'delivered', 0] },
    stock: { 'W1~A': [8, 0, 0] },
    slots: { W1: 0 },
    authorizations: { 'o~p1': ['authorized', 1, 2_000, 0] },
    keys: { 'o~p1:auth': 'succeeded', 'o~p1:cap:o~f1': 'succeeded' },
    labels: { 'o~f1~s1#1': 'live' },
    calls: { 'o~p1:auth': 1, 'o~p1:cap:o~f1': 1, 'o~f1~s1#1': 1 },
  },
};

/** Scenario 12 is this one, disturbed. */
export const split: Scenario = {
  number: 2,
  name: 'split over two warehouses, one parcel delivered before the other',
  steps: [
    open({ W1: { A: 10 }, W2: { B: 10 } }),
    order([
      { sku: 'A', quantity: 2 },
      { sku: 'B', quantity: 1 },
    ]),
    ...pickAndPack('f1', { l1: 2 }),
    handOver('f1'),
    scan('f1', 'delivered'),
    orderIs('active.execution.partiallyDelivered', 'active.money.partiallyCaptured'),
    ...pickAndPack('f2', { l2: 1 }),
    handOver('f2'),
    scan('f2', 'delivered'),
  ],
  look: pictureOf({ stock: ['W1~A', 'W2~B'], warehouses: ['W1', 'W2'] }),
  end: {
    order: 'execution.delivered money.captured',
    money: [3_000, 3_000, 0],
    lines: { l1: { shipped: 2, delivered: 2 }, l2: { shipped: 1, delivered: 1 } },
    incidents: [],
    fulfillments: { 'o~f1': 'W1 completed.delivered', 'o~f2': 'W2 completed.delivered' },
    payments: { 'o~p1': 'authorized' },
    parcels: { 'o~f1~s1': ['sandbox', 'delivered', 0], 'o~f2~s1': ['sandbox', 'delivered', 0] },
    stock: { 'W1~A': [8, 0, 0], 'W2~B': [9, 0, 0] },
    slots: { W1: 0, W2: 0 },
    authorizations: { 'o~p1': ['authorized', 2, 3_000, 0] },
    keys: { 'o~p1:auth': 'succeeded', 'o~p1:cap:o~f1': 'succeeded', 'o~p1:cap:o~f2': 'succeeded' },
    labels: { 'o~f1~s1#1': 'live', 'o~f2~s1#1': 'live' },
    calls: { 'o~p1:auth': 1, 'o~p1:cap:o~f1': 1, 'o~p1:cap:o~f2': 1, 'o~f1~s1#1': 1, 'o~f2~s1#1': 1 },
  },
};

const cancelled: Scenario = {
  number: 7,
  name: 'cancelled during the pick',
  steps: [
    open({ W1: { A: 10 } }),
    order([{ sku: 'A', quantity: 2 }]),
    startPick('f1'),
    ['the customer cancels', (shop) => shop.post(`${shop.order()}/cancel`, { reason: 'too slow' })],
  ],
  look: pictureOf({ stock: ['W1~A'] }),
  end: {
    order: 'cancelled',
    money: [0, 0, 0],
    lines: { l1: { cancelled: 2 } },
    incidents: [],
    fulfillments: { 'o~f1': 'W1 stopped' },
    payments: { 'o~p1': 'voided' },
    parcels: {},
    stock: { 'W1~A': [10, 0, 0] },
    slots: { W1: 0 },
    authorizations: { 'o~p1': ['voided', 0, 0, 0] },
    keys: { 'o~p1:auth': 'succeeded', 'o~p1:void': 'succeeded' },
    labels: {},
    calls: { 'o~p1:auth': 1, 'o~p1:void': 1 },
  },
};

const short: Scenario = {
  number: 8,
  name: 'short pick, 3 of 5 found, the rest backordered',
  steps: [
    open({ W1: { A: 5 } }),
    order([{ sku: 'A', quantity: 5 }]),
    startPick('f1'),
    [
      'two are not on the shelf',
      (shop) => shop.post(`${shop.fulfillment('f1')}/short-pick`, { lineId: 'l1', quantity: 2 }),
    ],
    finishPick('f1', { l1: 3 }),
    [
      'a person waits for new ones',
      async (shop) => {
        await shop.at(shop.order(), 'active.supply.short');
        await shop.post(`${shop.order()}/resolve-short`, { lineId: 'l1', quantity: 2, by: 'backorder' });
      },
    ],
    ...pack('f1'),
    handOver('f1'),
    orderIs('active.execution.partiallyShipped', 'active.supply.awaitingStock'),
    [
      'two come in',
      (shop) => shop.post(`${shop.stock('W1', 'A')}/receive`, { quantity: 2, receiptId: 'second' }),
    ],
    pickedAndPacked('f2', { l1: 2 }),
    handOver('f2'),
    scan('f1', 'delivered'),
    scan('f2', 'delivered'),
  ],
  look: pictureOf({ stock: ['W1~A'] }),
  end: {
    order: 'execution.delivered money.captured',
    money: [5_000, 5_000, 0],
    lines: { l1: { shipped: 5, delivered: 5 } },
    incidents: [],
    fulfillments: { 'o~f1': 'W1 completed.delivered', 'o~f2': 'W1 completed.delivered' },
    payments: { 'o~p1': 'authorized' },
    parcels: { 'o~f1~s1': ['sandbox', 'delivered', 0], 'o~f2~s1': ['sandbox', 'delivered', 0] },
    stock: { 'W1~A': [0, 0, 0] },
    slots: { W1: 0 },
    authorizations: { 'o~p1': ['authorized', 2, 5_000, 0] },
    keys: { 'o~p1:auth': 'succeeded', 'o~p1:cap:o~f1': 'succeeded', 'o~p1:cap:o~f2': 'succeeded' },
    labels: { 'o~f1~s1#1': 'live', 'o~f2~s1#1': 'live' },
    calls: { 'o~p1:auth': 1, 'o~p1:cap:o~f1': 1, 'o~p1:cap:o~f2': 1, 'o~f1~s1#1': 1, 'o~f2~s1#1': 1 },
  },
};

/** Also run with every interleaving of the two messages that cross. */
export const crossing: Scenario = {
  number: 13,
  name: 'cancel crosses the hand-over of one of two parcels',
  steps: [
    open({ W1: { A: 10 }, W2: { B: 10 } }),
    order([
      { sku: 'A', quantity: 2 },
      { sku: 'B', quantity: 1 },
    ]),
    ...pickAndPack('f1', { l1: 2 }),
    startPick('f2'),
    [
      'the carrier takes one parcel, and the customer cancels',
      async (shop) => {
        await handedOver(shop, 'f1');
        await shop.post(`${shop.order()}/cancel`);
      },
    ],
  ],
  // Whether the cancellation came too late for the parcel, an incident, is not known here.
  look: async (shop) => {
    const look = pictureOf({ stock: ['W1~A', 'W2~B'], warehouses: ['W1', 'W2'] });
    const { incidents: _, ...picture } = (await look(shop)) ?? { incidents: [] };
    return picture;
  },
  end: {
    order: 'execution.shipped money.captured',
    money: [2_000, 2_000, 0],
    lines: { l1: { shipped: 2 }, l2: { cancelled: 1 } },
    fulfillments: { 'o~f1': 'W1 completed.handedOver', 'o~f2': 'W2 stopped' },
    payments: { 'o~p1': 'authorized' },
    parcels: { 'o~f1~s1': ['sandbox', 'inTransit', 0] },
    stock: { 'W1~A': [8, 0, 0], 'W2~B': [10, 0, 0] },
    slots: { W1: 0, W2: 0 },
    authorizations: { 'o~p1': ['authorized', 1, 2_000, 0] },
    keys: { 'o~p1:auth': 'succeeded', 'o~p1:cap:o~f1': 'succeeded' },
    labels: { 'o~f1~s1#1': 'live' },
    calls: { 'o~p1:auth': 1, 'o~p1:cap:o~f1': 1, 'o~f1~s1#1': 1 },
  },
};

const receipt = { quantity: 1, receiptId: 'r1' };

const unknown: Scenario = {
  number: 15,
  name: 'an order for what nobody ever had, and one to where nobody is',
  steps: [
    open({ W1: { A: 1 }, W2: {} }),
    order([
      { sku: 'A', quantity: 1 },
      { sku: 'invented', quantity: 2 },
    ]),
    orderIs('rejected'),
    [
      'a customer orders from an invented region',
      (shop) => shop.place([{ sku: 'A', quantity: 1 }], { name: 'p', region: `${shop.tag}-nowhere` }),
    ],
    ['it is rejected', (shop) => shop.at(shop.order('p'), 'rejected')],
  ],
  async look(shop) {
    const orders = await Promise.all(['o', 'p'].map((name) => shop.get(shop.order(name))));
    const items = ['W1~A', 'W1~invented', 'W2~A', 'W2~invented'].map((name) => {
      const [warehouse = '', sku = ''] = name.split('~');
      return shop.get(shop.stock(warehouse, sku));
    });
    const listed = await Promise.all(
      ['W1', 'W2'].map((name) => shop.send('GET', `/stock-items?warehouse=${shop.id(name)}`)),
    );
    return shop.plain({
      failed: orders.map((each) => each?.context['failed']),
      reserved: (await Promise.all(items)).map((each) => each?.context['reserved'] ?? 'none'),
      listed: listed.flatMap(({ body }) => (body as { items: { id: string }[] }).items.map(({ id }) => id)),
      routing: (await shop.get(`/routings/${shop.tag}-nowhere`)) ?? 'none',
      receivedNowhere: await shop.tryPost(`${shop.stock('W9', 'A')}/receive`, receipt),
    });
  },
  end: {
    failed: [[{ lineId: 'l2', missing: 2 }], [{ lineId: 'l1', missing: 1 }]],
    reserved: [0, 'none', 'none', 'none'],
    listed: ['W1~A'],
    routing: 'none',
    receivedNowhere: 404,
  },
};

export const selling: readonly Scenario[] = [happy, split, cancelled, short, crossing, unknown];
