/** `/openapi.json` is valid, complete and true: of the routes that there are, and of what they answer. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { definitions } from '../../../actors/registry.ts';
import { openApiOf } from '../../../http/contract/openapi.ts';
import { problems } from '../../../http/problems.ts';
import { createRegistry } from '../../../runtime/core/registry.ts';
import { createChecker, documentOf, operationsOf, type Document } from '../../support/contract.ts';
import { createHttpBench, order, type Got, type HttpBench, type Sent } from '../../support/http.ts';

it('is valid OpenAPI 3.1', async () => {
  const document = await documentOf(await createHttpBench());
  expect(document.openapi).toMatch(/^3\.1\./);
  const { valid, errors } = await new Validator().validate(
    JSON.parse(JSON.stringify(document)) as Record<string, unknown>,
  );
  expect(errors ?? []).toEqual([]);
  expect(valid).toBe(true);
});

it('is the same text each time, and known by its tag', async () => {
  const { get } = await createHttpBench();
  const first = await get('/openapi.json', { as: null });
  expect([first.status, first.headers.get('content-type')]).toEqual([200, 'application/json']);
  const etag = first.headers.get('etag') ?? '';
  const again = await get('/openapi.json', { as: null, headers: { 'if-none-match': etag } });
  expect([again.status, again.text]).toEqual([304, '']);
  const texts = [1, 2].map(() => JSON.stringify(openApiOf({ registry: createRegistry(definitions) })));
  expect(texts[0]).toBe(texts[1]);
});

it('gives every operation an id of its own', async () => {
  const ids = operationsOf(await documentOf(await createHttpBench())).map(
    ({ operation }) => operation.operationId,
  );
  expect(ids.filter((id, index) => ids.indexOf(id) < index)).toEqual([]);
});

it('has no reference that leads nowhere', async () => {
  const document = await documentOf(await createHttpBench());
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path);
  const lost = refs.filter((path) => path.split('/').reduce<unknown>(inside, document) === undefined);
  expect(lost).toEqual([]);
});

function inside(value: unknown, part: string): unknown {
  return (value as Record<string, unknown> | undefined)?.[part.replaceAll('~1', '/')];
}

it('says who may send a command, and in which states', async () => {
  const { paths } = await documentOf(await createHttpBench());
  expect(paths['/orders/{id}/cancel-line']?.['post']).toMatchObject({
    'x-roles': ['cs', 'admin'],
    'x-states': ['active'],
  });
});

it('leaves out what only the server itself may send', async () => {
  const { paths } = await documentOf(await createHttpBench());
  expect(Object.keys(paths).filter((path) => path.startsWith('/payments/{id}/'))).toEqual([
    ...['/payments/{id}/settle', '/payments/{id}/history', '/payments/{id}/events'],
    ...['/payments/{id}/options', '/payments/{id}/what-if'],
  ]);
});

const samples: Readonly<Record<string, string>> = {
  kind: 'order',
  gateway: 'sandbox',
  carrier: 'sandbox',
  name: 'invalid',
  id: 'W1~LAMP',
  paymentId: 'p1',
};

function sampleOf(path: string): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => samples[name] ?? 'x1');
}

describe('and the routes', () => {
  it('each path and method in it is answered by a route of its own', async () => {
    const bench = await createHttpBench();
    for (const { method, path } of operationsOf(await documentOf(bench))) {
      const { status, text } = await ask(bench, { method, path: sampleOf(path) });
      expect(status, `${method} ${path}`).not.toBe(405);
      expect(text, `${method} ${path}`).not.toMatch(/there is nothing at this path|has no command/);
    }
  });

  it('each route of the app is in it', async () => {
    const bench = await createHttpBench();
    const paths = operationsOf(await documentOf(bench)).map(({ path }) => sampleOf(path));
    const missing = bench.app.routes
      .map(({ path }) => path)
      .filter((path) => !paths.some((each) => patternOf(path).test(each)));
    expect(missing).toEqual([]);
  });
});

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`);
}

/** Streams do not end by themselves: their heads are enough. */
function ask(bench: HttpBench, { method = 'GET', path, ...sent }: Sent): Promise<Got> {
  const isStream = /\/(events|live)$/.test(path);
  return bench.request({ ...sent, path, method: isStream ? 'HEAD' : method });
}

describe('and the answers', () => {
  it('of an order’s way, with its refusals, are as it says', async () => {
    const bench = await createHttpBench();
    const { send, seen } = await checked(bench);
    await bench.active('o1');
    const key = { 'idempotency-key': 'k1' };
    await send('POST', '/orders', { ...order, id: 'o2', draft: true }, { headers: key });
    await send('POST', '/orders', { ...order, id: 'o2', draft: true }, { headers: key });
    await send('POST', '/orders', { ...order, id: 'o2', draft: false }, { headers: key });
    await send('POST', '/orders', { ...order, id: 'o2' });
    await send('POST', '/orders', { ...order, currency: 'no' });
    await send('POST', '/orders', 'not json');
    await send('POST', '/orders', order, { as: 'picker' });
    await send('POST', '/orders', order, { as: null });
    await send('POST', '/orders/o2/cancel-line', { lineId: 'l1', quantity: 1 }, { as: 'anna' });
    await send('POST', '/orders/o2/hold', { handle: 'h', reason: 'x' });
    await send('POST', '/orders/o2/place', {}, { headers: { 'if-match': '"7"' } });
    await send('POST', '/orders/o2/place', {}, { headers: { prefer: 'respond-async' } });
    await send('POST', '/orders/o1/release', { handle: 'nobody' });
    await send('POST', '/orders/o1/cancel-line', { lineId: 'l1', quantity: 1 });
    await send('POST', '/orders/nobody/cancel', {});
    await send('POST', '/stock-items/W1~LAMP/adjust', { quantity: 0, reason: 'lost' });
    await send('POST', '/stock-items/W1~NEW/receive', { quantity: 1, receiptId: 'r' });
    await send('POST', '/stock-items/W9~NEW/receive', { quantity: 1, receiptId: 'r' });
    for (const path of [
      ...[
        '/orders',
        '/orders?limit=1',
        '/orders?state=active',
        '/orders?state=nowhere',
        '/orders?customerId=anna',
      ],
      ...['/orders/o1', '/orders/o1/history', '/orders/o1/history?limit=1', '/orders/o1/options'],
      ...['/fulfillments', '/payments', '/stock-items', '/warehouses', '/shipments', '/routings'],
      ...['/orders/nobody', '/fulfillments/o1~f1/history', '/payments/o1~p1', '/machines', '/machines/order'],
      ...['/machines/order.svg', '/machines/order.md', '/machines/order.nonsense', '/machines/order/figures'],
      ...['/machines/order/board', '/machines/order/board?window=2y', '/', '/livez', '/readyz', '/problems'],
      ...['/problems/invalid', '/sandbox/ledger', '/openapi.json', '/dead-letters', '/dead-letters/none'],
    ])
      await send('GET', path);
    await send('GET', '/orders/o1', undefined, { headers: { 'if-none-match': '*' } });
    await send('GET', '/orders/o1', undefined, { as: 'ben' });
    await send('GET', '/orders/o1', undefined, { as: 'nobody' });
    await send('GET', '/machines/order/figures', undefined, { as: 'anna' });
    await send('POST', '/orders/o1/what-if', {
      events: [{ type: 'order.cancel' }, { type: 'order.place' }, { timer: 'none' }],
    });
    await send('POST', '/webhooks/payments/sandbox', {});
    await send('PUT', '/sandbox/carriers/sandbox', { mode: 'up' });
    await send('PUT', '/sandbox/carriers/nobody', { mode: 'up' });
    const chart = (await bench.get('/machines/trackingNumber.json')).body;
    await send('POST', '/machines/trackingNumber/preview', { chart });
    expect([...seen].toSorted()).toEqual([
      ...['200', '201', '202', '304', 'already-exists', 'forbidden', 'guard-refused', 'illegal-transition'],
      ...['invalid', 'key-reused', 'malformed', 'not-found', 'stale-version', 'unauthenticated'],
    ]);
  });

  it('of dead letters are as it says', async () => {
    const bench = await createHttpBench();
    const { send } = await checked(bench);
    const to = { kind: 'warehouse', id: 'W9' };
    await bench.backend.mailbox.append({ to, partition: 0, id: 'broken', dedupe: false, body: '{"half' });
    await bench.clock.until(async () => (await bench.get('/dead-letters')).body.items.length === 1);
    await send('GET', '/dead-letters');
    await send('GET', '/dead-letters/broken');
    await send('POST', '/dead-letters/broken/rehearse');
    await send('POST', '/dead-letters/broken/redrive', { reason: 'again' });
    await send('POST', '/dead-letters/broken/discard', { reason: 'nonsense' });
    await send('POST', '/dead-letters/broken/discard', { reason: 'nonsense' });
    await send('POST', '/dead-letters/discard', { reason: 'all', filter: { kind: 'warehouse' } });
    await send('GET', '/dead-letters?status=all');
    await send('GET', '/dead-letters', undefined, { as: 'anna' });
  });
});

type Sending = [method: string, path: string, body?: unknown, more?: Partial<Sent>];

interface Checked {
  readonly send: (...sent: Sending) => Promise<void>;
  /** Statuses of what went well, and names of problems. */
  readonly seen: ReadonlySet<string>;
}

async function checked(bench: HttpBench): Promise<Checked> {
  const check = createChecker(await documentOf(bench));
  const seen = new Set<string>();
  return {
    seen,
    async send(...[method, path, body, more]: Sending) {
      const answer = await bench.request({ method, path, body, ...more });
      check(method, path, answer);
      const name = /^\/problems\/(.+)$/.exec(answer.body.type)?.[1];
      seen.add(name ?? String(answer.status));
    },
  };
}

it('has every problem, and its page', async () => {
  const document: Document = await documentOf(await createHttpBench());
  const schemas = Object.values(document.components.schemas) as {
    properties?: { type?: { const?: string } };
  }[];
  const types = schemas.flatMap(({ properties }) => properties?.type?.const ?? []);
  expect(types.toSorted()).toEqual(
    Object.keys(problems)
      .map((name) => `/problems/${name}`)
      .toSorted(),
  );
});

it('shows bodies that the routes take', async () => {
  const bench = await createHttpBench();
  for (const { method, path, operation } of operationsOf(await documentOf(bench))) {
    const example = operation.requestBody?.content['application/json']?.example;
    if (example === undefined) continue;
    const { status, text } = await ask(bench, { method, path: sampleOf(path), body: example });
    expect([400, 422], `${method} ${path}: ${JSON.stringify(example)} ${text}`).not.toContain(status);
  }
});
