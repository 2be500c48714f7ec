/**
 * What gateways and carriers tell by themselves. A signature over the raw bytes says who it is; what the actor
 * makes of it (known, stale, refused) is in its journal, and the sender is answered 200, so that it does not
 * send again what was heard.
 */
import type { Context, Hono } from 'hono';
import type { Address } from '../runtime/address.ts';
import type { Reply } from '../runtime/caller.ts';
import type { Event, Principal } from '../runtime/message.ts';
import { readBytes } from './body.ts';
import { byMethod, checkRunning, header, jsonResponse, senderOf, type Edge } from './edge.ts';
import { traceparent } from './headers.ts';
import { ownPrincipal } from './own.ts';
import { ProblemError, unavailable } from './problems.ts';

export interface WebhookRequest {
  /** As it came: signatures are over the raw bytes. */
  readonly body: Uint8Array;
  /** By its name in lower case. */
  header(name: string): string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export type WebhookReading =
  | { readonly verdict: 'read'; readonly messages: readonly { to: Address; event: Event }[] }
  /** The signature is missing, wrong or too old. */
  | { readonly verdict: 'unsigned' }
  | { readonly verdict: 'malformed'; readonly why: string };

export type WebhookReader = (request: WebhookRequest) => Promise<WebhookReading>;

/** By the name of the gateway or carrier, as in the path. */
export interface WebhookSources {
  readonly payments: ReadonlyMap<string, WebhookReader>;
  readonly carriers: ReadonlyMap<string, WebhookReader>;
}

/** How long the actor may take; what is stored by then is heard, and counts as received. */
const waitMs = 5_000;

export function addWebhooks(app: Hono, edge: Edge, sources: WebhookSources): void {
  app.all('/webhooks/payments/:name', (c) => route(edge, c, sources.payments));
  app.all('/webhooks/carriers/:name', (c) => route(edge, c, sources.carriers));
}

function route(edge: Edge, c: Context, readers: WebhookSources['payments']): Response | Promise<Response> {
  const name = c.req.param('name') ?? '';
  const read = readers.get(name);
  if (read === undefined) throw nobody(`no webhooks are taken from ${JSON.stringify(name.slice(0, 100))}`);
  return byMethod(c, { POST: () => take(edge, c, { name, read }) });
}

async function take(
  edge: Edge,
  c: Context,
  { name, read }: { name: string; read: WebhookReader },
): Promise<Response> {
  const body = await readBytes(senderOf(c), edge.limits.bodyMaxBytes);
  const reading = await read({ body, header: (key) => header(c, key) ?? undefined, now: edge.clock.now() });
  if (reading.verdict === 'unsigned') {
    throw new ProblemError({
      name: 'unauthenticated',
      detail: 'the signature is missing, wrong, or too old',
    });
  }
  if (reading.verdict === 'malformed') throw new ProblemError({ name: 'malformed', detail: reading.why });
  checkRunning(edge);
  const principal = ownPrincipal(name);
  return answerOf(await sendAll(edge, c, { principal, messages: reading.messages }));
}

interface Sending {
  readonly principal: Principal;
  readonly messages: readonly { to: Address; event: Event }[];
}

/** One after the other: what one request tells comes in its order. */
async function sendAll(edge: Edge, c: Context, { principal, messages }: Sending): Promise<Reply[]> {
  const trace = traceparent(header(c, 'traceparent'));
  const replies: Reply[] = [];
  for (const { to, event } of messages) {
    const given = trace === undefined ? {} : { trace };
    replies.push(await edge.node.caller.ask({ to, event, principal, waitMs, ...given }));
  }
  return replies;
}

function answerOf(replies: readonly Reply[]): Response {
  const large = replies.find(({ reply }) => reply === 'too-large');
  if (large?.reply === 'too-large') throw new ProblemError({ name: 'too-large', detail: large.why });
  const isLost = replies.some(({ reply }) => reply !== 'answered' && reply !== 'later');
  if (isLost) throw unavailable('it may not have been stored; send it again');
  const received = replies.filter((reply) => !isForNobody(reply)).length;
  if (received === 0 && replies.length > 0) throw nobody('nobody has this reference');
  return jsonResponse({ received });
}

function isForNobody(reply: Reply): boolean {
  if (reply.reply !== 'answered') return false;
  const { head } = reply.answer;
  return head.outcome === 'refused' && head.reason === 'not-found';
}

function nobody(detail: string): ProblemError {
  return new ProblemError({ name: 'not-found', detail });
}
