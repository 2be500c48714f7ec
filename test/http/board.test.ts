import { expect, it } from 'vitest';
import type { BoardJson } from '../../http/board.ts';
import { createHttpBench, type HttpBench } from '../support/http.ts';

async function board({ get }: HttpBench, window = '1h'): Promise<BoardJson> {
  const { status, body } = await get(`/machines/order/board?window=${window}`);
  expect(status).toBe(200);
  return body as unknown as BoardJson;
}

async function whenReady(bench: HttpBench, window?: string): Promise<BoardJson> {
  await bench.clock.until(async () => (await board(bench, window)).ready);
  return board(bench, window);
}

const funnel = (given: BoardJson): [string, number][] => given.funnel.map(({ name, count }) => [name, count]);

it('counts what began, what ended and what was refused, also before anybody looked', async () => {
  const bench = await createHttpBench();
  await bench.draft('o1');
  await bench.draft('o2');
  await bench.active('o3');
  await bench.post('/orders/o1/pay', { method: 'ok' });
  await bench.clock.advance(120_000);
  await bench.post('/orders/o2/cancel');
  const found = await whenReady(bench);
  expect(found.totals).toMatchObject({ created: 3, lost: 1, refused: 1, finished: 0, p50Ms: null });
  expect(funnel(found)).toEqual([
    ['created', 3],
    ['placed', 1],
    ['paid', 1],
    ['shipped', 0],
    ['delivered', 0],
  ]);
  expect(found.steps).toHaveLength(60);
  expect(found.steps.at(-1)).toMatchObject({ lost: 1, created: 0 });
  expect(found.steps.reduce((sum, { created }) => sum + created, 0)).toBe(3);
  await bench.draft('o4');
  await bench.clock.until(async () => (await board(bench)).totals.created === 4);
});

it('says how many were in a state at the end of each step', async () => {
  const bench = await createHttpBench();
  await bench.active('o1');
  await bench.clock.advance(180_000);
  await bench.post('/orders/o1/cancel');
  const { steps } = await whenReady(bench);
  const there = steps.map(({ states }) => states['active.execution.inFulfillment']);
  expect(there.at(-1)).toBe(0);
  expect(there.at(-2)).toBe(1);
  expect(there[0]).toBe(0);
});

it('does not take those who came and went within one step for there before', async () => {
  const bench = await createHttpBench();
  // All within a quarter of an hour, and in different minutes.
  await bench.clock.advance(900_000 - (bench.clock.now() % 900_000));
  await bench.active('o1');
  await bench.clock.advance(180_000);
  await bench.post('/orders/o1/cancel');
  const { steps } = await whenReady(bench, '24h');
  expect(steps.map(({ states }) => states['active.execution.inFulfillment'])).toEqual(steps.map(() => 0));
});

it('tells how long it took, and whether that was in time, also of what began before', async () => {
  const bench = await createHttpBench();
  await bench.active('o1');
  await bench.clock.advance(90_000);
  await bench.handOver('o1');
  const { items } = (await bench.get('/shipments?orderId=o1')).body as unknown as {
    items: { context: { trackingNumber: string } }[];
  };
  const scan = { trackingNumber: items[0]?.context.trackingNumber, status: 'delivered' };
  expect((await bench.post('/sandbox/carriers/sandbox/scan', scan)).status).toBe(200);
  await bench.clock.until(async () =>
    (await bench.get('/orders?state=active.execution.delivered')).text.includes('o1'),
  );
  const { totals, stuck } = await whenReady(bench, '24h');
  expect(totals).toMatchObject({ finished: 1, onTime: 1, lost: 0 });
  expect(totals.p50Ms).toBeGreaterThanOrEqual(90_000);
  expect(stuck).toEqual({ count: 0, values: [] });
});

it('adds up what is bound in those that are late', async () => {
  const bench = await createHttpBench();
  await bench.active('o1');
  await bench.post('/orders/o1/hold', { handle: 'fraud', reason: 'a look' });
  await whenReady(bench);
  const { figures, boards } = bench.node.reader;
  const hours = 25;
  for (let hour = 0; hour < hours * 15; hour++) {
    figures.late('order');
    await bench.clock.advance(240_000);
  }
  const late = figures.late('order');
  expect([...late.keys()]).toEqual(['o1']);
  const total = (
    (await bench.node.reader.view({ kind: 'order', id: 'o1' }, somebody)) as { context: { total: number } }
  ).context.total;
  expect(await boards.valueOf('order', late)).toEqual({ EUR: total });
});

const somebody = { subject: 'adam', roles: ['admin'], warehouses: [] };

it('is for those who may see every order, and only of kinds that have one', async () => {
  const bench = await createHttpBench();
  expect((await bench.get('/machines/order/board', { as: 'anna' })).status).toBe(403);
  expect((await bench.get('/machines/payment/board')).status).toBe(404);
  expect((await bench.get('/machines/order/board?window=1y')).status).toBe(422);
  expect((await bench.get('/machines/order/board?span=1h')).status).toBe(422);
});
