/** Full orders, as a shop works on them: several under way at once, each as far as the others have come. */
import { setTimeout as delay } from 'node:timers/promises';

export interface Desk {
  create(id: string): Promise<void>;
  /** A step of the warehouse; false: the order is not so far yet. */
  step(fulfillment: string, command: string, body: object): Promise<boolean>;
  /** The carrier tells that the customer has it. */
  deliver(shipment: string): Promise<void>;
  /** Delivered, and all of it captured. Throws if it has ended in another way. */
  isDone(order: string): Promise<boolean>;
}

/** Of the warehouse, with their payloads. */
export const steps = [
  ['start-pick', {}],
  ['finish-pick', { lines: [{ lineId: 'l1', quantity: 2 }] }],
  ['start-pack', {}],
  ['finish-pack', {}],
  ['hand-over', {}],
] as const;

export const shipTo = {
  name: 'Ada Lovelace',
  line1: '12 St James Square',
  city: 'London',
  postalCode: 'SW1Y 4LB',
  country: 'GB',
};

/** The order, its fulfillment, payment, shipment and tracking number. */
export const actorsEach = 5;
export const skus = Array.from({ length: 50 }, (_, number) => `SKU-${number}`);
export const warehouse = {
  ...{ id: 'W1', country: 'GB', location: { lat: 51.5, lon: -0.1 }, capacity: 5_000 },
};
/** More than anything here orders. */
export const receipt = { quantity: 1_000_000, receiptId: 'opening' };

export function orderOf(id: string, sku = 'SKU-0') {
  return {
    ...{ id, customerId: 'c-1', currency: 'EUR', shipTo },
    lines: [{ lineId: 'l1', sku, quantity: 2, unitPrice: 1_999 }],
    payment: { gateway: 'sandbox', method: 'ok' },
  };
}

export const draftOf = (id: string): object => ({ ...orderOf(id), draft: true });

/** An address that differs from the one before. */
export const changeOf = (change: number): object => ({
  shipTo: { ...shipTo, line1: `${change} St James Square` },
});

/** Where there is nothing else to do than to wait. */
const pauseMs = 5;
/** After so many pauses in a row somebody looks what has become of the oldest order. */
const pausesMax = 400;
/** Of one caller. All that are under way reserve goods, and a stock item has room for so many reservations. */
const underWayMax = 2;

interface UnderWay {
  readonly id: string;
  taken: number;
}

/** Takes orders until there are no more, and resolves when they are done. */
export async function fulfil(desk: Desk, next: () => string | undefined): Promise<void> {
  let underWay: UnderWay[] = [];
  let last: string | undefined;
  let pauses = 0;
  for (let isLast = false; !isLast || underWay.length > 0;) {
    const isFull = underWay.length >= underWayMax;
    const id = isFull ? undefined : next();
    isLast = !isFull && id === undefined;
    if (id !== undefined) {
      await desk.create(id);
      underWay.push({ id, taken: 0 });
      last = id;
    }
    const waiting = await goOnWith(desk, underWay);
    pauses = waiting.length < underWay.length ? 0 : pauses + 1;
    underWay = waiting;
    if (pauses % pausesMax === pausesMax - 1) await lookAtOldest(desk, underWay);
    if (id === undefined) await delay(pauseMs);
  }
  if (last !== undefined) await settled(desk, last);
}

async function settled(desk: Desk, order: string): Promise<void> {
  while (!(await desk.isDone(order))) await delay(pauseMs);
}

/** Throws if it will never get to its end. */
async function lookAtOldest(desk: Desk, [oldest]: readonly UnderWay[]): Promise<void> {
  if (oldest !== undefined) await desk.isDone(oldest.id);
}

/** Those that are not at their end. */
async function goOnWith(desk: Desk, underWay: readonly UnderWay[]): Promise<UnderWay[]> {
  const waiting: UnderWay[] = [];
  for (const order of underWay) if (!(await goOn(desk, order))) waiting.push(order);
  return waiting;
}

/** As far as it can go; true when the parcel is with the customer. */
async function goOn(desk: Desk, order: UnderWay): Promise<boolean> {
  const fulfillment = `${order.id}~f1`;
  for (const [command, body] of steps.slice(order.taken)) {
    if (!(await desk.step(fulfillment, command, body))) return false;
    order.taken += 1;
  }
  await desk.deliver(`${fulfillment}~s1`);
  return true;
}

interface Shown {
  readonly id?: string;
  readonly status?: string;
  readonly states?: readonly string[];
}

/** Whether an order's view says so; what is no view at all has nothing to wait for. */
export function isDone({ id = 'an order', status, states }: Shown): boolean {
  if (states === undefined) return true;
  const isSo = ['active.execution.delivered', 'active.money.captured'].every((state) =>
    states.includes(state),
  );
  if (!isSo && status === 'done') throw new Error(`${id} has ended as ${states.join(', ')}`);
  return isSo;
}
