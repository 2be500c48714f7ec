/** `npm run simulate-shop`, against a real server that lives, dies, or does not do as it should. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readShop } from '../../cli/shop/request.ts';
import { admin, bearer, startApp, type App } from '../support/app.ts';
import { createCleanUp, openFile } from '../support/places.ts';
import { freePort, start } from './shopping.ts';

const every = 'happy=1,split=1,declined=1,cancelled=1,short=1,lost=1,moved=1,told-twice=1,unavailable=1';

test('a shop on a server of its own lives through every fate', async () => {
  const args = ['--start', '--rate', '20', '--for', '2', '--pause', '50', '--seed', '1', '--mix', every];
  const { code, stdout, stderr } = await start('shop', args).ended;
  expect(stderr).toBe('');
  expect(stdout).toContain('Problems that nobody expected: 0');
  expect(countsIn(stdout)).toMatchObject({
    delivered: expect.any(Number) as number,
    cancelled: expect.any(Number) as number,
    rejected: expect.any(Number) as number,
  });
  expect(stdout).not.toMatch(/astray|still under way/);
  expect(code).toBe(0);
});

describe('on a server that runs already', () => {
  const cleanUp = createCleanUp();
  let app: App;
  let env: Record<string, string>;
  beforeAll(async () => {
    const place = await openFile();
    cleanUp.add(() => place.close());
    app = await startApp({ ...place.env, WAYBILL_PORT: await freePort() });
    cleanUp.add(() => app.stop());
    env = { WAYBILL_URL: app.url, WAYBILL_TOKEN: await tokenOf(admin.roles) };
  });
  afterAll(cleanUp.run);

  test('kill -9 and a new start in the middle of it: every order ends as it should', async () => {
    const shop = start(
      'shop',
      ['--rate', '10', '--for', '4', '--pause', '100', '--seed', '2', '--mix', every],
      env,
    );
    await expect.poll(() => ordersThere(app), { timeout: 30_000 }).toBeGreaterThan(10);
    await app.kill9();
    await app.restart();
    const { code, stdout } = await shop.ended;
    expect(stdout).toContain('Problems that nobody expected: 0');
    expect(stdout).toMatch(/^ +\d+ {2}no answer$/m);
    expect(stdout).not.toMatch(/astray|still under way/);
    expect(code).toBe(0);
  });

  test('closed by Ctrl-C, it sees the orders through that are under way', async () => {
    const before = await ordersThere(app);
    const shop = start('shop', ['--rate', '10', '--pause', '100', '--seed', '3', '--mix', 'happy=1'], env);
    await expect.poll(() => ordersThere(app), { timeout: 30_000 }).toBeGreaterThan(before + 5);
    shop.send('SIGINT');
    const { code, stdout } = await shop.ended;
    const [, placed] = /^(\d+) orders in /m.exec(stdout) ?? [];
    expect(countsIn(stdout)).toEqual({ delivered: Number(placed) });
    expect(code).toBe(0);
  });

  test('what nobody meant to happen is told, and is the exit status', async () => {
    // From now on no warehouse takes on anything: customers who should get their goods do not.
    for (const warehouse of ['SHOP-LONDON', 'SHOP-BERLIN']) await app.post(`/warehouses/${warehouse}/close`);
    const args = ['--rate', '5', '--for', '1', '--pause', '10', '--seed', '4', '--mix', 'happy=1'];
    const { code, stdout } = await start('shop', args, env).ended;
    expect(stdout).toMatch(/Problems that nobody expected: [1-9]/);
    expect(stdout).toMatch(/^ {2}happy shop-\S+-1: \/orders\/shop-\S+-1 has ended: rejected$/m);
    expect(code).toBe(1);
  });

  test('who may not open a shop is told so', async () => {
    const { code, stderr } = await start('shop', [], { ...env, WAYBILL_TOKEN: await tokenOf(['picker']) })
      .ended;
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^PUT \/sandbox\/carriers\/sandbox: 403 /)]);
    const unknown = await start('shop', [], { ...env, WAYBILL_TOKEN: 'nobody' }).ended;
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('does not take the token')]);
  });
});

test('it gives up where no server answers', async () => {
  const port = await freePort();
  const args = ['--url', `http://127.0.0.1:${port}`, '--token', 'x', '--patience', '1'];
  const { code, stderr } = await start('shop', args).ended;
  expect([code, stderr]).toEqual([1, expect.stringMatching(/no server has answered at .* ECONNREFUSED/)]);
});

test.each([
  [['--mix', 'sad=1'], 'there is no fate sad'],
  [['--mix', 'happy'], 'happy needs a weight'],
  [['--mix', 'happy=0'], 'needs a weight that is not 0'],
  [['--rate', '0'], '--rate is more than 0'],
  [['--rate', 'fast'], '--rate is more than 0'],
  [['--for', 'ever'], '--for is a number of seconds'],
  [['--at-once', '0'], '--at-once is'],
  [['--url', 'ftp://x', '--token', 't'], '--url needs a URL'],
  [['--url', 'http://x'], 'it needs a token'],
  [['--what'], "Unknown option '--what'"],
])('%j is not understood', (args, problem) => {
  expect(readShop(args, {})).toEqual({ problem: expect.stringContaining(problem) as string });
});

async function ordersThere(app: App): Promise<number> {
  const { items } = (await (await app.get('/orders?limit=100')).json()) as { items: unknown[] };
  return items.length;
}

/** Of the summary: orders by where they ended. */
function countsIn(stdout: string): Record<string, number> {
  const [, block = ''] = /orders in [\d:]+\n\n?((?: +\d+ {2}\S.*\n)*)/.exec(stdout) ?? [];
  const rows = [...block.matchAll(/^ +(\d+) {2}(.+)$/gm)];
  return Object.fromEntries(rows.map(([, count = '', name = '']) => [name, Number(count)]));
}

async function tokenOf(roles: readonly string[]): Promise<string> {
  return (await bearer({ ...admin, roles: [...roles] })).authorization.slice('Bearer '.length);
}
