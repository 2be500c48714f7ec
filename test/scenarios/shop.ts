/** One scenario's own corner of a world: a region, warehouses and orders that nobody else uses. */
import type { World } from './world.ts';

/** An actor as its route shows it; a scenario reads what it expects. */
export interface Seen {
  readonly id: string;
  readonly version: number;
  readonly state: unknown;
  readonly states: readonly string[];
  readonly context: Fields;
  readonly timers: readonly { readonly event: string; readonly at: string }[];
}

export interface Fields {
  readonly [field: string]: unknown;
  readonly lines: readonly ({ readonly lineId: string } & Readonly<Record<string, number>>)[];
  readonly fulfillments: readonly { readonly id: string; readonly shipmentId: string | null }[];
  readonly payments: readonly { readonly id: string }[];
  readonly operations: readonly { readonly key: string; readonly state: string }[];
  readonly scans: readonly { readonly eventId: string }[];
  readonly surplus: readonly unknown[];
  readonly webhooks: { readonly taken: number; readonly duplicates: number; readonly stale: number };
  readonly incidents: readonly string[];
}

/** What the world outside saw. */
export interface Ledger {
  readonly payments: {
    readonly authorizations: readonly {
      readonly paymentId: string;
      readonly orderId: string;
      readonly state: string;
      readonly captures: number;
      readonly captured: number;
      readonly refunded: number;
    }[];
    readonly operations: readonly {
      readonly key: string;
      readonly orderId: string;
      readonly calls: number;
      readonly result: { readonly outcome: string } | null;
    }[];
  };
  readonly carriers: {
    readonly sandbox: {
      readonly labels: readonly {
        readonly booking: string;
        readonly trackingNumber: string;
        readonly isVoid: boolean;
        readonly calls: number;
      }[];
    };
  };
}

export interface Line {
  readonly sku: string;
  readonly quantity: number;
}

/** By warehouse: how many of each article lie there, and how many slots it has (100 unless given). */
export type Shelves = Readonly<
  Record<string, { readonly slots?: number } & Readonly<Record<string, number>>>
>;

export const unitPrice = 1_000;

export interface Shop extends World {
  /** The same for every run of a scenario; ids end with it. */
  readonly tag: string;
  /** `W1` → `W1-s01`; names that are derived from it keep it. */
  id(name: string): string;
  /** Names as the scenario gave them, anywhere in a value. */
  plain<Value>(value: Value): Value;
  open(shelves: Shelves): Promise<void>;
  place(
    lines: readonly Line[],
    more?: { readonly name?: string; readonly method?: string; readonly region?: string },
  ): Promise<void>;
  /** Throws unless it is taken. */
  post(path: string, body?: unknown): Promise<unknown>;
  put(path: string, body: unknown): Promise<void>;
  /** The status of the answer. */
  tryPost(path: string, body?: unknown): Promise<number>;
  get(path: string): Promise<Seen | undefined>;
  ledger(): Promise<Ledger>;
  /** Waits until the actor is in all these states. */
  at(path: string, ...states: string[]): Promise<Seen>;
  /** `f1` → its path; of the order `o`. */
  order(name?: string): string;
  fulfillment(name: string, order?: string): string;
  shipment(name: string): string;
  payment(name: string): string;
  stock(warehouse: string, sku: string): string;
}

export function createShop(world: World, tag: string): Shop {
  const id = (name: string): string => `${name}-${tag}`;
  const part = (plural: string) => (name: string, order?: string) => `/${plural}/${id(order ?? 'o')}~${name}`;

  async function request(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<unknown> {
    const answer = await world.send(method, path, body);
    if (answer.status < 300) return answer.body;
    throw new Error(`${method} ${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  const shop: Shop = {
    ...{ isKilled: world.isKilled, tag, id },
    send: (method, path, body) => world.send(method, path, body),
    until: (look, what) => world.until(look, what),
    pass: (ms) => world.pass(ms),
    plain: (value) => JSON.parse(JSON.stringify(value).replaceAll(`-${tag}`, '')) as typeof value,
    post: (path, body = {}) => request('POST', path, body),
    async put(path, body) {
      await request('PUT', path, body);
    },
    tryPost: async (path, body = {}) => (await world.send('POST', path, body)).status,
    async get(path) {
      const { status, body } = await world.send('GET', path);
      if (status === 404) return undefined;
      if (status !== 200) throw new Error(`${path} was answered ${status}: ${JSON.stringify(body)}`);
      return body as Seen;
    },
    ledger: async () => (await request('GET', '/sandbox/ledger')) as Ledger,
    async open(shelves) {
      for (const [name, { slots = 100, ...articles }] of Object.entries(shelves)) {
        const place = { country: 'DE', location: { lat: 52.5, lon: 13.4 }, region: tag };
        await shop.post('/warehouses', { id: id(name), ...place, capacity: slots });
        for (const [sku, quantity] of Object.entries(articles))
          await shop.post(`${shop.stock(name, sku)}/receive`, { quantity, receiptId: 'opening' });
      }
      // Routing hears of a warehouse by message; an order that comes before has nobody to ship it.
      const known = async (): Promise<true | undefined> => {
        const routing = await shop.get(`/routings/${tag}`);
        const heard = JSON.stringify(routing?.context ?? {});
        return Object.keys(shelves).every((name) => heard.includes(id(name))) ? true : undefined;
      };
      await shop.until(known, () => `routing ${tag} knows its warehouses`);
    },
    async place(lines, { name = 'o', method = 'ok', region = tag } = {}) {
      await shop.post('/orders', {
        ...{ id: id(name), customerId: 'ada', currency: 'EUR', region, shipTo },
        lines: lines.map((line) => ({ ...line, unitPrice })),
        payment: { gateway: 'sandbox', method },
      });
    },
    at: (path, ...states) => stateOf(shop, path, states),
    order: (name = 'o') => `/orders/${id(name)}`,
    fulfillment: part('fulfillments'),
    shipment: part('shipments'),
    payment: part('payments'),
    stock: (warehouse, sku) => `/stock-items/${id(warehouse)}~${sku}`,
  };
  return shop;
}

async function stateOf(shop: Shop, path: string, states: readonly string[]): Promise<Seen> {
  let last: Seen | undefined;
  return shop.until(
    async () => {
      last = await shop.get(path);
      const now = last?.states ?? [];
      return states.every((state) => now.includes(state)) ? last : undefined;
    },
    () => `${path} is ${states.join(' and ')}; it is ${String(last?.states.join(' and '))}`,
  );
}

const shipTo = { name: 'Ada', line1: 'Lindenweg 1', city: 'Berlin', postalCode: '10115', country: 'DE' };
