/** Steps that many scenarios take. */
import type { Step } from './scenario.ts';
import type { Line, Shelves, Shop } from './shop.ts';

export function open(shelves: Shelves): Step {
  return ['the warehouses open', (shop) => shop.open(shelves)];
}

export function order(lines: readonly Line[], method?: string): Step {
  return ['the customer orders', (shop) => shop.place(lines, method === undefined ? {} : { method })];
}

/** By line, how many are in the tote. */
export type Picked = Readonly<Record<string, number>>;

export function startPick(name: string): Step {
  return [
    `${name}: a picker starts`,
    async (shop) => {
      await shop.at(shop.fulfillment(name), 'progress.planned');
      await shop.post(`${shop.fulfillment(name)}/start-pick`);
    },
  ];
}

export function finishPick(name: string, picked: Picked): Step {
  const lines = Object.entries(picked).map(([lineId, quantity]) => ({ lineId, quantity }));
  return [
    `${name}: everything is in the tote`,
    (shop) => shop.post(`${shop.fulfillment(name)}/finish-pick`, { lines }),
  ];
}

export function pack(name: string): readonly Step[] {
  return [
    [`${name}: a packer starts`, (shop) => shop.post(`${shop.fulfillment(name)}/start-pack`)],
    [`${name}: the parcel is closed`, (shop) => shop.post(`${shop.fulfillment(name)}/finish-pack`)],
  ];
}

export function pickAndPack(name: string, picked: Picked): readonly Step[] {
  return [startPick(name), finishPick(name, picked), ...pack(name)];
}

/** The same at one go, for scenarios that are not about it. */
export function pickedAndPacked(name: string, picked: Picked): Step {
  return [
    `${name}: it is picked and packed`,
    async (shop) => {
      for (const [, run] of pickAndPack(name, picked)) await run(shop);
    },
  ];
}

export function handOver(name: string): Step {
  return [`${name}: the carrier takes it`, (shop) => handedOver(shop, name)];
}

export async function handedOver(shop: Shop, name: string): Promise<void> {
  await shop.at(shop.fulfillment(name), 'progress.readyToShip');
  await shop.post(`${shop.fulfillment(name)}/hand-over`);
}

/** The parcel is seen, and its shipment has heard of it. */
export function scan(name: string, status: string): Step {
  return [`${name}: the carrier says ${status}`, (shop) => scanned(shop, name, status)];
}

export async function scanned(shop: Shop, name: string, status: string): Promise<void> {
  const path = shop.shipment(`${name}~s1`);
  const trackingNumber = await shop.until(
    async () => (await shop.get(path))?.context['trackingNumber'] ?? undefined,
    () => `${path} has a number`,
  );
  const sent = { trackingNumber, status };
  const { eventId } = (await shop.post('/sandbox/carriers/sandbox/scan', sent)) as { eventId: string };
  await shop.until(
    async () => (await shop.get(path))?.context.scans.find((each) => each.eventId === eventId),
    () => `${path} has heard of ${eventId}`,
  );
}

export function orderIs(...states: string[]): Step {
  return [`the order is ${states.join(', ')}`, (shop) => shop.at(shop.order(), ...states)];
}
