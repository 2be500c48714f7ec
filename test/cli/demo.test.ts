/** `npm run demo` as a person runs it, and what it says of orders that end otherwise. */
import { access } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endsOf } from '../../cli/demo/ends.ts';
import { scenes, type Scene } from '../../cli/demo/fates.ts';
import { createCalls, type Call } from '../../cli/shop/calls.ts';
import { admin, bearer, startApp, type App } from '../support/app.ts';
import { createCleanUp, openFile } from '../support/places.ts';
import { start } from './shopping.ts';

test('every order of the demo ends as it was meant to', async () => {
  const { code, stdout, stderr } = await start('demo', []).ended;
  expect(stderr).toBe('');
  const orders = scenes.flatMap((scene) => scene.orders);
  expect(stdout).toContain(`All ${orders.length} orders have ended as they were meant to`);
  expect(code).toBe(0);
  for (const { id } of orders)
    expect(stdout).toMatch(new RegExp(`^${id} .* (completed|cancelled|rejected) `, 'm'));
  expect(stdout).toMatch(/409 {2}POST \/fulfillments\/happy~f1\/start-pick +refused: .*completed\.delivered/);
  const [, folder = ''] = /with its data in (\S+)/.exec(stdout) ?? [];
  await expect(access(folder)).rejects.toThrow('ENOENT');
});

test('interrupted, it ends its server and removes its data', async () => {
  const demo = start('demo', []);
  await expect.poll(() => demo.stdout(), { timeout: 30_000 }).toContain('POST /orders');
  demo.send('SIGINT');
  const { code, stdout } = await demo.ended;
  expect(code).toBe(130);
  const [, url = '', folder = ''] = /^Waybill is at (\S+), with its data in (\S+)$/m.exec(stdout) ?? [];
  await expect(access(folder)).rejects.toThrow('ENOENT');
  await expect(fetch(`${url}/livez`)).rejects.toThrow('fetch failed');
});

describe('the ends that it tells', () => {
  const cleanUp = createCleanUp();
  let app: App;
  let call: Call;
  beforeAll(async () => {
    const place = await openFile();
    cleanUp.add(() => place.close());
    app = await startApp(place.env);
    cleanUp.add(() => app.stop());
    const token = (await bearer(admin)).authorization.slice('Bearer '.length);
    call = createCalls({ url: app.url, token, patienceMs: 1_000, signal: new AbortController().signal });
  });
  afterAll(cleanUp.run);

  const end = { state: 'rejected', captured: 0, refunded: 0, parcels: 0, left: 0 } as const;

  test.each([
    ['as it was meant', end, false],
    ['in another state', { ...end, state: 'cancelled' }, true],
    ['with other money', { ...end, captured: 3_900 }, true],
    ['with another number of parcels', { ...end, parcels: 1 }, true],
    ['with something else left', { ...end, left: 1 }, true],
  ] as const)('an order that ends %s', async (name, meant, isWrong) => {
    const id = name.replaceAll(' ', '-');
    const shipTo = { name: 'Ada', line1: '1 Way', city: 'London', postalCode: 'N1', country: 'GB' };
    const lines = [{ sku: 'UNICORN', quantity: 1, unitPrice: 3_900 }];
    const order = { id, customerId: 'ada', currency: 'EUR', shipTo, lines };
    expect((await app.post('/orders', order)).status).toBe(201);
    const scene: Scene = {
      ...{ fate: 'rejected', story: '', orders: [{ id, lines }], shelves: [], ends: [meant] },
      act: () => Promise.resolve(),
    };
    expect(await endsOf(call, scene, false)).toMatchObject([
      { isWrong, cells: { order: id, state: 'rejected' } },
    ]);
    expect(await endsOf(call, scene, true)).toMatchObject([{ isWrong: true }]);
  });
});
