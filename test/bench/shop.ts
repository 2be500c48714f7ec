/** The traffic that is measured: orders from creation to delivery, one request after the other on each connection. */
import { open, type ClientKind, type Connection } from './client.ts';

export interface Measured {
  readonly requests: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The same per command, in the order of the traffic. */
  readonly perCommand: readonly { command: string; p50Ms: number; p99Ms: number }[];
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

/** The six commands of a delivery. */
export const commands = [
  ['start-pick', '{}'],
  ['finish-pick', JSON.stringify({ lines: [{ lineId: 'l1', quantity: 2 }] })],
  ['start-pack', '{}'],
  ['finish-pack', '{}'],
  ['hand-over', '{}'],
  ['deliver', '{}'],
] as const;

export interface Traffic {
  readonly url: string;
  readonly token: string;
  readonly client: ClientKind;
  readonly connections: number;
  readonly orders: number;
  readonly prefix: string;
  /** `drafts`: one turn a request. `deliveries`: with the messages between order and fulfillment, 11 turns for 7 requests. */
  readonly kind: 'drafts' | 'deliveries';
}

interface Clerk {
  readonly connection: Connection;
  /** By command, ms. */
  readonly latencies: Map<string, number[]>;
  readonly counts: { next: number; early: number };
}

/** `orders` orders over `connections` connections, each with one request under way. */
export async function runShop(traffic: Traffic): Promise<Measured> {
  const latencies = new Map<string, number[]>();
  const counts = { next: 0, early: 0 };
  const start = performance.now();
  const serve = traffic.kind === 'drafts' ? drafts : deliveries;
  await Promise.all(
    Array.from({ length: traffic.connections }, async () => {
      const connection = open(traffic.client, traffic.url, traffic.token);
      await serve(traffic, { connection, latencies, counts });
      connection.close();
    }),
  );
  const seconds = (performance.now() - start) / 1_000;
  const all = percentiles([...latencies.values()].flat());
  const requests = [...latencies.values()].reduce((sum, { length }) => sum + length, 0);
  const perCommand = [...latencies].map(([command, values]) => ({ command, ...percentiles(values) }));
  return { requests, seconds, perSecond: requests / seconds, ...all, perCommand, early: counts.early };
}

function percentiles(latencies: readonly number[]): { p50Ms: number; p99Ms: number } {
  const sorted = latencies.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

async function send(clerk: Clerk, path: string, body: string): Promise<void> {
  for (;;) {
    const start = performance.now();
    const { status, body: text } = await clerk.connection.request('POST', path, body);
    if (status < 300) {
      const command = path === '/orders' ? 'create' : path.slice(path.lastIndexOf('/') + 1);
      const known = clerk.latencies.get(command);
      if (known === undefined) clerk.latencies.set(command, [performance.now() - start]);
      else known.push(performance.now() - start);
      return;
    }
    if (status !== 404) throw new Error(`${path}: ${status} ${text}`);
    clerk.counts.early += 1;
  }
}

/** A draft, five changes of its address, and its end. */
async function drafts({ orders, prefix }: Traffic, clerk: Clerk): Promise<void> {
  for (let number = clerk.counts.next++; number < orders; number = clerk.counts.next++) {
    const id = `${prefix}${number}`;
    const order = JSON.parse(orderBody(id)) as { shipTo: object };
    await send(clerk, '/orders', JSON.stringify({ ...order, draft: true }));
    for (let change = 1; change <= 5; change++) {
      const shipTo = { ...order.shipTo, line1: `${change} St James Square` };
      await send(clerk, `/orders/${id}/change-address`, JSON.stringify({ shipTo }));
    }
    await send(clerk, `/orders/${id}/cancel`, '{}');
  }
}

/**
 * From creation to delivery. Each connection creates its next order before it works on the one before, as a
 * shop does: the fulfillment of an order comes into being a moment after it.
 */
async function deliveries({ orders, prefix }: Traffic, clerk: Clerk): Promise<void> {
  let before: string | undefined;
  for (;;) {
    const number = clerk.counts.next++;
    const id = number < orders ? `${prefix}${number}` : undefined;
    if (id !== undefined) await send(clerk, '/orders', orderBody(id));
    if (before !== undefined) {
      for (const [command, body] of commands)
        await send(clerk, `/fulfillments/${before}~f1/${command}`, body);
    }
    if (id === undefined) return;
    before = id;
  }
}
