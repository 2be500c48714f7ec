/** The sandbox gateway, over each of its ledgers. */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Operation, OperationResult } from '../../actors/providers.ts';
import {
  createSandboxGateway,
  type SandboxGateway,
  type SandboxOptions,
} from '../../actors/gateways/sandbox.ts';
import type { SandboxAuthorization, SandboxOperation } from '../../actors/gateways/sandbox-books.ts';
import {
  createMemoryLedger,
  openSandboxLedger,
  type SandboxLedger,
} from '../../actors/gateways/sandbox-ledger.ts';
import { TerminalError } from '../../runtime/errors.ts';
import { createManualClock, settled, type ManualClock } from '../support/clock.ts';
import { createCleanUp, makeFolder } from '../support/places.ts';

const secret = 'what only the gateway and we know';
const cleanUp = createCleanUp();
afterEach(() => cleanUp.run());

interface Posted {
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly at: number;
}

interface Bench {
  readonly clock: ManualClock;
  readonly gateway: SandboxGateway;
  readonly posted: Posted[];
  /** The bodies of all webhooks so far. */
  readonly told: () => { id: string; key: string; outcome: string }[];
  readonly run: (given: Partial<Operation>) => Promise<OperationResult>;
  readonly lookUp: (given: Partial<Operation>) => Promise<{ outcome: string }>;
  readonly seen: () => { authorizations: SandboxAuthorization[]; operations: SandboxOperation[] };
}

function bench(ledger: SandboxLedger, options: Partial<SandboxOptions> = {}, answers: number[] = []): Bench {
  const clock = createManualClock();
  const posted: Posted[] = [];
  const post: SandboxOptions['post'] = (path, body, headers) => {
    posted.push({ path, body, headers, at: clock.now() });
    const status = answers.shift() ?? 200;
    return status === 0 ? Promise.reject(new Error('nobody there')) : Promise.resolve(status);
  };
  const gateway = createSandboxGateway({ ledger, clock, secret, post, ...options });
  const never = new AbortController().signal;
  return {
    clock,
    gateway,
    posted,
    told: () => posted.map(({ body }) => JSON.parse(body) as { id: string; key: string; outcome: string }),
    run: (given) => gateway.carryOut(operation(given), { signal: never }),
    lookUp: (given) => gateway.lookUp(operation(given), { signal: never }),
    seen: () => gateway.pages.ledger() as ReturnType<Bench['seen']>,
  };
}

function operation(given: Partial<Operation> = {}): Operation {
  const kind = given.kind ?? 'authorize';
  const about = { paymentId: 'o1~p1', orderId: 'o1', customerId: 'ada', currency: 'EUR', method: 'ok' };
  const amount = kind === 'void' ? 0 : 10_000;
  return { kind, key: `o1~p1:${kind}`, amount, reference: null, ...about, ...given };
}

const yes = { outcome: 'succeeded', reference: 'sandbox_o1~p1' };
const no = (reason: string) => ({ outcome: 'failed', reason });

const ledgers: [string, () => Promise<SandboxLedger>][] = [
  ['in memory', () => Promise.resolve(createMemoryLedger())],
  [
    'in a file',
    async () => {
      const folder = await makeFolder();
      const ledger = openSandboxLedger(join(folder.path, 'sandbox.db'));
      cleanUp.add(async () => {
        ledger.close();
        await folder.remove();
      });
      return ledger;
    },
  ],
];

describe.each(ledgers)('%s', (_, open) => {
  it.each([
    ['ok', yes],
    ['webhook-twice', yes],
    ['capture-once', yes],
    ['decline', no('declined')],
    ['gold', no('unknown method')],
    ['error-x-then-ok', no('unknown method')],
  ])('%s is answered at once, and the same each time', async (method, expected) => {
    const { run, lookUp, seen } = bench(await open());
    expect(await lookUp({ method })).toEqual({ outcome: 'notFound' });
    expect(await run({ method })).toEqual(expected);
    expect(await run({ method })).toEqual(expected);
    expect(await lookUp({ method })).toEqual(expected);
    expect(seen().operations).toMatchObject([{ calls: 2 }]);
  });

  it.each([
    ['timeout-succeeds', yes],
    ['timeout-declines', no('declined')],
  ])('%s has happened, and no answer comes', async (method, expected) => {
    const { gateway, lookUp, run } = bench(await open());
    const limit = new AbortController();
    const call = gateway.carryOut(operation({ method }), { signal: limit.signal });
    expect(await lookUp({ method })).toEqual(expected);
    limit.abort();
    await expect(call).rejects.toThrow('aborted');
    expect(await run({ method })).toEqual(expected);
  });

  it('error-2-then-ok is an error twice, with no effect', async () => {
    const { run, lookUp, seen } = bench(await open());
    const method = 'error-2-then-ok';
    for (const calls of [1, 2]) {
      await expect(run({ method })).rejects.toThrow('503');
      expect(await lookUp({ method })).toEqual({ outcome: 'notFound' });
      expect(seen()).toMatchObject({ authorizations: [], operations: [{ calls, result: null }] });
    }
    expect(await run({ method })).toEqual(yes);
  });

  it('webhook-late says nothing until its webhook has told', async () => {
    const { run, lookUp, told, clock } = bench(await open(), { lateMs: 20_000 });
    const method = 'webhook-late';
    expect(await run({ method })).toEqual({ outcome: 'unknown' });
    await clock.advance(19_999);
    expect(await lookUp({ method })).toEqual({ outcome: 'unknown' });
    expect(told()).toEqual([]);
    await clock.advance(1);
    expect(told()).toMatchObject([{ key: 'o1~p1:authorize', outcome: 'succeeded' }]);
    expect(await lookUp({ method })).toEqual(yes);
  });

  it.each([
    ['succeeded', yes],
    ['failed', no('the customer did not confirm it')],
  ])('requires-action waits for the customer: %s', async (outcome, expected) => {
    const { run, lookUp, told, gateway, clock } = bench(await open(), { sendsWebhooks: false });
    const method = 'requires-action';
    const url = '/sandbox/payments/o1~p1/confirm';
    expect(await run({ method })).toEqual({ ...yes, outcome: 'requiresAction', url });
    expect(await run({ kind: 'capture', method })).toEqual(no('it is requiresAction'));
    const [confirm] = gateway.pages.routes;
    const given = { params: { paymentId: 'o1~p1' }, body: { outcome } };
    expect(confirm?.run(given)).toMatchObject({ key: 'o1~p1:authorize' });
    expect(confirm?.run(given)).toBeUndefined();
    expect(await lookUp({ method })).toEqual(expected);
    await clock.advance(1_000);
    expect(told()).toMatchObject([{ outcome }]);
  });

  it('captures no more than was authorized, refunds no more than was captured', async () => {
    const { run, seen } = bench(await open());
    await run({});
    const capture = { kind: 'capture', amount: 6_000 } as const;
    expect(await run({ ...capture, key: 'c1' })).toEqual(yes);
    expect(await run({ ...capture, key: 'c1' })).toEqual(yes);
    expect(await run({ ...capture, key: 'c2' })).toEqual(no('more than was authorized'));
    expect(await run({ kind: 'refund', amount: 6_001 })).toEqual(no('more than was captured'));
    expect(await run({ kind: 'refund', key: 'r2', amount: 6_000 })).toEqual(yes);
    expect(seen().authorizations).toMatchObject([{ captured: 6_000, refunded: 6_000, captures: 1 }]);
  });

  it('captures nothing after a void; a void of one that is void is one', async () => {
    const { run, seen } = bench(await open());
    expect(await run({ kind: 'void' })).toEqual(no('there is no such authorization'));
    await run({});
    expect(await run({ kind: 'void', key: 'v1' })).toEqual(yes);
    expect(await run({ kind: 'void', key: 'v2' })).toEqual(yes);
    expect(await run({ kind: 'capture' })).toEqual(no('it is voided'));
    expect(seen().authorizations).toMatchObject([{ state: 'voided', captured: 0 }]);
  });

  it.each([
    ['capture-once', yes, no('it was captured already')],
    ['capture-fails', no('the capture was refused'), no('the capture was refused')],
  ])('%s', async (method, first, second) => {
    const { run } = bench(await open());
    await run({ method });
    expect(await run({ method, kind: 'capture', key: 'c1', amount: 1 })).toEqual(first);
    expect(await run({ method, kind: 'capture', key: 'c2', amount: 1 })).toEqual(second);
  });

  it('takes no other body under a known key', async () => {
    const { run } = bench(await open());
    await run({});
    await expect(run({ amount: 9_999 })).rejects.toThrow(TerminalError);
    await expect(run({ currency: 'USD' })).rejects.toThrow('was used for another currency');
    expect(await run({})).toEqual(yes);
  });

  it('writes nothing where a transaction throws', async () => {
    const ledger = await open();
    ledger.transaction((documents) => documents.put('a', '1', 'kept'));
    const broken = (): unknown =>
      ledger.transaction((documents) => {
        documents.put('a', '1', 'changed');
        documents.put('a', '2', 'new');
        documents.remove('a', '1');
        throw new Error('broken');
      });
    expect(broken).toThrow('broken');
    expect(ledger.transaction((documents) => documents.all('a'))).toEqual([['1', 'kept']]);
  });
});

describe('webhooks', () => {
  it('are signed over the raw body, and read as messages to the payment', async () => {
    const { run, posted, clock, gateway } = bench(createMemoryLedger());
    await run({});
    await clock.advance(1_000);
    const [{ path, body, headers } = { path: '', body: '', headers: {} }] = posted;
    expect(path).toBe('/webhooks/payments/sandbox');
    const read = (text: string, now = clock.now()) =>
      gateway.webhook({
        body: Buffer.from(text),
        header: (name) => (headers as Posted['headers'])[name],
        now,
      });
    expect(await read(body)).toMatchObject({
      verdict: 'read',
      messages: [
        {
          to: { kind: 'payment', id: 'o1~p1' },
          event: { type: 'payment.webhook', key: 'o1~p1:authorize', amount: 10_000, outcome: 'succeeded' },
        },
      ],
    });
    expect(await read(`${body} `)).toEqual({ verdict: 'unsigned' });
    expect(await read(body, clock.now() + 301_000)).toEqual({ verdict: 'unsigned' });
  });

  it('come twice with one id', async () => {
    const { run, told, clock } = bench(createMemoryLedger());
    await run({ method: 'webhook-twice' });
    await clock.advance(60_000);
    expect(told()).toHaveLength(2);
    expect(new Set(told().map(({ id }) => id)).size).toBe(1);
  });

  it('are sent again until they are taken, more and more rarely, and no more than 10 times', async () => {
    const taken = bench(createMemoryLedger(), {}, [503, 0, 404, 200]);
    await taken.run({});
    await taken.clock.advance(600_000);
    const times = taken.posted.map(({ at }) => at - (taken.posted[0]?.at ?? 0));
    expect(times).toEqual([0, 1_000, 3_000, 7_000]);
    const refused = bench(createMemoryLedger(), {}, Array<number>(100).fill(500));
    await refused.run({});
    await refused.clock.advance(3_600_000);
    expect(refused.posted).toHaveLength(10);
  });

  it('leave a ledger alone that was closed while one of them was under way, and go out after the next start', async () => {
    const folder = await makeFolder();
    cleanUp.add(folder.remove);
    const file = join(folder.path, 'sandbox.db');
    const ledger = openSandboxLedger(file);
    let answer: (status: number) => void = () => undefined;
    const post = (): Promise<number> => new Promise((resolve) => (answer = resolve));
    const { run, gateway, clock } = bench(ledger, { post });
    await run({});
    await clock.advance(1_000);
    gateway.stop();
    ledger.close();
    answer(200);
    await settled();
    const again = openSandboxLedger(file);
    cleanUp.add(() => {
      again.close();
      return Promise.resolve();
    });
    const next = bench(again);
    await next.clock.advance(60_000);
    next.gateway.start();
    await next.clock.advance(1_000);
    expect(next.told()).toHaveLength(1);
  });

  it('can be left out', async () => {
    const { run, posted, clock } = bench(createMemoryLedger(), { sendsWebhooks: false });
    await run({});
    await clock.advance(60_000);
    expect(posted).toEqual([]);
  });

  it('that a process left behind are sent by the next one; the file survives, and may be shared', async () => {
    const folder = await makeFolder();
    cleanUp.add(folder.remove);
    const file = join(folder.path, 'sandbox.db');
    const [one, two] = [openSandboxLedger(file), openSandboxLedger(file)];
    const before = bench(one);
    await before.run({});
    before.gateway.stop();
    expect(before.posted).toEqual([]);
    const after = bench(two);
    expect(await after.lookUp({})).toEqual(yes);
    expect(after.seen()).toEqual(before.seen());
    after.gateway.start();
    await after.clock.advance(1_000);
    await settled();
    expect(after.told()).toMatchObject([{ outcome: 'succeeded' }]);
    before.gateway.start();
    await before.clock.advance(60_000);
    expect(before.posted).toEqual([]);
    one.close();
    two.close();
  });
});
