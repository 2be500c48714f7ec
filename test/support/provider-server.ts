/** A gateway or carrier on a free loopback port that can fail in every way that HTTP has. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

export interface Fault {
  /**
   * `status`: an error before anything is done. `cut`: done, and the connection is closed instead of an answer.
   * `hang`: done, and no answer ever comes. `garbage`: done, and the answer is no JSON. `leave`: done and answered,
   * and no further connection is taken.
   */
  readonly how: 'status' | 'cut' | 'hang' | 'garbage' | 'leave';
  readonly status?: ContentfulStatusCode;
  /** Of `status`; unset: an error in the provider’s own form. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How many requests; 1 unless set. */
  readonly times?: number;
  /** Only these: `POST /v1/refunds`. */
  readonly on?: RegExp;
}

export interface Seen {
  /** `POST /v1/refunds`, as decoded by the server. */
  readonly what: string;
  readonly key: string | undefined;
}

export interface ProviderServer {
  readonly url: string;
  readonly port: number;
  readonly seen: readonly Seen[];
  fail(fault: Fault): void;
  stop(): Promise<void>;
}

export type ProviderEnv = { Bindings: { incoming: IncomingMessage; outgoing: ServerResponse } };

/** Serves the routes that `routes` adds, behind the faults. `errorBody` is how the provider words an error. */
export async function startProvider(
  routes: (app: Hono<ProviderEnv>) => void,
  errorBody: (status: number) => object,
): Promise<ProviderServer> {
  const seen: Seen[] = [];
  const faults: { fault: Fault; left: number }[] = [];
  const app = new Hono<ProviderEnv>();
  app.use(async (context, next) => {
    const what = `${context.req.method} ${decodeURIComponent(context.req.path)}`;
    seen.push({ what, key: context.req.header('idempotency-key') });
    const due = faults.find(({ fault, left }) => left > 0 && (fault.on?.test(what) ?? true));
    if (due === undefined) return next();
    due.left--;
    const { how, status = 500, body = JSON.stringify(errorBody(status)), headers } = due.fault;
    if (how === 'status')
      return context.body(body, status, { 'content-type': 'application/json', ...headers });
    await next();
    if (how === 'garbage')
      context.res = new Response('<html>', { headers: { 'content-type': 'application/json' } });
    if (how === 'leave') leave();
    if (how === 'cut') context.env.incoming.socket.destroy();
    if (how === 'hang') await once(context.env.incoming.socket, 'close');
    return undefined;
  });
  const leave = (): void => {
    if (server.listening) server.close();
  };
  routes(app);
  const listener = getRequestListener(app.fetch);
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const closed = once(server, 'close');
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    seen,
    fail: (fault) => void faults.push({ fault, left: fault.times ?? 1 }),
    async stop() {
      leave();
      server.closeAllConnections();
      await closed;
    },
  };
}
