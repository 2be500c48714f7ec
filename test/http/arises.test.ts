/** Over HTTP: actors that come into being with their first message, and those that they belong to. */
import { expect, it } from 'vitest';
import { room, shelf } from '../support/arising.ts';
import { createHttpBench, type HttpBench } from '../support/http.ts';

const definitions = [shelf, room];

async function benchWithRoom(id = 'w1'): Promise<HttpBench> {
  const bench = await createHttpBench({ definitions });
  expect((await bench.post('/rooms', { id })).status).toBe(201);
  return bench;
}

it('brings an actor into being with its first command', async () => {
  const { post, get } = await benchWithRoom();
  const first = await post('/shelves/w1~a/put', { books: 2 });
  expect(first).toMatchObject({
    status: 201,
    body: { id: 'w1~a', version: 1, state: 'full', context: { books: 2 } },
  });
  expect([first.headers.get('location'), first.headers.get('etag')]).toEqual(['/shelves/w1~a', '"1"']);
  const second = await post('/shelves/w1~a/put', { books: 2 });
  expect(second).toMatchObject({ status: 200, body: { version: 2, context: { books: 4 } } });
  expect((await get('/shelves/w1~a/history')).body.items).toMatchObject([
    { event: 'shelf.put', from: null, to: 'full', version: 1, principal: { subject: 'root' } },
    { event: 'shelf.put', from: 'full', to: 'full', version: 2 },
  ]);
});

it('has no route that creates one', async () => {
  const { post, request } = await benchWithRoom();
  expect((await post('/shelves', { id: 'w1~a', books: 1 })).status).toBe(405);
  const options = await request({ method: 'OPTIONS', path: '/shelves' });
  expect(options.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
});

it('refuses by the chart, journals it, and nothing comes into being', async () => {
  const { post, get, backend } = await benchWithRoom();
  expect(await post('/shelves/w1~a/put', { books: 11 })).toMatchObject({
    status: 409,
    body: { type: '/problems/guard-refused', state: 'bare', guard: 'hasRoom', allowed: ['shelf.put'] },
  });
  expect(await post('/shelves/w1~a/burn')).toMatchObject({
    status: 409,
    body: { type: '/problems/illegal-transition', state: 'bare' },
  });
  expect((await get('/shelves/w1~a')).status).toBe(404);
  const entries = await backend.journal.read({ kind: 'shelf', id: 'w1~a' }, 0, 10);
  expect(entries.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([
    { outcome: 'refused', reason: 'guard', version: 0, from: null, to: null },
    { outcome: 'refused', reason: 'unhandled', version: 0, from: null, to: null },
  ]);
  expect((await post('/shelves/w1~a/put', { books: 1 })).status).toBe(201);
});

it('gives the stored answer to a first command that is repeated', async () => {
  const { post } = await benchWithRoom();
  const key = { headers: { 'idempotency-key': 'k1' } };
  const first = await post('/shelves/w1~a/put', { books: 1 }, key);
  const again = await post('/shelves/w1~a/put', { books: 1 }, key);
  expect([again.status, again.body]).toEqual([201, first.body]);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
});

it('names the actor that it belongs to where there is none, and stores nothing', async () => {
  const { post, backend } = await benchWithRoom();
  const key = { headers: { 'idempotency-key': 'k1' } };
  const missing = await post('/shelves/w2~a/put', { books: 1 }, key);
  expect(missing).toMatchObject({
    status: 404,
    body: {
      type: '/problems/not-found',
      detail: 'there is no room w2, which shelf w2~a belongs to',
      missing: { kind: 'room', id: 'w2' },
    },
  });
  expect(await backend.journal.read({ kind: 'shelf', id: 'w2~a' }, 0, 10)).toEqual([]);
  await post('/rooms', { id: 'w2' });
  const created = await post('/shelves/w2~a/put', { books: 1 }, key);
  expect([created.status, created.headers.get('idempotency-replayed')]).toEqual([201, null]);
});

it('takes an id that is none of the kind’s for the id of nothing', async () => {
  const { post } = await benchWithRoom();
  const { status, body } = await post('/shelves/w1/put', { books: 1 });
  expect([status, body.type, body.detail]).toEqual([
    404,
    '/problems/not-found',
    '"w1" is no shelf id: it is {room}~{name}',
  ]);
});

it('tells who may not send it nothing of what it belongs to, and journals it', async () => {
  const { post, backend } = await benchWithRoom();
  for (const id of ['w1~a', 'w2~a']) {
    const { status, body } = await post(`/shelves/${id}/put`, { books: 1 }, { as: 'anna' });
    expect([status, body.type]).toEqual([403, '/problems/forbidden']);
    expect(await backend.journal.read({ kind: 'shelf', id }, 0, 10)).toHaveLength(1);
  }
});

it('answers 412 to a version that the first command wants to match', async () => {
  const { post } = await benchWithRoom();
  const first = await post('/shelves/w1~a/put', { books: 1 }, { headers: { 'if-match': '"1"' } });
  expect(first).toMatchObject({ status: 412, body: { type: '/problems/stale-version', version: 0 } });
});

it('refuses a first body that does not fit before anything else is asked', async () => {
  const { post } = await benchWithRoom();
  expect(await post('/shelves/w2~a/put', { books: 0 })).toMatchObject({
    status: 422,
    body: { type: '/problems/invalid', errors: [{ pointer: '/books' }] },
  });
});
