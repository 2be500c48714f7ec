/** The traffic that is measured, over HTTP: one request after the other on each connection. */
import { open, type Answer, type ClientKind, type Connection } from './client.ts';
import { changeOf, draftOf, fulfil, isDone, orderOf, receipt, skus, steps, warehouse } from './orders.ts';
import type { Desk } from './orders.ts';

export interface Measured {
  readonly requests: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly ordersPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The same per command, in the order of the traffic. */
  readonly perCommand: readonly { command: string; p50Ms: number; p99Ms: number }[];
  /** Steps that had to be asked for again, since the order was not so far yet. */
  readonly early: number;
}

export interface Traffic {
  readonly url: string;
  readonly token: string;
  readonly client: ClientKind;
  readonly connections: number;
  readonly orders: number;
  readonly prefix: string;
  /** `drafts`: one turn a request. `orders`: with stock, payment, label and all messages in between. */
  readonly kind: 'drafts' | 'orders';
}

interface Clerk {
  readonly connection: Connection;
  /** By command, ms. */
  readonly latencies: Map<string, number[]>;
  readonly counts: { next: number; early: number };
}

/** A warehouse, and all goods on its shelves. */
export async function openShop({ url, token }: Pick<Traffic, 'url' | 'token'>): Promise<void> {
  const connection = open('fetch', url, token);
  const post = async (path: string, body: object): Promise<void> => {
    const { status, body: text } = await connection.request('POST', path, JSON.stringify(body));
    if (status > 299 && status !== 409) throw new Error(`${path}: ${status} ${text}`);
  };
  await post('/warehouses', warehouse);
  for (const sku of skus) await post(`/stock-items/W1~${sku}/receive`, receipt);
  connection.close();
}

/** `orders` orders over `connections` connections, each with one request under way. */
export async function runShop(traffic: Traffic): Promise<Measured> {
  const latencies = new Map<string, number[]>();
  const counts = { next: 0, early: 0 };
  const start = performance.now();
  await Promise.all(
    Array.from({ length: traffic.connections }, async () => {
      const connection = open(traffic.client, traffic.url, traffic.token);
      const clerk = { connection, latencies, counts };
      await (traffic.kind === 'drafts' ? drafts(traffic, clerk) : fullOrders(traffic, clerk));
      connection.close();
    }),
  );
  const seconds = (performance.now() - start) / 1_000;
  const all = percentiles([...latencies.values()].flat());
  const requests = [...latencies.values()].reduce((sum, { length }) => sum + length, 0);
  const perCommand = [...latencies].map(([command, values]) => ({ command, ...percentiles(values) }));
  const ordersPerSecond = traffic.orders / seconds;
  return {
    ...{ requests, seconds, perSecond: requests / seconds, ordersPerSecond, ...all, perCommand },
    early: counts.early,
  };
}

function percentiles(latencies: readonly number[]): { p50Ms: number; p99Ms: number } {
  const sorted = latencies.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** Throws for what is neither done nor too early. */
async function send(
  { connection, latencies }: Clerk,
  command: string,
  given: { method?: string; path: string; body?: object },
): Promise<Answer> {
  const { method = 'POST', path, body } = given;
  const start = performance.now();
  const answer = await connection.request(method, path, body && JSON.stringify(body));
  if (answer.status < 300) {
    const known = latencies.get(command);
    if (known === undefined) latencies.set(command, [performance.now() - start]);
    else known.push(performance.now() - start);
  } else if (answer.status !== 404 && answer.status !== 409) {
    throw new Error(`${path}: ${answer.status} ${answer.body}`);
  }
  return answer;
}

/** A draft, five changes of its address, and its end. */
async function drafts({ orders, prefix }: Traffic, clerk: Clerk): Promise<void> {
  const post = (command: string, path: string, body: object) => send(clerk, command, { path, body });
  for (let number = clerk.counts.next++; number < orders; number = clerk.counts.next++) {
    const id = `${prefix}${number}`;
    await post('create', '/orders', draftOf(id));
    for (let change = 1; change <= 5; change++) {
      await post('change-address', `/orders/${id}/change-address`, changeOf(change));
    }
    await post('cancel', `/orders/${id}/cancel`, {});
  }
}

function fullOrders({ orders, prefix }: Traffic, clerk: Clerk): Promise<void> {
  const { counts } = clerk;
  const desk: Desk = {
    async create(id) {
      const number = Number(id.slice(prefix.length));
      await send(clerk, 'create', { path: '/orders', body: orderOf(id, skus[number % skus.length]) });
    },
    async step(fulfillment, command, body) {
      const { status } = await send(clerk, command, {
        path: `/fulfillments/${fulfillment}/${command}`,
        body,
      });
      if (status >= 300) counts.early += 1;
      return status < 300;
    },
    async deliver(shipment) {
      const { body } = await send(clerk, 'read', { method: 'GET', path: `/shipments/${shipment}` });
      const { context } = JSON.parse(body) as { context?: { trackingNumber: string } };
      const scan = { trackingNumber: context?.trackingNumber, status: 'delivered' };
      await send(clerk, 'scan', { path: '/sandbox/carriers/sandbox/scan', body: scan });
    },
    async isDone(order) {
      const { body } = await clerk.connection.request('GET', `/orders/${order}`);
      return isDone(JSON.parse(body) as object);
    },
  };
  return fulfil(desk, () => {
    const number = counts.next++;
    return number < orders ? `${prefix}${number}` : undefined;
  });
}

/** Requests of a full order: its creation, the steps, a look at the label, a scan. */
export const requestsEach = 1 + steps.length + 2;
