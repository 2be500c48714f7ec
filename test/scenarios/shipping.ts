/** Scenarios of shipping: a carrier that is away, one that answers too late, and a parcel that gets lost. */
import { pictureOf } from './picture.ts';
import type { Scenario, Step } from './scenario.ts';
import { handOver, open, order, orderIs, pickAndPack, pickedAndPacked, scan } from './work.ts';

const minute = 60_000;

const away: Scenario = {
  number: 6,
  name: 'the carrier is down for 15 minutes, a person books',
  alone: true,
  steps: [
    open({ W1: { A: 10 } }),
    carrier('down'),
    order([{ sku: 'A', quantity: 2 }]),
    pickedAndPacked('f1', { l1: 2 }),
    ['nothing is booked', (shop) => shop.at(shop.shipment('f1~s1'), 'label.manualBooking')],
    ['the carrier is still down', (shop) => shop.pass(15 * minute)],
    orderIs('active.execution.inFulfillment'),
    bookManually('BYHAND6'),
    carrier('up'),
    orderIs('active.execution.inFulfillment'),
    handOver('f1'),
    orderIs('active.execution.shipped'),
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
    // "No such booking" settles nothing: for a day it is looked for, and voided should it turn up.
    parcels: { 'o~f1~s1': ['BYHAND6', 'delivered', 1] },
    stock: { 'W1~A': [8, 0, 0] },
    slots: { W1: 0 },
    authorizations: { 'o~p1': ['authorized', 1, 2_000, 0] },
    keys: { 'o~p1:auth': 'succeeded', 'o~p1:cap:o~f1': 'succeeded' },
    labels: {},
    calls: { 'o~p1:auth': 1, 'o~p1:cap:o~f1': 1 },
  },
};

const lost: Scenario = {
  number: 11,
  name: 'a parcel is lost, sent again, and then arrives',
  steps: [
    open({ W1: { A: 10 } }),
    order([{ sku: 'A', quantity: 2 }]),
    ...pickAndPack('f1', { l1: 2 }),
    handOver('f1'),
    scan('f1', 'lost'),
    [
      'a person sends it again',
      async (shop) => {
        const shipmentId = `${shop.id('o')}~f1~s1`;
        await shop.at(shop.fulfillment('f1'), 'progress.completed.lost');
        await shop.until(
          async () =>
            (await shop.tryPost(`${shop.order()}/resolve-parcel`, { shipmentId, by: 'reship' })) === 200
              ? true
              : undefined,
          () => 'the order knows that the parcel is lost',
        );
      },
    ],
    pickedAndPacked('f2', { l1: 2 }),
    handOver('f2'),
    scan('f2', 'delivered'),
    orderIs('active.execution.delivered'),
    scan('f1', 'delivered'),
  ],
  look: pictureOf({ stock: ['W1~A'] }),
  end: {
    order: 'execution.delivered money.captured',
    money: [2_000, 2_000, 0],
    lines: { l1: { shipped: 2, delivered: 2 } },
    incidents: ['o~f1: the parcel arrived after it was written off'],
    fulfillments: { 'o~f1': 'W1 completed.delivered', 'o~f2': 'W1 completed.delivered' },
    payments: { 'o~p1': 'authorized' },
    parcels: { 'o~f1~s1': ['sandbox', 'delivered', 0], 'o~f2~s1': ['sandbox', 'delivered', 0] },
    stock: { 'W1~A': [6, 0, 0] },
    slots: { W1: 0 },
    authorizations: { 'o~p1': ['authorized', 1, 2_000, 0] },
    keys: { 'o~p1:auth': 'succeeded', 'o~p1:cap:o~f1': 'succeeded' },
    labels: { 'o~f1~s1#1': 'live', 'o~f2~s1#1': 'live' },
    calls: { 'o~p1:auth': 1, 'o~p1:cap:o~f1': 1, 'o~f1~s1#1': 1, 'o~f2~s1#1': 1 },
  },
};

const late: Scenario = {
  number: 14,
  name: 'a person books, then the carrier has booked after all',
  alone: true,
  durations: {
    ...{ bookingGivenUp: 20_000, surplusSoon: 2_000, surplusLater: 2_000 },
    ...{ surplusMuchLater: 2_000, surplusRarely: 2_000 },
  },
  steps: [
    open({ W1: { A: 10 } }),
    carrier('slow'),
    order([{ sku: 'A', quantity: 2 }]),
    pickedAndPacked('f1', { l1: 2 }),
    [
      'the carrier books, and goes down before it has said so',
      async (shop) => {
        await shop.until(
          async () => (await shop.ledger()).carriers.sandbox.labels[0],
          () => 'the carrier has booked',
        );
        await shop.put('/sandbox/carriers/sandbox', { mode: 'down' });
      },
    ],
    ['nobody knows of it', (shop) => shop.at(shop.shipment('f1~s1'), 'label.manualBooking')],
    bookManually('BYHAND14'),
    carrier('up'),
    handOver('f1'),
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
    parcels: { 'o~f1~s1': ['BYHAND14', 'delivered', 0] },
    stock: { 'W1~A': [8, 0, 0] },
    slots: { W1: 0 },
    authorizations: { 'o~p1': ['authorized', 1, 2_000, 0] },
    keys: { 'o~p1:auth': 'succeeded', 'o~p1:cap:o~f1': 'succeeded' },
    labels: { 'o~f1~s1#1': 'void' },
    calls: { 'o~p1:auth': 1, 'o~p1:cap:o~f1': 1, 'o~f1~s1#1': 1 },
  },
};

function carrier(mode: 'up' | 'down' | 'slow'): Step {
  return [`the carrier is ${mode}`, (shop) => shop.put('/sandbox/carriers/sandbox', { mode })];
}

function bookManually(trackingNumber: string): Step {
  const label = { carrier: 'sandbox', trackingNumber };
  return ['a person books by hand', (shop) => shop.post(`${shop.shipment('f1~s1')}/book-manually`, label)];
}

export const shipping: readonly Scenario[] = [away, lost, late];
