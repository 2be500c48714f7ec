/** The HTTP layer over a node and a sandbox with everything in memory, on a clock that the test moves. */
import { definitionsWith } from '../../actors/registry.ts';
import { createSandbox, type Sandbox } from '../../actors/sandbox.ts';
import { createApp, type AppOptions } from '../../http/app.ts';
import { createAuthenticator, mintToken } from '../../http/auth.ts';
import { createStreams, type Streams } from '../../http/streams.ts';
import { createMemoryServer } from '../../persistence/memory/server.ts';
import type { ActorDefinition } from '../../runtime/definition.ts';
import { createNode, type Node } from '../../runtime/node.ts';
import { defaultOptions, type RuntimeOptions } from '../../runtime/options.ts';
import type { Backend } from '../../runtime/ports.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { createManualClock, settled, type ManualClock } from './clock.ts';
import { recordingLogger, type LogLine } from './loggers.ts';
import { seededRandom } from './random.ts';
import { openShop } from './shop.ts';

export const secret = 'a-secret-for-tests-of-more-than-32-bytes';

export interface Sent {
  readonly method?: string;
  readonly path: string;
  /** JSON unless it is text. */
  readonly body?: unknown;
  /** A token, or one of `tokens` by name; null: none. */
  readonly as?: keyof Tokens | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Empty where the text is not JSON. */
  readonly body: Body;
}

/** What the answers of all routes may hold; a test reads what it expects. */
export interface Body {
  readonly [field: string]: unknown;
  readonly id: string;
  readonly type: string;
  readonly detail: string;
  readonly cause: string;
  readonly kind: string;
  readonly version: number;
  readonly sequence: number;
  readonly items: readonly Body[];
  readonly next: string | null;
  readonly errors: readonly { readonly pointer: string; readonly message: string }[];
  readonly events: Readonly<Record<string, { readonly command?: string }>>;
}

interface Tokens {
  readonly admin: string;
  readonly anna: string;
  readonly ben: string;
  readonly picker: string;
  readonly nobody: string;
}

export interface HttpBench {
  readonly clock: ManualClock;
  readonly node: Node;
  readonly app: ReturnType<typeof createApp>;
  readonly streams: Streams;
  readonly backend: Backend;
  readonly log: LogLine[];
  readonly tokens: Tokens;
  readonly request: (sent: Sent) => Promise<Got>;
  readonly post: (path: string, body?: unknown, more?: Partial<Sent>) => Promise<Got>;
  readonly get: (path: string, more?: Partial<Sent>) => Promise<Got>;
  /** Resolves when the node waits for the answer to a command. */
  readonly asked: () => Promise<void>;
  /** A draft order of Anna's. */
  readonly draft: (id: string) => Promise<void>;
  /** An order of Anna's, paid for, whose only fulfillment a picker may start; opens the shop if need be. */
  readonly active: (id: string) => Promise<void>;
  /** Hands the only parcel of an active order to the carrier. */
  readonly handOver: (id: string) => Promise<void>;
}

export interface BenchOptions {
  readonly definitions?: readonly ActorDefinition[];
  readonly limits?: AppOptions['limits'];
  readonly runtime?: Partial<RuntimeOptions>;
  /** Puts something between the node and its backend. */
  readonly wrap?: (backend: Backend) => Backend;
  /** Streams of events open at once. */
  readonly streamsMax?: number;
  /** Of them, for one subject. */
  readonly streamsPerCallerMax?: number;
  /** False: the node is there, but not started. */
  readonly start?: boolean;
}

export async function createHttpBench(given: BenchOptions = {}): Promise<HttpBench> {
  const clock = createManualClock();
  const random = seededRandom(1);
  const { logger, lines: log } = recordingLogger();
  const connected = createMemoryServer({ clock }).connect('node1');
  const backend = given.wrap?.(connected) ?? connected;
  const options = { ...defaultOptions, partitions: 4, ...given.runtime };
  const sandbox = createSandbox({ clock, post: postWebhook });
  const registry = createRegistry(given.definitions ?? definitionsIn(sandbox));
  const node = createNode({ registry, backend, clock, random, logger, options });
  const authenticator = createAuthenticator({ secret }, clock);
  const limits = given.limits === undefined ? {} : { limits: given.limits };
  const { streamsMax: max = 200, streamsPerCallerMax: perCallerMax = 20 } = given;
  const streams = createStreams({ clock, logger, max, perCallerMax });
  const app = createApp({
    ...{ node, authenticator, clock, random, logger, streams },
    ...limits,
    ...edgeOf(sandbox),
  });
  const tokens = await mintTokens(clock);
  // Verified once, so that a request takes no step that waits for a thread.
  for (const token of Object.values(tokens)) await authenticator.authenticate(`Bearer ${String(token)}`);
  if (given.start !== false) {
    await node.start();
    await clock.until(
      () =>
        Object.values(node.status.getSnapshot().context.partitions).filter(({ owned }) => owned).length === 4,
    );
  }

  async function postWebhook(
    path: string,
    body: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<number> {
    const all = { ...headers, 'content-type': 'application/json' };
    return (await app.request(path, { method: 'POST', headers: all, body })).status;
  }

  async function request({ method = 'GET', path, body, as = 'admin', headers = {} }: Sent): Promise<Got> {
    const response = await app.request(path, {
      method,
      headers: {
        ...(as === null ? {} : { authorization: `Bearer ${tokens[as]}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return gotOf(response);
  }

  const bench: HttpBench = {
    ...{ clock, node, app, streams, backend, log, tokens, request },
    post: (path, body, more) => request({ method: 'POST', path, body, ...more }),
    get: (path, more) => request({ path, ...more }),
    async asked() {
      while (node.caller.waiting() === 0) await settled();
    },
    async draft(id) {
      const { status } = await bench.post('/orders', { ...order, id, draft: true }, { as: 'anna' });
      if (status !== 201) throw new Error(`creating ${id} was answered ${status}`);
    },
    async active(id) {
      await openShop(async (path, body) => {
        const { status, text } = await bench.post(path, body);
        return { status, text: () => Promise.resolve(text) };
      }, lamps);
      const { status } = await bench.post('/orders', { ...order, id }, { as: 'anna' });
      if (status !== 201) throw new Error(`creating ${id} was answered ${status}`);
      await clock.until(async () =>
        (await bench.get(`/fulfillments/${id}~f1`)).text.includes('"progress.planned"'),
      );
    },
    async handOver(id) {
      const { context } = (await bench.get(`/orders/${id}`)).body as {
        context?: { lines: { lineId: string }[] };
      };
      const lines = context?.lines.map(({ lineId }) => ({ lineId, quantity: 2 }));
      for (const command of ['start-pick', 'finish-pick', 'start-pack', 'finish-pack', 'hand-over']) {
        const body = command === 'finish-pick' ? { lines } : {};
        await clock.until(
          async () => (await bench.post(`/fulfillments/${id}~f1/${command}`, body)).status === 200,
        );
      }
    },
  };
  return bench;
}

/** The charts, with this world outside. */
function definitionsIn({ gateway, carrier }: Sandbox): ActorDefinition[] {
  return definitionsWith({ gateways: [gateway], carrier });
}

function edgeOf({ gateway, carrier, pages }: Sandbox): Pick<AppOptions, 'webhooks' | 'sandbox'> {
  const payments = new Map([[gateway.name, gateway.webhook]]);
  const carriers = new Map([[carrier.name, carrier.webhook]]);
  return { webhooks: { payments, carriers }, sandbox: pages };
}

export async function gotOf(response: Response): Promise<Got> {
  const text = await response.text();
  const isJson = text !== '' && /[/+]json/.test(response.headers.get('content-type') ?? '');
  const body = (isJson ? JSON.parse(text) : {}) as Body;
  return { status: response.status, headers: response.headers, text, body };
}

const lamps = [{ warehouse: 'W1', sku: 'LAMP', quantity: 1_000 }];

/** What people may send to an order, as paths name it. */
export const orderCommands = [
  ...['place', 'pay', 'cancel', 'cancel-line', 'change-address', 'hold', 'release'],
  ...['resolve-short', 'resolve-parcel', 'retry', 'resolve'],
];

export const order = {
  customerId: 'anna',
  currency: 'EUR',
  shipTo: { name: 'Anna', line1: 'Lindenweg 1', city: 'Bern', postalCode: '3000', country: 'CH' },
  lines: [{ sku: 'LAMP', quantity: 2, unitPrice: 4_900 }],
};

async function mintTokens(clock: ManualClock): Promise<Tokens> {
  const lifetime = { now: clock.now(), lifetimeS: 3_600 };
  const mint = (subject: string, role: string[], warehouses: string[] = []): Promise<string> =>
    mintToken(secret, { subject, roles: role, warehouses }, lifetime);
  return {
    admin: await mint('root', ['admin'], ['*']),
    anna: await mint('anna', ['customer']),
    ben: await mint('ben', ['customer']),
    picker: await mint('pia', ['picker'], ['W1']),
    nobody: await mint('nobody', []),
  };
}
