import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import {
  refusedPostalCode,
  sandboxCarrier,
  type SandboxCarrier,
  type SandboxGiven,
} from '../../actors/carriers/sandbox.ts';
import { fileLedger } from '../../actors/carriers/sandbox-file.ts';
import { memoryLedger, numberOf, type CarrierLedger } from '../../actors/carriers/sandbox-ledger.ts';
import { sandboxCarrierPages } from '../../actors/carriers/sandbox-pages.ts';
import { signatureHeader } from '../../actors/carriers/sandbox-webhook.ts';
import type { Booking } from '../../actors/providers.ts';
import { isSigned, sign, signatureToleranceMs } from '../../actors/signature.ts';
import { TerminalError } from '../../runtime/errors.ts';
import { shipmentOver, shipTo } from '../machines/parcels.ts';
import { createManualClock, epoch, settled } from '../support/clock.ts';
import { createCleanUp, makeFolder } from '../support/places.ts';
import { seededRandom, seeds } from '../support/random.ts';
import { openWorld, type World } from './parcel-world.ts';

const secret = 'a secret of the test';
const signal = new AbortController().signal;
const call = { signal };
const cleanUp = createCleanUp();
afterAll(() => cleanUp.run());

function booking(reference: string, given: Partial<Booking> = {}): Booking {
  const [shipmentId = ''] = reference.split('#');
  const lines = [{ sku: 'A', quantity: 1 }];
  return { booking: reference, shipmentId, orderId: 'o1', warehouse: 'W1', shipTo, lines, ...given };
}

interface Posted {
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly at: number;
}

function open(given: Partial<SandboxGiven> & { statuses?: number[] } = {}) {
  const clock = createManualClock();
  const posted: Posted[] = [];
  const { statuses = [], ...rest } = given;
  const carrier = sandboxCarrier({
    ...{ secret, clock, ledger: memoryLedger() },
    post(path, body, headers) {
      posted.push({ path, body, headers, at: clock.now() });
      const status = statuses.shift() ?? 200;
      return status === 0 ? Promise.reject(new Error('connection refused')) : Promise.resolve({ status });
    },
    ...rest,
  });
  return { carrier, clock, posted };
}

async function openFile(): Promise<{ ledger: CarrierLedger; file: string }> {
  const folder = await makeFolder();
  const file = join(folder.path, 'carrier.db');
  const ledger = fileLedger(file);
  cleanUp.add(folder.remove);
  cleanUp.add(() => {
    ledger.close();
    return Promise.resolve();
  });
  return { ledger, file };
}

describe('a signature', () => {
  const body = '{"a":1}';
  const header = sign(secret, body, epoch);

  it('holds for the body, the secret, and some minutes', () => {
    expect(header).toMatch(/^t=\d{10},v1=[0-9a-f]{64}$/);
    for (const nowMs of [epoch, epoch + signatureToleranceMs, epoch - signatureToleranceMs])
      expect(isSigned(secret, Buffer.from(body), { header, nowMs })).toBe(true);
  });

  it.each<[string, { of?: string; with?: string; header?: string | undefined; nowMs?: number }]>([
    ['another body', { of: '{"a":2}' }],
    ['another secret', { with: 'another' }],
    ['none', { header: undefined }],
    ['an old one', { nowMs: epoch + signatureToleranceMs + 1 }],
    ['one from the future', { nowMs: epoch - signatureToleranceMs - 1_000 }],
    ['a longer one', { header: `${header}0` }],
    ['a shorter one', { header: header.slice(0, -1) }],
    ['another time', { header: header.replace(/^t=\d+/, `t=${epoch / 1_000 + 1}`) }],
    ['not even one', { header: 't=now,v1=yes' }],
  ])('does not hold with %s', (_, given) => {
    const { of = body, with: key = secret, nowMs = epoch } = given;
    const shown = 'header' in given ? given.header : header;
    expect(isSigned(key, of, { header: shown, nowMs })).toBe(false);
  });
});

describe.each<[string, () => Promise<CarrierLedger>]>([
  ['in memory', () => Promise.resolve(memoryLedger())],
  ['in a file', async () => (await openFile()).ledger],
])('a ledger %s', (_, make) => {
  it('has one label a booking, and counts the calls', async () => {
    const ledger = await make();
    const first = ledger.book({ carrier: 'c', booking: 's1#1', shipmentId: 's1' });
    expect(first).toEqual({
      ...{ carrier: 'c', booking: 's1#1', shipmentId: 's1', trackingNumber: numberOf('s1#1') },
      ...{ isVoid: false, calls: 1 },
    });
    ledger.book({ carrier: 'c', booking: 's1#2', shipmentId: 's1' });
    expect(ledger.book({ carrier: 'c', booking: 's1#1', shipmentId: 's1' })).toEqual({ ...first, calls: 2 });
    expect(ledger.labels('c').map((label) => label.booking)).toEqual(['s1#1', 's1#2']);
    expect(ledger.labels('other')).toEqual([]);
  });

  it('keeps a label void when it is asked for again', async () => {
    const ledger = await make();
    expect(ledger.void('c', 's1#1')).toBe(false);
    ledger.book({ carrier: 'c', booking: 's1#1', shipmentId: 's1' });
    expect([ledger.void('c', 's1#1'), ledger.void('c', 's1#1'), ledger.void('d', 's1#1')]).toEqual([
      ...[true, true, false],
    ]);
    expect(ledger.book({ carrier: 'c', booking: 's1#1', shipmentId: 's1' }).isVoid).toBe(true);
  });

  it('numbers the scans of a number, knows what is told, and has a mode a carrier', async () => {
    const ledger = await make();
    const scan = { carrier: 'c', trackingNumber: 'SB1', status: 'inTransit' };
    expect([
      ledger.addScan(scan),
      ledger.addScan({ ...scan, trackingNumber: 'SB2' }),
      ledger.addScan(scan),
    ]).toEqual([
      { ...scan, number: 1 },
      { ...scan, trackingNumber: 'SB2', number: 1 },
      { ...scan, number: 2 },
    ]);
    expect(ledger.scans('c')).toHaveLength(3);
    ledger.setTold({ ...scan, number: 1 });
    ledger.setTold({ ...scan, number: 1 });
    expect(ledger.untold('c')).toEqual([
      { ...scan, trackingNumber: 'SB2', number: 1 },
      { ...scan, number: 2 },
    ]);
    expect(ledger.untold('d')).toEqual([]);
    ledger.setMode('c', 'slow');
    ledger.setMode('c', 'down');
    expect([ledger.mode('c'), ledger.mode('d')]).toEqual(['down', 'up']);
  });
});

it('shares a file with other processes', async () => {
  const { ledger, file } = await openFile();
  const source = `
    import { fileLedger } from ${JSON.stringify(new URL('../../actors/carriers/sandbox-file.ts', import.meta.url).href)};
    const ledger = fileLedger(${JSON.stringify(file)});
    for (let n = 0; n < 100; n++) {
      ledger.book({ carrier: 'c', booking: 's#' + (n % 10), shipmentId: 's' });
      ledger.addScan({ carrier: 'c', trackingNumber: 'SB1', status: 'inTransit' });
    }
    ledger.void('c', 's#0');
    ledger.close();
  `;
  const run = promisify(execFile);
  const child = (): Promise<unknown> => run(process.execPath, ['--input-type=module', '-e', source]);
  await Promise.all([child(), child(), child()]);
  expect(ledger.labels('c').map(({ calls }) => calls)).toEqual(Array.from({ length: 10 }, () => 30));
  expect(
    ledger
      .labels('c')
      .map(({ isVoid }) => isVoid)
      .indexOf(true),
  ).toBe(0);
  expect(new Set(ledger.scans('c').map(({ number }) => number)).size).toBe(300);
});

describe('the sandbox carrier', () => {
  it('books, looks up and voids by our reference; the same again is the same', async () => {
    const { carrier } = open();
    expect(await carrier.lookUp('s1#1', call)).toBe('notFound');
    expect(await carrier.void('s1#1', call)).toBe(false);
    const label = await carrier.book(booking('s1#1'), call);
    expect(label).toMatchObject({ carrier: 'sandbox', trackingNumber: numberOf('s1#1') });
    expect(await carrier.book(booking('s1#1'), call)).toEqual(label);
    expect(await carrier.lookUp('s1#1', call)).toEqual(label);
    expect([await carrier.void('s1#1', call), await carrier.void('s1#1', call)]).toEqual([true, true]);
    expect(carrier.ledger()).toMatchObject({ mode: 'up', labels: [{ calls: 2, isVoid: true }], scans: [] });
  });

  it('refuses an address for good', async () => {
    const { carrier } = open();
    const nowhere = booking('s1#1', { shipTo: { ...shipTo, postalCode: refusedPostalCode } });
    await expect(carrier.book(nowhere, call)).rejects.toBeInstanceOf(TerminalError);
    expect(carrier.ledger().labels).toEqual([]);
  });

  it('fails every call while it is down, and does nothing', async () => {
    const { carrier } = open();
    await carrier.book(booking('s1#1'), call);
    carrier.setMode('down');
    const calls = [
      carrier.book(booking('s1#2'), call),
      carrier.lookUp('s1#1', call),
      carrier.void('s1#1', call),
    ];
    for (const each of calls) await expect(each).rejects.toThrow('sandbox is down');
    expect(carrier.ledger().labels).toMatchObject([{ booking: 's1#1', isVoid: false, calls: 1 }]);
  });

  it('books half-way while it is slow, and answers that nobody knows', async () => {
    const { carrier, clock } = open({ slowMs: 20_000 });
    carrier.setMode('slow');
    let answer: unknown;
    void carrier.book(booking('s1#1'), call).then((result) => (answer = result));
    await clock.advance(9_999);
    expect(carrier.ledger().labels).toEqual([]);
    expect(await carrier.void('s1#1', call)).toBe(false);
    await clock.advance(1);
    expect(carrier.ledger().labels).toHaveLength(1);
    expect(answer).toBeUndefined();
    await clock.advance(10_000);
    expect(answer).toBe('unknown');
    expect(await carrier.lookUp('s1#1', call)).toMatchObject({ trackingNumber: numberOf('s1#1') });
  });
});

describe('its webhooks', () => {
  function read({ carrier }: { carrier: SandboxCarrier }, { body, headers, at }: Posted, now = at) {
    return carrier.webhook({ body: Buffer.from(body), header: (name) => headers[name], now });
  }

  it('go to the shipment that booked, by our reference', async () => {
    const sandbox = open();
    await sandbox.carrier.book(booking('o1~f1~s1#2:2'), call);
    const trackingNumber = numberOf('o1~f1~s1#2:2');
    const sent = sandbox.carrier.scan({ trackingNumber, status: 'inTransit' });
    expect(sent.eventId).toBe(`${trackingNumber}-1`);
    expect(await sent.answered).toBe(200);
    const [posted] = sandbox.posted;
    expect(posted?.path).toBe('/webhooks/carriers/sandbox');
    expect(await read(sandbox, posted as Posted)).toEqual({
      verdict: 'read',
      messages: [
        {
          to: { kind: 'shipment', id: 'o1~f1~s1' },
          event: {
            ...{ type: 'shipment.scan', eventId: `${trackingNumber}-1`, status: 'inTransit' },
            ...{ carrier: 'sandbox', trackingNumber, booking: 'o1~f1~s1#2:2' },
          },
        },
      ],
    });
  });

  it('go to the tracking number of what a person booked', async () => {
    const sandbox = open();
    await sandbox.carrier.scan({ trackingNumber: 'M1', status: 'delivered' }).answered;
    expect(await read(sandbox, sandbox.posted[0] as Posted)).toMatchObject({
      messages: [
        {
          to: { kind: 'trackingNumber', id: 'sandbox~M1' },
          event: { type: 'trackingNumber.scan', trackingNumber: 'M1', status: 'delivered' },
        },
      ],
    });
  });

  it('come again until they are taken, newly signed, under the same id', async () => {
    const sandbox = open({ statuses: [503, 0, 500] });
    expect(await sandbox.carrier.scan({ trackingNumber: 'M1', status: 'lost' }).answered).toBe(503);
    await sandbox.clock.advance(3_600_000);
    expect(sandbox.posted.map(({ at }) => at - epoch)).toEqual([0, 1_000, 3_000, 7_000]);
    expect(new Set(sandbox.posted.map(({ body }) => body)).size).toBe(1);
    for (const posted of sandbox.posted)
      expect(await read(sandbox, posted)).toMatchObject({ verdict: 'read' });
  });

  it('are given up after ten times', async () => {
    const sandbox = open({ statuses: Array.from({ length: 20 }, () => 404) });
    await sandbox.carrier.scan({ trackingNumber: 'M1', status: 'lost' }).answered;
    await sandbox.clock.advance(24 * 3_600_000);
    expect(sandbox.posted).toHaveLength(10);
  });

  it('that a process has left are sent by the next one', async () => {
    const { ledger } = await openFile();
    const killed = open({ ledger, statuses: [0, 200] });
    for (const trackingNumber of ['M1', 'M2'])
      await killed.carrier.scan({ trackingNumber, status: 'lost' }).answered;
    const next = open({ ledger });
    next.carrier.start();
    await settled();
    expect(next.posted.map(({ body }) => body)).toEqual([killed.posted[0]?.body]);
    const last = open({ ledger });
    last.carrier.start();
    await settled();
    expect(last.posted).toEqual([]);
  });

  it('may be answered when the ledger is closed', async () => {
    const ledger = fileLedger((await openFile()).file);
    const { carrier } = open({ ledger });
    const { answered } = carrier.scan({ trackingNumber: 'M1', status: 'lost' });
    carrier.stop();
    ledger.close();
    expect(await answered).toBe(200);
  });

  it('can be sent again as they were', async () => {
    const sandbox = open();
    for (const again of [undefined, 1, 1]) {
      await sandbox.carrier.scan({
        ...{ trackingNumber: 'M1', status: 'inTransit' },
        ...(again === undefined ? {} : { again }),
      }).answered;
    }
    expect(new Set(sandbox.posted.map(({ body }) => body)).size).toBe(1);
    expect(sandbox.carrier.ledger().scans).toHaveLength(1);
  });

  it.each<[string, object]>([
    ['unsigned', { body: undefined, signature: undefined }],
    ['unsigned', { ageMs: signatureToleranceMs + 1_000 }],
    ['malformed', { body: '{' }],
    ['malformed', { body: '{"status":"inTransit"}' }],
    ['malformed', { body: '"text"' }],
    ['malformed', { body: '{"eventId":"e1","status":"eaten","trackingNumber":"M1"}' }],
    ['malformed', { body: '{"eventId":"e1","status":"lost","trackingNumber":"M1","more":1}' }],
  ])('are %s with %j', async (verdict, given: { body?: string; ageMs?: number; signature?: undefined }) => {
    const { carrier } = open();
    const { body = '{"eventId":"e1","status":"lost","trackingNumber":"M1"}', ageMs = 0 } = given;
    const signature = 'signature' in given ? undefined : sign(secret, body, epoch);
    const header = (name: string): string | undefined => (name === signatureHeader ? signature : undefined);
    const reading = await carrier.webhook({ body: Buffer.from(body), header, now: epoch + ageMs });
    expect(reading.verdict).toBe(verdict);
  });
});

describe('its pages', () => {
  const { carrier, posted } = open();
  const { name, ledger, routes } = sandboxCarrierPages(carrier);
  const run = (path: string, params: Record<string, string>, body: unknown): unknown => {
    const route = routes.find((each) => each.path === path);
    return route?.run({ params, body: route.schema.parse(body) });
  };

  it('set the mode, and scan', async () => {
    const params = { carrier: 'sandbox' };
    expect(run('/carriers/:carrier', params, { mode: 'slow' })).toEqual({ mode: 'slow' });
    const scan = { trackingNumber: 'M1', status: 'inTransit' };
    expect(await run('/carriers/:carrier/scan', params, scan)).toEqual({ eventId: 'M1-1' });
    expect(await run('/carriers/:carrier/scan', params, { ...scan, again: 1 })).toEqual({ eventId: 'M1-1' });
    expect(posted).toHaveLength(2);
    expect(ledger()).toMatchObject({ sandbox: { mode: 'slow', labels: [], scans: [{ number: 1 }] } });
    expect(name).toBe('carriers');
  });

  it('know no other carrier', async () => {
    expect(run('/carriers/:carrier', { carrier: 'post' }, { mode: 'up' })).toBeUndefined();
    expect(
      await run('/carriers/:carrier/scan', { carrier: 'post' }, { trackingNumber: 'M1', status: 'lost' }),
    ).toBe(undefined);
  });

  it('refuse what they do not know', () => {
    expect(() => run('/carriers/:carrier', { carrier: 'sandbox' }, { mode: 'away' })).toThrow();
  });
});

describe('what a shipment makes of its answers', () => {
  function activities({ carrier }: { carrier: SandboxCarrier }) {
    const { activities: all } = shipmentOver(carrier);
    return (source: string, input: unknown, repeated = false) =>
      all[source]?.run(input, { key: 'k', attempt: 1, repeated, signal });
  }

  it('takes a label, a clear no, and no answer for three outcomes', async () => {
    const { carrier, clock } = open({ slowMs: 2 });
    const run = activities({ carrier });
    expect(await run('book', booking('s1#1'))).toMatchObject({
      ...{ outcome: 'booked', label: { carrier: 'sandbox', trackingNumber: numberOf('s1#1') } },
    });
    const nowhere = booking('s1#2', { shipTo: { ...shipTo, postalCode: refusedPostalCode } });
    expect(await run('book', nowhere)).toEqual({
      ...{ outcome: 'refused', reason: 'sandbox does not deliver to 00000' },
    });
    // Of a try before, by whomever, that says nothing.
    expect(await run('book', nowhere, true)).toEqual({ outcome: 'unknown' });
    expect(await run('lookUp', { booking: 's1#2' })).toEqual({ outcome: 'unknown' });
    carrier.setMode('slow');
    const slow = run('book', booking('s1#3'));
    await clock.advance(2);
    expect(await slow).toEqual({ outcome: 'unknown' });
    expect(await run('lookUp', { booking: 's1#3' })).toMatchObject({ outcome: 'booked' });
    carrier.setMode('down');
    await expect(run('book', booking('s1#4'))).rejects.toThrow('is down');
  });

  it('voids what nobody uses', async () => {
    const { carrier } = open();
    const run = activities({ carrier });
    const clear = (inUse: string | null): Promise<unknown> | undefined =>
      run('clear', {
        booking: 's1#1',
        inUse: inUse === null ? null : { carrier: 'sandbox', trackingNumber: inUse },
      });
    expect([await clear(null), await clear('M1')]).toEqual([
      { outcome: 'notFound' },
      { outcome: 'notFound' },
    ]);
    await carrier.book(booking('s1#1'), call);
    expect(await clear(numberOf('s1#1'))).toEqual({ outcome: 'inUse' });
    expect(carrier.ledger().labels).toMatchObject([{ isVoid: false }]);
    expect(await clear('M1')).toEqual({ outcome: 'gone' });
    expect(carrier.ledger().labels).toMatchObject([{ isVoid: true }]);
  });

  it('shares a breaker with all calls of the carrier, and takes silence for not knowing', () => {
    const { activities: all } = shipmentOver(open().carrier);
    expect(Object.values(all).map(({ target }) => target)).toEqual(Array(3).fill('carrier:sandbox'));
    expect(all['book']?.late).toEqual({ outcome: 'unknown' });
    expect(all['lookUp']?.late).toEqual({ outcome: 'unknown' });
  });
});

/** Bookings of this shipment that the carrier would still carry. */
function liveOf({ carrier }: World, id: string): string[] {
  const { labels } = carrier.ledger();
  return labels.filter((label) => label.shipmentId === id && !label.isVoid).map((label) => label.booking);
}

describe('shipments against the ledger of their carrier', () => {
  it.each(seeds(60))(
    'invariants 22 and 23, rules 4 to 7: no label lives that is neither wanted nor surplus (seed %i)',
    async (seed) => {
      const random = seededRandom(seed);
      const world = openWorld(random);
      const steps = 40 + random.below(120);
      for (let step = 0; step < steps; step++) {
        await world.step();
        for (const { id, context } of world.shipments()) {
          const known = [context.booking, ...context.surplus.map((each) => each.booking)];
          expect(
            liveOf(world, id).filter((each) => !known.includes(each)),
            `step ${step}`,
          ).toEqual([]);
        }
      }
      await world.rest();
      await settled();
      for (const { id, where, context } of world.shipments()) {
        expect(where).toMatch(/^label\.(booked|voided)( |$)/);
        expect(where).not.toContain('surplus');
        const wanted = context.booking === null ? [] : [context.booking];
        expect(wanted, where).toEqual(expect.arrayContaining(liveOf(world, id)));
        if (context.givenUp) expect(liveOf(world, id)).toEqual([]);
        if (context.label !== null)
          expect(world.owner(context.label.carrier, context.label.trackingNumber)).toBe(id);
      }
    },
  );
});
