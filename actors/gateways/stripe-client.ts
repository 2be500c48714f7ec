/** The official client, and what its errors mean for us: again, never again, unknown, or a plain no. */
import Stripe from 'stripe';
import type { OperationResult } from '../providers.ts';
import { TerminalError, messageOf } from '../../runtime/errors.ts';

/** Shorter than the time limit of the activity, so that the answer is ours and not the runtime’s. */
const defaultTimeoutMs = 8_000;

export interface StripeAccess {
  readonly secretKey: string;
  /** Another server with the same API; unset: Stripe. */
  readonly url?: string;
  readonly timeoutMs?: number;
}

/** Retries are the runtime’s. A connection that was closed is tried once more by the library, under the same key. */
export function createStripe({ secretKey, url, timeoutMs = defaultTimeoutMs }: StripeAccess): Stripe {
  const options = { maxNetworkRetries: 0, timeout: timeoutMs, telemetry: false } as const;
  if (url === undefined) return new Stripe(secretKey, options);
  const { protocol, hostname, port } = new URL(url);
  const scheme = protocol === 'http:' ? 'http' : 'https';
  return new Stripe(secretKey, {
    ...options,
    protocol: scheme,
    host: hostname,
    port: port || (scheme === 'http' ? 80 : 443),
  });
}

/** A call that changes something: its answer, or what an error makes of it (see `PaymentGateway`). */
export async function changing(
  ask: () => Promise<OperationResult>,
  refused: (error: Stripe.errors.StripeInvalidRequestError) => OperationResult | undefined,
): Promise<OperationResult> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Stripe.errors.StripeCardError) return { outcome: 'failed', reason: declined(error) };
    if (error instanceof Stripe.errors.StripeInvalidRequestError) {
      const result = refused(error);
      if (result !== undefined) return result;
    }
    if (mayHaveHappened(error)) return { outcome: 'unknown' };
    throw asOurs(error);
  }
}

/** A call that only reads: without an answer it can simply be made again. Undefined if there is no such thing. */
export async function reading<Found>(ask: () => Promise<Found>): Promise<Found | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw asOurs(error);
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing';
}

/** Why the bank said no: its code first, then the sentence. */
export function declined({ decline_code, code, message }: DeclineLike): string {
  const short = decline_code ?? '';
  return [short === '' ? code : short, message].filter(Boolean).join(': ').slice(0, 500) || 'declined';
}

interface DeclineLike {
  readonly decline_code?: string | undefined;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/**
 * Sent, but without an answer that can be read; or carried out before under this key with other parameters,
 * as after a change of settings between two tries: only a look-up can tell how that ended.
 */
function mayHaveHappened(error: unknown): boolean {
  if (error instanceof Stripe.errors.StripeIdempotencyError) return true;
  if (error instanceof Stripe.errors.StripeConnectionError) return !neverSent(error);
  return error instanceof Stripe.errors.StripeAPIError && error.statusCode === undefined;
}

const beforeSending = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

function neverSent({ detail }: Stripe.errors.StripeConnectionError): boolean {
  return typeof detail === 'object' && 'code' in detail && beforeSending.has(detail.code);
}

/** Stripe’s troubles may pass: a plain error. What it does not accept from us never will. */
function asOurs(error: unknown): Error {
  const message = `Stripe: ${messageOf(error)}`;
  const ours =
    error instanceof Stripe.errors.StripeInvalidRequestError ||
    error instanceof Stripe.errors.StripeAuthenticationError ||
    error instanceof Stripe.errors.StripePermissionError;
  if (ours || error instanceof TerminalError) return new TerminalError(message, { cause: error });
  return new Error(message, { cause: error });
}
