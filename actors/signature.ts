/**
 * Signatures of webhooks: `t=1790000000,v1=5f3c…`, an HMAC-SHA256 in hex over the time in seconds, a dot and
 * the raw body. The time is signed too, so that an old request cannot be sent again.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far the clocks of sender and receiver may be apart, and how long a request may be under way. */
export const signatureToleranceMs = 5 * 60_000;

/** The header for this body. */
export function sign(secret: string, body: Uint8Array | string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1_000);
  return `t=${seconds},v1=${digest(secret, body, seconds).toString('hex')}`;
}

/** False for a header that is missing, malformed, too old, too new, or over another body or secret. */
export function isSigned(
  secret: string,
  body: Uint8Array | string,
  { header, nowMs }: { header: string | undefined; nowMs: number },
): boolean {
  const [, time, hex] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header ?? '') ?? [];
  if (time === undefined || hex === undefined) return false;
  if (Math.abs(nowMs - Number(time) * 1_000) > signatureToleranceMs) return false;
  return timingSafeEqual(Buffer.from(hex, 'hex'), digest(secret, body, Number(time)));
}

function digest(secret: string, body: Uint8Array | string, seconds: number): Buffer {
  return createHmac('sha256', secret).update(`${seconds}.`).update(body).digest();
}
