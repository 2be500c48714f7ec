import { describe, expect, it } from 'vitest';
import type { Rehearsed } from '../../runtime/core/rehearsal.ts';
import { settled } from '../support/clock.ts';
import { createHttpBench, order, type Got, type HttpBench } from '../support/http.ts';

async function whatIf({ post }: HttpBench, path: string, body: object): Promise<Rehearsed> {
  const got = await post(`${path}/what-if`, body);
  expect([got.status, got.text]).toEqual([200, expect.any(String)]);
  return got.body as unknown as Rehearsed;
}

/** The moment that a refusal names instead. */
function nearestIn({ status, body: { type, errors, detail } }: Got): number | undefined {
  expect([status, type, errors[0]?.pointer]).toEqual([422, '/problems/invalid', '/at']);
  expect(detail).toContain('without the state after it');
  const [, nearest] = / before it that has it is (\d+)$/.exec(detail) ?? [];
  return nearest === undefined ? undefined : Number(nearest);
}

/** Everything that is stored, anywhere. */
async function everything({ backend, get }: HttpBench): Promise<unknown> {
  const kinds = ['orders', 'fulfillments', 'payments', 'shipments', 'stock-items', 'warehouses'];
  return [
    await backend.journal.readAll(0, 10_000),
    await backend.deadLetters.readAll(0, 10_000),
    await backend.mailbox.bounds(),
    ...(await Promise.all(kinds.map(async (kind) => (await get(`/${kind}`)).text))),
  ];
}

describe('what if', () => {
  it('leaves room for others where much is asked of a large order', async () => {
    const bench = await createHttpBench();
    const lines = Array.from({ length: 200 }, (_, n) => ({ sku: `SKU-${n}`, quantity: 1, unitPrice: 1 }));
    const { status } = await bench.post('/orders', { ...order, id: 'large', lines, draft: true });
    expect(status).toBe(201);
    const events = Array.from({ length: 50 }, (_, n) => ({
      type: 'order.changeAddress',
      shipTo: { ...order.shipTo, line1: `${n} St James Square` },
    }));
    let found: Rehearsed | undefined;
    void whatIf(bench, '/orders/large', { events }).then((rehearsed) => (found = rehearsed));
    for (let round = 0; round < 20; round++) await settled();
    expect(found).toBeUndefined();
    await bench.clock.until(() => found !== undefined);
    expect(found?.steps).toHaveLength(50);
  });

  it('tells the state after it and everything that would be done, and does none of it', async () => {
    const bench = await createHttpBench();
    await bench.active('o1');
    const before = await everything(bench);
    const { from, steps } = await whatIf(bench, '/orders/o1', { events: [{ type: 'order.cancel' }] });
    expect(from?.states).toContain('active.execution.inFulfillment');
    expect(steps).toMatchObject([
      { event: 'order.cancel', outcome: 'accepted', view: { state: { ending: 'stopping' } } },
    ]);
    expect(steps[0]?.effects.messages).toContainEqual(
      expect.objectContaining({
        to: 'fulfillment/o1~f1',
        event: expect.objectContaining({ type: 'fulfillment.stop' }) as object,
      }),
    );
    expect(steps[0]?.effects.timers.length).toBeGreaterThan(0);
    expect(await everything(bench)).toEqual(before);
  });

  it('goes on from step to step, with timers, and says what a charge would be', async () => {
    const bench = await createHttpBench();
    await bench.draft('o1');
    const placed = [{ type: 'order.place' }, { type: 'routing.candidates', warehouses: ['W1'] }];
    const asked = (await whatIf(bench, '/orders/o1', { events: placed })).steps[1]?.effects.messages[0]
      ?.event;
    const held = { type: 'stock.held', reservation: asked?.['reservation'], quantity: asked?.['quantity'] };
    const { steps } = await whatIf(bench, '/orders/o1', {
      events: [...placed, { ...held, stockItem: 'W1~LAMP' }],
    });
    expect(steps.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted', 'accepted']);
    const authorize = steps[2]?.effects.messages.find(({ event }) => event.type === 'payment.authorize');
    expect(authorize).toMatchObject({ to: 'payment/o1~p1', event: { currency: 'EUR' } });
    expect((await bench.get('/orders/o1')).body['states']).toEqual(['draft']);
    const { timers } = (await bench.get('/orders/o1')).body as unknown as { timers: { event: string }[] };
    const fired = await whatIf(bench, '/orders/o1', { events: [{ timer: timers[0]?.event }] });
    expect(fired.steps).toMatchObject([{ outcome: 'accepted', view: { states: ['expired'] } }]);
  });

  it('refuses as it would be refused, with the reason', async () => {
    const bench = await createHttpBench();
    await bench.draft('o1');
    const { steps } = await whatIf(bench, '/orders/o1', {
      events: [
        { type: 'order.pay', method: 'ok' },
        { type: 'order.changeAddress', shipTo: {} },
        { timer: 'none' },
        { activity: 'none', output: null },
      ],
    });
    expect(steps.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['refused', 'unhandled'],
      ['refused', 'invalid'],
      ['nothing', undefined],
      ['nothing', undefined],
    ]);
    expect(steps[0]?.allowed).toContain('order.place');
    expect(steps[1]?.errors?.length).toBeGreaterThan(0);
  });

  it('begins at a moment of its history', async () => {
    const bench = await createHttpBench();
    await bench.active('o1');
    const { items } = (await bench.get('/orders/o1/history')).body;
    const { sequence } =
      items.find(({ event }) => event === 'routing.candidates') ?? expect.fail('no such entry');
    const { from } = await whatIf(bench, '/orders/o1', { at: sequence, events: [{ type: 'order.cancel' }] });
    expect(from?.states[0]).toMatch(/^holding/);
  });

  it('names the nearest moment of a large actor whose state was kept', async () => {
    const bench = await createHttpBench();
    const lines = Array.from({ length: 200 }, (_, n) => ({ sku: `SKU-${n}`, quantity: 1, unitPrice: 1 }));
    await bench.post('/orders', { ...order, id: 'large', lines, draft: true });
    const kept: (number | undefined)[] = [];
    const told: unknown[] = [];
    const events = [{ type: 'order.cancel' }];
    for (let n = 0; n < 20; n++) {
      await bench.post('/orders/large/change-address', { shipTo: { ...order.shipTo, line1: `${n} Street` } });
      // Between its entries, and behind them, there are others'.
      for (let other = 0; other < (n === 10 ? 120 : 1); other++) await bench.draft(`small${n}-${other}`);
      expect((await bench.post('/orders/large/pay', { method: 'ok' })).status).toBe(409);
    }
    for (const { sequence, outcome, after } of (await bench.get('/orders/large/history')).body.items) {
      if (outcome === 'refused') continue;
      kept.push(after === undefined ? kept.at(-1) : sequence);
      const got = await bench.post('/orders/large/what-if', { at: sequence, events });
      told.push(got.status === 200 ? sequence : nearestIn(got));
    }
    expect(told).toEqual(kept);
    expect(new Set(told).size).toBeGreaterThan(2);
    expect(told.length).toBe(21);
  });

  it.each<[object, string]>([
    [{}, '/events'],
    [{ events: [] }, '/events'],
    [{ events: [{}] }, '/events/0'],
    [{ events: Array(51).fill({ type: 'order.cancel' }) as object[] }, '/events'],
    [{ at: 0, events: [{ type: 'order.cancel' }] }, '/at'],
    [{ at: 999, events: [{ type: 'order.cancel' }] }, '/at'],
  ])('refuses %o', async (body, pointer) => {
    const { post, draft } = await createHttpBench();
    await draft('o1');
    const got = await post('/orders/o1/what-if', body);
    expect([got.status, got.body.errors[0]?.pointer.startsWith(pointer)]).toEqual([422, true]);
  });

  it('is for those who do not only see their own', async () => {
    const { post, get, draft } = await createHttpBench();
    await draft('o1');
    const body = { events: [{ type: 'order.cancel' }] };
    expect((await post('/orders/o1/what-if', body, { as: 'anna' })).status).toBe(403);
    expect((await post('/orders/none/what-if', body)).status).toBe(404);
    // Whoever sees the actors of a warehouse: not forbidden, only not there.
    expect((await post('/stock-items/W1~NONE/what-if', body, { as: 'picker' })).status).toBe(404);
    expect((await get('/orders/o1/what-if')).status).toBe(405);
  });
});
