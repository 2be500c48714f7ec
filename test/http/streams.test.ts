/** The life of a stream: who may open one, how many, and what ends with it. */
import { expect, it } from 'vitest';
import { mintToken } from '../../http/auth.ts';
import { serve } from '../../http/server.ts';
import { settled } from '../support/clock.ts';
import { readEvents } from '../support/event-stream.ts';
import { createHttpBench, secret, type BenchOptions, type HttpBench } from '../support/http.ts';

interface StreamBench extends HttpBench {
  readonly open: (path: string, token?: string) => Promise<Response>;
  /** Followers of the journal's news. */
  readonly watchers: () => number;
}

async function createStreamBench(options: BenchOptions = {}): Promise<StreamBench> {
  let watchers = 0;
  const bench = await createHttpBench({
    ...options,
    wrap: (backend) => ({
      ...backend,
      journal: {
        ...backend.journal,
        watch(listener) {
          const stop = backend.journal.watch(listener);
          watchers += 1;
          return () => {
            stop();
            watchers -= 1;
          };
        },
      },
    }),
  });
  const open = async (path: string, token = bench.tokens.admin): Promise<Response> =>
    bench.app.request(path, { headers: { authorization: `Bearer ${token}` } });
  return { ...bench, open, watchers: () => watchers };
}

const paths = ['/events', '/orders/o1/events', '/machines/order/live'];

it.each(paths)('answers HEAD %s like GET, and opens nothing', async (path) => {
  const { app, draft, get, tokens } = await createStreamBench({ streamsMax: 1 });
  await draft('o1');
  const server = await serve(app, { host: '127.0.0.1', port: 0 });
  const headers = { authorization: `Bearer ${tokens.admin}` };
  for (const _ of [1, 2, 3]) {
    const answer = await fetch(server.url + path, { method: 'HEAD', headers });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
  }
  const opened = await fetch(server.url + path, { headers });
  expect([opened.status, (await get(path)).status]).toEqual([200, 503]);
  await opened.body?.cancel();
  await server.close();
});

it('leaves room for others, however many one caller opens', async () => {
  const { open, get, tokens } = await createStreamBench({ streamsMax: 3, streamsPerCallerMax: 2 });
  const first = await open('/events', tokens.anna);
  expect((await open('/events', tokens.anna)).status).toBe(200);
  const refused = await get('/events', { as: 'anna' });
  expect([refused.status, refused.body.type, refused.headers.get('retry-after')]).toEqual([
    429,
    '/problems/too-many-requests',
    '1',
  ]);
  expect((await open('/events', tokens.ben)).status).toBe(200);
  await first.body?.cancel();
  expect((await open('/events', tokens.anna)).status).toBe(200);
});

it('ends with the token that it was opened with', async () => {
  const { open, clock, draft, watchers } = await createStreamBench();
  const admin = { subject: 'root', roles: ['admin'], warehouses: ['*'] };
  const token = await mintToken(secret, admin, { now: clock.now(), lifetimeS: 60 });
  const stream = readEvents(await open('/events', token));
  await clock.advance(59_000);
  await draft('o1');
  await clock.until(() => stream.events.length === 1);
  expect(stream.ended()).toBe(false);
  await clock.advance(1_000);
  expect([stream.ended(), watchers()]).toEqual([true, 0]);
  expect((await open('/events', token)).status).toBe(401);
});

it.each(['client goes', 'process stops'] as const)(
  'lets go of the journal when the %s while a text waits to be read',
  async (end) => {
    const { open, clock, draft, watchers, streams } = await createStreamBench();
    const reader = (await open('/events')).body?.getReader();
    // The comment at the beginning; what happens then is made, and nobody takes it.
    await reader?.read();
    await clock.until(() => watchers() === 1);
    await draft('o1');
    await clock.advance(1_000);
    if (end === 'client goes') await reader?.cancel();
    else streams.close();
    await settled();
    expect(watchers()).toBe(0);
  },
);
