/** What people in a shop do, step by step: customers order, pickers pick, packers pack, carriers carry. */
import { randomUUID } from 'node:crypto';
import { assignedLines, fulfillmentsOf, isIn, textIn, type View } from './views.ts';

/** The hands of whoever walks an order through its life. */
export interface Shop {
  /** Rejects with `Unexpected` unless the status is one of `expected` (200). The view after it, if there is one. */
  send(path: string, body?: unknown, expected?: readonly number[]): Promise<View | undefined>;
  put(path: string, body: unknown): Promise<void>;
  /** The view, once it is so. Rejects with `Unexpected` where it takes too long. */
  until(path: string, isSo: (view: View) => boolean): Promise<View>;
}

/** Something that nobody meant to happen. */
export class Unexpected extends Error {
  override readonly name = 'Unexpected';
}

export interface OrderLine {
  readonly sku: string;
  readonly quantity: number;
  readonly unitPrice: number;
}

export interface Order {
  readonly id: string;
  readonly lines: readonly OrderLine[];
  /** Of the sandbox gateway. */
  readonly method?: string;
  readonly customerId?: string;
}

export const homes = {
  ada: {
    name: 'Ada Lovelace',
    line1: '12 St James Square',
    city: 'London',
    postalCode: 'SW1Y 4LB',
    country: 'GB',
  },
  elsewhere: {
    name: 'Ada Lovelace',
    line1: '6 Royal Terrace',
    city: 'Edinburgh',
    postalCode: 'EH7 5AB',
    country: 'GB',
  },
};

export async function openWarehouse(
  shop: Shop,
  warehouse: { id: string; country: string; location: { lat: number; lon: number }; capacity: number },
): Promise<void> {
  // It may be open from an earlier time.
  await shop.send('/warehouses', warehouse, [201, 409]);
}

export async function receive(shop: Shop, stockItem: string, quantity: number): Promise<void> {
  const receipt = { quantity, receiptId: randomUUID() };
  await shop.send(`/stock-items/${stockItem}/receive`, receipt, [200, 201]);
}

export async function place(shop: Shop, order: Order): Promise<void> {
  const { id, lines, method = 'ok', customerId = 'ada' } = order;
  const payment = { gateway: 'sandbox', method };
  await shop.send('/orders', { id, customerId, currency: 'EUR', shipTo: homes.ada, lines, payment }, [201]);
}

export function orderIn(shop: Shop, id: string, ...states: readonly string[]): Promise<View> {
  return shop.until(`/orders/${id}`, (order) => states.every((state) => isIn(order, state)));
}

/** Its fulfillments, once it is active and there are so many. */
export async function fulfillmentsIn(shop: Shop, id: string, count = 1): Promise<readonly string[]> {
  const order = await shop.until(
    `/orders/${id}`,
    (view) => isIn(view, 'active') && fulfillmentsOf(view).length >= count,
  );
  return fulfillmentsOf(order).map((each) => each.id);
}

export async function startPick(shop: Shop, fulfillment: string): Promise<readonly Line[]> {
  const path = `/fulfillments/${fulfillment}`;
  await shop.until(path, (view) => isIn(view, 'progress.planned'));
  const picking = await shop.send(`${path}/start-pick`);
  return picking === undefined ? [] : assignedLines(picking);
}

type Line = ReturnType<typeof assignedLines>[number];

export async function pack(shop: Shop, fulfillment: string, lines: readonly Line[]): Promise<void> {
  const path = `/fulfillments/${fulfillment}`;
  await shop.send(`${path}/finish-pick`, { lines });
  await shop.send(`${path}/start-pack`);
  await shop.send(`${path}/finish-pack`);
}

/** Picked and packed in full. */
export async function pickAndPack(shop: Shop, fulfillment: string): Promise<void> {
  await pack(shop, fulfillment, await startPick(shop, fulfillment));
}

export async function handOver(shop: Shop, fulfillment: string): Promise<void> {
  const path = `/fulfillments/${fulfillment}`;
  await shop.until(path, (view) => isIn(view, 'progress.readyToShip'));
  await shop.send(`${path}/hand-over`);
}

/** The carrier sees the parcel; Waybill hears of it by webhook. */
export async function scan(shop: Shop, fulfillment: string, status: string): Promise<void> {
  const shipment = await shop.until(`/shipments/${fulfillment}~s1`, (view) => isIn(view, 'label.booked'));
  const trackingNumber = textIn(shipment, 'trackingNumber');
  await shop.send('/sandbox/carriers/sandbox/scan', { trackingNumber, status });
}

/** From the shelf to the customer. */
export async function ship(shop: Shop, fulfillment: string): Promise<void> {
  await pickAndPack(shop, fulfillment);
  await handOver(shop, fulfillment);
  await scan(shop, fulfillment, 'delivered');
}

/** The customer has all of it, and all of it is paid for. */
export function delivered(shop: Shop, id: string): Promise<View> {
  return shop.until(
    `/orders/${id}`,
    (order) =>
      isIn(order, 'completed') ||
      (isIn(order, 'active.execution.delivered') && isIn(order, 'active.money.captured')),
  );
}
