import { expect, it } from 'vitest';
import { assign, setup } from 'xstate';
import { z } from 'zod';
import { definitions } from '../../actors/registry.ts';
import { anyone, defineActor, type ActorDefinition } from '../../runtime/definition.ts';
import { RetryableError } from '../../runtime/errors.ts';
import type { Backend } from '../../runtime/ports.ts';
import { createHttpBench, order, orderCommands, type Got } from '../support/http.ts';

function expectProblem(got: Got, status: number, name: string): void {
  expect(got.body).toMatchObject({ type: `/problems/${name}`, status });
  expect(got.status).toBe(status);
  expect(got.headers.get('content-type')).toBe('application/problem+json');
  for (const field of ['title', 'detail', 'instance']) expect(got.body[field]).toBeTypeOf('string');
}

it('answers a create with 201, the view, its location and its tag', async () => {
  const { post } = await createHttpBench();
  const got = await post('/orders', { ...order, id: 'o1', draft: true }, { as: 'anna' });
  expect(got.status).toBe(201);
  expect(got.headers.get('location')).toBe('/orders/o1');
  expect(got.headers.get('etag')).toBe('"1"');
  expect(got.body).toMatchObject({
    kind: 'order',
    id: 'o1',
    version: 1,
    state: 'draft',
    can: ['place', 'cancel', 'change-address'],
  });
});

it('makes an id for a create without one', async () => {
  const { post, get } = await createHttpBench();
  const got = await post('/orders', order);
  expect(got.status).toBe(201);
  expect(got.headers.get('location')).toBe(`/orders/${got.body.id}`);
  expect((await get(`/orders/${got.body.id}`)).status).toBe(200);
});

it('answers a command with 200 and the view after it; an empty body is an empty object', async () => {
  const { post, draft } = await createHttpBench();
  await draft('o1');
  const got = await post('/orders/o1/place');
  expect(got.status).toBe(200);
  expect(got.headers.get('etag')).toBe('"2"');
  expect(got.body).toMatchObject({ version: 2, state: 'sourcing', states: ['sourcing'] });
});

it('answers with all that an actor is in at once', async () => {
  const { post, active } = await createHttpBench();
  await active('o1');
  const got = await post('/fulfillments/o1~f1/hold', { handle: 'h1', reason: 'Fraud check' });
  expect(got.body).toMatchObject({
    state: { progress: 'planned', hold: 'held' },
    states: ['progress.planned', 'hold.held'],
  });
});

it('refuses an event that the state does not allow, and says what it would take', async () => {
  const { post, draft } = await createHttpBench();
  await draft('o1');
  const got = await post('/orders/o1/hold', { handle: 'h1', reason: 'Fraud check' });
  expectProblem(got, 409, 'illegal-transition');
  expect(got.body).toMatchObject({
    state: 'draft',
    event: 'order.hold',
    allowed: ['order.place', 'order.cancel', 'order.changeAddress'],
    instance: '/orders/o1/hold',
  });
});

it('refuses an event whose guard says no, names the guard, and says what it asks for', async () => {
  const { post, active } = await createHttpBench();
  await active('o1');
  const got = await post('/orders/o1/release', { handle: 'none' });
  expectProblem(got, 409, 'guard-refused');
  expect(got.body).toMatchObject({ event: 'order.release', guard: 'isKnownHold' });
  expect(got.body['conditions']).toEqual(['handle must be one of a hold that stands']);
  expect(got.body.detail).toMatch(/is refused by isKnownHold: handle must be one of a hold that stands$/);
  expect(got.body['allowed']).toContain('order.cancel');
});

it('refuses to create what exists', async () => {
  const { post, draft } = await createHttpBench();
  await draft('o1');
  const got = await post('/orders', { ...order, id: 'o1' });
  expectProblem(got, 409, 'already-exists');
  expect(got.body['location']).toBe('/orders/o1');
});

it('answers 404 for an actor, a kind, a command and a path that do not exist', async () => {
  const { post, get, draft } = await createHttpBench();
  await draft('o1');
  const noActor = await post('/orders/none/place');
  expectProblem(noActor, 404, 'not-found');
  expect(noActor.body['commands']).toEqual(orderCommands);
  expectProblem(await get('/orders/none'), 404, 'not-found');
  expectProblem(await get('/orders/none/history'), 404, 'not-found');
  const noCommand = await post('/orders/o1/explode');
  expectProblem(noCommand, 404, 'not-found');
  expect(noCommand.body.detail).toContain(orderCommands.join(', '));
  expectProblem(await post('/dragons/d1/place'), 404, 'not-found');
  expectProblem(await get('/dragons'), 404, 'not-found');
  expectProblem(await get('/a/b/c/d/e'), 404, 'not-found');
});

it('refuses a body that is not a JSON object', async () => {
  const { post, draft } = await createHttpBench();
  await draft('o1');
  for (const body of ['{', '[]', '"text"', '7', 'null', '{"a":1}}']) {
    expectProblem(await post('/orders/o1/cancel', body), 400, 'malformed');
  }
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  expectProblem(await post('/orders/o1/cancel', '{}', { headers }), 400, 'malformed');
});

it('takes JSON by other names', async () => {
  const { post, draft } = await createHttpBench();
  await draft('o1');
  const headers = { 'content-type': 'application/merge-patch+json; charset=utf-8' };
  expect((await post('/orders/o1/cancel', '{}', { headers })).status).toBe(200);
});

it('an order that names a gateway that is not on is told which are', async () => {
  const { post } = await createHttpBench();
  const payment = { gateway: 'paypal', method: 'ok' };
  const got = await post('/orders', { ...order, payment });
  expect([got.status, got.body.errors]).toEqual([
    422,
    [{ pointer: '/payment/gateway', message: 'must be one of the gateways that are on: sandbox' }],
  ]);
});

it('a refusal by joined conditions names the one that is not met', async () => {
  const { post, active } = await createHttpBench();
  await active('o1');
  await post('/fulfillments/o1~f1/start-pick', {});
  const got = await post('/fulfillments/o1~f1/finish-pick', { lines: [{ lineId: 'l1', quantity: 9 }] });
  expect([got.status, got.body['guard']]).toEqual([409, 'isPickedExactly']);
});

it('names 20 errors at most, shortly, and how many more there are', async () => {
  const { post } = await createHttpBench();
  const unknown = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`f${index}`, 1]));
  const got = await post('/orders', { ...order, ['x'.repeat(50_000)]: 1, ...unknown });
  expect([got.status, got.body.errors.length, got.body['more']]).toEqual([422, 20, 4_981]);
  expect(got.text.length).toBeLessThan(5_000);
});

it('says of what is left out that it is missing', async () => {
  const { post } = await createHttpBench();
  const { customerId: _, shipTo: __, ...rest } = order;
  const { errors } = (await post('/orders', rest)).body;
  expect(errors).toEqual(['/customerId', '/shipTo'].map((pointer) => ({ pointer, message: 'is missing' })));
});

it.each(['ZZZ', 'eur'])('refuses the currency %s', async (currency) => {
  const { post } = await createHttpBench();
  const got = await post('/orders', { ...order, currency });
  expect(got.body.errors).toMatchObject([{ pointer: '/currency' }]);
  expect(got.body.errors[0]?.message).toContain('ISO 4217');
});

it('scans no parcel of the sandbox whose number nobody has', async () => {
  const { post } = await createHttpBench();
  const got = await post('/sandbox/carriers/sandbox/scan', { trackingNumber: 'NONE1', status: 'lost' });
  expectProblem(got, 404, 'not-found');
  expect(got.body.detail).toMatch(/^trackingNumber: NONE1 /);
});

it('refuses half of a surrogate pair, in text and in names', async () => {
  const { post, active } = await createHttpBench();
  await active('o1');
  const broken = [
    ['{ "handle": "h", "reason": "a\\ud800" }', '/reason'],
    ['{ "handle": "h", "\\udc00": 1 }', '/\ufffd'],
  ] as const;
  for (const [body, pointer] of broken) {
    const got = await post('/orders/o1/hold', body);
    expect([got.status, got.body.errors[0]?.pointer]).toEqual([422, pointer]);
  }
  expect((await post('/orders/o1/hold', { handle: 'h', reason: 'whole: \u{1F600}' })).status).toBe(200);
});

it('refuses a body that does not fit the schema, with a pointer to each place', async () => {
  const { post } = await createHttpBench();
  const lines = [{ sku: 'LAMP', quantity: 0, unitPrice: 1, 'a/b~c': 1 }];
  const got = await post('/orders', { ...order, currency: 5, lines, surprise: true });
  expectProblem(got, 422, 'invalid');
  const pointers = got.body.errors.map(({ pointer }) => pointer);
  expect(pointers).toEqual(['/currency', '/lines/0/quantity', '/lines/0/a~1b~0c', '/surprise']);
});

it('refuses a command for a version that is not the present one', async () => {
  const { post, draft } = await createHttpBench();
  await draft('o1');
  const got = await post('/orders/o1/place', {}, { headers: { 'if-match': '"7"' } });
  expectProblem(got, 412, 'stale-version');
  expect(got.body.version).toBe(1);
  const { shipTo } = order;
  const changed = await post('/orders/o1/change-address', { shipTo }, { headers: { 'if-match': '"1"' } });
  expect(changed.status).toBe(200);
  expect((await post('/orders/o1/cancel', {}, { headers: { 'if-match': '*' } })).status).toBe(200);
});

it('refuses tags that are none of its own, and what is no tag', async () => {
  const { post, draft } = await createHttpBench();
  await draft('o1');
  for (const tag of ['W/"1"', '"x"', '"01"', '"99999999999999999999"', '""']) {
    expectProblem(await post('/orders/o1/place', {}, { headers: { 'if-match': tag } }), 412, 'stale-version');
  }
  for (const tag of ['1', '"1', '"1", "2"', "'1'", '**']) {
    expectProblem(await post('/orders/o1/place', {}, { headers: { 'if-match': tag } }), 400, 'malformed');
  }
  const created = await post('/orders', { ...order, id: 'o2' }, { headers: { 'if-match': '"1"' } });
  expectProblem(created, 412, 'stale-version');
});

it('refuses who may not, and journals the refusal', async () => {
  const { post, get, draft } = await createHttpBench();
  await draft('o1');
  const held = { handle: 'h', reason: 'r' };
  expectProblem(await post('/orders/o1/hold', held, { as: 'picker' }), 403, 'forbidden');
  expectProblem(await post('/orders/o1/hold', held, { as: 'anna' }), 403, 'forbidden');
  expectProblem(await post('/orders', { ...order, id: 'o2' }, { as: 'ben' }), 403, 'forbidden');
  expectProblem(await get('/fulfillments/o1~f1', { as: 'anna' }), 403, 'forbidden');
  expectProblem(await get('/orders/o1/history', { as: 'nobody' }), 403, 'forbidden');
  const { items } = (await get('/orders/o1/history')).body;
  expect(items).toMatchObject([
    { event: 'order.create', outcome: 'accepted' },
    {
      event: 'order.hold',
      outcome: 'refused',
      reason: 'forbidden',
      principal: { subject: 'pia', roles: ['picker'] },
    },
    { event: 'order.hold', outcome: 'refused', reason: 'forbidden' },
  ]);
});

it('refuses a body that is too large, a caller that is too fast, and forgives after a while', async () => {
  const { post, get, clock } = await createHttpBench({ limits: { bodyMaxBytes: 100, requestsPerSecond: 2 } });
  expectProblem(await post('/orders', { text: 'x'.repeat(100) }), 413, 'too-large');
  expect((await get('/orders')).status).toBe(200);
  const fast = await get('/orders');
  expectProblem(fast, 429, 'too-many-requests');
  expect(fast.headers.get('retry-after')).toBe('1');
  expect((await get('/orders', { as: 'anna' })).status).toBe(200);
  await clock.advance(500);
  expect((await get('/orders')).status).toBe(200);
});

it('answers 503 while the node does not run or a server is away', async () => {
  const stopped = await createHttpBench({ start: false });
  const got = await stopped.post('/orders', order);
  expectProblem(got, 503, 'unavailable');
  expect(got.headers.get('retry-after')).toBe('1');
  const { node, post, get } = await createHttpBench();
  node.status.trigger.serversChecked({
    servers: [{ name: 'redis', up: false, why: 'no answer in time', durability: '', durable: true }],
  });
  expectProblem(await post('/orders', order), 503, 'unavailable');
  expectProblem(await get('/orders'), 503, 'unavailable');
  expectProblem(await get('/orders/o1'), 503, 'unavailable');
  const ready = await get('/readyz', { as: null });
  expectProblem(ready, 503, 'unavailable');
  expect(ready.body['why']).toEqual(['redis is away: no answer in time']);
  expect((await get('/livez', { as: null })).status).toBe(200);
});

it('answers 503 when nothing was stored, and when a store does not answer a read', async () => {
  const away = (): Promise<never> => Promise.reject(new RetryableError('refused', { effect: 'none' }));
  const { post, get } = await createHttpBench({
    wrap: (backend) => ({
      ...backend,
      mailbox: { ...backend.mailbox, append: away },
      store: { ...backend.store, record: away },
    }),
  });
  expectProblem(await post('/orders', order), 503, 'unavailable');
  expectProblem(await get('/orders/o1'), 503, 'unavailable');
});

it('answers 504 when it is not known whether the command was stored, and names the id to ask again with', async () => {
  const { post, clock, asked } = await createHttpBench({
    wrap: (backend) => ({
      ...backend,
      mailbox: { ...backend.mailbox, append: () => Promise.reject(new RetryableError('no answer')) },
    }),
  });
  const answer = post('/orders/o1/place', {}, { headers: { 'idempotency-key': 'a|b' } });
  await asked();
  await clock.advance(5_000);
  const got = await answer;
  expectProblem(got, 504, 'unknown-outcome');
  expect(got.body.id).toBe('a|b');
});

/** Answers get lost on their way to the node that waits. */
function mute(backend: Backend): Backend {
  return { ...backend, replies: { ...backend.replies, send: () => undefined } };
}

it('answers 202 with the id to ask again with when there is no answer in time', async () => {
  const { post, clock, asked } = await createHttpBench({ wrap: mute });
  const answer = post('/orders', { ...order, id: 'o1', draft: true }, { headers: { prefer: 'wait=2' } });
  await asked();
  await clock.advance(2_000);
  const got = await answer;
  expect(got.status).toBe(202);
  expect(got.headers.get('location')).toBe('/orders/o1');
  expect(got.headers.get('preference-applied')).toBe('wait=2');
  expect(got.body.id).toBeTypeOf('string');
});

const fragile: ActorDefinition = defineActor({
  kind: 'vase',
  plural: 'vases',
  version: 1,
  machine: setup({
    types: { context: {} as { count: number } },
    actions: {
      fail: assign(() => {
        throw new Error('it broke');
      }),
    },
  }).createMachine({
    id: 'vase',
    context: { count: 0 },
    initial: 'whole',
    states: { whole: { description: 'Whole', on: { 'vase.drop': { actions: 'fail' } } } },
  }),
  events: { 'vase.create': z.strictObject({}), 'vase.drop': z.strictObject({}).describe('Drop it') },
  input: z.strictObject({}),
  create: { event: 'vase.create', access: { admin: anyone } },
  commands: { 'vase.drop': { admin: anyone } },
  readers: { admin: anyone },
  view: (context: unknown) => context,
});

it('answers 500 with the dead letter when the actor fails, and leaves the actor as it was', async () => {
  const { post, get, log } = await createHttpBench({ definitions: [...definitions, fragile] });
  // Its input has no word about an id, and it may still be given one.
  expect((await post('/vases', { id: 'v#1' })).headers.get('location')).toBe('/vases/v%231');
  const got = await post('/vases/v%231/drop');
  expectProblem(got, 500, 'dead-letter');
  expect(got.body.cause).toContain('it broke');
  expect(got.body.id).toBeTypeOf('string');
  expect((await get('/vases/v%231')).body.version).toBe(1);
  expect(
    log.some(({ level, message }) => level === 'error' && message === 'a command became a dead letter'),
  ).toBe(true);
});

it('answers 500 without the stack for an error that nobody expected, and logs it', async () => {
  const { get, log } = await createHttpBench({
    wrap: (backend) => ({
      ...backend,
      store: { ...backend.store, record: () => Promise.reject(new Error('secret inside')) },
    }),
  });
  const got = await get('/orders/o1');
  expectProblem(got, 500, 'internal');
  expect(JSON.stringify(got.body)).not.toContain('secret inside');
  expect(log.filter(({ level }) => level === 'error')).toMatchObject([
    { fields: { path: '/orders/o1', error: 'secret inside' } },
  ]);
});

it('names the methods of a path where another one is used', async () => {
  const { request } = await createHttpBench();
  const cases: [string, string, string][] = [
    ['DELETE', '/orders/o1', 'GET, HEAD, OPTIONS'],
    ['PUT', '/orders', 'GET, POST, HEAD, OPTIONS'],
    ['POST', '/fulfillments', 'GET, HEAD, OPTIONS'],
    ['GET', '/orders/o1/place', 'POST, OPTIONS'],
    ['POST', '/orders/o1/history', 'GET, HEAD, OPTIONS'],
    ['POST', '/machines', 'GET, HEAD, OPTIONS'],
    ['POST', '/', 'GET, HEAD, OPTIONS'],
  ];
  for (const [method, path, allow] of cases) {
    const got = await request({ method, path });
    expectProblem(got, 405, 'method-not-allowed');
    expect(got.headers.get('allow')).toBe(allow);
    const options = await request({ method: 'OPTIONS', path, as: null });
    expect([options.status, options.headers.get('allow')]).toEqual([204, allow]);
  }
});

it('answers HEAD as GET without a body', async () => {
  const { request, draft } = await createHttpBench();
  await draft('o1');
  const got = await request({ method: 'HEAD', path: '/orders/o1' });
  expect([got.status, got.headers.get('etag'), got.text]).toEqual([200, '"1"', '']);
});
