/**
 * Who is asking: a bearer token becomes a principal. Verified tokens are remembered until they expire, since
 * verifying one costs more than all the rest of a request at the edge.
 */
import { createRemoteJWKSet, errors, jwtVerify, SignJWT, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import type { Principal } from '../runtime/message.ts';
import type { Clock } from '../runtime/ports.ts';
import { isOwnSubject, ownRole } from './own.ts';
import { ProblemError } from './problems.ts';

/** What a verified token says. */
export interface Bearer {
  readonly principal: Principal;
  /** ms */
  readonly expiresAt: number;
}

export interface Authenticator {
  /**
   * From the `Authorization` header. Throws a problem: `unauthenticated`, or `unavailable` if the key set
   * cannot be had.
   */
  authenticate(authorization: string | undefined): Bearer | Promise<Bearer>;
}

/** A shared secret (HS256), or the public keys of an issuer. */
export type AuthOptions =
  | { readonly secret: string; readonly issuer?: string; readonly audience?: string }
  | { readonly jwksUrl: string; readonly issuer: string; readonly audience: string };

/** RFC 7518, 3.2: a key of the size of the hash or larger. */
const secretMinBytes = 32;
const generationMax = 5_000;
/** Longer ones are verified each time: what is remembered must not take much memory. */
const rememberedLengthMax = 4_096;
/** Messages carry the subject in ids of limited length, percent-encoded. */
const subjectMax = 150;

const claimsSchema = z.object({
  sub: z
    .string()
    .min(1)
    .refine((sub) => sub.isWellFormed() && encodeURIComponent(sub).length <= subjectMax, 'is too long')
    .refine((sub) => !isOwnSubject(sub), 'is kept for the server itself'),
  exp: z.number(),
  roles: z
    .array(
      z
        .string()
        .min(1)
        .max(60)
        .refine((role) => role !== ownRole, 'is kept for the server itself'),
    )
    .max(50)
    .default([]),
  warehouses: z.array(z.string().min(1).max(60)).max(200).default([]),
});

type Verify = (token: string) => Promise<JWTPayload>;

/** Throws if the secret is too short to be safe. */
export function createAuthenticator(options: AuthOptions, clock: Clock): Authenticator {
  const verify = createVerify(options, clock);
  const known = createMemory();

  async function learn(authorization: string): Promise<Bearer> {
    const { sub: subject, roles, warehouses, exp } = await readClaims(verify, authorization);
    const bearer = { principal: { subject, roles, warehouses }, expiresAt: exp * 1000 };
    if (authorization.length <= rememberedLengthMax) known.set(authorization, bearer);
    return bearer;
  }

  return {
    authenticate(authorization) {
      if (authorization === undefined) throw unauthenticated('send a token: Authorization: Bearer <token>');
      const found = known.get(authorization);
      if (found === undefined) return learn(authorization);
      if (found.expiresAt <= clock.now()) throw unauthenticated('the token has expired', 'invalid_token');
      return found;
    },
  };
}

/** Two generations: what is asked for stays, the rest goes with the older one. Finding writes nothing. */
function createMemory(): Pick<Map<string, Bearer>, 'get'> & {
  set(authorization: string, known: Bearer): void;
} {
  let young = new Map<string, Bearer>();
  let old = new Map<string, Bearer>();

  function set(authorization: string, known: Bearer): void {
    if (young.size >= generationMax) {
      old = young;
      young = new Map();
    }
    young.set(authorization, known);
  }

  return {
    set,
    get(authorization) {
      const found = young.get(authorization);
      if (found !== undefined) return found;
      const older = old.get(authorization);
      if (older !== undefined) set(authorization, older);
      return older;
    },
  };
}

/** A token for trying out and for tests, signed with the shared secret. */
export function mintToken(
  secret: string,
  { subject, roles, warehouses }: Principal,
  { now, lifetimeS }: { now: number; lifetimeS: number },
): Promise<string> {
  const issuedAt = Math.floor(now / 1000);
  return new SignJWT({ roles, warehouses })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(subject)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetimeS)
    .sign(new TextEncoder().encode(secret));
}

function createVerify(options: AuthOptions, clock: Clock): Verify {
  const { issuer, audience } = options;
  const expected = {
    requiredClaims: ['sub', 'exp'],
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  };
  const currentDate = (): Date => new Date(clock.now());
  // The algorithms are pinned: a token must not choose how it is verified.
  if ('secret' in options) {
    const key = new TextEncoder().encode(options.secret);
    if (key.length < secretMinBytes) throw new Error(`the secret must have at least ${secretMinBytes} bytes`);
    const algorithms = ['HS256'];
    return async (token) =>
      (await jwtVerify(token, key, { ...expected, algorithms, currentDate: currentDate() })).payload;
  }
  const keys: JWTVerifyGetKey = createRemoteJWKSet(new URL(options.jwksUrl));
  const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'];
  return async (token) =>
    (await jwtVerify(token, keys, { ...expected, algorithms, currentDate: currentDate() })).payload;
}

async function readClaims(verify: Verify, authorization: string): Promise<z.infer<typeof claimsSchema>> {
  const token = /^Bearer +([\w.~+/=-]+)$/i.exec(authorization)?.[1];
  if (token === undefined)
    throw unauthenticated('the Authorization header is not: Bearer <token>', 'invalid_request');
  let payload: JWTPayload;
  try {
    payload = await verify(token);
  } catch (error) {
    throw rejection(error);
  }
  const claims = claimsSchema.safeParse(payload);
  if (claims.success) return claims.data;
  const wrong = claims.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw unauthenticated(`the token’s claims do not fit: ${wrong}`, 'invalid_token');
}

function rejection(error: unknown): ProblemError {
  if (error instanceof errors.JWTExpired) return unauthenticated('the token has expired', 'invalid_token');
  if (error instanceof errors.JWTClaimValidationFailed) {
    return unauthenticated(`the token’s claim ${error.claim} does not fit`, 'invalid_token');
  }
  if (isOurFault(error)) {
    return new ProblemError({
      name: 'unavailable',
      detail: 'the keys that tokens are verified with cannot be had right now',
      headers: { 'retry-after': '5' },
    });
  }
  return unauthenticated('the token is not signed as expected', 'invalid_token');
}

/** A key set that cannot be fetched or read says nothing about the token. */
function isOurFault(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true;
  return [errors.JWKSTimeout.code, errors.JWKSInvalid.code, errors.JOSEError.code].includes(error.code);
}

function unauthenticated(detail: string, code?: string): ProblemError {
  // A quoted string in a header: ASCII without quotes.
  const description = detail.replaceAll('’', "'").replace(/[^\x20-\x7e]|["\\]/g, '?');
  const challenge = code === undefined ? '' : `, error="${code}", error_description="${description}"`;
  return new ProblemError({
    name: 'unauthenticated',
    detail,
    headers: { 'www-authenticate': `Bearer realm="waybill"${challenge}` },
  });
}
