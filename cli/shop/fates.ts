/** What can become of an order, from its placing to its end: each fate is walked by the people it needs. */
import { duplicatesIn, fulfillmentsOf, incidentsOf, isIn, numberIn, type View } from './views.ts';
import {
  delivered,
  fulfillmentsIn,
  handOver,
  homes,
  orderIn,
  pack,
  pickAndPack,
  place,
  scan,
  ship,
  startPick,
  type Order,
  type Shop,
} from './steps.ts';

export interface Life {
  readonly shop: Shop;
  readonly order: Order;
  /** Brings in what a fate has waited for; left out where the shelves are full. */
  readonly restock?: () => Promise<void>;
}

/** Rejects where it goes another way. */
export type Fate = (life: Life) => Promise<void>;

/** Delivered; then a picker tries to start once more, and is refused. */
async function happy({ shop, order }: Life): Promise<void> {
  const fulfillment = await placed(shop, order);
  await ship(shop, fulfillment);
  await delivered(shop, order.id);
  await shop.send(`/fulfillments/${fulfillment}/start-pick`, {}, [409]);
}

/** Two warehouses ship one parcel each. */
async function split({ shop, order }: Life): Promise<void> {
  await place(shop, order);
  const [first = '', second = ''] = await fulfillmentsIn(shop, order.id, 2);
  await ship(shop, first);
  await orderIn(shop, order.id, 'active.execution.partiallyDelivered');
  await ship(shop, second);
  await delivered(shop, order.id);
}

/** The card is declined; the customer pays with another one. */
async function declined({ shop, order }: Life): Promise<void> {
  await place(shop, { ...order, method: 'decline' });
  await orderIn(shop, order.id, 'awaitingPayment');
  await shop.send(`/orders/${order.id}/pay`, { method: 'ok' });
  await shipOne(shop, order.id);
}

/** The gateway does not answer, though it has authorized: nobody is charged twice. */
async function unanswered({ shop, order }: Life): Promise<void> {
  await place(shop, { ...order, method: 'timeout-succeeds' });
  await shop.until(
    `/payments/${order.id}~p1`,
    (view) => isIn(view, 'authorization.unknown') || isIn(view, 'authorization.authorized'),
  );
  await shipOne(shop, order.id);
}

/** The gateway tells everything twice; the second time counts for nothing. */
async function toldTwice({ shop, order }: Life): Promise<void> {
  await place(shop, { ...order, method: 'webhook-twice' });
  await shipOne(shop, order.id);
  await shop.until(`/payments/${order.id}~p1`, (view) => duplicatesIn(view) > 0);
}

/** The customer cancels while somebody picks. */
async function cancelled({ shop, order }: Life): Promise<void> {
  const fulfillment = await placed(shop, order);
  await startPick(shop, fulfillment);
  await shop.send(`/orders/${order.id}/cancel`, { reason: 'found it cheaper' });
  await orderIn(shop, order.id, 'cancelled');
}

/** One is missing on the shelf; the customer waits for it and gets it in a second parcel. */
async function short({ shop, order, restock }: Life): Promise<void> {
  const fulfillment = await placed(shop, order);
  const lines = await startPick(shop, fulfillment);
  const lineId = lines[0]?.lineId ?? 'l1';
  await shop.send(`/fulfillments/${fulfillment}/short-pick`, { lineId, quantity: 1 });
  const found = lines.map((line) =>
    line.lineId === lineId ? { ...line, quantity: line.quantity - 1 } : line,
  );
  await pack(shop, fulfillment, found);
  await orderIn(shop, order.id, 'active.supply.short');
  await shop.send(`/orders/${order.id}/resolve-short`, { lineId, quantity: 1, by: 'backorder' });
  await handOver(shop, fulfillment);
  await restock?.();
  const rest = await replacementsFor(fulfillment, { shop, order });
  await scan(shop, fulfillment, 'delivered');
  for (const each of rest) await ship(shop, each);
  await delivered(shop, order.id);
}

/** The carrier loses the parcel; it is sent again; then the lost one turns up too. */
async function lost({ shop, order }: Life): Promise<void> {
  const fulfillment = await placed(shop, order);
  await pickAndPack(shop, fulfillment);
  await handOver(shop, fulfillment);
  await scan(shop, fulfillment, 'lost');
  await shop.until(`/orders/${order.id}`, (view) =>
    fulfillmentsOf(view).some(({ state }) => state === 'lost'),
  );
  const shipmentId = `${fulfillment}~s1`;
  await shop.send(`/orders/${order.id}/resolve-parcel`, { shipmentId, by: 'reship' });
  const rest = await replacementsFor(fulfillment, { shop, order });
  await scan(shop, fulfillment, 'delivered');
  await shop.until(`/orders/${order.id}`, (view) => incidentsOf(view).length > 0);
  for (const each of rest) await ship(shop, each);
  await delivered(shop, order.id);
}

/** A new address when the label is on the parcel already: it gets another label. */
async function moved({ shop, order }: Life): Promise<void> {
  const fulfillment = await placed(shop, order);
  await pickAndPack(shop, fulfillment);
  const path = `/fulfillments/${fulfillment}`;
  await shop.until(path, (view) => isIn(view, 'progress.readyToShip'));
  await shop.send(`/orders/${order.id}/change-address`, { shipTo: homes.elsewhere });
  await shop.until(path, (view) => numberIn(view, 'addressRevision') === 2);
  await handOver(shop, fulfillment);
  await scan(shop, fulfillment, 'delivered');
  await delivered(shop, order.id);
}

/** No warehouse has it: no payment is tried. */
async function unavailable({ shop, order }: Life): Promise<void> {
  await place(shop, order);
  await orderIn(shop, order.id, 'rejected');
}

export const fates = {
  ...{ happy, split, declined, unanswered, 'told-twice': toldTwice },
  ...{ cancelled, short, lost, moved, unavailable },
} satisfies Record<string, Fate>;
export type FateName = keyof typeof fates;

async function placed(shop: Shop, order: Order): Promise<string> {
  await place(shop, order);
  const [fulfillment = ''] = await fulfillmentsIn(shop, order.id);
  return fulfillment;
}

async function shipOne(shop: Shop, id: string): Promise<void> {
  const [fulfillment = ''] = await fulfillmentsIn(shop, id);
  await ship(shop, fulfillment);
  await delivered(shop, id);
}

/** What ships instead of something short or lost: a line each, once its goods are there. */
async function replacementsFor(first: string, { shop, order }: Life): Promise<readonly string[]> {
  const openIn = (view: View): string[] =>
    fulfillmentsOf(view)
      .filter(({ id, state }) => id !== first && state === 'open')
      .map((each) => each.id);
  const supplied = await shop.until(
    `/orders/${order.id}`,
    (view) => isIn(view, 'active.supply.supplied') && openIn(view).length > 0,
  );
  return openIn(supplied);
}
