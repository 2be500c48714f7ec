import { expect, it } from 'vitest';
import type { AnyStateNode } from 'xstate';
import { orderMachine } from '../../machines/order.machine.ts';
import { createHttpBench, order, type Body, type Got } from '../support/http.ts';

it('answers 304 for a view that the caller has', async () => {
  const { get, post, draft } = await createHttpBench();
  await draft('o1');
  for (const tag of ['"1"', 'W/"1"', '"0", "1"', '*']) {
    const got = await get('/orders/o1', { headers: { 'if-none-match': tag } });
    expect([got.status, got.headers.get('etag'), got.text]).toEqual([304, '"1"', '']);
  }
  await post('/orders/o1/place');
  expect((await get('/orders/o1', { headers: { 'if-none-match': '"1"' } })).status).toBe(200);
});

it('shows in `can` only what this caller may send now', async () => {
  const { get, active } = await createHttpBench();
  await active('o1');
  expect((await get('/orders/o1', { as: 'anna' })).body['can']).toEqual(['cancel', 'change-address']);
  const can = ['cancel', 'cancel-line', 'change-address', 'hold'];
  expect((await get('/orders/o1')).body['can']).toEqual(can);
});

it('finds derived ids, percent-encoded or not', async () => {
  const { get, active, post } = await createHttpBench();
  await active('o1');
  const id = (await get('/fulfillments?orderId=o1')).body.items[0]?.id ?? '';
  expect(id).toMatch(/^o1[~#:]/);
  expect((await get(`/fulfillments/${encodeURIComponent(id)}`)).body.id).toBe(id);
  expect((await get(`/fulfillments/${id.replaceAll('~', '%7e')}`)).body.id).toBe(id);
  const picked = await post(`/fulfillments/${encodeURIComponent(id)}/start-pick`, {}, { as: 'picker' });
  expect([picked.status, picked.body['states']]).toEqual([200, ['progress.picking', 'hold.clear']]);
});

it('lists newest first, page by page, without gaps or repeats', async () => {
  const { get, clock, draft } = await createHttpBench();
  for (const id of ['a', 'b', 'c', 'd', 'e']) {
    await draft(id);
    if (id !== 'c') await clock.advance(10);
  }
  const seen: string[] = [];
  let path: string | undefined = '/orders?limit=2&customerId=anna&state=draft';
  while (path !== undefined) {
    const { status, body, headers } = await get(path);
    expect(status).toBe(200);
    seen.push(...body.items.map(({ id }) => id));
    path = /^<(.+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
    expect(body.next === null).toBe(path === undefined);
    if (path !== undefined) expect(new URLSearchParams(path.split('?')[1]).get('cursor')).toBe(body.next);
  }
  expect(seen).toEqual(['e', 'd', 'c', 'b', 'a']);
});

it('filters by a prefix of the state, by several states, and by indexed fields', async () => {
  const { get, draft, active } = await createHttpBench();
  await draft('o1');
  await active('o2');
  const ids = async (query: string): Promise<string[]> =>
    (await get(`/orders?${query}`)).body.items.map(({ id }) => id);
  expect(await ids('state=active')).toEqual(['o2']);
  expect(await ids('state=active.execution&state=active.hold.clear')).toEqual(['o2']);
  expect(await ids('state=draft&state=active')).toEqual([]);
  expect(await ids('customerId=ben')).toEqual([]);
});

it('lists only what the caller may see', async () => {
  const { get, draft } = await createHttpBench();
  await draft('o1');
  expect((await get('/orders', { as: 'anna' })).body.items).toHaveLength(1);
  expect((await get('/orders', { as: 'ben' })).body.items).toEqual([]);
  expect((await get('/orders', { as: 'nobody' })).body.items).toEqual([]);
});

it.each([
  ['page=2', '/page', 'known are: state, customerId, limit, cursor'],
  ['warehouse=W1', '/warehouse', 'known are'],
  ['limit=0', '/limit', 'from 1 to 200'],
  ['limit=201', '/limit', 'from 1 to 200'],
  ['limit=1e2', '/limit', 'from 1 to 200'],
  ['limit=-1', '/limit', 'from 1 to 200'],
  ['limit=1&limit=2', '/limit', 'more than once'],
  ['cursor=%00', '/cursor', 'none of ours'],
  [`cursor=${Buffer.from('1:fulfillment/f1').toString('base64url')}`, '/cursor', 'none of ours'],
  [`cursor=${Buffer.from('1:order/../x').toString('base64url')}`, '/cursor', 'none of ours'],
  ['state=shipped', '/state', 'active.execution.shipped'],
  ['__proto__=1', '/__proto__', 'known are'],
])('refuses the query %s', async (query, pointer, message) => {
  const { get } = await createHttpBench();
  const { status, body } = await get(`/orders?${query}`);
  expect([status, body.type]).toEqual([422, '/problems/invalid']);
  expect(body.errors).toMatchObject([{ pointer }]);
  expect(body.errors[0]?.message).toContain(message);
});

it('tells what has happened, accepted and refused, page by page', async () => {
  const { get, post, draft, clock } = await createHttpBench();
  await draft('o1');
  await post('/orders/o1/hold', { handle: 'h1', reason: 'check' });
  await post('/orders/o1/place', {}, { as: 'anna', headers: { 'idempotency-key': 'k1' } });
  await clock.until(async () => (await get('/orders/o1')).body.version === 3);
  const all = (await get('/orders/o1/history')).body;
  expect(all.next).toBeNull();
  expect(all.items).toMatchObject([
    {
      version: 1,
      event: 'order.create',
      from: null,
      to: 'draft',
      outcome: 'accepted',
      source: { from: 'outside' },
    },
    { version: 1, event: 'order.hold', from: 'draft', to: 'draft', outcome: 'refused', reason: 'unhandled' },
    { version: 2, event: 'order.place', from: 'draft', outcome: 'accepted', cause: 'anna|order/o1|k1' },
    { version: 3, event: 'routing.candidates', principal: null, source: { from: 'actor' } },
  ]);
  expect(all.items[2]?.['principal']).toEqual({ subject: 'anna', roles: ['customer'] });
  expect(all.items[0]?.['time']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

  const sequences: number[] = [];
  let cursor: string | null = '0';
  while (cursor !== null) {
    const page: Body = (await get(`/orders/o1/history?limit=1&cursor=${cursor}`)).body;
    sequences.push(...page.items.map(({ sequence }) => sequence));
    cursor = page.next;
  }
  expect(sequences).toEqual(all.items.map(({ sequence }) => sequence));
});

it('tells what has happened newest first, page by page, with a link that goes on that way', async () => {
  const { get, post, draft } = await createHttpBench();
  await draft('o1');
  await draft('o2');
  for (const handle of ['h1', 'h2', 'h3']) await post('/orders/o1/hold', { handle, reason: 'check' });
  const all = (await get('/orders/o1/history')).body;
  expect((await get('/orders/o1/history?direction=asc')).body).toEqual(all);
  expect((await get('/orders/o1/history?direction=desc')).body).toEqual({
    items: all.items.toReversed(),
    next: null,
  });
  const found: unknown[] = [];
  let path: string | undefined = '/orders/o1/history?direction=desc&limit=1';
  for (let left = 4; path !== undefined; left--) {
    const page: Got = await get(path);
    found.push(...page.body.items);
    expect(page.body.next === null).toBe(left === 1);
    path = /^<(.*)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1];
  }
  expect(found).toEqual(all.items.toReversed());
});

it('refuses a direction that is none, or two', async () => {
  const { get, draft } = await createHttpBench();
  await draft('o1');
  for (const query of ['direction=back', 'direction=', 'direction=asc&direction=desc']) {
    expect((await get(`/orders/o1/history?${query}`)).status).toBe(422);
  }
});

it('refuses a history cursor that is no sequence', async () => {
  const { get, draft } = await createHttpBench();
  await draft('o1');
  expect((await get('/orders/o1/history?cursor=x')).status).toBe(422);
  expect((await get('/orders/o1/history?state=draft')).status).toBe(422);
});

it('shows the machines with how many of them live', async () => {
  const { get, draft } = await createHttpBench();
  await draft('o1');
  const { items, next } = (await get('/machines')).body;
  expect(next).toBeNull();
  expect(items.map(({ kind }) => kind)).toEqual([
    ...['order', 'fulfillment', 'payment', 'shipment', 'stockItem', 'warehouse', 'routing', 'trackingNumber'],
  ]);
  expect(items[0]).toEqual({
    kind: 'order',
    plural: 'orders',
    version: 1,
    states: statesBelow(orderMachine.root),
    live: 1,
  });
});

function statesBelow({ states }: AnyStateNode): number {
  return Object.values(states).reduce((sum, state) => sum + 1 + statesBelow(state), 0);
}

it('shows a machine with its states, events, schemas, commands and roles', async () => {
  const { get } = await createHttpBench();
  const { body } = await get('/machines/order');
  expect(body).toMatchObject({
    kind: 'order',
    version: 1,
    plural: 'orders',
    type: 'compound',
    initial: 'received',
    live: 0,
  });
  expect(body.events['order.changeAddress']).toMatchObject({
    command: 'change-address',
    roles: ['customer', 'cs', 'admin'],
    schema: { type: 'object', required: ['shipTo'] },
  });
  expect(body.events['fulfillment.account']?.command).toBeUndefined();
  expect((await get('/machines/order.json')).body).toEqual(body);
  const diagram = await get('/machines/order.mmd');
  expect(diagram.headers.get('content-type')).toBe('text/vnd.mermaid; charset=utf-8');
  expect(diagram.text).toMatch(/^stateDiagram-v2\n/);
  for (const path of [
    '/machines/dragon',
    '/machines/order.gif',
    '/machines/__proto__',
    '/machines/constructor.json',
  ]) {
    expect((await get(path)).body.type).toBe('/problems/not-found');
  }
});

it('serves a page for every problem type, and the index, without a token', async () => {
  const { get } = await createHttpBench();
  const index = await get('/', { as: null });
  expect(index.body['actors']).toEqual({
    ...{ order: '/orders', fulfillment: '/fulfillments', payment: '/payments', shipment: '/shipments' },
    ...{ stockItem: '/stock-items', warehouse: '/warehouses', routing: '/routings' },
    trackingNumber: '/tracking-numbers',
  });
  const all = await get('/problems', { as: null });
  const links = [...all.text.matchAll(/href="(\/problems\/[^"]+)"/g)].map(([, path]) => path ?? '');
  expect(links.length).toBeGreaterThan(15);
  for (const path of links) {
    const page = await get(path, { as: null });
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  }
  expect((await get('/problems/constructor', { as: null })).body.type).toBe('/problems/not-found');
});

it('leaves paths that name no kind of actor to routes that are added later', async () => {
  const { app, get } = await createHttpBench();
  app.get('/exports', (c) => c.text('all'));
  app.get('/:plural/:id/label', (c) => c.text(`of ${c.req.param('id')}`));
  app.post('/exports/orders/:form', (c) => c.text(c.req.param('form')));
  expect((await get('/exports')).text).toBe('all');
  expect((await get('/orders/o1/label')).text).toBe('of o1');
  expect((await get('/exports/orders/x', { method: 'POST' })).text).toBe('x');
});

it('is ready once its partitions are taken, and live before', async () => {
  const { get, node } = await createHttpBench();
  expect((await get('/readyz', { as: null })).body).toEqual({ ready: true });
  node.status.trigger.phaseChanged({ phase: 'draining' });
  expect((await get('/readyz', { as: null })).status).toBe(503);
  expect((await get('/livez', { as: null })).status).toBe(200);
});

it('goes on reading while it drains', async () => {
  const { get, post, node, draft } = await createHttpBench();
  await draft('o1');
  node.status.trigger.phaseChanged({ phase: 'draining' });
  expect((await get('/orders/o1')).status).toBe(200);
  expect((await post('/orders', order)).body.detail).toContain('draining');
});

it('shows a customer nothing of foreign orders, not even by a cursor', async () => {
  const { get, draft } = await createHttpBench();
  for (const id of ['a', 'b', 'c']) await draft(id);
  for (const query of ['limit=1', 'limit=1&state=draft', 'limit=1&customerId=anna']) {
    const { status, body } = await get(`/orders?${query}`, { as: 'ben' });
    expect([status, body.items, body.next]).toEqual([200, [], null]);
  }
  expect((await get('/orders?limit=2', { as: 'anna' })).body.items).toHaveLength(2);
});

it('lists the others where one record cannot be read, and names the cause to who asks for that one', async () => {
  const broken = (text: string | undefined): string | undefined =>
    text?.includes('"id":"bad"') === true ? '{garbage' : text;
  const { get, draft, log } = await createHttpBench({
    wrap: (backend) => ({
      ...backend,
      store: {
        ...backend.store,
        record: async (partition, key) => broken(await backend.store.record(partition, key)),
        records: async (keys) => (await backend.store.records(keys)).map(broken),
      },
    }),
  });
  await draft('good');
  await draft('bad');
  const { status, body } = await get('/orders');
  expect([status, body.items.map(({ id }) => id)]).toEqual([200, ['good']]);
  expect(log.some(({ message }) => message === 'a record cannot be read')).toBe(true);
  const one = await get('/orders/bad');
  expect(one.status).toBe(500);
  expect(one.body.detail).toContain('does not parse');
});
