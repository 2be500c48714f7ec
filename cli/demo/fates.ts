/** The orders of the demo: what becomes of each, and how it is meant to end. */
import { fates, type Fate, type Life } from '../shop/fates.ts';
import {
  delivered,
  fulfillmentsIn,
  handOver,
  pickAndPack,
  place,
  ship,
  type Order,
  type Shop,
} from '../shop/steps.ts';
import { isIn } from '../shop/views.ts';

export interface Shelf {
  /** `{warehouse}~{sku}` */
  readonly stockItem: string;
  readonly quantity: number;
}

export interface End {
  readonly state: 'completed' | 'cancelled' | 'rejected';
  /** Minor units. */
  readonly captured: number;
  readonly refunded: number;
  /** Handed over to a carrier. */
  readonly parcels: number;
  /** On hand, of what was ordered. */
  readonly left: number;
}

export interface Scene {
  /** In a few words, and in a sentence. */
  readonly fate: string;
  readonly story: string;
  readonly orders: readonly Order[];
  /** What is received before it begins; each scene has goods of its own. */
  readonly shelves: readonly Shelf[];
  readonly act: (given: {
    shop: Shop;
    orders: readonly Order[];
    restock: () => Promise<void>;
  }) => Promise<void>;
  /** Of its orders, in any sequence. */
  readonly ends: readonly End[];
  /** Comes in late: what `restock` receives. */
  readonly late?: Shelf;
  /** It takes long, and goes on behind the others. */
  readonly isLong?: boolean;
}

/** The warehouses that the demo opens. */
export const warehouses = [
  { id: 'LONDON', country: 'GB', location: { lat: 51.5, lon: -0.1 }, capacity: 20 },
  { id: 'BERLIN', country: 'DE', location: { lat: 52.5, lon: 13.4 }, capacity: 20 },
];

const unitPrice = 3_900;
const usualEnd: End = { state: 'completed', captured: unitPrice, refunded: 0, parcels: 1, left: 9 };
const tracked = { carrier: 'sandbox', trackingNumber: 'BYHAND0001' };

export const scenes: readonly Scene[] = [
  scene('happy', 'delivered', {
    story: 'picked, packed, delivered; then completed → picking is refused',
    walk: fates.happy,
  }),
  {
    fate: 'split over two warehouses',
    story: 'split: the teapot is in London, the cup in Berlin',
    orders: [{ id: 'split', lines: [line('split-TEAPOT', 1), line('split-CUP', 1)] }],
    shelves: [
      { stockItem: 'LONDON~split-TEAPOT', quantity: 10 },
      { stockItem: 'BERLIN~split-CUP', quantity: 10 },
    ],
    act: actOf(fates.split),
    ends: [{ state: 'completed', captured: 2 * unitPrice, refunded: 0, parcels: 2, left: 18 }],
  },
  scene('declined', 'declined, paid in another way', {
    story: 'the card is declined; the customer pays with another one',
    walk: fates.declined,
  }),
  scene('cancelled', 'cancelled during picking', {
    story: 'the customer cancels while somebody picks',
    walk: fates.cancelled,
    end: { state: 'cancelled', captured: 0, parcels: 0, left: 10 },
  }),
  scene('short', 'short pick, backorder', {
    story: 'one of three is not on the shelf; it comes later, in a second parcel',
    walk: fates.short,
    quantity: 3,
    onHand: 3,
    late: 4,
    end: { captured: 3 * unitPrice, parcels: 2, left: 3 },
  }),
  scene('carrier', 'carrier down, booked by hand', {
    story: 'the carrier is down; a person books, and it goes on',
    walk: carrierDown,
  }),
  scene('lost', 'lost, sent again', {
    story: 'the carrier loses the parcel; it is sent again; then the lost one turns up',
    walk: fates.lost,
    end: { parcels: 2, left: 8 },
  }),
  scene('moved', 'new address after the label', {
    story: 'a new address when the label is on the parcel already',
    walk: fates.moved,
  }),
  scene('twice', 'every webhook twice', {
    story: 'the gateway tells everything twice',
    walk: fates['told-twice'],
  }),
  {
    fate: 'two want the last one',
    story: 'last: two customers want the last one at the same moment',
    orders: ['last-a', 'last-b'].map((id) => ({ id, lines: [line('last', 1)] })),
    shelves: [{ stockItem: 'LONDON~last', quantity: 1 }],
    act: lastOne,
    ends: [
      { state: 'completed', captured: unitPrice, refunded: 0, parcels: 1, left: 0 },
      { state: 'rejected', captured: 0, refunded: 0, parcels: 0, left: 0 },
    ],
  },
  {
    ...scene('timeout', 'no answer from the gateway', {
      story: 'the gateway authorizes, but its answer never comes',
      walk: fates.unanswered,
    }),
    isLong: true,
  },
];

interface Given {
  readonly story: string;
  readonly walk: Fate;
  readonly quantity?: number;
  readonly onHand?: number;
  readonly late?: number;
  readonly end?: Partial<End>;
}

/** One order of one thing. */
function scene(id: string, fate: string, given: Given): Scene {
  const { walk, quantity = 1, onHand = 10, late } = given;
  const stockItem = `LONDON~${id}`;
  return {
    fate,
    story: `${id}: ${given.story}`,
    orders: [{ id, lines: [line(id, quantity)] }],
    shelves: [{ stockItem, quantity: onHand }],
    act: actOf(walk),
    ends: [{ ...usualEnd, ...given.end }],
    ...(late === undefined ? {} : { late: { stockItem, quantity: late } }),
  };
}

function actOf(fate: Fate): Scene['act'] {
  return async ({ shop, orders, restock }) => {
    for (const order of orders) await fate({ shop, order, restock });
  };
}

function line(sku: string, quantity: number): Order['lines'][number] {
  return { sku, quantity, unitPrice };
}

async function carrierDown({ shop, order }: Life): Promise<void> {
  await shop.put('/sandbox/carriers/sandbox', { mode: 'down' });
  await place(shop, order);
  const [fulfillment = ''] = await fulfillmentsIn(shop, order.id);
  await pickAndPack(shop, fulfillment);
  await shop.send(`/fulfillments/${fulfillment}/hand-over`, {}, [409]);
  const shipment = `/shipments/${fulfillment}~s1`;
  await shop.until(shipment, (view) => isIn(view, 'label.manualBooking'));
  await shop.send(`${shipment}/book-manually`, tracked);
  await handOver(shop, fulfillment);
  await shop.put('/sandbox/carriers/sandbox', { mode: 'up' });
  await shop.send('/sandbox/carriers/sandbox/scan', {
    trackingNumber: tracked.trackingNumber,
    status: 'delivered',
  });
  await delivered(shop, order.id);
}

async function lastOne({ shop, orders }: { shop: Shop; orders: readonly Order[] }): Promise<void> {
  await Promise.all(
    orders.map(async (order) => {
      await place(shop, order);
      const view = await shop.until(
        `/orders/${order.id}`,
        (one) => isIn(one, 'active') || isIn(one, 'rejected'),
      );
      if (isIn(view, 'rejected')) return;
      const [fulfillment = ''] = await fulfillmentsIn(shop, order.id);
      await ship(shop, fulfillment);
      await delivered(shop, order.id);
    }),
  );
}
