import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { serve, type ServeOptions, type Serving } from '../../http/server.ts';
import { createHttpBench, gotOf, order, type HttpBench } from '../support/http.ts';

async function serving(
  options: Partial<ServeOptions> = {},
  given?: HttpBench,
): Promise<{ bench: HttpBench; server: Serving }> {
  const bench = given ?? (await createHttpBench());
  const server = await serve(bench.app, { host: '127.0.0.1', port: 0, drainMs: 100, ...options });
  onTestFinished(() => server.close());
  return { bench, server };
}

/** Writes bytes and reads until the server closes the connection. */
function raw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (text += chunk));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(text) : reject(error),
    );
    socket.on('close', () => resolve(text));
  });
}

const head = (bench: HttpBench, more: string): string =>
  `POST /orders HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${bench.tokens.admin}\r\ncontent-type: application/json\r\n${more}\r\n`;

it('serves over a socket: create, command, read, conditional read', async () => {
  const { bench, server } = await serving();
  const headers = { authorization: `Bearer ${bench.tokens.anna}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ ...order, id: 'o1', draft: true });
  const created = await gotOf(await fetch(`${server.url}/orders`, { method: 'POST', headers, body }));
  expect([created.status, created.headers.get('location')]).toEqual([201, '/orders/o1']);
  const placed = await gotOf(await fetch(`${server.url}/orders/o1/place`, { method: 'POST', headers }));
  expect(placed.body.version).toBe(2);
  const view = await gotOf(await fetch(`${server.url}/orders/o1`, { headers }));
  expect(view.status).toBe(200);
  const etag = view.headers.get('etag') ?? '';
  const known = await fetch(`${server.url}/orders/o1`, { headers: { ...headers, 'if-none-match': etag } });
  expect(known.status).toBe(304);
});

it('takes a body in chunks, and a command without a body and without a length', async () => {
  const { bench, server } = await serving();
  const text = JSON.stringify({ ...order, id: 'o1', draft: true });
  const chunks = `${text.slice(0, 9).length.toString(16)}\r\n${text.slice(0, 9)}\r\n${text.slice(9).length.toString(16)}\r\n${text.slice(9)}\r\n0\r\n\r\n`;
  const created = await raw(
    server.url,
    head(bench, 'transfer-encoding: chunked\r\nconnection: close\r\n') + chunks,
  );
  expect(created).toMatch(/^HTTP\/1.1 201 /);
  const place = head(bench, 'connection: close\r\n').replace('/orders', '/orders/o1/place');
  expect(await raw(server.url, place)).toMatch(/^HTTP\/1.1 200 /);
});

it('refuses a body that is said to be too large before it has come', async () => {
  const { bench, server } = await serving();
  const answer = await raw(server.url, head(bench, 'content-length: 100000000\r\n') + '{');
  expect(answer).toMatch(/^HTTP\/1.1 413 /);
  expect(answer).toContain('"/problems/too-large"');
});

it('refuses a body in chunks as soon as it is too large', async () => {
  const bench = await createHttpBench({ limits: { bodyMaxBytes: 1_000 } });
  const { server } = await serving({}, bench);
  const chunk = `400\r\n${'x'.repeat(0x400)}\r\n`;
  expect(await raw(server.url, head(bench, 'transfer-encoding: chunked\r\n') + chunk)).toMatch(
    /^HTTP\/1.1 413 /,
  );
});

it('gives up on a request that does not arrive', async () => {
  const { bench, server } = await serving({ requestTimeoutMs: 50 });
  const body = await raw(server.url, head(bench, 'content-length: 10\r\n') + '{');
  expect(body).toMatch(/^HTTP\/1.1 408 /);
  expect(body).toContain('"/problems/timeout"');
  expect(await raw(server.url, 'POST /orders HTTP/1.1\r\nhost: x\r\n')).toMatch(/^HTTP\/1.1 408 /);
});

it.each([
  ['no HTTP at all', 'hello\r\n\r\n', 400],
  [
    'a second length',
    'POST /orders HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
    400,
  ],
  [
    'length and chunks at once',
    'POST /orders HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
    400,
  ],
  ['a length below nothing', 'POST /orders HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n', 400],
  ['headers without end', `GET / HTTP/1.1\r\nhost: x\r\na: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ['a target that is no path', 'GET nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400],
  ['a host that is none', 'GET / HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n', 400],
  ['a backslash', 'GET /\\orders HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400],
])('answers %s with a problem', async (_, bytes, status) => {
  const { server } = await serving();
  const answer = await raw(server.url, bytes);
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer.toLowerCase()).toContain('content-type: application/problem+json');
  expect(answer).toContain('"type":"/problems/');
});

it('lets a command that is under way end before it closes, and takes no more', async () => {
  const gate = Promise.withResolvers<undefined>();
  const bench = await createHttpBench({
    wrap: (backend) => ({
      ...backend,
      mailbox: {
        ...backend.mailbox,
        async append(entry) {
          await gate.promise;
          await backend.mailbox.append(entry);
        },
      },
    }),
  });
  const { server } = await serving({ drainMs: 60_000 }, bench);
  const text = JSON.stringify({ ...order, id: 'o1', draft: true });
  const answer = fetch(`${server.url}/orders`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bench.tokens.admin}`, 'content-type': 'application/json' },
    body: text,
  });
  await bench.asked();
  const closed = server.close();
  await expect(fetch(`${server.url}/livez`)).rejects.toThrow();
  gate.resolve(undefined);
  expect((await answer).status).toBe(201);
  await closed;
});

it('cuts off who does not end when the time is up', async () => {
  const { bench, server } = await serving({ drainMs: 20 });
  const answer = raw(server.url, head(bench, 'content-length: 10\r\n') + '{');
  await fetch(`${server.url}/livez`);
  await server.close();
  expect(await answer).toBe('');
});

it('rejects when the address is taken', async () => {
  const { bench, server } = await serving();
  const port = Number(new URL(server.url).port);
  await expect(serve(bench.app, { host: '127.0.0.1', port })).rejects.toThrow('EADDRINUSE');
});
