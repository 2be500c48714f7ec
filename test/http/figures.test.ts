import { expect, it } from 'vitest';
import type { FiguresJson } from '../../http/figures.ts';
import type { Backend } from '../../runtime/ports.ts';
import { readEvents } from '../support/event-stream.ts';
import { createHttpBench, type HttpBench } from '../support/http.ts';

async function figures({ get }: HttpBench, kind = 'order'): Promise<FiguresJson> {
  const { status, body } = await get(`/machines/${kind}/figures`);
  expect(status).toBe(200);
  return body as unknown as FiguresJson;
}

async function whenReady(bench: HttpBench, kind?: string): Promise<FiguresJson> {
  await bench.clock.until(async () => (await figures(bench, kind)).ready);
  return figures(bench, kind);
}

it('counts what was there before, and follows what happens', async () => {
  const bench = await createHttpBench();
  await bench.draft('o1');
  await bench.clock.advance(60_000);
  await bench.draft('o2');
  const before = await whenReady(bench);
  expect(before.states['draft']).toMatchObject({ count: 2, oldestId: 'o1', left: 0 });
  expect(before.states['draft']?.oldestMs).toBeGreaterThanOrEqual(60_000);
  await bench.post('/orders/o1/cancel');
  await bench.clock.until(async () => (await figures(bench)).states['draft']?.count === 1);
  const after = await figures(bench);
  expect(after.states['draft']).toMatchObject({ oldestId: 'o2', left: 1 });
  expect(after.states['draft']?.p50Ms).toBeGreaterThanOrEqual(60_000);
  expect(after.moves).toContainEqual({ from: 'draft', to: 'cancelled', event: 'order.cancel', count: 1 });
  await bench.clock.advance(5_000);
  expect((await figures(bench)).states['cancelled']?.count).toBe(1);
});

it('reads few records at once, for they may be large', async () => {
  const asked: number[] = [];
  const wrap = (backend: Backend): Backend => ({
    ...backend,
    store: {
      ...backend.store,
      records: (keys) => (asked.push(keys.length), backend.store.records(keys)),
    },
  });
  const bench = await createHttpBench({ wrap });
  const ids = Array.from({ length: 120 }, (_, n) => `o${n}`);
  for (const id of ids) await bench.draft(id);
  expect((await whenReady(bench)).states['draft']?.count).toBe(ids.length);
  expect(asked.reduce((sum, count) => sum + count, 0)).toBe(ids.length);
  expect(Math.max(...asked)).toBeLessThanOrEqual(20);
});

it('has every state of the chart, with its target, and counts regions and what is around them', async () => {
  const bench = await createHttpBench();
  await bench.active('o1');
  const { states } = await whenReady(bench);
  const machine = (await bench.get('/machines/order')).body as unknown as {
    targets: Record<string, { dwellMs: number }>;
  };
  for (const [path, { dwellMs }] of Object.entries(machine.targets))
    expect(states[path]?.targetMs).toBe(dwellMs);
  expect(states['active']?.count).toBe(1);
  expect(states['active.execution.inFulfillment']?.count).toBe(1);
  expect(states['active.hold.clear']?.count).toBe(1);
  expect(states['draft']?.count).toBe(0);
});

it('says who is there longer than the target', async () => {
  const bench = await createHttpBench();
  await bench.active('o1');
  await whenReady(bench, 'fulfillment');
  // Asked of the node: a token does not last so long.
  const planned = async () => (await bench.node.reader.figures.of('fulfillment')).states['progress.planned'];
  const { targetMs = null, ...before } = (await planned()) ?? {};
  expect(before).toMatchObject({ count: 1, over: 0 });
  for (let passed = 0; passed <= (targetMs ?? 0); passed += 200_000) {
    await planned();
    await bench.clock.advance(200_000);
  }
  expect(await planned()).toMatchObject({ count: 1, over: 1 });
});

it('counts what is refused, by state and event, to people', async () => {
  const bench = await createHttpBench();
  await bench.draft('o1');
  await whenReady(bench);
  await bench.post('/orders/o1/pay', { method: 'ok' });
  await bench.post('/orders/o1/pay', { method: 'ok' });
  await bench.clock.until(async () => (await figures(bench)).refused.length > 0);
  expect((await figures(bench)).refused).toEqual([
    { state: 'draft', event: 'order.pay', reason: 'unhandled', people: 2, systems: 0 },
  ]);
});

it('is told whenever it changes, and at once', async () => {
  const { app, tokens, clock, draft } = await createHttpBench();
  const headers = { authorization: `Bearer ${tokens.admin}` };
  const live = readEvents(await app.request('/machines/order/live', { headers }));
  const drafts = (): number | undefined => {
    const last = live.events.at(-1);
    return last === undefined ? undefined : (JSON.parse(last.data) as FiguresJson).states['draft']?.count;
  };
  await clock.until(() => drafts() === 0);
  await draft('o1');
  await clock.until(() => drafts() === 1);
  const told = live.events.length;
  await clock.advance(60_000);
  expect(live.events.length).toBeLessThanOrEqual(told + 1);
  await live.cancel();
});

it('is forgotten when nobody looks, and gathered again', async () => {
  const bench = await createHttpBench();
  await bench.draft('o1');
  await whenReady(bench);
  await bench.clock.advance(600_000);
  await bench.draft('o2');
  expect((await whenReady(bench)).states['draft']?.count).toBe(2);
});

it('is for those who may see every actor', async () => {
  const { get } = await createHttpBench();
  for (const path of ['/machines/order/figures', '/machines/order/live']) {
    expect((await get(path, { as: 'anna' })).status).toBe(403);
    expect((await get(path, { as: null })).status).toBe(401);
    expect((await get(path.replace('order', 'nothing'))).status).toBe(404);
  }
});
