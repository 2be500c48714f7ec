/**
 * Long ways that lie beyond what a walk finds by itself within its limits: it is led along them, and walks on
 * from there. Each step is an event, `after` a delay or the end of an activity, with what its payload must have.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Happening } from './events.ts';
import { isObject } from './found.ts';

export type Step = readonly [name: string, having?: Readonly<Record<string, unknown>>];

const answered: Step = ['done', { outcome: 'succeeded' }];
const captured: Step = ['payment.captured'];
/** Of a booking that is to be voided. */
const unknown: Step = ['done', { outcome: 'notFound' }];
const refund: Step = ['order.resolveParcel', { by: 'refund' }];
const contended: Step = ['stock.refused', { pending: 1 }];
const declined: Step[] = [['payment.declined'], ['order.pay']];
const short = { l1: { assigned: 1, cut: 0, short: 1, shipped: 0, delivered: 0 } };

const stuck: Step[] = [['payment.stuck'], ['payment.voided']];

const found: Step[] = [['order.create'], ['routing.candidates'], ['stock.held', { quantity: 2 }]];
const bought: Step[] = [...found, ['payment.authorized']];

/** Two of a line, one from each warehouse. */
const split: Step[] = [
  ...found.slice(0, 2),
  ...[contended, contended],
  ['stock.held', { quantity: 1, stockItem: 'W1~A' }],
  ['stock.held', { quantity: 1, stockItem: 'W2~A' }],
  ['payment.authorized', { capturesOnce: false }],
];

/** Both parcels are paid for; the first one was lost, and its money is to be given back. */
const refunding: Step[] = [
  ...split,
  ...[account({ state: 'lost', warehouse: 'W1' }), captured],
  ...[account({ state: 'delivered', warehouse: 'W2' }), captured, refund],
];

/** A parcel of two lines was lost, and one of them is there to be sent again. */
const reshipping: Step[] = [
  ['order.create', { lines: [part('A', 5), part('B', 0)] }],
  ['routing.candidates'],
  ...['W1~A', 'W1~B'].map((stockItem): Step => ['stock.held', { stockItem }]),
  ['payment.authorized'],
  ...[account({ state: 'lost' }), ['order.resolveParcel', { by: 'reship' }] as const],
  ['stock.held', { stockItem: 'W1~A' }],
];

/** Two lines, from a warehouse each; one of them costs nothing. */
const halfFree: Step[] = [
  ['order.create', { lines: [part('A', 5), part('B', 0)] }],
  ['routing.candidates'],
  ...['W1~A', 'W1~B', 'W2~A', 'W2~B'].map((stockItem): Step => ['stock.refused', { pending: 1, stockItem }]),
  ['stock.held', { stockItem: 'W1~A' }],
  ['stock.refused', { pending: 0, stockItem: 'W1~B' }],
  ['stock.held', { stockItem: 'W2~B' }],
  ['payment.authorized'],
];

export const leads: Readonly<Record<string, readonly (readonly Step[])[]>> = {
  order: [
    [...bought, account({ state: 'delivered' }), captured, ['closing'], ['payment.closed']],
    [['order.create', { lines: [part('A', 0, 2)] }], ...found.slice(1)],
    [...refunding, ['payment.refunded']],
    [...refunding, ['payment.refundFailed'], ['order.retry']],
    [...halfFree, account({ state: 'lost' }), captured, refund, ['payment.refunded']],
    [...bought, account({ state: 'lost' }), captured, refund, ['payment.refundFailed'], ['order.retry']],
    [...bought, account({ state: 'open' }), ['order.cancel'], account({ state: 'stopped' }), ...stuck],
    [...reshipping, ['gathering']],
    [...bought, account({ lines: short }), ['order.resolveShort', { by: 'backorder' }]],
    [...found, ...declined, ...declined, ['payment.declined'], ['stock.released']],
    [...found, ...declined, ...declined, ['payment.requiresAction'], ['payment.declined']],
    [...found.slice(0, 2), ...times(6, [contended]), ['contendedRetry']],
  ],
  payment: [
    [
      ...[['payment.authorize', { amount: 5 }] as const, answered],
      ...[['payment.capture'] as const, answered],
      ...[['payment.refund'] as const, answered, ['payment.refund'] as const],
    ],
  ],
  shipment: [
    [...leaving(20), ['shipment.readdress']],
    [...leaving(20), ['shipment.book']],
    [...leaving(1), ...times(7, [unknown, ['surplusAgain']]), unknown],
  ],
  warehouse: [
    [
      ['warehouse.create', { capacity: 5 }],
      ...times(5, [['warehouse.slot']]),
      ...times(2, [['warehouse.free']]),
    ],
  ],
  fulfillment: [
    [
      ['fulfillment.start'],
      ['warehouse.granted', { attempt: 1 }],
      ...['startPick', 'finishPick', 'startPack', 'finishPack'].map((name): Step => [`fulfillment.${name}`]),
      ...['shipment.booked', 'fulfillment.handOver', 'shipment.lost'].map((name): Step => [name]),
    ],
    [
      ['fulfillment.start'],
      ['warehouse.denied', { warehouse: 'W1', attempt: 1 }],
      ['warehouse.granted', { warehouse: 'W2', attempt: 2 }],
      ['stock.refused'],
    ],
  ],
};

/** So many bookings are left for a newer address. */
function leaving(count: number): Step[] {
  return [['shipment.book'], ...times(count, [['shipment.readdress']])];
}

function times(count: number, steps: readonly Step[]): Step[] {
  return Array.from({ length: count }, () => steps).flat();
}

function account(having: Readonly<Record<string, unknown>>): Step {
  return ['fulfillment.account', having];
}

function part(sku: string, unitPrice: number, quantity = 1): object {
  return { sku, quantity, unitPrice };
}

/** Whether it is what the step names. */
export function isStep({ name, message }: Happening, [wanted, having = {}]: Step): boolean {
  const isNamed =
    name === wanted || name.startsWith(`${wanted} `) || name.startsWith(`xstate.after.${wanted}.`);
  const payload = payloadOf(message);
  return isNamed && Object.entries(having).every(([key, value]) => isDeepStrictEqual(payload[key], value));
}

function payloadOf(message: Happening['message']): Readonly<Record<string, unknown>> {
  if ('event' in message) return message.event;
  const output = 'result' in message && 'output' in message.result ? message.result.output : undefined;
  return isObject(output) ? output : {};
}
