/** What random lives of the shop's actors are made of: how each begins, and what comes to it; most of it fits. */
import { definitions } from '../../actors/registry.ts';
import type { FulfillmentContext } from '../../machines/fulfillment.books.ts';
import type { Quantities } from '../../machines/fulfillment.events.ts';
import type { FulfillmentBook, OrderContext } from '../../machines/order.context.ts';
import type { ActorDefinition } from '../../runtime/definition.ts';
import type { Event } from '../../runtime/message.ts';
import type { ActorRecord } from '../../runtime/core/record.ts';
import type { SeededRandom } from './random.ts';

export interface Play {
  readonly definition: ActorDefinition;
  /** All that it may send to, itself among them. */
  readonly definitions: readonly ActorDefinition[];
  readonly input: object;
  readonly events: readonly (Event | string)[];
  /** Where it is expected to come in some life, as a dotted path. */
  readonly reaches?: string;
  /** Answers to what it has asked for, and steps of its work; the definition’s examples if left out. */
  readonly fitting?: (context: never) => readonly Event[];
}

/** The actor's id in every life. */
export const id = 'a1';

const shipTo = { name: 'Ann', line1: 'Street 1', city: 'Town', postalCode: '12345', country: 'DE' };
const location = { lat: 52, lon: 13 };
const owner = { kind: 'order', id: 'o1' };
const hold = { handle: 'h1', reason: 'why' };

const begun: Readonly<Record<string, Omit<Play, 'definition' | 'definitions'>>> = {
  order: {
    input: {
      ...{ customerId: 'ann', currency: 'EUR', shipTo, draft: true },
      lines: [{ sku: 's', quantity: 2, unitPrice: 5 }],
    },
    events: [
      'order.place',
      { type: 'order.create', customerId: 'eve' },
      { type: 'order.hold', handle: 'h1', reason: ' why ' },
      { type: 'order.hold', handle: 'h2', reason: '' },
      { type: 'order.release', handle: 'h1' },
      { type: 'order.changeAddress', shipTo: { ...shipTo, city: 'Other' } },
      { type: 'order.cancelLine', lineId: 'l1', quantity: 1 },
      { type: 'order.resolveShort', lineId: 'l1', quantity: 1, by: 'backorder' },
      { type: 'order.pay', method: 'other' },
      { type: 'order.cancel', reason: 'changed my mind' },
      { type: 'routing.candidates', warehouses: ['W1', 'W2'] },
    ],
    reaches: 'active.execution.delivered',
    fitting: toOrder,
  },
  fulfillment: {
    input: {
      ...{
        orderId: 'o1',
        warehouse: 'W1',
        candidates: ['W2'],
        shipTo,
        addressRevision: 1,
        holds: [],
        holdsRevision: 1,
      },
      lines: [{ lineId: 'l1', sku: 's', quantity: 2, reservation: 'o1~r1' }],
    },
    events: [
      { type: 'fulfillment.finishPick', lines: [{ lineId: 'l1', quantity: 1 }] },
      { type: 'fulfillment.shortPick', lineId: 'l1', quantity: 1 },
      { type: 'fulfillment.changeAddress', shipTo, revision: 2 },
      { type: 'fulfillment.reduce', change: 'o1~c1', lineId: 'l1', quantity: 1 },
      { type: 'fulfillment.hold', ...hold },
      { type: 'fulfillment.release', handle: 'h1' },
      { type: 'fulfillment.orderHolds', holds: [{ handle: 'h2', reason: 'why' }], holdsRevision: 2 },
      { type: 'fulfillment.orderHolds', holds: [], holdsRevision: 3 },
      'fulfillment.stop',
    ],
    reaches: 'progress.completed.delivered',
    fitting: toFulfillment,
  },
  payment: {
    input: {
      ...{ orderId: 'o1', customerId: 'ann', gateway: 'sandbox', method: 'ok' },
      ...{ amount: 10, currency: 'EUR' },
    },
    events: [
      { type: 'payment.capture', fulfillmentId: 'o1~f1', amount: 4 },
      { type: 'payment.capture', fulfillmentId: 'o1~f2', amount: 60 },
      { type: 'payment.refund', refundId: '1', amount: 3 },
      { type: 'payment.settle', outcome: 'failed', reason: 'looked' },
      'payment.void',
      'payment.close',
    ],
    reaches: 'authorization.authorized',
  },
  shipment: {
    input: {
      ...{ orderId: 'o1', fulfillmentId: 'o1~f1', warehouse: 'W1', shipTo, revision: 1 },
      lines: [{ lineId: 'l1', sku: 's', quantity: 2 }],
    },
    events: [
      { type: 'shipment.readdress', shipTo: { ...shipTo, city: 'Other' }, revision: 2 },
      'shipment.handedOver',
      'shipment.void',
    ],
    reaches: 'transport.delivered',
  },
  stockItem: {
    input: { quantity: 5, receiptId: 'first' },
    events: [
      { type: 'stockItem.receive', quantity: 2, receiptId: 'second' },
      { type: 'stockItem.adjust', quantity: 1, reason: 'counted' },
      ...['o1~r1', 'o1~r2'].flatMap((reservation) => [
        { type: 'stockItem.hold', reservation, owner, quantity: 4, partial: reservation === 'o1~r2' },
        { type: 'stockItem.own', reservation, owner: { kind: 'fulfillment', id: 'o1~f1' } },
        { type: 'stockItem.release', reservation, owner, keep: 1 },
        { type: 'stockItem.short', reservation, missing: 1 },
        { type: 'stockItem.consume', reservation, quantity: 2, missing: 1 },
        { type: 'stockItem.keep', reservation },
      ]),
      { type: 'stockItem.backorder', reservation: 'o1~r3', owner, quantity: 3 },
    ],
  },
  warehouse: {
    input: { country: 'DE', location, capacity: 2 },
    events: [
      'warehouse.pause',
      'warehouse.open',
      'warehouse.close',
      { type: 'warehouse.setCapacity', capacity: 1 },
      ...['o1~f1', 'o1~f2', 'o2~f1'].flatMap((fulfillmentId) => [
        { type: 'warehouse.slot', fulfillmentId, attempt: 1 },
        { type: 'warehouse.free', fulfillmentId, attempt: 1 },
      ]),
    ],
    reaches: 'capacity.full',
  },
  routing: {
    input: { ...{ warehouse: 'W1', version: 1, country: 'DE' }, location, takesWork: true, capacity: 'full' },
    events: [
      { type: 'routing.ask', orderId: 'o1', shipTo },
      ...[1, 2, 3].map((version) => ({
        ...{ type: 'routing.update', warehouse: 'W2', version, country: 'CH', location },
        ...{ takesWork: version !== 2, capacity: 'available' },
      })),
    ],
  },
  trackingNumber: {
    input: { carrier: 'post', trackingNumber: 'N1', shipmentId: 'o1~f1~s1' },
    events: [
      { type: 'trackingNumber.claim', carrier: 'post', trackingNumber: 'N1', shipmentId: 'o2~f1~s1' },
      { type: 'trackingNumber.scan', eventId: 'e1', status: 'inTransit', trackingNumber: 'N1' },
    ],
  },
};

/** One of each kind. */
export const shopPlays: readonly Play[] = definitions.map((definition) => {
  const play = begun[definition.kind];
  if (play === undefined) throw new Error(`there is no play for ${definition.kind}`);
  return { definition, definitions, ...play };
});

/** What may come next, more often than not something that fits. */
export function nextEvent(play: Play, record: ActorRecord | undefined, random: SeededRandom): Event {
  const fitting = record === undefined ? [] : fittingOf(play, record);
  const event = random.pick(fitting.length > 0 && random.chance(0.6) ? fitting : play.events);
  return typeof event === 'string' ? { type: event } : event;
}

function fittingOf({ fitting, definition }: Play, { snapshot }: ActorRecord): Event[] {
  const context = snapshot.context as never;
  const all = fitting === undefined ? examplesOf(definition, context) : fitting(context);
  return all.filter((event) => snapshot.can(event));
}

function examplesOf({ examples = {}, events }: ActorDefinition, context: never): Event[] {
  return Object.entries(examples).flatMap(([type, given]) => {
    if (events[type] === undefined) return [];
    const payloads = typeof given === 'function' ? given(context) : given;
    return payloads.map((payload): Event => ({ type, ...(payload as object) }));
  });
}

/** What an activity may bring, if the definition tells; `otherwise` if not. */
export function outputsOf(
  { definition }: Play,
  source: string | undefined,
  otherwise: readonly unknown[],
): readonly unknown[] {
  const given = definition.examples?.[source ?? ''];
  return Array.isArray(given) ? (given as unknown[]) : otherwise;
}

function toOrder({ reservations, payments, fulfillments }: OrderContext): Event[] {
  return [
    ...Object.entries(reservations).flatMap(([reservation, { warehouse, quantity }]) => {
      const about = { reservation, stockItem: `${warehouse}~s` };
      return [
        { type: 'stock.held', ...about, quantity },
        { type: 'stock.refused', ...about, available: 0, pending: 0 },
        { type: 'stock.released', ...about, kept: 0 },
        { type: 'stock.asked', ...about },
      ];
    }),
    ...Object.entries(payments).flatMap(([paymentId, { amount }]) => [
      { type: 'payment.authorized', paymentId, capturesOnce: false },
      { type: 'payment.declined', paymentId, reason: 'no' },
      { type: 'payment.voided', paymentId },
      { type: 'payment.captured', paymentId, fulfillmentId: `${id}~f1`, amount },
    ]),
    ...Object.entries(fulfillments).flatMap(([fulfillmentId, book]) => accountsOf(fulfillmentId, book)),
  ];
}

type Standing = FulfillmentBook['state'];
const next: Readonly<Record<Standing, readonly Standing[]>> = {
  open: ['open', 'handedOver', 'delivered', 'stopped'],
  handedOver: ['handedOver', 'delivered', 'lost', 'returned'],
  lost: ['delivered', 'returned'],
  ...{ delivered: ['delivered'], returned: ['returned'], stopped: ['stopped'] },
};

/** None that contradicts an earlier one: what is handed over is cut no more. */
function accountsOf(fulfillmentId: string, book: FulfillmentBook): Event[] {
  const { version, warehouse, incidents, shipmentId, addressRevision, holdsRevision } = book;
  const about = {
    fulfillmentId,
    version: version + 1,
    warehouse,
    incidents,
    shipmentId,
    change: null,
    ...{ addressRevision, holdsRevision },
  };
  return next[book.state].map((state) => {
    const lines = Object.entries(book.lines).map(([line, parts]) => [
      line,
      { ...parts, ...moved(state, parts) },
    ]);
    return { type: 'fulfillment.account', ...about, state, lines: Object.fromEntries(lines) as object };
  });
}

function moved(state: Standing, { assigned, cut, delivered }: Quantities): Partial<Quantities> {
  if (state === 'open') return {};
  if (state === 'stopped') return { assigned: 0, cut: cut + assigned };
  return { shipped: assigned, delivered: state === 'delivered' ? assigned : delivered };
}

function toFulfillment(context: FulfillmentContext): Event[] {
  const { trying, attempt, lines, moved, shipmentId, addressRevision: revision } = context;
  const reservations = [...lines, ...moved].map(({ reservation }) => reservation);
  const picked = lines.map(({ lineId, assigned }) => ({ lineId, quantity: assigned }));
  return [
    ...['startPick', 'startPack', 'finishPack', 'handOver'].map((step) => ({ type: `fulfillment.${step}` })),
    { type: 'fulfillment.finishPick', lines: picked },
    { type: 'warehouse.granted', warehouse: trying, attempt },
    { type: 'warehouse.denied', warehouse: trying, attempt },
    ...(shipmentId === null ? [] : toldBy(shipmentId, revision)),
    ...reservations.flatMap((reservation) => [
      { type: 'stock.released', reservation, stockItem: 'W1~s', kept: 0 },
      { type: 'stock.held', reservation, stockItem: 'W2~s', quantity: 2 },
    ]),
  ];
}

function toldBy(shipmentId: string, revision: number): Event[] {
  return [
    { type: 'shipment.booked', shipmentId, revision, carrier: 'post', trackingNumber: 'N1' },
    ...['voidAccepted', 'moving', 'delivered', 'lost'].map((what) => ({
      ...{ type: `shipment.${what}`, shipmentId },
    })),
  ];
}
