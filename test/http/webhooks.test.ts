/** Webhooks over HTTP: who may send them, what becomes of them, and what their senders are told. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createSandboxGateway, type SandboxGateway } from '../../actors/gateways/sandbox.ts';
import { createMemoryLedger } from '../../actors/gateways/sandbox-ledger.ts';
import { paymentWith } from '../../actors/payment.ts';
import { sign } from '../../actors/signature.ts';
import { createApp } from '../../http/app.ts';
import { createAuthenticator } from '../../http/auth.ts';
import type { WebhookReader } from '../../http/webhooks.ts';
import { defaultDurations } from '../../machines/durations.ts';
import type { ActorDefinition } from '../../runtime/definition.ts';
import { createManualClock } from '../support/clock.ts';
import { createHttpBench, gotOf, secret, type Got, type HttpBench, type Sent } from '../support/http.ts';
import { payer } from '../machines/payments.ts';

const webhookSecret = 'what only the sandbox and we know';
const path = '/webhooks/payments/sandbox';

interface Bench extends HttpBench {
  readonly gateway: SandboxGateway;
  /** What the sandbox has sent, and how it was answered. */
  readonly statuses: number[];
  /** An order with a payment under way. */
  readonly pay: (id: string, method?: string) => Promise<void>;
  readonly payment: (id: string) => Promise<Got>;
  readonly heard: (id: string) => Promise<unknown>;
  /** Signed now, unless other headers are given. */
  readonly hook: (body: object | string, headers?: Record<string, string>) => Promise<Got>;
}

let bench: Bench;
beforeEach(async () => {
  bench = await createBench();
});

describe('a webhook', () => {
  it('of the sandbox settles the payment, end to end', async () => {
    await bench.pay('o1', 'webhook-late');
    await bench.clock.until(async () => (await bench.payment('o1')).text.includes('"unknown"'));
    await bench.clock.until(() => bench.statuses.length > 0);
    expect(bench.statuses).toEqual([200]);
    expect(await bench.heard('o1')).toEqual(['payment.unknown', 'payment.authorized']);
    expect((await bench.payment('o1')).body).toMatchObject({
      state: { authorization: 'authorized', gateway: 'idle' },
      context: { webhooks: { taken: 1, duplicates: 0, stale: 0 }, reference: 'sandbox_o1~p1' },
    });
  });

  it('scenario 3: the same ×5 and a late no are all answered 200, and confirm once', async () => {
    await bench.pay('o1', 'webhook-late');
    const answers = [];
    for (let time = 0; time < 5; time++) answers.push(await bench.hook(told()));
    answers.push(await bench.hook({ ...told(), id: 'evt2', outcome: 'failed' }));
    expect(answers.map(({ status, body }) => [status, body])).toEqual(Array(6).fill([200, { received: 1 }]));
    await bench.clock.advance(1_000);
    expect(await bench.heard('o1')).toEqual(['payment.unknown', 'payment.authorized']);
    expect((await bench.payment('o1')).body).toMatchObject({
      context: { webhooks: { taken: 1, duplicates: 4, stale: 1 } },
    });
  });

  it('about another amount or currency is refused by the chart, in the journal, and answered 200', async () => {
    await bench.pay('o1', 'webhook-late');
    for (const wrong of [{ amount: 1 }, { currency: 'USD' }]) {
      expect(await bench.hook({ ...told(), ...wrong })).toMatchObject({ status: 200 });
    }
    await bench.clock.advance(1_000);
    const history = await bench.get('/payments/o1~p1/history');
    const refused = history.body.items.filter((entry) => JSON.stringify(entry).includes('"refused"'));
    expect(refused).toHaveLength(2);
    expect(JSON.stringify(refused)).toContain('webhook:sandbox');
    expect(await bench.heard('o1')).not.toContain('payment.authorized');
  });

  it('for a reference that nobody has is answered 404', async () => {
    expect(await bench.hook(told('o9'))).toMatchObject({
      status: 404,
      body: { type: '/problems/not-found', detail: 'nobody has this reference' },
    });
  });

  it('of no interest is answered 200', async () => {
    const got = await bench.request({ method: 'POST', path: '/webhooks/carriers/quiet', body: {}, as: null });
    expect([got.status, got.body]).toEqual([200, { received: 0 }]);
  });

  it('needs a signature over these bytes with this secret, of now', async () => {
    await bench.pay('o1', 'webhook-late');
    const body = JSON.stringify(told());
    const now = bench.clock.now();
    const wrong: Record<string, string>[] = [
      {},
      { 'sandbox-signature': '' },
      { 'sandbox-signature': 'v1=abc' },
      { 'sandbox-signature': sign('another secret', body, now) },
      { 'sandbox-signature': sign(webhookSecret, `${body} `, now) },
      { 'sandbox-signature': sign(webhookSecret, body, now - 301_000) },
      { 'sandbox-signature': sign(webhookSecret, body, now + 302_000) },
      { 'sandbox-signature': sign(webhookSecret, body, now).replace('v1=', 'v0=') },
    ];
    for (const headers of wrong) {
      const got = await bench.hook(body, headers);
      expect([got.status, got.body.type]).toEqual([401, '/problems/unauthenticated']);
    }
    expect((await bench.payment('o1')).body).toMatchObject({ context: { webhooks: { taken: 0 } } });
    expect((await bench.hook(body)).status).toBe(200);
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['nothing', ''],
    ['a field missing', { ...told(), key: undefined }],
    ['an amount that is none', { ...told(), amount: -1 }],
    ['an outcome that is none', { ...told(), outcome: 'perhaps' }],
    ['a payment that is no id', { ...told(), payment: 'a.b' }],
  ])('that is malformed is answered 400: %s', async (_, body) => {
    const got = await bench.hook(body);
    expect([got.status, got.body.type]).toEqual([400, '/problems/malformed']);
  });

  it('that is too large is answered 413, before anything is read from it', async () => {
    const got = await bench.hook({ ...told(), more: 'x'.repeat(3_000) });
    expect([got.status, got.body.type]).toEqual([413, '/problems/too-large']);
  });

  it.each(['/webhooks/payments/other', '/webhooks/payments/constructor', '/webhooks/carriers/sandbox'])(
    'is taken from nobody at %s',
    async (unknown) => {
      const got = await bench.request({ method: 'POST', path: unknown, body: told(), as: null });
      expect(got.status).toBe(404);
    },
  );

  it('is posted, and not read', async () => {
    const got = await bench.get(path);
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
  });

  it('is answered 503 while the store is away or nothing runs, so that it is sent again', async () => {
    await bench.pay('o1', 'webhook-late');
    const away = await createBench({ isAway: true });
    const got = await away.hook(told(), { 'sandbox-signature': signed(JSON.stringify(told()), away) });
    expect([got.status, got.body.type]).toEqual([503, '/problems/unavailable']);
    expect(got.headers.get('retry-after')).toBe('1');
    await bench.node.drain();
    expect((await bench.hook(told())).status).toBe(503);
  });
});

describe('a gateway that does not answer', () => {
  it.each([
    ['scenario 4', 'timeout-succeeds', 'payment.authorized', 'authorized'],
    ['scenario 5', 'timeout-declines', 'payment.declined', 'declined'],
  ])('%s: %s is unknown until it is looked up, under one key', async (...[, method, answer, state]) => {
    await bench.pay('o1', method);
    expect(await bench.heard('o1')).toEqual(['payment.unknown']);
    await bench.clock.until(() => isIn(state));
    expect(await bench.heard('o1')).toEqual(['payment.unknown', answer]);
    expect((await bench.get('/sandbox/ledger')).body).toMatchObject({
      payments: {
        authorizations: [{ paymentId: 'o1~p1', state }],
        operations: [{ key: 'o1~p1:auth', calls: 1 }],
      },
    });
    expect(bench.statuses).toEqual([]);
  });

  it('but an error is tried again under the same key, and nothing of it is seen', async () => {
    await bench.pay('o1', 'error-3-then-ok');
    expect(await bench.heard('o1')).toEqual(['payment.authorized']);
    expect((await bench.get('/sandbox/ledger')).body).toMatchObject({
      payments: { authorizations: [{ state: 'authorized' }], operations: [{ calls: 4 }] },
    });
  });

  async function isIn(state: string): Promise<boolean> {
    return JSON.stringify((await bench.payment('o1')).body['state']).includes(`"${state}"`);
  }
});

describe('the pages of the sandbox', () => {
  it('show operators what the world outside saw, and nobody else', async () => {
    await bench.pay('o1');
    const got = await bench.get('/sandbox/ledger');
    expect(got.status).toBe(200);
    expect(got.body).toMatchObject({
      payments: { authorizations: [{ paymentId: 'o1~p1', state: 'authorized', captured: 0 }] },
    });
    expect((await bench.get('/sandbox/ledger', { as: 'anna' })).status).toBe(403);
    expect((await bench.get('/sandbox/ledger', { as: null })).status).toBe(401);
    expect((await bench.post('/sandbox/ledger')).status).toBe(405);
  });

  it('confirm what waits for the customer', async () => {
    await bench.pay('o1', 'requires-action');
    const url = `/sandbox/payments/${encodeURIComponent('o1~p1')}/confirm`;
    expect((await bench.post(url, {}, { as: 'anna' })).status).toBe(403);
    expect((await bench.post(url, { outcome: 'perhaps' })).status).toBe(422);
    expect((await bench.post(url, {})).status).toBe(200);
    expect((await bench.post(url, {})).status).toBe(404);
    await bench.clock.advance(1_000);
    expect(await bench.heard('o1')).toEqual(['payment.requiresAction', 'payment.authorized']);
  });
});

/** As the sandbox sends it. */
function told(order = 'o1'): Record<string, unknown> {
  const payment = `${order}~p1`;
  const about = { key: `${payment}:auth`, kind: 'authorize', amount: 10_000, currency: 'EUR' };
  return { id: 'evt1', payment, ...about, outcome: 'succeeded', reference: 'r1' };
}

function signed(body: string, { clock }: Pick<Bench, 'clock'>): string {
  return sign(webhookSecret, body, clock.now());
}

async function createBench({ isAway = false } = {}): Promise<Bench> {
  const statuses: number[] = [];
  // The gateway comes before the clock of the node it works for.
  const time = { clock: createManualClock() };
  const gateway = createSandboxGateway({
    ledger: createMemoryLedger(),
    secret: webhookSecret,
    clock: { now: () => time.clock.now(), after: (ms, action) => time.clock.after(ms, action) },
    post: async (_, body, headers) => {
      const { status } = await post(body, headers);
      statuses.push(status);
      return status;
    },
  });
  const definitions: ActorDefinition[] = [
    payer,
    paymentWith({ durations: defaultDurations, gateways: [gateway] }),
  ];
  const http = await createHttpBench({ definitions, start: !isAway });
  time.clock = http.clock;
  const { node, clock } = http;
  const quiet: WebhookReader = () => Promise.resolve({ verdict: 'read', messages: [] });
  const app = createApp({
    ...{ node, clock },
    authenticator: createAuthenticator({ secret }, clock),
    random: { next: () => 0.5, id: () => `id${clock.now()}` },
    logger: { info: ignore, warn: ignore, error: ignore, debug: ignore },
    limits: { bodyMaxBytes: 2_000 },
    webhooks: { payments: new Map([['sandbox', gateway.webhook]]), carriers: new Map([['quiet', quiet]]) },
    sandbox: [gateway.pages],
  });
  const send = async (sent: Sent): Promise<Got> => {
    const { method = 'GET', path: to, body, as = 'admin', headers = {} } = sent;
    const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    return gotOf(
      await app.request(to, {
        method,
        headers: {
          'content-type': 'application/json',
          ...(as === null ? {} : { authorization: `Bearer ${http.tokens[as]}` }),
          ...headers,
        },
        ...(text === undefined ? {} : { body: text }),
      }),
    );
  };
  const post = (body: string, headers: Record<string, string>): Promise<Got> =>
    send({ method: 'POST', path, body, as: null, headers });
  const payment = (id: string): Promise<Got> => send({ path: `/payments/${id}~p1` });
  const hook: Bench['hook'] = (body, headers) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return post(text, headers ?? { 'sandbox-signature': signed(text, { clock }) });
  };
  return {
    ...{ ...http, app, gateway, statuses, payment, hook, request: send },
    get: (to, more) => send({ path: to, ...more }),
    post: (to, body = {}, more) => send({ method: 'POST', path: to, body, ...more }),
    async pay(id, method = 'ok') {
      const created = await send({ method: 'POST', path: '/orders', body: { id, method } });
      expect(created.status, created.text).toBe(201);
      await clock.until(async () => {
        const { body } = await payment(id);
        return body['state'] !== undefined && !JSON.stringify(body['state']).includes('calling');
      });
    },
    heard: async (id) =>
      ((await send({ path: `/orders/${id}` })).body['context'] as { heard: string[] }).heard,
  };
}

function ignore(): void {
  return undefined;
}
