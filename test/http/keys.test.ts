import { expect, it } from 'vitest';
import { createHttpBench, order } from '../support/http.ts';

const key = { headers: { 'idempotency-key': 'k1' } };

it('gives the stored answer to a key that it knows, and says so', async () => {
  const { post, get, draft, clock } = await createHttpBench();
  await draft('o1');
  const first = await post('/orders/o1/place', {}, key);
  expect(first.body['state']).toBe('sourcing');
  await clock.until(async () => (await get('/orders/o1')).body['state'] === 'rejected');
  const again = await post('/orders/o1/place', {}, key);
  expect(first.headers.get('idempotency-replayed')).toBeNull();
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect([again.status, again.body, again.headers.get('etag')]).toEqual([200, first.body, '"2"']);
});

it('keeps of a large answer only that it was done, and shows the actor as it is by the time of the repeat', async () => {
  const { post } = await createHttpBench();
  const lines = Array.from({ length: 200 }, (_, n) => ({ sku: `SKU-${n}`, quantity: 1, unitPrice: 1 }));
  const made = () => post('/orders', { ...order, id: 'large', lines, draft: true }, key);
  const moved = (line1: string, more = {}) =>
    post('/orders/large/change-address', { shipTo: { ...order.shipTo, line1 } }, more);
  const other = { headers: { 'idempotency-key': 'k2' } };
  const first = [await made(), await moved('First Street', other)];
  const latest = await moved('Second Street');
  const again = [await made(), await moved('First Street', other)];
  expect(first.map(({ text }) => text.length > 4_000)).toEqual([true, true]);
  expect(first.map(({ headers }) => headers.get('etag'))).toEqual(['"1"', '"2"']);
  expect(again.map(({ status }) => status)).toEqual([201, 200]);
  expect(again.map(({ headers }) => headers.get('idempotency-replayed'))).toEqual(['true', 'true']);
  expect(again.map(({ headers }) => headers.get('etag'))).toEqual(['"3"', '"3"']);
  expect(again.map(({ body }) => body)).toEqual([latest.body, latest.body]);
  expect(again[0]?.headers.get('location')).toBe('/orders/large');
});

it('replays a refusal, and looks a key up before it compares versions', async () => {
  const { post, draft, active } = await createHttpBench();
  await active('o1');
  const refused = await post('/orders/o1/release', { handle: 'h1' }, key);
  const held = await post('/orders/o1/hold', { handle: 'h1', reason: 'check' });
  const again = await post('/orders/o1/release', { handle: 'h1' }, key);
  expect([refused.status, held.status]).toEqual([409, 200]);
  expect([again.status, again.body]).toEqual([409, refused.body]);
  await draft('o2');
  const cancel = () =>
    post('/orders/o2/cancel', {}, { headers: { 'idempotency-key': 'k2', 'if-match': '"1"' } });
  const done = await cancel();
  const repeated = await cancel();
  expect([done.headers.get('etag'), repeated.headers.get('etag')]).toEqual(['"2"', '"2"']);
  expect(repeated.headers.get('idempotency-replayed')).toBe('true');
  expect([done.status, repeated.status]).toEqual([200, 200]);
});

it('reaches the same actor with a repeated create', async () => {
  const { post, get } = await createHttpBench();
  const first = await post('/orders', order, key);
  const again = await post('/orders', order, key);
  expect([first.status, again.status]).toEqual([201, 201]);
  expect(again.body).toEqual(first.body);
  expect(again.headers.get('location')).toBe(first.headers.get('location'));
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect((await get('/orders')).body.items).toHaveLength(1);
});

it('keeps the keys of two callers apart', async () => {
  const { post, get } = await createHttpBench();
  const anna = await post('/orders', order, { ...key, as: 'anna' });
  const ben = await post('/orders', { ...order, customerId: 'ben' }, { ...key, as: 'ben' });
  expect([anna.status, ben.status]).toEqual([201, 201]);
  expect((await get('/orders')).body.items).toHaveLength(2);
});

it('refuses a key that was used with another body or another command', async () => {
  const { post, draft } = await createHttpBench();
  await draft('o1');
  await post('/orders/o1/cancel', { reason: 'one' }, key);
  const otherBody = await post('/orders/o1/cancel', { reason: 'two' }, key);
  const otherCommand = await post('/orders/o1/place', {}, key);
  for (const got of [otherBody, otherCommand]) {
    expect(got).toMatchObject({ status: 422, body: { type: '/problems/key-reused' } });
  }
  await post('/orders', order, key);
  expect((await post('/orders', { ...order, currency: 'USD' }, key)).body.type).toBe('/problems/key-reused');
});

it('takes the same body in another order for the same body', async () => {
  const { post } = await createHttpBench();
  const { currency, ...rest } = order;
  await post('/orders', { currency, ...rest }, key);
  expect((await post('/orders', { ...rest, currency }, key)).status).toBe(201);
});

it('answers one of two at the same time, and tells the other that it is in progress', async () => {
  const gate = Promise.withResolvers<undefined>();
  const { post, draft, asked } = await createHttpBench({
    wrap: (backend) => ({
      ...backend,
      mailbox: {
        ...backend.mailbox,
        async append(entry) {
          if (entry.body.includes('"order.place"')) await gate.promise;
          await backend.mailbox.append(entry);
        },
      },
    }),
  });
  await draft('o1');
  const first = post('/orders/o1/place', {}, key);
  await asked();
  const second = await post('/orders/o1/place', {}, key);
  expect(second).toMatchObject({ status: 409, body: { type: '/problems/in-progress' } });
  expect(second.headers.get('retry-after')).toBe('1');
  gate.resolve(undefined);
  expect((await first).status).toBe(200);
});

it.each(['', 'two words', 'x'.repeat(201), 'naïve'])('refuses %j as a key', async (given) => {
  const { post, draft } = await createHttpBench();
  await draft('o1');
  const got = await post('/orders/o1/place', {}, { headers: { 'idempotency-key': given } });
  expect(got).toMatchObject({ status: 422, body: { type: '/problems/invalid' } });
});

it('takes 200 visible characters as a key', async () => {
  const { post, draft } = await createHttpBench();
  await draft('o1');
  const headers = { 'idempotency-key': '!"#|/~'.repeat(40).slice(0, 200) };
  expect((await post('/orders/o1/place', {}, { headers })).status).toBe(200);
  expect((await post('/orders/o1/place', {}, { headers })).headers.get('idempotency-replayed')).toBe('true');
});

it('does not wait for who prefers not to, and gives the answer to the id later', async () => {
  const { post, draft } = await createHttpBench();
  await draft('o1');
  const got = await post('/orders/o1/place', {}, { headers: { prefer: 'respond-async' } });
  expect([got.status, got.headers.get('preference-applied')]).toEqual([202, 'respond-async']);
  expect(got.headers.get('location')).toBe('/orders/o1');
  const again = await post('/orders/o1/place', {}, { headers: { 'idempotency-key': got.body.id } });
  expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
  expect(again.body['states']).toEqual(['sourcing']);
});

it('refuses an id that it has made as the key of another command or body', async () => {
  const { post, get, sent, active } = await createSpiedBench();
  await active('o1');
  const held = { handle: 'h1', reason: 'check' };
  const promised = await post('/orders/o1/hold', held, { headers: { prefer: 'respond-async' } });
  await post('/orders/o1/release', { handle: 'h1' });
  for (const made of [promised.body.id, madeIdOf(sent, 'order.release')]) {
    for (const [command, body] of [
      ['cancel', {}],
      ['hold', { ...held, handle: 'h2' }],
    ] as const) {
      const got = await post(`/orders/o1/${command}`, body, { headers: { 'idempotency-key': made } });
      expect(got).toMatchObject({ status: 422, body: { type: '/problems/key-reused' } });
    }
  }
  expect((await get('/orders/o1')).body['states']).toContain('active.hold.clear');
});

it('says how to ask again for an actor whose id it made', async () => {
  const { post, get } = await createHttpBench();
  const got = await post('/orders', order, { headers: { prefer: 'respond-async' } });
  const id = String(got.headers.get('location')).slice('/orders/'.length);
  expect(got.body.detail).toContain(`"id": "${id}"`);
  const headers = { 'idempotency-key': got.body.id };
  const again = await post('/orders', { ...order, id }, { headers });
  expect([again.status, again.body.id, again.headers.get('idempotency-replayed')]).toEqual([201, id, 'true']);
  expect((await get('/orders')).body.items).toHaveLength(1);
});

it('shows the present view where only the outcome was kept', async () => {
  const { post, sent, active } = await createSpiedBench();
  await active('o1');
  const hold = { handle: 'h1', reason: 'check' };
  const held = await post('/orders/o1/hold', hold);
  expect(held.body['states']).toContain('active.hold.held');
  await post('/orders/o1/release', { handle: 'h1' });
  const headers = { 'idempotency-key': madeIdOf(sent, 'order.hold') };
  const again = await post('/orders/o1/hold', hold, { headers });
  expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
  expect(again.body['states']).toContain('active.hold.clear');
  expect(again.headers.get('etag')).toBe(`"${again.body.version}"`);
});

interface Sent {
  readonly id: string;
  readonly event?: { readonly type: string };
}

/** With all that was put into the mailbox. */
async function createSpiedBench() {
  const sent: Sent[] = [];
  const bench = await createHttpBench({
    wrap: (backend) => ({
      ...backend,
      mailbox: {
        ...backend.mailbox,
        append(entry) {
          sent.push(JSON.parse(entry.body) as Sent);
          return backend.mailbox.append(entry);
        },
      },
    }),
  });
  return { ...bench, sent };
}

function madeIdOf(sent: readonly Sent[], type: string): string {
  return (
    sent
      .find(({ event }) => event?.type === type)
      ?.id.split('|')
      .at(-1) ?? ''
  );
}

it.each([
  ['wait=90', 'wait=60'],
  ['respond-async, wait=3', 'wait=3'],
  ['wait="4"', 'wait=4'],
  ['handling=lenient, WAIT=1', 'wait=1'],
  ['wait=soon', null],
  ['handling=lenient', null],
])('applies the preference %s as %s', async (prefer, applied) => {
  const { post, draft } = await createHttpBench();
  await draft('o1');
  const got = await post('/orders/o1/place', {}, { headers: { prefer } });
  expect([got.status, got.headers.get('preference-applied')]).toEqual([200, applied]);
});

it('passes a well-formed trace on, and drops any other', async () => {
  const bodies: string[] = [];
  const { post, draft } = await createHttpBench({
    wrap: (backend) => ({
      ...backend,
      mailbox: {
        ...backend.mailbox,
        append(entry) {
          bodies.push(entry.body);
          return backend.mailbox.append(entry);
        },
      },
    }),
  });
  await draft('o1');
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await post('/orders/o1/place', {}, { headers: { traceparent: trace } });
  await post('/orders/o1/cancel', {}, { headers: { traceparent: '00-nonsense' } });
  const traces = bodies.map(
    (body) => JSON.parse(body) as { from: string; trace?: string; event: { type: string } },
  );
  expect(traces.find(({ event }) => event.type === 'order.place')?.trace).toBe(trace);
  expect(traces.find(({ event }) => event.type === 'order.cancel')?.trace).toBeUndefined();
});

it('tells by its trace what came of a command, from actor to actor and by way of the gateway', async () => {
  const { clock, get, post, active } = await createHttpBench();
  await active('o1');
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await post('/orders', { ...order, id: 'o2' }, { headers: { traceparent: trace } });
  await clock.until(async () => (await get('/fulfillments/o2~f1')).text.includes('"progress.planned"'));
  for (const path of ['/orders/o2', '/payments/o2~p1', '/fulfillments/o2~f1']) {
    const { items } = (await get(`${path}/history`)).body;
    expect([...new Set(items.map((item) => item['trace']))]).toEqual([trace]);
  }
});
