/** A wrong configuration stops the start: all of it at once, in plain words, with exit code 1. */
import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { run, startApp, type Env } from '../support/app.ts';
import { createCleanUp, makeFolder, places } from '../support/places.ts';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

async function refused(env: Env): Promise<string[]> {
  const started = run(env);
  cleanUp.add(() => (started.send('SIGKILL'), started.ended));
  expect(await started.ended).toEqual({ code: 1, signal: null });
  expect(started.stdout()).toBe('');
  return started
    .stderr()
    .trim()
    .split('\n')
    .map((line) => line.trim());
}

test('names everything that is wrong at once', async () => {
  const lines = await refused({
    WAYBILL_PORT: 'eighty',
    WAYBILL_BACKEND: 'cloud',
    WAYBILL_LEASE_MS: '5',
    WAYBILL_JWT_SECRET: 'short',
    WAYBILL_REDIS_URL: 'http://127.0.0.1',
    WAYBILL_COLOUR: 'blue',
  });
  expect(lines[0]).toBe('Waybill cannot start:');
  expect(lines.slice(1)).toEqual([
    'WAYBILL_PORT: must be a whole number',
    expect.stringMatching(/^WAYBILL_BACKEND: .*embedded.*cluster/),
    'WAYBILL_REDIS_URL: must be a URL that starts with redis:// or rediss://',
    'WAYBILL_LEASE_MS: must be 1000 to 60000',
    'WAYBILL_JWT_SECRET: must have at least 32 characters',
    expect.stringMatching(/^WAYBILL_COLOUR is not a setting/),
  ]);
});

test('does not serve the world without authentication', async () => {
  const lines = await refused({ WAYBILL_HOST: '0.0.0.0', WAYBILL_JWT_SECRET: '' });
  expect(lines.join('\n')).toContain('WAYBILL_HOST: needs WAYBILL_JWT_SECRET or WAYBILL_JWKS_URL');
});

test('says what signing in at a provider needs', async () => {
  const lines = await refused({ WAYBILL_OIDC_CLIENT_ID: 'studio' });
  expect(lines.join('\n')).toContain('WAYBILL_OIDC_CLIENT_ID: needs WAYBILL_JWKS_URL');
  expect(lines.join('\n')).toContain('WAYBILL_PUBLIC_URL: is needed with WAYBILL_OIDC_CLIENT_ID');
  const off = await refused({ WAYBILL_OIDC_CLIENT_SECRET: 'x' });
  expect(off.join('\n')).toContain(
    'signing in at an OpenID provider is off: WAYBILL_OIDC_CLIENT_ID is not set',
  );
});

test('prints a token where no secret is given, and it works', async () => {
  const folder = await makeFolder();
  cleanUp.add(folder.remove);
  const app = await startApp({ WAYBILL_JWT_SECRET: '', WAYBILL_DATA: `${folder.path}/w.db` });
  cleanUp.add(() => app.stop());
  const token = /TOKEN=(\S+)/.exec(app.run.stdout())?.[1] ?? '';
  const ask = (authorization: string) => fetch(`${app.url}/orders`, { headers: { authorization } });
  expect((await ask(`Bearer ${token}`)).status).toBe(200);
  expect((await ask('Bearer nonsense')).status).toBe(401);
});

test.each(places)('keeps to the number of partitions: %s', async (_, open) => {
  const place = await open();
  cleanUp.add(() => place.close());
  const app = await startApp({ ...place.env, WAYBILL_PARTITIONS: '4' });
  expect(await app.stop()).toBe(0);
  const lines = await refused({ ...place.env, WAYBILL_PARTITIONS: '5', WAYBILL_LOG_LEVEL: 'error' });
  expect(lines).toEqual([
    'Waybill cannot start: this namespace was started with 4 partitions, not 5: set WAYBILL_PARTITIONS=4',
  ]);
});

test('says so when the port is taken', async () => {
  const folder = await makeFolder();
  cleanUp.add(folder.remove);
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  cleanUp.add(() => once(holder.close(), 'close'));
  const { port } = holder.address() as { port: number };
  const env = { WAYBILL_PORT: String(port), WAYBILL_DATA: `${folder.path}/w.db`, WAYBILL_LOG_LEVEL: 'error' };
  expect(await refused(env)).toEqual([expect.stringMatching(new RegExp(`^Waybill cannot start: .*${port}`))]);
});

test.each([
  ['its own file', 'WAYBILL_DATA', /^Waybill cannot start: \/dev\/null\/w\.db cannot be opened/],
  [
    'the file of the sandbox',
    'WAYBILL_SANDBOX_DATA',
    /^Waybill cannot start: WAYBILL_SANDBOX_DATA: \/dev\/null\/w\.db cannot be opened/,
  ],
])('says so when %s cannot be opened', async (_, setting, told) => {
  const folder = await makeFolder();
  cleanUp.add(folder.remove);
  const lines = await refused({
    ...{ WAYBILL_DATA: `${folder.path}/w.db`, WAYBILL_SANDBOX_DATA: `${folder.path}/sandbox.db` },
    ...{ [setting]: '/dev/null/w.db', WAYBILL_LOG_LEVEL: 'error' },
  });
  expect(lines).toEqual([expect.stringMatching(told)]);
});

test('takes no more from one caller than people ask for, unless it is told to', async () => {
  const folder = await makeFolder();
  cleanUp.add(folder.remove);
  const app = await startApp({ WAYBILL_RATE_PER_SECOND: '', WAYBILL_DATA: `${folder.path}/w.db` });
  cleanUp.add(() => app.stop());
  const asked: Response[] = [];
  // A bucket of 100 that fills while it is drawn from, however slow the machine is.
  for (let many = 0; many < 20 && !asked.some(({ status }) => status === 429); many++) {
    asked.push(...(await Promise.all(Array.from({ length: 300 }, () => app.get('/orders/none')))));
  }
  expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([404, 429]));
});
