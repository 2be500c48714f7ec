/** Signing in at a real OpenID provider, in a real browser. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp, type App } from '../support/app.ts';
import { startOidcProvider, type OidcProvider } from '../support/oidc-provider.ts';
import { createCleanUp, openFile } from '../support/places.ts';
import { freePort } from '../support/ports.ts';
import { expectAccessible, openBrowser } from './browser.ts';

const cleanUp = createCleanUp();
let app: App;
let provider: OidcProvider;
let browser: Browser;

beforeAll(async () => {
  const [place, port] = await Promise.all([openFile(), freePort()]);
  cleanUp.add(() => place.close());
  const publicUrl = `http://127.0.0.1:${port}`;
  provider = await startOidcProvider({ redirect: `${publicUrl}/studio/signed-in`, roles: ['admin'] });
  cleanUp.add(() => provider.close());
  app = await startApp({
    ...place.env,
    ...{ WAYBILL_JWT_SECRET: '', WAYBILL_JWKS_URL: `${provider.issuer}/jwks` },
    ...{ WAYBILL_JWT_ISSUER: provider.issuer, WAYBILL_JWT_AUDIENCE: 'waybill' },
    ...{ WAYBILL_OIDC_CLIENT_ID: 'studio', WAYBILL_PUBLIC_URL: publicUrl, WAYBILL_PORT: port },
  });
  cleanUp.add(() => app.stop());
  browser = await openBrowser();
  cleanUp.add(() => browser.close());
});
afterAll(cleanUp.run);

test('leads to the provider and back to the place where one wanted to go', async () => {
  const window = await browser.newContext();
  const page = await window.newPage();
  await page.goto(`${app.url}/studio?view=process&machine=warehouse`);
  const link = page.getByRole('link', { name: `Sign in at ${new URL(provider.issuer).host}` });
  await link.waitFor();
  await expectAccessible(page);
  await link.click();
  await page.getByPlaceholder('Enter any login').fill('olga');
  await page.getByPlaceholder('and password').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('heading', { level: 1, name: 'Warehouse' }).waitFor();
  await page.getByText('olga').waitFor();
  expect(page.url()).toBe(`${app.url}/studio?view=process&machine=warehouse`);
  const cookies = await window.cookies(`${app.url}/studio`);
  expect(cookies.filter(({ name }) => name === 'waybill-sign-in')).toEqual([]);
});

test('what was not begun here is not taken, and one can begin again', async () => {
  const page = await browser.newPage();
  await page.goto(`${app.url}/studio/signed-in?code=stolen&state=made-up`);
  await page.getByRole('alert').getByText('it was not begun in this browser').waitFor();
  expect(page.url()).toBe(`${app.url}/studio`);
  await page.getByRole('link', { name: /Sign in at/ }).waitFor();
});

test('another state, or a provider that says no, is no way in', async () => {
  const page = await browser.newPage();
  await page.goto(`${app.url}/studio`);
  await page.getByRole('link', { name: /Sign in at/ }).waitFor();
  for (const search of ['?code=x&state=wrong', '?error=access_denied&state=wrong', '']) {
    await page.request.get(`${app.url}/studio/sign-in?to=%3Fview%3Dactor`, { maxRedirects: 0 });
    const got = await page.request.post(`${app.url}/studio/token`, { data: { search } });
    expect([got.status(), (await got.json()) as object]).toMatchObject([
      401,
      { type: '/problems/unauthenticated' },
    ]);
  }
});

test('leads to no other address', async () => {
  const { request } = await browser.newContext();
  const got = await request.get(`${app.url}/studio/sign-in?to=//evil.example`, { maxRedirects: 0 });
  expect(got.status()).toBe(302);
  expect(got.headers()['location']).toMatch(new RegExp(`^${provider.issuer}/auth\\?`));
  const [cookie = ''] = (got.headers()['set-cookie'] ?? '').split(';');
  const kept = Buffer.from(cookie.slice(cookie.indexOf('=') + 1), 'base64url').toString();
  expect(JSON.parse(kept)).toMatchObject({ to: '' });
  expect(got.headers()['set-cookie']).toMatch(/HttpOnly.*SameSite=Lax|SameSite=Lax.*HttpOnly/);
});

test('a provider that is away is said, and is asked again', async () => {
  const away = await openFile();
  cleanUp.add(() => away.close());
  const alone = await startApp({
    ...away.env,
    ...{ WAYBILL_JWT_SECRET: '', WAYBILL_JWKS_URL: 'http://127.0.0.1:9/jwks' },
    ...{ WAYBILL_JWT_ISSUER: 'http://127.0.0.1:9', WAYBILL_JWT_AUDIENCE: 'waybill' },
    ...{ WAYBILL_OIDC_CLIENT_ID: 'studio', WAYBILL_PUBLIC_URL: 'http://127.0.0.1:1' },
  });
  cleanUp.add(() => alone.stop());
  const got = await fetch(`${alone.url}/studio/sign-in`, { redirect: 'manual' });
  expect([got.status, got.headers.get('retry-after')]).toEqual([503, '1']);
});
