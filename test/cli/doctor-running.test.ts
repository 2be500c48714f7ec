/** The doctor and the real programs: while they run, and after somebody has tampered with what they stored. */
import { DatabaseSync } from 'node:sqlite';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKeys } from '../../persistence/redis/keys.ts';
import { partitionOf } from '../../runtime/address.ts';
import { type App, type Env, startApp } from '../support/app.ts';
import { createCleanUp, places, type Place } from '../support/places.ts';
import { openShop } from '../support/shop.ts';
import { moreApplied, startTraffic } from '../support/traffic.ts';
import { until } from '../support/until.ts';
import { waybill, type Ended } from './command.ts';

const shipTo = { name: 'Ada Lovelace', line1: '1 Way', city: 'London', postalCode: 'N1', country: 'GB' };
const line = { sku: 'TEAPOT', quantity: 1, unitPrice: 3900 };
const day = 86_400_000;

/** As `startApp` starts it. */
const partitions = 8;

/** Changes a record behind the back of the program, which must not run. */
async function tamper(env: Env, key: string, change: (text: string) => string): Promise<void> {
  const { WAYBILL_DATA: file, WAYBILL_REDIS_URL: url = '' } = env;
  if (file !== undefined) {
    const database = new DatabaseSync(file);
    const { body } = database.prepare('SELECT body FROM records WHERE key = ?').get(key) as { body: string };
    database.prepare('UPDATE records SET body = ? WHERE key = ?').run(change(body), key);
    database.close();
    return;
  }
  const redis = new Redis(url);
  const { records } = createKeys('waybill').of(partitionOf(key, partitions));
  await redis.hset(records, key, change((await redis.hget(records, key)) ?? ''));
  await redis.quit();
}

async function doctor(env: Env, ...args: string[]): Promise<Ended> {
  return waybill(env, 'doctor', '--pause', '0', ...args);
}

interface Report {
  readonly clean: boolean;
  readonly actors: Readonly<Record<string, number>>;
  readonly checks: Readonly<
    Record<string, { count: number; oldest: { what: string; actors: { id: string }[] }[] }>
  >;
}

async function reported(env: Env): Promise<Report> {
  const { code, stdout, stderr } = await doctor(env, '--json');
  expect([code, stderr]).toEqual([1, '']);
  return JSON.parse(stdout) as Report;
}

/** The same record, nine days ago. */
function older(text: string): string {
  return text.replace(/"(?:createdAt|updatedAt|since)":(?:\d+|\[[\d,]*\])/g, (part) =>
    part.replace(/\d+/g, (at) => String(Number(at) - 9 * day)),
  );
}

/** It has patience for ten seconds, in which the rest is tested. */
let withoutNats: Promise<Ended>;
beforeAll(() => {
  withoutNats = doctor({ WAYBILL_BACKEND: 'cluster', WAYBILL_NATS_URL: 'nats://127.0.0.1:1' });
});

describe.each(places)('%s', (_, openPlace) => {
  const cleanUp = createCleanUp();
  let place: Place;
  let app: App;

  beforeAll(async () => {
    place = await openPlace();
    cleanUp.add(() => place.close());
    app = await startApp(place.env);
    cleanUp.add(() => app.stop());
    await openShop(app.post);
  });
  afterAll(() => cleanUp.run());

  async function order(id: string): Promise<void> {
    await app.post('/orders', { id, customerId: 'ada', currency: 'EUR', shipTo, lines: [line] });
    const isPlanned = async (): Promise<boolean> => {
      const { states = [] } = (await (await app.get(`/orders/${id}`)).json()) as { states?: string[] };
      return states.includes('active.execution.inFulfillment');
    };
    await until(isPlanned, { what: () => `order ${id} is planned` });
  }

  test('a system that works is clean, while it works', async () => {
    const traffic = startTraffic({ url: () => app.url, seed: 32, clients: 4 });
    cleanUp.add(traffic.abandon);
    await moreApplied(traffic, 40);
    const { code, stdout, stderr } = await waybill(place.env, 'doctor', '--pause', '1');
    await traffic.finish();
    expect([code, stderr, stdout]).toEqual([0, '', expect.stringContaining('Nothing is broken') as string]);
  });

  test('a parcel that is on its way is nothing to be told', async () => {
    await order('sent');
    const path = '/fulfillments/sent~f1';
    const lines = [{ lineId: 'l1', quantity: 1 }];
    const at = async (state: string): Promise<void> => {
      const isThere = async (): Promise<boolean> => {
        const { states = [] } = (await (await app.get(path)).json()) as { states?: string[] };
        return states.includes(`progress.${state}`);
      };
      await until(isThere, { what: () => `${path} is ${state}` });
    };
    await at('planned');
    await app.post(`${path}/start-pick`, {});
    await app.post(`${path}/finish-pick`, { lines });
    await app.post(`${path}/start-pack`, {});
    await app.post(`${path}/finish-pack`, {});
    await at('readyToShip');
    await app.post(`${path}/hand-over`, {});
    await at('completed.handedOver');
    const { code, stdout } = await doctor(place.env);
    expect([code, stdout]).toEqual([0, expect.stringContaining('Nothing is broken') as string]);
  });

  test('what was tampered with is found, and what came of it', async () => {
    for (const id of ['told', 'old', 'negative', 'torn']) await order(id);
    await app.stop();
    await tamper(place.env, 'order/told', (text) => text.replace(/("told~f1":\{[^}]*"version":)\d+/, '$199'));
    await tamper(place.env, 'order/old', older);
    await tamper(place.env, 'fulfillment/negative~f1', (text) => text.replace('"shipped":0', '"shipped":2'));
    await tamper(place.env, 'order/torn', (text) => text.replace('"execution":"', '"execution":"no'));
    await app.restart();
    expect((await app.post('/orders/torn/hold', { handle: 'h', reason: 'r' })).status).toBe(500);

    const { checks } = await reported(place.env);
    const found = (check: string): unknown[] =>
      (checks[check]?.oldest ?? []).map(({ actors, what }) => [actors[0]?.id, what]);
    expect(found('contradiction')).toContainEqual(['told', expect.stringContaining('the order has 99')]);
    expect(found('stuck')).toContainEqual(['old', 'in active.execution.inFulfillment, target 2 d']);
    expect(found('broken')).toContainEqual(['negative~f1', expect.stringContaining('nothing is shipped')]);
    expect(found('unreadable')).toContainEqual([
      'torn',
      expect.stringContaining('does not exist in the chart'),
    ]);
    expect(found('dead')).toContainEqual(['torn', expect.stringContaining('1 × order: its stored state')]);
    const text = await doctor(place.env, '--limit', '1');
    expect([text.code, text.stderr]).toEqual([1, '']);
    expect(text.stdout).toContain('order/torn: ');
  });
});

test('what cannot be read is status 2, never clean', async () => {
  const missing = await doctor({ WAYBILL_DATA: 'data/there-is-no-such-file.db' });
  expect([missing.code, missing.stdout]).toEqual([2, '']);
  expect(missing.stderr).toContain('cannot be read');
  const wrong = await doctor({ WAYBILL_BACKEND: 'moon' });
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('WAYBILL_BACKEND: ')]);
  const misspelt = await doctor({}, '--colour');
  expect([misspelt.code, misspelt.stderr]).toEqual([2, expect.stringContaining("Unknown option '--colour'")]);
});

test('no NATS is status 2', async () => {
  const { code, stdout, stderr } = await withoutNats;
  const said = expect.stringContaining('NATS does not answer') as string;
  expect([code, stdout, stderr]).toEqual([2, '', said]);
});
