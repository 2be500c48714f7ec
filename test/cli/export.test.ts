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
import { type Ended, waybill } from './command.ts';
import { type Incidents, makeIncidents } from './incidents.ts';

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

let incidents: Incidents;
beforeAll(async () => {
  incidents = await makeIncidents();
});
afterAll(() => incidents.close());

const out = (name: string): string => join(incidents.folder, name);

describe.each(places)('%s', (backend, open) => {
  const cleanUp = createCleanUp();
  let place: Place;
  let env: Env;
  let app: App;
  beforeAll(async () => {
    place = await open();
    cleanUp.add(() => place.close());
    env = { ...place.env, ...waits };
    app = await startApp(env);
    cleanUp.add(() => app.kill9());
    await liveThrough(app);
  });
  afterAll(cleanUp.run);

  const write = (name: string, ...args: string[]): Promise<Ended> =>
    waybill(env, 'export', ...args, '--out', out(`${backend}-${name}.test.ts`));

  test('is written while the server runs, and matches', async () => {
    const written = [
      await write('order', 'order', 'o-17'),
      await write('part', 'order', 'o-17', '--from', '4', '--to', '6'),
    ];
    // The same whatever it was read from.
    if (backend === 'embedded') {
      written.push(
        await write('expired', 'order', 'o-18'),
        await write('fulfillment', 'fulfillment', 'o-17~f1'),
        await write('payment', 'payment', 'o-17~p1'),
        await write('redacted', 'order', 'o-17', '--redact'),
      );
    }
    for (const { code, stderr } of written) {
      expect([code, stderr]).toEqual([0, expect.stringContaining('replay matches.')]);
    }
    expect(written[1]?.stderr).toContain('begins with the snapshot of version 3, not with the creation.');
  });

  test('the file tells what happened, and what it was made of', async () => {
    const text = await readFile(out(`${backend}-order.test.ts`), 'utf8');
    const place = backend === 'embedded' ? 'file waybill.db' : 'namespace waybill';
    expect(text).toContain(` from the journal of ${place}.\n`);
    expect(text).toContain('draftExpiry: 1000');
    expect(text).toMatch(/\/\/ 1 \S+ order.create by ada \(customer\): nothing → draft\n/);
    expect(text).toMatch(/\/\/ \d+ \S+ xstate.after.closing\S+ by timer: .*delivered.* → .*closing/);
    expect(text).toMatch(/\/\/ \d+ \S+ payment.closed from payment\/o-17~p1: .*closing.* → completed\n/);
    expect(text).toMatch(/order.cancel by tester \(cs, admin\): refused \(not-found\) in nothing\n/);
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

  test('who is not there is said', async () => {
    expect(await waybill(env, 'export', 'order', 'nobody', '--stdout')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^the journal of .* has nothing of order nobody\n$/) as string,
    });
  });

  if (backend !== 'embedded') return;

  test('what is not there is said', async () => {
    expect(await waybill(env, 'export', 'parcel', 'p-1')).toMatchObject({
      code: 1,
      stderr: `there is no kind of actor named parcel, but ${kinds.join(', ')}\n`,
    });
    const beyond = await waybill(env, 'export', 'order', 'o-17', '--from', '900', '--stdout');
    expect(beyond).toMatchObject({ code: 1, stdout: '' });
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

describe('what was written', () => {
  test('names nobody when it is redacted', async () => {
    const text = await readFile(out('embedded-redacted.test.ts'), 'utf8');
    expect(text).not.toMatch(/Lovelace|Paris|London|N1|\bada\b|tester/i);
    expect(text).toContain('sku: "TEAPOT"');
  });

  test('is typed, and in the style of the house', async () => {
    const files = await incidents.files();
    expect(files).toHaveLength(8);
    expect(incidents.types(files)).toEqual([]);
    expect(await incidents.lint(files)).toEqual([]);
  });

  test('is green; where the chart has changed since it fails, and the version is named', async () => {
    const text = await readFile(out('embedded-fulfillment.test.ts'), 'utf8');
    const changed = text.replace('progress: "picking", hold: "clear"', 'progress: "other"');
    await writeFile(out('changed.test.ts'), changed);
    const { said, states } = await incidents.test();
    expect(said).toMatch(/version \d+, fulfillment.startPick: to.progress: /);
    const { 'changed.test.ts': ofChanged, ...others } = states;
    expect([ofChanged, Object.values(others)]).toEqual(['failed', Array(8).fill('passed')]);
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
