/** From incident to test, with the real programs: orders are worked on, exported, and what was written is run. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { definitions, definitionsWith } from '../../actors/registry.ts';
import { openClusterJournal } from '../../cli/cluster.ts';
import { openEmbedded } from '../../cli/embedded.ts';
import { entryOf } from '../../cli/export/entry.ts';
import { journalOf, type JournalSource } from '../../cli/journal.ts';
import { createReplay } from '../../cli/export/replay.ts';
import { openSqlite } from '../../persistence/sqlite/backend.ts';
import { systemClock } from '../../persistence/system.ts';
import { type Address, partitionOf } from '../../runtime/address.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { type App, type Env, bearer, startApp } from '../support/app.ts';
import { createCleanUp, openFile, places, type Place } from '../support/places.ts';
import { openShop } from '../support/shop.ts';
import { moreApplied, startTraffic } from '../support/traffic.ts';
import { until } from '../support/until.ts';
import { type Incidents, makeIncidents, waybill } from './command.ts';

const shipTo = { name: 'Ada Lovelace', line1: '1 Way', city: 'London', postalCode: 'N1', country: 'GB' };
const line = { sku: 'TEAPOT', quantity: 1, unitPrice: 3900 };
const orderOf = (id: string): object => ({ id, customerId: 'ada', currency: 'EUR', shipTo, lines: [line] });
const ada = { subject: 'ada', roles: ['customer'], warehouses: [] };
const elsewhere = { subject: 'joe', roles: ['picker'], warehouses: ['W2'] };
/** Timers that a test can wait for; the file must tell them. */
const waits = { WAYBILL_DRAFT_EXPIRY_MS: '1000', WAYBILL_CLOSING_MS: '1000' };

async function inState(app: App, path: string, state: string): Promise<void> {
  const isThere = async (): Promise<boolean> => {
    const response = await app.get(path);
    const { states = [] } = (await response.json()) as { states?: string[] };
    return states.includes(state);
  };
  await until(isThere, { what: () => `${path} is in ${state}` });
}

/** Through holds and refusals to its end, which a timer brings. */
async function liveThrough(app: App): Promise<void> {
  const send = async (expected: number, ...request: Parameters<App['post']>): Promise<void> => {
    const { status } = await app.post(...request);
    expect([request[0], status]).toEqual([request[0], expected]);
  };
  await openShop(app.post);
  await send(404, '/orders/o-17/cancel');
  await send(201, '/orders', { ...orderOf('o-17'), draft: true }, await bearer(ada));
  await send(201, '/orders', { ...orderOf('o-18'), draft: true });
  await send(200, '/orders/o-17/change-address', { shipTo: { ...shipTo, city: ' Paris\u2028 `*/ ' } });
  await send(412, '/orders/o-17/place', {}, { 'if-match': '"9"' });
  await send(200, '/orders/o-17/place');
  await inState(app, '/orders/o-17', 'active.execution.inFulfillment');
  await inState(app, '/fulfillments/o-17~f1', 'progress.planned');
  await send(200, '/orders/o-17/hold', { handle: 'fraud', reason: 'Ada Lovelace looks odd' });
  await inState(app, '/fulfillments/o-17~f1', 'hold.held');
  await send(403, '/fulfillments/o-17~f1/start-pick', {}, await bearer(elsewhere));
  await send(409, '/fulfillments/o-17~f1/start-pick');
  await send(200, '/orders/o-17/release', { handle: 'fraud' });
  await inState(app, '/fulfillments/o-17~f1', 'hold.clear');
  await send(200, '/fulfillments/o-17~f1/start-pick');
  await send(409, '/fulfillments/o-17~f1/finish-pick', { lines: [{ lineId: 'l1', quantity: 2 }] });
  await send(200, '/fulfillments/o-17~f1/finish-pick', { lines: [{ lineId: 'l1', quantity: 1 }] });
  await send(200, '/fulfillments/o-17~f1/start-pack');
  await send(200, '/fulfillments/o-17~f1/finish-pack');
  await inState(app, '/fulfillments/o-17~f1', 'progress.readyToShip');
  await send(200, '/fulfillments/o-17~f1/hand-over');
  const shipment = (await (await app.get('/shipments/o-17~f1~s1')).json()) as {
    context: { trackingNumber: string };
  };
  const { trackingNumber } = shipment.context;
  await send(200, '/sandbox/carriers/sandbox/scan', { trackingNumber, status: 'delivered' });
  await inState(app, '/orders/o-17', 'completed');
  await send(409, '/orders/o-17/cancel');
  await inState(app, '/orders/o-18', 'expired');
}

function sourceOf(env: Env): Promise<JournalSource> {
  const { WAYBILL_DATA: file, WAYBILL_NATS_URL: natsUrl = '' } = env;
  return file === undefined ? openClusterJournal({ natsUrl, namespace: 'waybill' }) : openEmbedded(file);
}

const registry = createRegistry(definitionsWith({ durations: { draftExpiry: 1_000, closing: 1_000 } }));

const kinds = definitions.map(({ kind }) => kind);

/** How many entries there are. */
async function compareAll(source: JournalSource, of: Address): Promise<number> {
  const replay = createReplay(registry, of);
  let compared = 0;
  for await (const { entry } of journalOf(source, of)) {
    const { how, differences, after } = replay.take(entryOf(entry));
    expect([of.id, entry.version, how, differences]).toEqual([of.id, entry.version, 'compared', []]);
    if (entry.outcome === 'accepted') expect(after).toBe(JSON.stringify(entry.after));
    compared += 1;
  }
  return compared;
}

describe.each(places)('%s', (backend, open) => {
  const cleanUp = createCleanUp();
  let place: Place;
  let env: Env;
  let app: App;
  let incidents: Incidents;
  const out = (name: string): string => join(incidents.folder, name);
  beforeAll(async () => {
    place = await open();
    cleanUp.add(() => place.close());
    env = { ...place.env, ...waits };
    app = await startApp(env);
    cleanUp.add(() => app.kill9());
    incidents = await makeIncidents();
    cleanUp.add(() => incidents.close());
    await liveThrough(app);
  });
  afterAll(cleanUp.run);

  test('what was written while the server runs is green', async () => {
    const exported = [
      ['order', 'o-17', 'order.test.ts'],
      ['order', 'o-18', 'expired.test.ts'],
      ['fulfillment', 'o-17~f1', 'fulfillment.test.ts'],
      ['payment', 'o-17~p1', 'payment.test.ts'],
    ] as const;
    const written = await Promise.all(
      exported.map(([kind, id, name]) => waybill(env, 'export', kind, id, '--out', out(name))),
    );
    for (const { code, stderr } of written) {
      expect([code, stderr]).toEqual([0, expect.stringContaining('replay matches.')]);
    }
    const redacted = await waybill(
      env,
      'export',
      'order',
      'o-17',
      '--redact',
      '--out',
      out('redacted.test.ts'),
    );
    expect(redacted.stderr).toContain('replay matches.');
    const part = ['--from', '4', '--to', '6', '--out', out('part.test.ts')];
    const cut = await waybill(env, 'export', 'order', 'o-17', ...part);
    expect(cut.stderr).toContain('The replay begins with the snapshot of version 3, not with the creation.');
    const tested = await incidents.test();
    expect([tested.code, tested.stdout]).toEqual([0, expect.stringMatching(/Tests +6 passed/)]);
  });

  if (backend === 'embedded') {
    // The same whatever it was read from.
    test('what was written is typed, and in the style of the house', async () => {
      expect(await incidents.types()).toMatchObject({ code: 0, stdout: '' });
      expect(await incidents.lint()).toMatchObject({ code: 0, stdout: '' });
    });

    test('a chart that has changed since makes it fail, and the version is named', async () => {
      const [file = ''] = (await readdir(incidents.folder)).filter((name) => name === 'fulfillment.test.ts');
      const text = await readFile(out(file), 'utf8');
      await writeFile(
        out('changed.test.ts'),
        text.replace('progress: "picking", hold: "clear"', 'progress: "other"'),
      );
      const tested = await incidents.test();
      expect(tested.code).toBe(1);
      expect(tested.stdout + tested.stderr).toMatch(/version \d+, fulfillment.startPick: to.progress: /);
    });
  }

  test('the file tells what happened, and what it was made of', async () => {
    const { stdout } = await waybill(env, 'export', 'order', 'o-17', '--stdout');
    const place = backend === 'embedded' ? 'file waybill.db' : 'namespace waybill';
    expect(stdout).toContain(` from the journal of ${place}.\n`);
    expect(stdout).toContain('draftExpiry: 1000');
    expect(stdout).toMatch(/\/\/ 1 \S+ order.create by ada \(customer\): nothing → draft\n/);
    expect(stdout).toMatch(/\/\/ \d+ \S+ xstate.after.closing\S+ by timer: .*delivered.* → .*closing/);
    expect(stdout).toMatch(/\/\/ \d+ \S+ payment.closed from payment\/o-17~p1: .*closing.* → completed\n/);
    expect(stdout).toMatch(/order.cancel by tester \(cs, admin\): refused \(not-found\) in nothing\n/);
    const redacted = await waybill(env, 'export', 'order', 'o-17', '--stdout', '--redact');
    expect(redacted.stdout).not.toMatch(/Lovelace|Paris|London|N1|\bada\b|tester/i);
    expect(redacted.stdout).toContain('sku: "TEAPOT"');
  });

  test('all that clients do is done again byte for byte', async () => {
    const traffic = startTraffic({ url: () => app.url, seed: 3, clients: 4 });
    cleanUp.add(traffic.abandon);
    await moreApplied(traffic, 150);
    await traffic.finish();
    const source = await sourceOf(env);
    cleanUp.add(() => source.close());
    let compared = 0;
    for (const order of traffic.orders) {
      compared += await compareAll(source, { kind: 'order', id: order });
      compared += await compareAll(source, { kind: 'fulfillment', id: `${order}~f1` });
      compared += await compareAll(source, { kind: 'fulfillment', id: `${order}~f2` });
      compared += await compareAll(source, { kind: 'payment', id: `${order}~p1` });
      compared += await compareAll(source, { kind: 'shipment', id: `${order}~f1~s1` });
    }
    expect(compared).toBeGreaterThan(traffic.counts.applied);
  });

  test('who or what is not there is said', async () => {
    const asked = (...args: string[]): Promise<unknown> => waybill(env, 'export', ...args);
    expect(await asked('order', 'nobody', '--stdout')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^the journal of .* has nothing of order nobody\n$/) as string,
    });
    expect(await asked('parcel', 'p-1')).toMatchObject({
      code: 1,
      stderr: `there is no kind of actor named parcel, but ${kinds.join(', ')}\n`,
    });
    expect(await asked('order', 'o-17', '--from', '900', '--stdout')).toMatchObject({ code: 1, stdout: '' });
  });

  test('a file is overwritten only when asked', async () => {
    const file = out('kept.txt');
    await writeFile(file, 'mine');
    const refused = await waybill(env, 'export', 'order', 'o-18', '--out', file);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/kept.txt exists; --force/)]);
    expect(await readFile(file, 'utf8')).toBe('mine');
    expect((await waybill(env, 'export', 'order', 'o-18', '--out', file, '--force')).code).toBe(0);
    expect(await readFile(file, 'utf8')).toContain('order o-18 does again');
    const nowhere = await waybill(env, 'export', 'order', 'o-18', '--out', join(file, 'x.test.ts'));
    expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringContaining('cannot be written')]);
    expect((await readdir(incidents.folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

describe('an embedded file', () => {
  const cleanUp = createCleanUp();
  afterAll(cleanUp.run);

  test('is read after its process was killed, and dead letters leave no trace in what is done again', async () => {
    const place = await openFile();
    cleanUp.add(() => place.close());
    const app = await startApp(place.env);
    cleanUp.add(() => app.kill9());
    await app.post('/orders', { ...orderOf('o-1'), draft: true });
    await app.stop();
    const to = { kind: 'order', id: 'o-1' };
    const backend = await openSqlite({ file: place.env['WAYBILL_DATA'] ?? '', clock: systemClock });
    const partition = partitionOf('order/o-1', 8);
    const body = JSON.stringify({ from: 'outside', to, event: { type: 'order.place' } });
    await backend.mailbox.append({ to, partition, id: 'odd', dedupe: false, body });
    await backend.close();
    await app.restart();
    await until(() => app.lines().some(({ msg }) => msg === 'dead letter'));
    expect((await app.post('/orders/o-1/cancel')).status).toBe(200);
    await app.kill9();
    const { code, stderr, stdout } = await waybill(place.env, 'export', 'order', 'o-1', '--stdout');
    expect([code, stderr]).toEqual([0, expect.stringContaining('2 entries, replay matches.')]);
    expect(stdout).toContain('order.cancel');
    await app.restart();
    expect((await app.get('/orders/o-1')).status).toBe(200);
  });

  test('that is not there, or is none, is said; nothing is made', async () => {
    const place = await openFile();
    cleanUp.add(() => place.close());
    const missing = await waybill(place.env, 'export', 'order', 'o-1');
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('waybill.db cannot be read')]);
    const file = place.env['WAYBILL_DATA'] ?? '';
    expect(await readdir(join(file, '..'))).toEqual([]);
    await writeFile(file, 'no database at all, though long enough to be taken for one'.repeat(100));
    const other = await waybill(place.env, 'export', 'order', 'o-1');
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('cannot be read')]);
  });
});

test('a cluster without a journal of this namespace is said, and not changed', async ({ onTestFinished }) => {
  const [, open] = places[1] as (typeof places)[number];
  const place = await open();
  onTestFinished(() => place.close());
  const asked = (): Promise<unknown> => waybill(place.env, 'export', 'order', 'o-1');
  const refused = { code: 1, stderr: 'NATS has no journal of namespace waybill (WAYBILL_NAMESPACE)\n' };
  expect(await asked()).toMatchObject(refused);
  expect(await asked()).toMatchObject(refused);
});
