/** What an order tells its fulfillments. */
import type { FulfillmentEvent } from './fulfillment.events.ts';
import { open, silent, type OrderContext } from './order.books.ts';
import type { Message } from './send.ts';

type Told = Message<FulfillmentEvent>;

/** Asks for the fulfillment's account, and creates the fulfillment if this is the first time. */
export function startOf(order: OrderContext, id: string): Told {
  const { holds, addressRevision, shipTo, fulfillments } = order;
  const { warehouse = '', lines: asked = {} } = fulfillments[id] ?? {};
  const lines = order.lines
    .filter(({ lineId }) => Object.hasOwn(asked, lineId))
    .map(({ lineId, sku }) => ({ lineId, sku, quantity: asked[lineId]?.assigned ?? 0 }));
  const event = {
    type: 'fulfillment.start',
    orderId: order.id,
    warehouse,
    lines,
    shipTo,
    addressRevision,
  } as const;
  return { to: { kind: 'fulfillment', id }, event: { ...event, holds: [...holds] } };
}

/** One that has never answered may not be there: it is started first, so that there is one to answer. */
export function stops(order: OrderContext): Told[] {
  const unsure = new Set(silent(order));
  return open(order).flatMap((id) => {
    const stop: Told = { to: { kind: 'fulfillment', id }, event: { type: 'fulfillment.stop' } };
    return unsure.has(id) ? [startOf(order, id), stop] : [stop];
  });
}

export function addressChanges(order: OrderContext): Told[] {
  const { shipTo, addressRevision: revision } = order;
  return toOpenFulfillments(order, { type: 'fulfillment.changeAddress', shipTo, revision });
}

export function toOpenFulfillments(order: OrderContext, event: FulfillmentEvent): Told[] {
  return open(order).map((id) => ({ to: { kind: 'fulfillment', id }, event }));
}
