/** Timers keep their deadline over the end of the process (I6, R9). */
import { afterEach, expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { createCleanUp, places } from '../support/places.ts';
import { openShop } from '../support/shop.ts';
import type { ActorView } from '../support/traffic.ts';
import type { Entry } from '../support/compare.ts';
import { until } from '../support/until.ts';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

const draft = {
  customerId: 'ada',
  currency: 'EUR',
  shipTo: { name: 'Ada', line1: '1 Way', city: 'London', postalCode: 'N1', country: 'GB' },
  lines: [{ sku: 'TEAPOT', quantity: 1, unitPrice: 500 }],
  draft: true,
};

test.each(places)('a draft expires, though the process was killed in between: %s', async (_, open) => {
  const place = await open();
  cleanUp.add(() => place.close());
  const app = await startApp({ ...place.env, WAYBILL_DRAFT_EXPIRY_MS: '1500' });
  cleanUp.add(() => app.kill9());
  await openShop(app.post);
  const view = async (id: string): Promise<ActorView & { timers: { at: string }[]; createdAt: string }> =>
    (await (await app.get(`/orders/${id}`)).json()) as never;
  const expired = (id: string): Promise<boolean> =>
    until(async () => (await view(id)).states.includes('expired'), { what: () => `${id} expires` });

  for (const id of ['killed', 'placed'])
    expect((await app.post('/orders', { ...draft, id })).status).toBe(201);
  const { timers, createdAt } = await view('killed');
  expect(Date.parse(timers[0]?.at ?? '') - Date.parse(createdAt)).toBe(1_500);
  expect((await app.post('/orders/placed/place')).status).toBe(200);
  await app.kill9();
  await app.restart();
  await expired('killed');
  // One that is set and goes off in the same process.
  expect((await app.post('/orders', { ...draft, id: 'whole' })).status).toBe(201);
  await expired('whole');

  await until(async () => (await view('placed')).states.includes('active.execution.inFulfillment'));
  const path = '/orders/killed/history';
  const items = await until(async () => {
    const page = (await (await app.get(path)).json()) as { items: Entry[] };
    return page.items.length >= 2 && page.items;
  });
  expect(items.map(({ version, event, outcome }) => [version, event, outcome])).toEqual([
    [1, 'order.create', 'accepted'],
    [2, 'xstate.after.draftExpiry.order.draft', 'accepted'],
  ]);
});
