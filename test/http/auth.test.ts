import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { expect, it, onTestFinished } from 'vitest';
import { createAuthenticator, mintToken, type Authenticator, type Bearer } from '../../http/auth.ts';
import { ProblemError } from '../../http/problems.ts';
import { createManualClock } from '../support/clock.ts';
import { createHttpBench, secret } from '../support/http.ts';

const anna = { subject: 'anna', roles: ['customer'], warehouses: [] };
const clock = createManualClock();
const nowS = Math.floor(clock.now() / 1000);
const key = new TextEncoder().encode(secret);

async function problemOf(asked: () => Bearer | Promise<Bearer>): Promise<ProblemError['problem']> {
  try {
    await asked();
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  throw new Error('it was let in');
}

function unsigned(header: object, payload: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(payload)}.`;
}

it('takes a minted token for who it says', async () => {
  const authenticator = createAuthenticator({ secret }, clock);
  const token = await mintToken(secret, { ...anna, warehouses: ['W1'] }, { now: clock.now(), lifetimeS: 60 });
  const expected = { principal: { ...anna, warehouses: ['W1'] }, expiresAt: clock.now() + 60_000 };
  expect(await authenticator.authenticate(`Bearer ${token}`)).toEqual(expected);
  expect(await authenticator.authenticate(`bearer ${token}`)).toEqual(expected);
});

it('asks for a token where there is none', async () => {
  const { get } = await createHttpBench();
  for (const path of ['/orders', '/orders/o1', '/orders/o1/history', '/machines', '/machines/order']) {
    const got = await get(path, { as: null });
    expect([got.status, got.body.type]).toEqual([401, '/problems/unauthenticated']);
    expect(got.headers.get('www-authenticate')).toBe('Bearer realm="waybill"');
  }
});

it('refuses an expired token, also one that it has taken before', async () => {
  const moved = createManualClock();
  const authenticator = createAuthenticator({ secret }, moved);
  const token = await mintToken(secret, anna, { now: moved.now(), lifetimeS: 60 });
  const ask = (): Bearer | Promise<Bearer> => authenticator.authenticate(`Bearer ${token}`);
  expect((await ask()).principal).toEqual(anna);
  expect((await ask()).principal).toEqual(anna);
  await moved.advance(60_000);
  for (const _ of [1, 2]) {
    const { name, headers } = await problemOf(ask);
    expect(name).toBe('unauthenticated');
    expect(headers?.['www-authenticate']).toContain(
      'error="invalid_token", error_description="the token has expired"',
    );
  }
});

const sign = (claims: object, alg = 'HS256'): Promise<string> =>
  new SignJWT({ ...claims }).setProtectedHeader({ alg }).sign(key);
const good = { sub: 'anna', roles: ['admin'], exp: nowS + 60 };

it.each<[string, () => Promise<string> | string]>([
  ['signed with another key', () => mintToken('x'.repeat(32), anna, { now: clock.now(), lifetimeS: 60 })],
  ['not signed', () => unsigned({ alg: 'none' }, good)],
  ['not signed, in capitals', () => unsigned({ alg: 'NONE' }, good)],
  ['signed with an algorithm that is not pinned', () => sign(good, 'HS512')],
  ['without a subject', () => sign({ ...good, sub: undefined })],
  ['without an end', () => sign({ ...good, exp: undefined })],
  ['not valid yet', () => sign({ ...good, nbf: nowS + 30 })],
  ['with an empty subject', () => sign({ ...good, sub: '' })],
  ['with a subject that is too long', () => sign({ ...good, sub: 'é'.repeat(60) })],
  ['with half a character in its subject', () => sign({ ...good, sub: '\ud800' })],
  ['with the server’s own role', () => sign({ ...good, roles: ['customer', 'webhook'] })],
  ['with a subject of the server’s own', () => sign({ ...good, sub: 'webhook:stripe' })],
  ['with roles that are no list', () => sign({ ...good, roles: 'admin' })],
  ['with warehouses that are numbers', () => sign({ ...good, warehouses: [1] })],
  [
    'with its claims changed',
    async () =>
      (await sign({ ...good, roles: [] })).replace(
        /\.[^.]+\./,
        `.${Buffer.from(JSON.stringify(good)).toString('base64url')}.`,
      ),
  ],
  ['that is none', () => 'abc'],
  ['with a hole in it', () => 'a b c'],
  ['that is empty', () => ''],
])('refuses a token %s', async (_, make) => {
  const authenticator = createAuthenticator({ secret }, clock);
  const token = await make();
  const problem = await problemOf(() => authenticator.authenticate(`Bearer ${token}`));
  expect(problem.name).toBe('unauthenticated');
  expect(problem.headers?.['www-authenticate']).toMatch(
    /^Bearer realm="waybill", error="invalid_(token|request)"/,
  );
  expect(problem.headers?.['www-authenticate']).toMatch(/^[\x20-\x7e]+$/);
});

it('refuses other schemes', async () => {
  const authenticator = createAuthenticator({ secret }, clock);
  const token = await mintToken(secret, anna, { now: clock.now(), lifetimeS: 60 });
  for (const header of [`Basic ${token}`, token, `Bearer${token}`, 'Bearer']) {
    expect((await problemOf(() => authenticator.authenticate(header))).name).toBe('unauthenticated');
  }
});

it('does not start with a secret that is too short', () => {
  expect(() => createAuthenticator({ secret: 'short' }, clock)).toThrow('at least 32 bytes');
});

async function issuer(): Promise<{
  url: string;
  privateKey: CryptoKey;
  asked: () => number;
  stop: () => Promise<void>;
}> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] };
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.end(JSON.stringify(keys));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(stop);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    privateKey,
    asked: () => asked,
    stop,
  };
}

function byIssuer(jwksUrl: string): Authenticator {
  return createAuthenticator({ jwksUrl, issuer: 'https://id.example', audience: 'waybill' }, clock);
}

it('verifies with the keys of an issuer, asked for once; issuer and audience must fit', async () => {
  const { url, privateKey, asked } = await issuer();
  const authenticator = byIssuer(url);
  const token = (iss: string, aud: string): Promise<string> =>
    new SignJWT({ ...good, iss, aud }).setProtectedHeader({ alg: 'ES256', kid: 'one' }).sign(privateKey);
  const right = await token('https://id.example', 'waybill');
  expect((await authenticator.authenticate(`Bearer ${right}`)).principal).toEqual({
    subject: 'anna',
    roles: ['admin'],
    warehouses: [],
  });
  for (const wrong of [
    await token('https://evil.example', 'waybill'),
    await token('https://id.example', 'other'),
  ]) {
    expect((await problemOf(() => authenticator.authenticate(`Bearer ${wrong}`))).name).toBe(
      'unauthenticated',
    );
  }
  // Signed with a secret that anybody knows: the public key.
  const forged = await sign({ ...good, iss: 'https://id.example', aud: 'waybill' });
  expect((await problemOf(() => authenticator.authenticate(`Bearer ${forged}`))).name).toBe(
    'unauthenticated',
  );
  expect(asked()).toBe(1);
});

it('is unavailable, and says nothing about the token, while the keys cannot be had', async () => {
  const { url, privateKey, stop } = await issuer();
  await stop();
  const token = await new SignJWT({ ...good, iss: 'https://id.example', aud: 'waybill' })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .sign(privateKey);
  expect((await problemOf(() => byIssuer(url).authenticate(`Bearer ${token}`))).name).toBe('unavailable');
});
