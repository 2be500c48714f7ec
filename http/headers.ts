/** Request headers that steer a command or a read. */
import { ProblemError, invalid } from './problems.ts';

/** How long the caller wants to wait; `applied` is echoed. */
export interface Preference {
  readonly waitMs: number;
  readonly applied?: string;
}

const waitDefault: Preference = { waitMs: 5_000 };
const waitMaxS = 60;

/** `Prefer: wait=<s>`, `Prefer: respond-async`. Others are ignored, as RFC 7240 wants it. */
export function preference(header: string | null): Preference {
  if (header === null) return waitDefault;
  const given = header.split(',').map((part) => part.trim().toLowerCase());
  for (const part of given) {
    const seconds = /^wait *= *"?(\d{1,9})"?$/.exec(part)?.[1];
    if (seconds === undefined) continue;
    const waitS = Math.min(Number(seconds), waitMaxS);
    return { waitMs: waitS * 1000, applied: `wait=${waitS}` };
  }
  return given.includes('respond-async') ? { waitMs: 0, applied: 'respond-async' } : waitDefault;
}

/** 1 to 200 visible ASCII characters. */
export function idempotencyKey(header: string | null): string | undefined {
  if (header === null) return undefined;
  if (/^[\x21-\x7e]{1,200}$/.test(header)) return header;
  const message = 'must be 1 to 200 visible ASCII characters';
  throw invalid(`the Idempotency-Key ${message}`, [{ pointer: '/Idempotency-Key', message }]);
}

/** The version that must be the present one; undefined: any. */
export function ifMatch(header: string | null): number | undefined {
  if (header === null || header === '*') return undefined;
  const version = /^"(0|[1-9]\d{0,14})"$/.exec(header)?.[1];
  if (version !== undefined) return Number(version);
  // A tag of another form is a tag, but none that this server has ever given.
  if (/^(?:W\/)?"[\x21\x23-\x7e]*"$/.test(header)) {
    throw new ProblemError({
      name: 'stale-version',
      detail: `${header} is not the version of anything here`,
    });
  }
  throw new ProblemError({
    name: 'malformed',
    detail: 'If-Match must be one version in quotes, as in the ETag of a view, or *',
  });
}

/** `If-None-Match` against the present tag; weak comparison. */
export function isKnownTag(header: string | null, tag: string): boolean {
  if (header === null) return false;
  return header === '*' || header.split(',').some((given) => given.trim().replace(/^W\//, '') === tag);
}

const traceForm = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** W3C trace context, if it is well-formed. */
export function traceparent(header: string | null): string | undefined {
  return header !== null && traceForm.test(header) ? header : undefined;
}
