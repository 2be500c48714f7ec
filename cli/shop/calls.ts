/** HTTP to a running Waybill, repeated until the server has decided: one key makes every repeat harmless. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { TerminalError, messageOf } from '../../runtime/errors.ts';

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Rejects with `TerminalError` where nobody would be answered, with `AbortError` where it was told to end. */
export type Call = (request: Request) => Promise<Answer>;

export interface CallOptions {
  /** A path in it is kept. */
  readonly url: string;
  readonly token: string;
  /** For how long the server may not answer at all, ms. */
  readonly patienceMs: number;
  /** Nothing more is sent. */
  readonly signal: AbortSignal;
  /** Told of every answer; status 0: there was none. */
  readonly seen?: (request: Request, status: number) => void;
}

/** A server answers within 5 s if only that it does not know yet; silence for longer means a lost connection. */
const timeoutMs = 30_000;
/** Answers that say nothing for good, but are the same each time. */
const attemptsMax = 10;
const backoffMs = { first: 50, most: 2_000 };

export function createCalls({ url, token, patienceMs, signal, seen }: CallOptions): Call {
  const base = url.replace(/\/+$/, '');
  let silentSince: number | undefined;

  /** Undefined: no answer. */
  async function attempt(request: Request, key: string): Promise<Heard | undefined> {
    try {
      const heard = await exchange(base, request, {
        authorization: `Bearer ${token}`,
        'idempotency-key': key,
      });
      silentSince = undefined;
      seen?.(request, heard.status);
      return heard;
    } catch (error) {
      if (error instanceof TerminalError) throw error;
      seen?.(request, 0);
      silentSince ??= performance.now();
      const silentMs = performance.now() - silentSince;
      if (silentMs < patienceMs) return undefined;
      const seconds = Math.round(silentMs / 1_000);
      const text = `no server has answered at ${base} for ${seconds} s: ${reasonOf(error)}`;
      throw new TerminalError(text, { cause: error });
    }
  }

  return async function call(request) {
    const key = randomUUID();
    for (let count = 1; ; count++) {
      signal.throwIfAborted();
      const heard = await attempt(request, key);
      if (heard !== undefined && !isLater(heard, count)) return heard;
      await delay(waitMs(heard, count), undefined, { signal });
    }
  };
}

interface Heard extends Answer {
  /** Seconds, where the server has said when to come again. */
  readonly retryAfter: string | null;
}

async function exchange(
  base: string,
  { method, path, body }: Request,
  headers: Readonly<Record<string, string>>,
): Promise<Heard> {
  const response = await fetch(`${base}${path}`, {
    method,
    signal: AbortSignal.timeout(timeoutMs),
    ...(method === 'GET'
      ? { headers }
      : { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body ?? {}) }),
  });
  const { status } = response;
  const answer = { status, body: objectOf(await response.text()) };
  if (status === 401)
    throw new TerminalError(
      'the server does not take the token; without WAYBILL_JWT_SECRET it makes another one at each start',
    );
  return { ...answer, retryAfter: response.headers.get('retry-after') };
}

/** It will be decided, or may be sent again: now is only too early. */
function isLater({ status, body }: Answer, count: number): boolean {
  if ([202, 408, 429, 503].includes(status) || body['type'] === '/problems/in-progress') return true;
  return status >= 500 && body['type'] !== '/problems/dead-letter' && count < attemptsMax;
}

/** As long as the server says; else longer each time, and not all at the same moment. */
function waitMs(heard: Heard | undefined, count: number): number {
  const asked = Number(heard?.retryAfter ?? NaN);
  if (asked >= 0) return Math.min(asked, 60) * 1_000 + Math.random() * 200;
  return Math.min(backoffMs.most, backoffMs.first * 2 ** (count - 1)) * (0.5 + Math.random() / 2);
}

function objectOf(text: string): Answer['body'] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Answer['body']) : {};
  } catch {
    return {};
  }
}

/** Of a broken connection Node tells the reason in the cause. */
function reasonOf(error: unknown): string {
  return messageOf(error instanceof Error && error.cause instanceof Error ? error.cause : error);
}
