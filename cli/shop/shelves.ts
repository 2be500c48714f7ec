/** The warehouses of a busy shop, and what lies in them: goods are received again before they run out. */
import { setTimeout as delay } from 'node:timers/promises';
import type { FateName } from './fates.ts';
import type { ShopRandom } from './random.ts';
import { openWarehouse, receive, type OrderLine, type Shop } from './steps.ts';
import { numberIn } from './views.ts';

const warehouses = [
  { id: 'SHOP-LONDON', country: 'GB', location: { lat: 51.5, lon: -0.1 }, capacity: 5_000 },
  { id: 'SHOP-BERLIN', country: 'DE', location: { lat: 52.5, lon: 13.4 }, capacity: 5_000 },
];
/** Each lies in one warehouse only, so that whoever orders both kinds gets two parcels. */
const goods = {
  near: ['SHOP-TEAPOT', 'SHOP-CUP', 'SHOP-TRAY', 'SHOP-KETTLE'],
  far: ['SHOP-SPOON', 'SHOP-SUGAR'],
};
const shelves = [
  ...goods.near.map((sku) => `SHOP-LONDON~${sku}`),
  ...goods.far.map((sku) => `SHOP-BERLIN~${sku}`),
];
const lookMs = 2_000;

/** At least so many of everything at the start; twice as many are received where it is less. */
export async function openShelves(shop: Shop, low: number): Promise<void> {
  for (const warehouse of warehouses) await openWarehouse(shop, warehouse);
  for (const stockItem of shelves) await receive(shop, stockItem, 2 * low);
}

/** Until it is told to end. */
export async function keepFull(shop: Shop, low: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    for (const stockItem of shelves) {
      const item = await shop.until(`/stock-items/${stockItem}`, () => true);
      if (numberIn(item, 'available') < low) await receive(shop, stockItem, 2 * low);
    }
    await delay(lookMs, undefined, { signal });
  }
}

/** What a customer with this fate orders. */
export function linesFor(fate: FateName, random: ShopRandom): OrderLine[] {
  if (fate === 'unavailable') return [lineOf('SHOP-UNICORN', 1)];
  if (fate === 'split') return [near(random), lineOf(pick(goods.far, random), 1 + random.below(2))];
  if (fate === 'short') return [{ ...near(random), quantity: 2 + random.below(2) }];
  const first = near(random);
  const second = near(random);
  return first.sku === second.sku || random.next() < 0.5 ? [first] : [first, second];
}

function near(random: ShopRandom): OrderLine {
  return lineOf(pick(goods.near, random), 1 + random.below(3));
}

function lineOf(sku: string, quantity: number): OrderLine {
  return { sku, quantity, unitPrice: 500 + 100 * sku.length };
}

function pick(items: readonly string[], random: ShopRandom): string {
  return items[random.below(items.length)] ?? '';
}
