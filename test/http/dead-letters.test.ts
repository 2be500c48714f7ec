import { describe, expect, it } from 'vitest';
import type { LettersJson } from '../../http/dead-letters/letter.ts';
import { RetryableError } from '../../runtime/errors.ts';
import { createHttpBench, type BenchOptions, type Got, type HttpBench } from '../support/http.ts';
import { askForSlot, putNonsense } from '../support/stray.ts';

const warehouse = { id: 'W9', country: 'GB', location: { lat: 51.5, lon: -0.1 }, capacity: 5 };

/** So many fulfillments have asked a warehouse that is not there. */
async function benchWith(count: number, options: BenchOptions = {}): Promise<HttpBench> {
  const bench = await createHttpBench(options);
  for (let n = 1; n <= count; n++) {
    await askForSlot({ ...bench.backend, partitions: 4 }, { warehouse: 'W9', order: `o${n}` });
  }
  await bench.clock.until(async () => (await letters(bench)).items.length === count);
  return bench;
}

async function letters({ get }: HttpBench, query = ''): Promise<LettersJson> {
  const got = await get(`/dead-letters${query}`);
  expect([got.status, got.text]).toEqual([200, expect.any(String)]);
  return got.body as unknown as LettersJson;
}

async function first(bench: HttpBench): Promise<string> {
  const { items } = await letters(bench);
  return `/dead-letters/${encodeURIComponent(items[0]?.id ?? 'none')}`;
}

async function used({ get }: HttpBench): Promise<unknown> {
  return ((await get('/warehouses/W9')).body as unknown as { context: { used: number } }).context.used;
}

const because = { reason: 'the warehouse was missing' };

describe('dead letters', () => {
  it('are listed by their cause, newest first, a page at a time', async () => {
    const bench = await benchWith(3);
    await putNonsense({ ...bench.backend, partitions: 4 }, 'broken');
    await bench.clock.until(async () => (await letters(bench)).items.length === 4);
    const { groups, items } = await letters(bench);
    expect(groups).toMatchObject([
      {
        count: 3,
        kind: 'warehouse',
        event: 'warehouse.slot',
        cause: 'warehouse does not exist for warehouse.slot',
      },
      { count: 1, event: null },
    ]);
    expect(items.map(({ status, actor }) => [status, actor]).slice(1)).toEqual(Array(3).fill(['open', 'W9']));
    const page = await letters(bench, '?kind=warehouse&limit=2');
    expect(page.items).toHaveLength(2);
    const rest = await letters(bench, `?kind=warehouse&limit=2&cursor=${String(page.next)}`);
    expect([...page.items, ...rest.items]).toEqual(items.slice(1));
    expect(rest.next).toBeNull();
    const cause = encodeURIComponent(groups[0]?.cause ?? '');
    expect((await letters(bench, `?cause=${cause}`)).items).toHaveLength(3);
    expect((await letters(bench, '?actor=W9&event=warehouse.slot')).items).toHaveLength(3);
    expect((await letters(bench, '?status=redriven')).items).toEqual([]);
  });

  it('show their message, and what would come of it', async () => {
    const bench = await benchWith(1);
    const path = await first(bench);
    expect((await bench.get(path)).body).toMatchObject({
      status: 'open',
      message: { from: 'actor', event: { type: 'warehouse.slot', fulfillmentId: 'o1~f1' } },
    });
    const before = await bench.post(`${path}/rehearse`, {});
    expect(before.body).toMatchObject({ from: null, steps: [{ outcome: 'dead' }] });
    await bench.post('/warehouses', warehouse);
    const after = await bench.post(`${path}/rehearse`, {});
    expect(after.body).toMatchObject({
      steps: [{ outcome: 'accepted', effects: { messages: [{ to: 'fulfillment/o1~f1' }] } }],
    });
    expect(await used(bench)).toBe(0);
    expect((await letters(bench)).items).toHaveLength(1);
  });

  it('are sent again, once, by whomever, with who and why', async () => {
    const bench = await benchWith(1);
    const path = await first(bench);
    await bench.post('/warehouses', warehouse);
    const [one, other] = await Promise.all([1, 2].map(() => bench.post(`${path}/redrive`, because)));
    expect([one, other].map((got) => got?.status)).toEqual([200, 200]);
    expect(one?.body).toMatchObject({
      status: 'redriven',
      settled: { by: 'root', reason: because.reason, end: { outcome: 'accepted', version: 2 } },
    });
    expect(await used(bench)).toBe(1);
    const late = await bench.post(`${path}/redrive`, because);
    expect([late.status, late.body.type]).toEqual([409, '/problems/illegal-transition']);
    expect(late.body).toMatchObject({ state: 'redriven', event: 'redrive', allowed: [] });
    expect((await bench.get('/warehouses/W9/history')).body.items.at(-1)).toMatchObject({
      event: 'warehouse.slot',
      redrivenBy: 'root',
    });
    expect((await letters(bench, '?status=redriven')).items).toHaveLength(1);
    expect(bench.log.some(({ message }) => message === 'dead letter redriven')).toBe(true);
  });

  it('that fail again are another letter, and the old one is settled', async () => {
    const bench = await benchWith(1);
    const got = await bench.post(`${await first(bench)}/redrive`, because);
    expect(got.body).toMatchObject({ status: 'redriven', settled: { end: { outcome: 'dead' } } });
    expect((await letters(bench)).items).toHaveLength(1);
  });

  it('are discarded, and may still be sent again', async () => {
    const bench = await benchWith(1);
    const path = await first(bench);
    expect((await bench.post(`${path}/discard`, because)).body).toMatchObject({
      status: 'discarded',
      settled: { end: null },
    });
    expect((await letters(bench)).items).toEqual([]);
    const again = await bench.post(`${path}/discard`, because);
    expect([again.status, (again.body as unknown as { allowed: string[] }).allowed]).toEqual([
      409,
      ['redrive'],
    ]);
    await bench.post('/warehouses', warehouse);
    expect((await bench.post(`${path}/redrive`, because)).body).toMatchObject({ status: 'redriven' });
  });

  it('are settled in bulk, oldest first; what cannot be stays open', async () => {
    const bench = await benchWith(3);
    await putNonsense({ ...bench.backend, partitions: 4 }, 'broken');
    await bench.clock.until(async () => (await letters(bench)).items.length === 4);
    await bench.post('/warehouses', warehouse);
    const few = await bench.post('/dead-letters/redrive', {
      ...because,
      filter: { kind: 'warehouse' },
      limit: 2,
    });
    expect(few.body).toEqual({ settled: 2, ends: { accepted: 2 }, failed: [], left: 1 });
    expect((await letters(bench, '?status=open&kind=warehouse')).items[0]?.id).toContain('o3~f1');
    // What the warehouse has answered finds nobody either.
    const open = (await letters(bench)).items.filter(({ kind }) => kind !== 'fulfillment');
    const ids = open.map(({ id }) => id);
    const all = await bench.post('/dead-letters/redrive', { ...because, filter: { ids } });
    expect(all.body).toMatchObject({ settled: 1, left: 0, failed: [{ id: 'broken' }] });
    expect(await used(bench)).toBe(3);
    const rest = await bench.post('/dead-letters/discard', { ...because, filter: { event: null } });
    expect(rest.body).toEqual({ settled: 1, ends: {}, failed: [], left: 0 });
    expect((await letters(bench, '?kind=warehouse')).items).toEqual([]);
    expect((await letters(bench)).items.map(({ event }) => event)).not.toContain(null);
  });

  it('wait for a mailbox that is away: the first that fails ends the call, and says so', async () => {
    let isAway = false;
    const bench = await benchWith(3, {
      wrap: (backend) => ({
        ...backend,
        mailbox: {
          ...backend.mailbox,
          append: (entry) =>
            isAway
              ? Promise.reject(new RetryableError('the mailbox is away', { effect: 'none' }))
              : backend.mailbox.append(entry),
        },
      }),
    });
    isAway = true;
    const body = { ...because, filter: { kind: 'warehouse' } };
    const got = await bench.post('/dead-letters/redrive', body);
    expect(got.body).toMatchObject({
      settled: 0,
      failed: [{ detail: 'the mailbox did not take it' }],
      left: 2,
    });
    expect((await bench.post(`${await first(bench)}/redrive`, because)).status).toBe(503);
    isAway = false;
    expect((await bench.post('/dead-letters/redrive', body)).body).toMatchObject({ settled: 3, left: 0 });
  });

  it('that cannot be read can only be discarded', async () => {
    const bench = await createHttpBench();
    await putNonsense({ ...bench.backend, partitions: 4 }, 'broken');
    await bench.clock.until(async () => (await letters(bench)).items.length === 1);
    const path = await first(bench);
    expect((await bench.get(path)).body).toMatchObject({ event: null, message: '{"half' });
    const got: Got = await bench.post(`${path}/redrive`, because);
    expect([got.status, got.body.type]).toEqual([409, '/problems/guard-refused']);
    expect((await bench.post(`${path}/rehearse`, {})).status).toBe(409);
    expect((await bench.post(`${path}/discard`, because)).status).toBe(200);
  });

  it('are for admin, need a reason, and say what is wrong', async () => {
    const bench = await benchWith(1);
    const path = await first(bench);
    for (const as of ['anna', 'picker', 'nobody'] as const) {
      expect((await bench.get('/dead-letters', { as })).status).toBe(403);
      expect((await bench.post(`${path}/redrive`, because, { as })).status).toBe(403);
      expect(
        (await bench.post('/dead-letters/discard', { ...because, filter: { kind: 'order' } }, { as })).status,
      ).toBe(403);
    }
    expect((await bench.get('/dead-letters', { as: null })).status).toBe(401);
    const wrong: [string, object, string][] = [
      [`${path}/redrive`, {}, '/reason'],
      [`${path}/discard`, { reason: '  ' }, '/reason'],
      ['/dead-letters/redrive', because, '/filter'],
      ['/dead-letters/redrive', { ...because, filter: {} }, '/filter'],
      ['/dead-letters/redrive', { ...because, filter: { kind: 'order' }, limit: 501 }, '/limit'],
    ];
    for (const [where, body, pointer] of wrong) {
      const got = await bench.post(where, body);
      expect([got.status, got.body.errors[0]?.pointer]).toEqual([422, pointer]);
    }
    expect((await bench.get('/dead-letters?status=lost')).status).toBe(422);
    expect((await bench.get('/dead-letters/none')).status).toBe(404);
    expect((await bench.post('/dead-letters/none/redrive', because)).status).toBe(404);
    expect((await bench.get(`${path}/redrive`)).status).toBe(405);
    expect((await letters(bench)).items).toHaveLength(1);
  });
});
