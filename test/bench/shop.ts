/** The traffic that is measured: orders from creation to delivery, one request after the other on each connection. */
import { Connection } from './client.ts';

export interface Measured {
  readonly requests: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Requests that had to be sent again since the fulfillment was not there yet. */
  readonly early: number;
}

export function orderBody(id: string): string {
  return JSON.stringify({
    id,
    customerId: 'c-1',
    currency: 'EUR',
    shipTo: {
      name: 'Ada Lovelace',
      line1: '12 St James Square',
      city: 'London',
      postalCode: 'SW1Y 4LB',
      country: 'GB',
    },
    lines: [{ lineId: 'l1', sku: 'SKU-A', quantity: 2, unitPrice: 1_999 }],
    payment: { gateway: 'sandbox', method: 'ok' },
  });
}

/** The six commands after the creation. */
export const commands = [
  ['start-pick', '{}'],
  ['finish-pick', JSON.stringify({ lines: [{ lineId: 'l1', quantity: 2 }] })],
  ['start-pack', '{}'],
  ['finish-pack', '{}'],
  ['hand-over', '{}'],
  ['deliver', '{}'],
] as const;

/**
 * `orders` orders over `connections` connections. Each connection creates its next order before it works on
 * the one before, as a shop does: the fulfillment of an order comes into being a moment after it.
 */
export async function runShop(given: {
  url: string;
  token: string;
  connections: number;
  orders: number;
  prefix: string;
}): Promise<Measured> {
  const latencies: number[] = [];
  const counts = { next: 0, early: 0 };
  const start = performance.now();
  await Promise.all(Array.from({ length: given.connections }, () => clerk(given, { latencies, counts })));
  const seconds = (performance.now() - start) / 1_000;
  latencies.sort((one, other) => one - other);
  const at = (share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  const requests = latencies.length;
  return {
    requests,
    seconds,
    perSecond: requests / seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    early: counts.early,
  };
}

async function clerk(
  given: { url: string; token: string; orders: number; prefix: string },
  { latencies, counts }: { latencies: number[]; counts: { next: number; early: number } },
): Promise<void> {
  const connection = new Connection(given.url, given.token);
  async function send(path: string, body: string): Promise<void> {
    for (;;) {
      const start = performance.now();
      const { status, body: text } = await connection.request('POST', path, body);
      if (status < 300) {
        latencies.push(performance.now() - start);
        return;
      }
      if (status !== 404) throw new Error(`${path}: ${status} ${text}`);
      counts.early += 1;
    }
  }
  let before: string | undefined;
  for (;;) {
    const number = counts.next++;
    const id = number < given.orders ? `${given.prefix}${number}` : undefined;
    if (id !== undefined) await send('/orders', orderBody(id));
    if (before !== undefined)
      for (const [command, body] of commands) await send(`/fulfillments/${before}~f1/${command}`, body);
    if (id === undefined) break;
    before = id;
  }
  connection.close();
}
