/** Files are imported into the real program, whatever ends meanwhile. */
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type App } from '../support/app.ts';
import { createCleanUp, makeFolder, places } from '../support/places.ts';
import {
  freePort,
  order,
  reportOf,
  shipTo,
  startImport,
  summaryOf,
  tokenOf,
  underWay,
  writeOrders,
} from './importing.ts';

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

describe.each(places)('%s', (backend, open) => {
  const cleanUp = createCleanUp();
  let app: App;
  let folder: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    const place = await open();
    cleanUp.add(() => place.close());
    const made = await makeFolder();
    cleanUp.add(made.remove);
    folder = made.path;
    app = await startApp({
      ...place.env,
      WAYBILL_PORT: String(await freePort()),
      WAYBILL_LOG_LEVEL: 'error',
    });
    cleanUp.add(() => app.kill9());
    env = { WAYBILL_URL: app.url, WAYBILL_TOKEN: await tokenOf() };
  });
  afterAll(cleanUp.run);

  const run = (...args: string[]) => startImport(env, ...args).ended;

  /** How many orders there are whose ids begin with the prefix. */
  async function count(prefix: string): Promise<number> {
    let found = 0;
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await app.get(`/orders?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      const { items, next } = (await page.json()) as { items: { id: string }[]; next: string | null };
      found += items.filter(({ id }) => id.startsWith(`${prefix}-`)).length;
      cursor = next;
    }
    return found;
  }

  test('all orders are created once, however often the file is imported', async () => {
    const file = await writeOrders(folder, 'all', 250);
    const first = await run(file);
    expect([first.code, summaryOf(first.stdout)]).toMatchObject([
      0,
      { read: 250, created: 250, 'there already': 0, refused: 0 },
    ]);
    const again = await run(file);
    expect([again.code, summaryOf(again.stdout)]).toMatchObject([
      0,
      { read: 250, created: 0, 'there already': 250, refused: 0 },
    ]);
    expect(await count('all')).toBe(250);
    expect([await isThere(`${file}.progress`), await isThere(`${file}.refused.ndjson`)]).toEqual([
      false,
      false,
    ]);
  });

  test('an importer that is killed goes on where it was, and leaves nothing out', async () => {
    const file = await writeOrders(folder, 'killed', 250);
    const killed = startImport(env, file, '--concurrency', '2');
    expect(await underWay(file)).toBeLessThan(250);
    killed.send('SIGKILL');
    expect((await killed.ended).signal).toBe('SIGKILL');
    const next = await run(file);
    expect(next.stderr).toMatch(/^Going on behind line \d+; --restart begins anew/);
    expect([next.code, summaryOf(next.stdout)]).toMatchObject([0, { read: 250, refused: 0 }]);
    expect(await count('killed')).toBe(250);
  });

  test('an interrupted importer ends with what is under way and says how to go on', async () => {
    const file = await writeOrders(folder, 'stopped', 250);
    const stopped = startImport(env, file, '--concurrency', '2');
    await underWay(file);
    stopped.send('SIGINT');
    const { code, stderr, stdout } = await stopped.ended;
    expect([code, stderr]).toEqual([130, expect.stringContaining('the same command goes on from there')]);
    // All that was sent was also written down.
    expect(await count('stopped')).toBe(summaryOf(stdout)['read']);
    const next = await run(file);
    expect([next.code, summaryOf(next.stdout)]).toMatchObject([0, { created: 250, 'there already': 0 }]);
  });

  test('a server that is killed and comes back is waited for', async () => {
    const file = await writeOrders(folder, 'crash', 250);
    const importing = startImport(env, file, '--concurrency', '4');
    expect(await underWay(file)).toBeLessThan(250);
    await app.kill9();
    await app.restart();
    const { code, stdout } = await importing.ended;
    expect([code, summaryOf(stdout)]).toMatchObject([0, { read: 250, refused: 0 }]);
    expect(await count('crash')).toBe(250);
  });

  // The importer knows the server by its answers alone: what it makes of them is tested with one.
  if (backend !== 'embedded') return;

  test('what is refused is told with its line and reason, and can be mended', async () => {
    const file = join(folder, 'odd.ndjson');
    const wide = { ...order('odd-wide'), note: ' '.repeat(10) };
    const lines = [
      `\uFEFF${JSON.stringify(order('odd-1'))}\r`,
      '',
      '{broken',
      '[1, 2]',
      '17',
      JSON.stringify({ ...order('odd-2'), currency: 'euro' }),
      JSON.stringify({ ...order('odd-2'), id: undefined }),
      JSON.stringify({ ...order('odd-2'), id: 'no.id' }),
      JSON.stringify(wide),
      JSON.stringify({ ...order('odd-1'), shipTo: { ...shipTo, city: 'Paris' } }),
      JSON.stringify(order('odd-1')),
      `{"id":"odd-3",${' '.repeat(300_000)}${JSON.stringify(order('odd-3')).slice('{"id":"odd-3",'.length)}`,
      `{"__proto__":{},${JSON.stringify(order('odd-4')).slice(1)}`,
    ];
    const latin1 = Buffer.from(JSON.stringify({ ...order('odd-5'), customerId: 'José' }), 'latin1');
    const last = Buffer.from(`\n${JSON.stringify(order('odd-6'))}`);
    await writeFile(file, Buffer.concat([Buffer.from(`${lines.join('\n')}\n`), latin1, last]));
    const { code, stdout } = await run(file);
    expect([code, summaryOf(stdout)]).toMatchObject([
      1,
      { read: 14, created: 2, 'there already': 1, refused: 11 },
    ]);
    const report = await reportOf(`${file}.refused.ndjson`);
    const pointers = (errors: unknown) =>
      (errors as { pointer: string }[] | undefined)?.map((e) => e.pointer);
    expect(report.map(({ line, id, type, errors }) => [line, id, type, pointers(errors)])).toEqual([
      [3, null, '/problems/malformed', undefined],
      [4, null, '/problems/malformed', undefined],
      [5, null, '/problems/malformed', undefined],
      [6, 'odd-2', '/problems/invalid', ['/currency']],
      [7, null, '/problems/invalid', ['/id']],
      [8, 'no.id', '/problems/invalid', ['/id']],
      [9, 'odd-wide', '/problems/invalid', ['/note']],
      [10, 'odd-1', '/problems/already-exists', ['/shipTo/city']],
      [12, 'odd-3', '/problems/too-large', undefined],
      [13, 'odd-4', '/problems/invalid', ['/__proto__']],
      [14, null, '/problems/malformed', undefined],
    ]);
    expect(report[0]).toMatchObject({
      original: '{broken',
      reason: expect.stringMatching('not JSON') as string,
    });
    expect(report[6]?.['original']).toEqual(wide);
    const mended = join(folder, 'mended.ndjson');
    await writeFile(mended, JSON.stringify({ ...(report[3]?.['original'] as object), currency: 'EUR' }));
    expect((await run(mended)).code).toBe(0);
  });

  test('a token that is not taken is told once, and no line is refused for it', async () => {
    const file = await writeOrders(folder, 'token', 100);
    const { code, stdout, stderr } = await run(file, '--token', `${await tokenOf()}x`);
    expect([code, stdout, stderr]).toEqual([
      1,
      '',
      'the server does not take the token: the token is not signed as expected\n',
    ]);
    expect(await isThere(`${file}.refused.ndjson`)).toBe(false);
  });

  test('CSV makes the same orders', async () => {
    const file = join(folder, 'csv.csv');
    const header =
      'id,customerId,currency,shipTo.name,shipTo.line1,shipTo.city,shipTo.postalCode,shipTo.country,line.sku,line.quantity,line.unitPrice';
    const row = (id: string, rest = 'TEAPOT,2,3900'): string =>
      `${id},ada,EUR,Ada,1 Way,London,N1,GB,${rest}`;
    await writeFile(
      file,
      [header, row('csv-1'), row('csv-2'), row('csv-2', 'CUP,1,900'), row('csv-3', 'CUP,two,1')].join('\n'),
    );
    const { code, stdout } = await run(file);
    expect([code, summaryOf(stdout)]).toMatchObject([1, { read: 3, created: 2, refused: 1 }]);
    const { context } = (await (await app.get('/orders/csv-2')).json()) as { context: { lines: unknown[] } };
    expect(context.lines).toMatchObject([
      { sku: 'TEAPOT', quantity: 2, unitPrice: 3900 },
      { sku: 'CUP', quantity: 1, unitPrice: 900 },
    ]);
    const same = join(folder, 'same.ndjson');
    await writeFile(same, JSON.stringify(order('csv-1')));
    const again = await run(same);
    expect([again.code, summaryOf(again.stdout)]).toMatchObject([0, { created: 0, 'there already': 1 }]);
  });

  test('what somebody else has made is there already if it is the same', async () => {
    await app.post('/orders', order('else-1'));
    await app.post('/orders', { ...order('else-2'), currency: 'USD' });
    const file = await writeOrders(folder, 'else', 3);
    const { code, stdout } = await run(file, '--report', join(folder, 'else.report'));
    expect([code, summaryOf(stdout)]).toMatchObject([1, { created: 1, 'there already': 1, refused: 1 }]);
    expect(await reportOf(join(folder, 'else.report'))).toMatchObject([
      { id: 'else-2', reason: 'order else-2 exists already, with other content or by someone else' },
    ]);
  });
});
