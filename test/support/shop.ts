/** What a shop needs before it can sell: warehouses that are open, and goods on their shelves. */

/** Posts as somebody who may do everything. */
export type Post = (
  path: string,
  body: unknown,
) => Promise<{ readonly status: number; text(): Promise<string> }>;

export interface Shelf {
  readonly warehouse: string;
  readonly sku: string;
  readonly quantity: number;
}

export const warehouses: Readonly<Record<string, object>> = {
  W1: { country: 'GB', location: { lat: 51.5, lon: -0.1 } },
  W2: { country: 'DE', location: { lat: 52.5, lon: 13.4 } },
};

/** Teapots only in W1, cups only in W2: whoever orders both gets two parcels. */
export const shelves: readonly Shelf[] = [
  { warehouse: 'W1', sku: 'TEAPOT', quantity: 1_000_000 },
  { warehouse: 'W2', sku: 'CUP', quantity: 1_000_000 },
];

/** May be asked again: what is open stays open, and a receipt counts once. */
export async function openShop(
  post: Post,
  stock: readonly Shelf[] = shelves,
  capacity = 5_000,
): Promise<void> {
  for (const id of new Set(stock.map(({ warehouse }) => warehouse))) {
    const body = { id, ...(warehouses[id] ?? warehouses.W1), capacity };
    await expectStatus(post, { path: '/warehouses', body, statuses: [201, 409] });
  }
  for (const { warehouse, sku, quantity } of stock) {
    const path = `/stock-items/${warehouse}~${sku}/receive`;
    const body = { quantity, receiptId: 'opening' };
    await expectStatus(post, { path, body, statuses: [200, 201] });
  }
}

interface Call {
  readonly path: string;
  readonly body: unknown;
  readonly statuses: readonly number[];
}

async function expectStatus(post: Post, { path, body, statuses }: Call): Promise<void> {
  const response = await post(path, body);
  const text = await response.text();
  if (!statuses.includes(response.status)) throw new Error(`${path}: ${response.status} ${text}`);
}
