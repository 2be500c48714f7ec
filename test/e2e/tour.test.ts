/** What the README shows, over the real socket: an order from its creation to its end. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, startApp } from '../support/app.ts';
import { createCleanUp, places } from '../support/places.ts';
import { openShop } from '../support/shop.ts';
import { until } from '../support/until.ts';

interface View {
  readonly id: string;
  readonly version: number;
  readonly status: string;
  readonly states: string[];
  readonly can: string[];
  readonly context: {
    readonly fulfillments: { id: string; warehouse: string; state: string }[];
    readonly trackingNumber: string;
  } & Record<string, unknown>;
}

interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly body: View & Record<string, unknown>;
}

describe.each(places)('%s', (_, open) => {
  const cleanUp = createCleanUp();
  let app: App;
  beforeAll(async () => {
    const place = await open();
    cleanUp.add(() => place.close());
    app = await startApp(place.env);
    cleanUp.add(() => app.stop());
    await openShop(app.post);
  });
  afterAll(cleanUp.run);

  async function post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Got> {
    return got(await app.post(path, body, headers));
  }
  async function get(path: string): Promise<Got> {
    return got(await app.get(path));
  }
  async function inState(path: string, state: string): Promise<View> {
    const what = (): string => `${path} is in ${state}`;
    return until(
      async () => {
        const { status, body } = await get(path);
        return status === 200 && body.states.includes(state) && body;
      },
      { what },
    );
  }
  /** Up to the handover, or to the label. */
  async function work(fulfillment: string, { last = 'hand-over', lineId = 'l1' } = {}): Promise<void> {
    const path = `/fulfillments/${fulfillment}`;
    await inState(path, 'progress.planned');
    for (const step of ['start-pick', 'finish-pick', 'start-pack', 'finish-pack', 'hand-over']) {
      if (step === 'hand-over') await inState(path, 'progress.readyToShip');
      const lines = step === 'finish-pick' ? { lines: [{ lineId, quantity: 1 }] } : {};
      const { status, body } = await post(`${path}/${step}`, lines);
      expect([step, status, body['detail']]).toEqual([step, 200, undefined]);
      if (step === last) return;
    }
  }
  /** The carrier tells that the customer has it. */
  async function deliver(fulfillment: string): Promise<void> {
    const { trackingNumber } = (await get(`/shipments/${fulfillment}~s1`)).body.context;
    const scan = { trackingNumber, status: 'delivered' };
    expect((await post('/sandbox/carriers/sandbox/scan', scan)).status).toBe(200);
    await inState(`/fulfillments/${fulfillment}`, 'progress.completed.delivered');
  }

  test('an order is held, paid, picked, packed, labelled, handed over, captured and delivered', async () => {
    const created = await post('/orders', orderOf('tour'));
    expect([created.status, created.headers.get('location')]).toEqual([201, '/orders/tour']);
    expect(created.headers.get('etag')).toBe('"1"');
    await work('tour~f1');
    await inState('/orders/tour', 'active.money.captured');
    await deliver('tour~f1');
    const order = await inState('/orders/tour', 'active.execution.delivered');
    const fulfillment = { id: 'tour~f1', warehouse: 'W1', state: 'delivered', shipmentId: 'tour~f1~s1' };
    expect(order.context).toMatchObject({
      ...{ total: 3_900, captured: 3_900, refunded: 0, reservations: [] },
      fulfillments: [fulfillment],
      payments: [{ id: 'tour~p1', state: 'authorized', method: 'ok', amount: 3_900 }],
    });
    const { ledger } = (await get('/stock-items/W1~TEAPOT')).body.context;
    expect(ledger).toMatchObject({ consumed: 1 });
  });

  test('what a chart does not allow is refused, and stands in the history', async () => {
    await post('/orders', orderOf('refused'));
    await work('refused~f1');
    await deliver('refused~f1');
    const again = await post('/fulfillments/refused~f1/start-pick');
    expect(again.status).toBe(409);
    expect(again.body).toMatchObject({
      type: '/problems/illegal-transition',
      state: { progress: { completed: 'delivered' }, hold: 'clear' },
      event: 'fulfillment.startPick',
    });
    expect(again.body['allowed']).not.toContain('fulfillment.startPick');
    const history = await until(async () => {
      const { body } = await get('/fulfillments/refused~f1/history');
      const items = body['items'] as { event: string; outcome: string; version: number }[];
      return items.length >= 10 && items;
    });
    expect(history.map(({ version, event, outcome }) => `${version} ${event} ${outcome}`)).toEqual([
      '1 fulfillment.start accepted',
      '2 warehouse.granted accepted',
      '3 fulfillment.startPick accepted',
      '4 fulfillment.finishPick accepted',
      '5 fulfillment.startPack accepted',
      '6 fulfillment.finishPack accepted',
      '7 shipment.booked accepted',
      '8 fulfillment.handOver accepted',
      '9 shipment.delivered accepted',
      '9 fulfillment.startPick refused',
    ]);
  });

  test('lists find it by its state and by its customer', async () => {
    await post('/orders', { ...orderOf('listed'), customerId: 'grace' });
    await post('/orders', { ...orderOf('listed-draft'), customerId: 'grace', draft: true });
    await inState('/orders/listed', 'active.execution.inFulfillment');
    const ids = async (query: string): Promise<string[]> => {
      const { status, body } = await get(`/orders?customerId=grace${query}`);
      expect(status).toBe(200);
      return (body['items'] as View[]).map(({ id }) => id);
    };
    expect(await ids('')).toEqual(['listed-draft', 'listed']);
    expect(await ids('&state=draft')).toEqual(['listed-draft']);
    expect(await ids('&state=active')).toEqual(['listed']);
    expect(await ids('&state=active.execution.inFulfillment')).toEqual(['listed']);
    const page = await get('/orders?customerId=grace&limit=1');
    const next = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1] ?? '';
    expect(((await get(next)).body['items'] as View[]).map(({ id }) => id)).toEqual(['listed']);
  });

  test('a version that has gone is refused, one that is known is not sent again', async () => {
    await post('/orders', { ...orderOf('tagged'), draft: true });
    const held = await post('/orders/tagged/place', {}, { 'if-match': '"7"' });
    expect([held.status, held.body['type'], held.body['version']]).toEqual([
      412,
      '/problems/stale-version',
      1,
    ]);
    const placed = await post('/orders/tagged/place', {}, { 'if-match': '"1"' });
    expect([placed.status, placed.headers.get('etag')]).toEqual([200, '"2"']);
  });

  test('the same key gives the same answer, and one effect', async () => {
    const key = { 'idempotency-key': 'k-1' };
    const first = await post('/orders', orderOf('keyed'), key);
    const second = await post('/orders', orderOf('keyed'), key);
    expect([second.status, second.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    expect(second.body).toEqual(first.body);
    const other = await post('/orders', { ...orderOf('keyed'), customerId: 'somebody' }, key);
    expect([other.status, other.body['type']]).toEqual([422, '/problems/key-reused']);
  });

  test('who does not wait is told where to look', async () => {
    const later = await post('/orders', orderOf('later'), { prefer: 'respond-async' });
    expect([later.status, later.headers.get('location')]).toEqual([202, '/orders/later']);
    expect(later.headers.get('preference-applied')).toBe('respond-async');
    await inState('/orders/later', 'active.execution.inFulfillment');
    const key = { 'idempotency-key': later.body.id };
    const asked = await post('/orders', orderOf('later'), key);
    expect([asked.status, asked.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
  });

  test('an order over two warehouses is shipped when both have handed over', async () => {
    await post('/orders', { ...orderOf('split'), lines: [line, { ...line, sku: 'CUP' }] });
    for (const [fulfillment, lineId, state, money] of [
      ['split~f1', 'l1', 'partiallyShipped', 'partiallyCaptured'],
      ['split~f2', 'l2', 'shipped', 'captured'],
    ] as const) {
      await work(fulfillment, { lineId });
      await inState('/orders/split', `active.execution.${state}`);
      await inState('/orders/split', `active.money.${money}`);
    }
    await deliver('split~f1');
    await inState('/orders/split', 'active.execution.partiallyDelivered');
    await deliver('split~f2');
    await inState('/orders/split', 'active.execution.delivered');
  });

  test('a cancellation that crosses a handover: one of them wins, and the order agrees', async () => {
    for (let round = 1; round <= 5; round++) {
      const id = `crossed-${round}`;
      await post('/orders', orderOf(id));
      await work(`${id}~f1`, { last: 'finish-pack' });
      await inState(`/fulfillments/${id}~f1`, 'progress.readyToShip');
      const [handedOver] = await Promise.all([
        post(`/fulfillments/${id}~f1/hand-over`),
        post(`/orders/${id}/cancel`, { reason: 'too late?' }),
      ]);
      const isShipped = handedOver.status === 200;
      await inState(`/orders/${id}`, isShipped ? 'active.execution.shipped' : 'cancelled');
      const end = isShipped ? 'progress.completed.handedOver' : 'progress.stopped';
      await inState(`/fulfillments/${id}~f1`, end);
    }
  });
});

const line = { sku: 'TEAPOT', quantity: 1, unitPrice: 3900 };

function orderOf(id: string): Record<string, unknown> {
  const shipTo = { name: 'Ada', line1: '1 Way', city: 'London', postalCode: 'N1', country: 'GB' };
  return { id, customerId: 'ada', currency: 'EUR', shipTo, lines: [line] };
}

async function got(response: Response): Promise<Got> {
  const { status, headers } = response;
  return { status, headers, body: (await response.json()) as Got['body'] };
}
