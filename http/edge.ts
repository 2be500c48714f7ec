/** What every route shares: the node behind it, and what is asked before anything is done. */
import type { IncomingMessage } from 'node:http';
import type { Context, Handler } from 'hono';
import type { Principal } from '../runtime/message.ts';
import type { Node } from '../runtime/node.ts';
import type { Clock, Logger, Random } from '../runtime/ports.ts';
import { awayText } from '../runtime/status.ts';
import type { Authenticator, Bearer } from './auth.ts';
import { headerOf, type BodyLimits, type Sender } from './body.ts';
import type { Metrics } from './metrics.ts';
import { ProblemError, problemResponse, unavailable } from './problems.ts';
import type { RateLimit } from './rate.ts';
import type { Streams } from './streams.ts';

export interface Edge {
  readonly node: Pick<Node, 'registry' | 'caller' | 'reader' | 'status' | 'counters' | 'options'>;
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly rate: RateLimit;
  readonly limits: BodyLimits;
  readonly streams: Streams;
  readonly metrics: Metrics;
}

export function senderOf(c: Context): Sender {
  const env = c.env as { incoming?: IncomingMessage } | undefined;
  return { request: c.req.raw, incoming: env?.incoming };
}

/** By its name in lower case. */
export function header(c: Context, name: string): string | null {
  return headerOf(senderOf(c), name);
}

/** Throws `unauthenticated`. */
export function authenticate({ authenticator }: Edge, c: Context): Bearer | Promise<Bearer> {
  return authenticator.authenticate(header(c, 'authorization') ?? undefined);
}

/** Throws `too-many-requests`. */
export function checkRate({ rate }: Edge, { subject }: Principal): void {
  const waitS = rate(subject);
  if (waitS === 0) return;
  const headers = { 'retry-after': String(waitS) };
  throw new ProblemError({ name: 'too-many-requests', detail: 'you ask faster than you may', headers });
}

/** Throws `unavailable` at once where waiting would end in nothing. */
export function checkServers({ node }: Edge): void {
  for (const server of node.status.getSnapshot().context.servers) {
    if (!server.up) throw unavailable(awayText(server));
  }
}

/** A command also needs a node that takes work; reading needs the servers only. */
export function checkRunning(edge: Edge): void {
  const { phase } = edge.node.status.getSnapshot().context;
  if (phase !== 'running') throw unavailable(`this node is ${phase}`);
  checkServers(edge);
}

/** The path as it was sent. */
export function pathOf(c: Context): string {
  const { url } = c.req;
  const start = url.indexOf('/', url.indexOf('://') + 3);
  const end = url.indexOf('?', start);
  return start === -1 ? '/' : url.slice(start, end === -1 ? undefined : end);
}

export type Methods = Readonly<Partial<Record<'GET' | 'POST', () => Response | Promise<Response>>>>;

/** The handler of the request's method; OPTIONS and 405 name those that there are. */
export function byMethod(c: Context, methods: Methods): Response | Promise<Response> {
  const { method } = c.req;
  const found =
    method === 'POST' ? methods.POST : method === 'GET' || method === 'HEAD' ? methods.GET : undefined;
  if (found !== undefined) return found();
  const allow = [...Object.keys(methods), ...(methods.GET === undefined ? [] : ['HEAD']), 'OPTIONS'].join(
    ', ',
  );
  if (method === 'OPTIONS') return new Response(null, { status: 204, headers: { allow } });
  const detail = `${method} is not for this path; it takes ${allow}`;
  return problemResponse({ name: 'method-not-allowed', detail, headers: { allow } }, pathOf(c));
}

/** A route that is only read. */
export function reading(read: (c: Context) => Response | Promise<Response>): Handler {
  return (c) => byMethod(c, { GET: () => read(c) });
}

export function jsonResponse(
  value: unknown,
  headers?: Readonly<Record<string, string>>,
  status = 200,
): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}
