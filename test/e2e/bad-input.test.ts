/** A storm of what is no proper request, over the real socket: the process survives it and still answers. */
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type App, admin, bearer, startApp } from '../support/app.ts';
import { createCleanUp, openFile } from '../support/places.ts';
import { seededRandom, seeds } from '../support/random.ts';
import { moreApplied, startTraffic } from '../support/traffic.ts';
import { differences } from '../support/compare.ts';
import { until } from '../support/until.ts';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

async function started(): Promise<App> {
  const place = await openFile();
  cleanUp.add(() => place.close());
  const app = await startApp(place.env);
  cleanUp.add(() => app.kill9());
  return app;
}

test.each(seeds(1))('survives a storm while others work, seed %i', async (seed) => {
  const app = await started();
  const traffic = startTraffic({ url: () => app.url, seed, clients: 4 });
  cleanUp.add(traffic.abandon);
  const random = seededRandom(seed);
  const { authorization } = await bearer(admin);
  const post = (more: string, body: string): string =>
    `POST /orders HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-type: application/json\r\n${more}\r\n${body}`;
  const garbage = (): string =>
    Array.from({ length: 1 + random.below(2_000) }, () => String.fromCharCode(random.below(256))).join('');
  const storms: Readonly<Record<string, () => string>> = {
    'no HTTP': garbage,
    'a proper request, then garbage': () => `GET /livez HTTP/1.1\r\nhost: x\r\n\r\n${garbage()}`,
    'many at once': () => 'GET /livez HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(50) + 'GET /' + garbage(),
    'no JSON': () => post(`connection: close\r\ncontent-length: 9\r\n`, '{"id": {{'),
    'garbage as JSON': () => {
      const body = Buffer.from(garbage(), 'latin1').toString('latin1');
      return post(`connection: close\r\ncontent-length: ${body.length}\r\n`, body);
    },
    'a body of 1 MB': () => post(`content-length: 1000000\r\n`, `{"a":"${'x'.repeat(999_992)}"}`),
    'a body of 1 MB in chunks': () =>
      post('transfer-encoding: chunked\r\n', `186a0\r\n${'x'.repeat(100_000)}\r\n`.repeat(10) + '0\r\n\r\n'),
    'deep nesting': () => post('connection: close\r\ncontent-length: 100000\r\n', '['.repeat(100_000)),
    'a chunk that is none': () => post('transfer-encoding: chunked\r\n', 'zz\r\n'),
    'a long target': () => `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
    'odd escapes': () => `GET /orders/%ff%00%zz/history HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
    'a method of its own': () => 'BREW /orders HTTP/1.1\r\nhost: x\r\n\r\n',
  };
  const answers = new Map<string, string>();
  for (let round = 1; round <= 10; round++) {
    const heard = await Promise.all(
      Object.entries(storms).map(async ([name, make]) => [name, await throwAt(app, make())] as const),
    );
    for (const [name, answer] of heard) answers.set(name, answer);
  }
  const expected = { 'no JSON': 400, 'garbage as JSON': 400, 'a body of 1 MB': 413, 'deep nesting': 400 };
  for (const [name, status] of Object.entries(expected)) {
    expect([name, answers.get(name)]).toEqual([name, expect.stringContaining(`HTTP/1.1 ${status} `)]);
  }
  await moreApplied(traffic, 20);
  await traffic.finish();
  expect(await differences(traffic, { get: app.get })).toEqual([]);
  expect(app.run.hasEnded()).toBe(false);
  expect(app.lines().filter(({ level }) => level >= 50)).toEqual([]);
});

test('answers others while hundreds of connections are half open, and forgets those', async () => {
  const app = await started();
  const sockets = await Promise.all(Array.from({ length: 300 }, (_, number) => halfOpen(app, number)));
  expect((await app.get('/orders')).status).toBe(200);
  for (const socket of sockets) socket.destroy();
  expect((await app.get('/orders')).status).toBe(200);
  expect(await app.stop()).toBe(0);
});

/** What has come back until the connection ended, or enough of it. */
function throwAt(app: App, bytes: string): Promise<string> {
  const { hostname, port } = new URL(app.url);
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes, 'latin1'));
    const done = (): void => {
      socket.destroy();
      resolve(heard);
    };
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => (heard += chunk));
    socket.on('error', done);
    socket.on('close', done);
    // Answered, and kept open by the server: the rest is ours to end.
    socket.setTimeout(300, done);
  });
}

/** Sends the beginning of a request, and no more. */
async function halfOpen(app: App, number: number): Promise<Socket> {
  const { hostname, port } = new URL(app.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  let isOpen = false;
  socket.on('connect', () => (isOpen = true));
  await until(() => isOpen);
  const beginnings = [
    '',
    'POST /ord',
    'POST /orders HTTP/1.1\r\nhost: x\r\n',
    'POST /orders HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{',
  ];
  socket.write(beginnings[number % beginnings.length] ?? '');
  return socket;
}
