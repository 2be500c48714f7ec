import { describe, expect, it } from 'vitest';
import type { Choice } from '../../runtime/core/choices.ts';
import { createHttpBench, type HttpBench, type Sent } from '../support/http.ts';

async function choices(
  { get }: HttpBench,
  path: string,
  more: Partial<Sent> = {},
): Promise<Map<string, Choice>> {
  const got = await get(`${path}/options`, more);
  expect([got.status, got.text]).toEqual([200, expect.any(String)]);
  const { items, next } = got.body as unknown as { items: Choice[]; next: null };
  expect(next).toBeNull();
  return new Map(items.map((item) => [item.event, item]));
}

describe('the options of an actor', () => {
  it('are all events of its chart, with the reason why one cannot happen', async () => {
    const bench = await createHttpBench();
    await bench.draft('o1');
    const found = await choices(bench, '/orders/o1');
    expect(found.get('order.place')).toEqual({
      event: 'order.place',
      source: 'command',
      command: 'place',
      possible: 'yes',
    });
    expect(found.get('order.pay')).toMatchObject({
      possible: 'no',
      why: 'state',
      states: ['awaitingPayment', 'active.money.collecting'],
    });
    expect(found.get('payment.captured')).toMatchObject({ source: 'message', command: null });
    const { events } = (await bench.get('/machines/order')).body as { events: object };
    for (const event of Object.keys(events)) expect(found.has(event), event).toBe(true);
  });

  it('name the roles that may, the conditions that are not met, and when its own time comes', async () => {
    const bench = await createHttpBench();
    await bench.draft('o1');
    const seen = await choices(bench, '/orders/o1', { as: 'anna' });
    expect(seen.get('order.retry')).toMatchObject({ possible: 'no', why: 'role' });
    expect(seen.get('order.retry')?.roles).toContain('admin');
    const own = await choices(bench, '/orders/o1');
    const timers = [...own.values()].filter(({ source }) => source === 'timer');
    expect(timers).toEqual([expect.objectContaining({ possible: 'yes', at: expect.any(String) as string })]);
  });

  it('leave out what would be refused whatever it carried', async () => {
    const bench = await createHttpBench();
    await bench.active('o1');
    const found = await choices(bench, '/orders/o1');
    for (const event of ['order.release', 'order.resolveShort', 'order.resolveParcel']) {
      expect(found.get(event), event).toMatchObject({ possible: 'no', why: 'guard' });
    }
    expect(found.get('order.cancelLine')).toMatchObject({ possible: 'depends' });
    await bench.handOver('o1');
    const isShipped = async (): Promise<boolean> =>
      (await bench.get('/orders/o1')).text.includes('execution.shipped');
    await bench.clock.until(isShipped);
    const after = await choices(bench, '/orders/o1');
    expect(after.get('order.cancelLine')).toMatchObject({ possible: 'no', why: 'guard' });
  });

  it('are what the actor then takes or refuses, whatever its state', async () => {
    const bench = await createHttpBench();
    await bench.active('o1');
    for (const path of ['/orders/o1', '/fulfillments/o1~f1', '/stock-items/W1~LAMP', '/warehouses/W1']) {
      for (const as of ['admin', 'picker', 'anna'] as const) {
        const seen = await bench.get(path, { as });
        if (seen.status === 403) continue;
        const { can } = seen.body as unknown as { can: string[] };
        const found = await choices(bench, path, { as });
        const able = [...found.values()].flatMap(({ command, possible }) =>
          command !== null && possible !== 'no' ? [command] : [],
        );
        expect(able.sort(), path).toEqual([...can].sort());
      }
    }
  });

  it('of one that is over are none', async () => {
    const bench = await createHttpBench();
    await bench.draft('o1');
    await bench.post('/orders/o1/cancel', {});
    const found = await choices(bench, '/orders/o1');
    expect(found.get('order.place')).toMatchObject({ possible: 'no', why: 'over' });
  });

  it('are refused to those who may not see it, and for one that is not there', async () => {
    const bench = await createHttpBench();
    await bench.draft('o1');
    expect((await bench.get('/orders/o1/options', { as: 'ben' })).status).toBe(404);
    expect((await bench.get('/orders/o1/options', { as: 'nobody' })).status).toBe(403);
    expect((await bench.get('/orders/none/options')).status).toBe(404);
    expect((await bench.post('/orders/o1/options', {})).status).toBe(405);
  });
});
