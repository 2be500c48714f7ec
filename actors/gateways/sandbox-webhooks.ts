/** The webhooks of the sandbox gateway: signed, sent again until they are taken, and read. */
import { hash } from 'node:crypto';
import { z } from 'zod';
import { operationKinds, paymentEvents } from '../../machines/payment.events.ts';
import { addressSchema } from '../../runtime/address.ts';
import type { Clock } from '../../runtime/ports.ts';
import type { Webhook, WebhookReading } from '../providers.ts';
import { isSigned, sign } from '../signature.ts';
import type { SandboxOperation } from './sandbox-books.ts';
import type { Documents, SandboxLedger } from './sandbox-ledger.ts';

export const signatureHeader = 'sandbox-signature';
const triesMax = 10;
const firstAgainMs = 1_000;
const againMaxMs = 60_000;

/** Sends one; resolves to the status that it was answered with. */
export type Post = (path: string, body: string, headers: Record<string, string>) => Promise<number>;

export interface Sender {
  /** Puts it into the ledger, to be sent from then on (ms); a second copy comes with the same event id. */
  queue(documents: Documents, told: SandboxOperation, given: { at: number; copies: number }): void;
  /** Sends it once, in place of one that is queued; the status that it was answered with, 0 where nobody was there. */
  sendNow(told: SandboxOperation): Promise<{ eventId: string; answered: number }>;
  /** Sends what is due, now and later, whoever queued it. */
  start(): void;
  stop(): void;
}

interface Queued {
  readonly at: number;
  readonly tries: number;
  readonly body: string;
}

interface Given {
  readonly ledger: SandboxLedger;
  readonly clock: Clock;
  readonly secret: string;
  readonly path: string;
  readonly post: Post;
}

export function createSender(given: Given): Sender {
  const { ledger, clock, secret, path, post } = given;
  let next: { at: number; cancel: () => void } | undefined;
  /** The ledger may be closed; what is still queued is sent after the next start. */
  let isStopped = false;

  function wake(at: number): void {
    if (isStopped) return;
    if (next !== undefined && next.at <= at) return;
    next?.cancel();
    next = { at, cancel: clock.after(Math.max(0, at - clock.now()), send) };
  }

  function send(): void {
    next = undefined;
    for (const [id, { body }] of ledger.transaction((documents) => claim(documents, clock.now()))) {
      // Where nobody is there, it is sent again.
      void sendOne(body).then((status) => {
        if (status < 200 || status > 299 || isStopped) return;
        ledger.transaction((documents) => documents.remove('webhook', id));
      });
    }
    wakeForNext();
  }

  /** Signed anew each time: the signature tells when it was sent. */
  function sendOne(body: string): Promise<number> {
    const headers = {
      'content-type': 'application/json',
      [signatureHeader]: sign(secret, body, clock.now()),
    };
    return post(path, body, headers).catch(() => 0);
  }

  function wakeForNext(): void {
    const times = ledger.transaction(queuedIn).map(([, { at }]) => at);
    if (times.length > 0) wake(Math.min(...times));
  }

  return {
    queue(documents, told, { at, copies }) {
      const { eventId, body } = eventOf(told);
      for (let copy = 1; copy <= copies; copy++) {
        documents.put('webhook', `${eventId}.${copy}`, { at, tries: 0, body } satisfies Queued);
      }
      wake(at);
    },
    async sendNow(told) {
      const { eventId, body } = eventOf(told);
      ledger.transaction((documents) => documents.remove('webhook', `${eventId}.1`));
      return { eventId, answered: await sendOne(body) };
    },
    start() {
      isStopped = false;
      wakeForNext();
    },
    stop() {
      isStopped = true;
      next?.cancel();
      next = undefined;
    },
  };
}

/** What is due, put off until it would be sent again; after the last try it is given up. */
function claim(documents: Documents, now: number): [string, Queued][] {
  const due = queuedIn(documents).filter(([, { at }]) => at <= now);
  for (const [id, { tries, ...queued }] of due) {
    const againMs = Math.min(againMaxMs, firstAgainMs * 2 ** tries);
    if (tries + 1 >= triesMax) documents.remove('webhook', id);
    else documents.put('webhook', id, { ...queued, at: now + againMs, tries: tries + 1 } satisfies Queued);
  }
  return due;
}

function queuedIn(documents: Documents): [string, Queued][] {
  return documents.all('webhook') as [string, Queued][];
}

const bodySchema = z.object({
  id: z.string(),
  payment: z.string(),
  key: z.string(),
  kind: z.enum(operationKinds),
  outcome: z.string(),
  amount: z.number(),
  currency: z.string(),
  reference: z.string().optional(),
});

function eventOf({ key, kind, amount, currency, paymentId, result }: SandboxOperation): {
  eventId: string;
  body: string;
} {
  const outcome = result?.outcome ?? 'failed';
  const eventId = `evt_${hash('sha256', `${key} ${outcome}`, 'hex').slice(0, 24)}`;
  const reference = result !== null && 'reference' in result ? { reference: result.reference } : {};
  const about = { payment: paymentId, key, kind, outcome, amount, currency, ...reference };
  return { eventId, body: JSON.stringify({ id: eventId, ...about } satisfies z.input<typeof bodySchema>) };
}

/** Reads what a sender with this secret has sent. */
export function webhookOf(secret: string): Webhook {
  return (request) => {
    const signature = { header: request.header(signatureHeader), nowMs: request.now };
    if (!isSigned(secret, request.body, signature)) return Promise.resolve({ verdict: 'unsigned' });
    return Promise.resolve(readingOf(Buffer.from(request.body).toString()));
  };
}

function readingOf(text: string): WebhookReading {
  const parsed = bodySchema.safeParse(jsonOf(text));
  if (!parsed.success) return { verdict: 'malformed', why: z.prettifyError(parsed.error).slice(0, 500) };
  const { id: eventId, payment, ...about } = parsed.data;
  const to = addressSchema.safeParse({ kind: 'payment', id: payment });
  const event = paymentEvents['payment.webhook'].safeParse({ eventId, ...about });
  const error = to.error ?? event.error;
  if (error !== undefined) return { verdict: 'malformed', why: z.prettifyError(error).slice(0, 500) };
  const messages = [
    { to: { kind: 'payment', id: payment }, event: { type: 'payment.webhook', ...event.data } },
  ];
  return { verdict: 'read', messages };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
