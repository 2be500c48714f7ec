import { beforeAll, expect, it } from 'vitest';
import { createHttpBench, order, orderCommands, type HttpBench } from '../support/http.ts';

let bench: HttpBench;
beforeAll(async () => {
  bench = await createHttpBench();
  await bench.draft('o1');
});

const hostileIds = [
  '*',
  '>',
  'a.b',
  'a*',
  'a>b',
  'a b',
  'a/b',
  '../machines',
  '~a',
  '#a',
  ':a',
  'a|b',
  'a\u0000b',
  'ä',
  '{a}',
  '%2e',
  'x'.repeat(201),
];

it.each(hostileIds)('knows no actor by the id %j', async (id) => {
  const path = `/orders/${encodeURIComponent(id).replaceAll('.', '%2E')}`;
  for (const got of [await bench.get(`${path}/history`), await bench.post(`${path}/cancel`)]) {
    expect(got.status).toBe(404);
    expect(got.body.type).toBe('/problems/not-found');
  }
});

it.each([...hostileIds, '.', '..', '', 5, null, {}, ['o9']])(
  'creates no actor with the id %j',
  async (id) => {
    const got = await bench.post('/orders', { ...order, id });
    expect([got.status, got.body.errors]).toEqual([422, [expect.objectContaining({ pointer: '/id' })]]);
  },
);

it.each([
  '/orders/%2e%2e/cancel',
  '/orders/../machines',
  '/%2e%2e/orders/o1',
  '/orders//cancel',
  '/orders/%',
  '/orders/%zz/cancel',
  '/orders/%ff',
  '/orders/o1/cancel/',
  '//orders',
  '/orders/o1%2fcancel',
])('changes nothing for the path %s', async (path) => {
  const got = await bench.post(path, {});
  expect(got.status).toBeGreaterThanOrEqual(400);
  expect(got.status).toBeLessThan(500);
  expect(got.body.type).toMatch(/^\/problems\//);
});

it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  'takes %s for no kind and no command',
  async (name) => {
    for (const got of [
      await bench.get(`/${name}`),
      await bench.get(`/${name}/o1`),
      await bench.post(`/${name}/o1/place`),
      await bench.post(`/orders/o1/${name}`),
      await bench.get(`/orders/${name}`),
    ]) {
      expect(got.body.type).toBe('/problems/not-found');
    }
  },
);

it.each([
  'xstate.after.draftExpiry.order.draft',
  'xstate.init',
  'xstate.stop',
  'create',
  'order.place',
  'account',
  'fulfillment.account',
  'fulfillment-account',
  'payment.authorized',
  'payment-authorized',
  'stock-held',
  'start',
  '*',
])('lets nobody send %s from outside', async (event) => {
  const got = await bench.post(`/orders/o1/${encodeURIComponent(event)}`);
  expect([got.status, got.body['commands']]).toEqual([404, orderCommands]);
});

it('sends what the path says, whatever type the body names', async () => {
  const got = await bench.post('/orders/o1/cancel', { type: 'order.place' });
  expect([got.status, got.body.errors]).toEqual([422, [{ pointer: '/type', message: 'is not known' }]]);
});

it('refuses bodies with names that are more than names', async () => {
  for (const name of ['__proto__', 'constructor', 'prototype']) {
    const got = await bench.post('/orders/o1/cancel', `{"${name}":{"reason":"x"}}`);
    expect([got.status, got.body.errors]).toEqual([422, [{ pointer: `/${name}`, message: 'is not known' }]]);
    const deep = await bench.post('/orders', JSON.stringify(order).replace('"name"', `"${name}":{},"name"`));
    expect([deep.status, deep.body.errors[0]?.pointer]).toEqual([422, `/shipTo/${name}`]);
  }
  expect(({} as { reason?: string }).reason).toBeUndefined();
});

it.each([
  ['arrays', '['.repeat(50_000) + ']'.repeat(50_000)],
  ['objects', '{"a":'.repeat(20_000) + '1' + '}'.repeat(20_000)],
])('refuses deeply nested %s', async (_, nested) => {
  const got = await bench.post('/orders/o1/cancel', `{"reason":${nested}}`);
  expect([got.status, got.body.type]).toEqual([422, '/problems/invalid']);
});

it('refuses a body of a megabyte', async () => {
  const got = await bench.post('/orders/o1/cancel', { reason: 'x'.repeat(1_000_000) });
  expect([got.status, got.body.type]).toEqual([413, '/problems/too-large']);
  const lying = await bench.post('/orders/o1/cancel', '{}', { headers: { 'content-length': '99999999' } });
  expect(lying.status).toBe(413);
});

it.each([['"1"'], ['1e400'], ['-1'], ['1.5'], ['9007199254740993'], ['null'], ['{}'], ['[1]'], ['true']])(
  'refuses %s as a quantity',
  async (quantity) => {
    const body = JSON.stringify(order).replace('"quantity":2', `"quantity":${quantity}`);
    const got = await bench.post('/orders', body);
    expect([got.status, got.body.errors[0]?.pointer]).toEqual([422, '/lines/0/quantity']);
  },
);

it('refuses a body that is not UTF-8 rather than repair it', async () => {
  const response = await bench.app.request('/orders/o1/cancel', {
    method: 'POST',
    headers: { authorization: `Bearer ${bench.tokens.admin}`, 'content-type': 'application/json' },
    body: Buffer.from('7b22726561736f6e223a22ff227d', 'hex'),
  });
  expect(response.status).toBe(400);
});

it('has changed nothing by all that', async () => {
  const { body } = await bench.get('/orders/o1');
  expect([body.version, body.state]).toEqual([1, 'draft']);
});
