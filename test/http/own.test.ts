/** What callers are told who see only their own: nothing of the staff's remarks, and nothing of other people. */
import { expect, it } from 'vitest';
import { createHttpBench, type Body } from '../support/http.ts';

const held = { handle: 'fraud', reason: 'suspected of fraud' };

it('shows remarks of the staff to those who may see every order, and to no customer', async () => {
  const { post, get, active } = await createHttpBench();
  await active('o1');
  await post('/orders/o1/hold', held);
  const reads = ['/orders/o1', '/orders', '/orders/o1/history'];
  for (const path of reads) {
    expect((await get(path)).text, path).toContain(held.reason);
    const own = await get(path, { as: 'anna' });
    expect(own.text, path).toContain('"held"');
    for (const secret of [held.reason, '"fraud"', '"holds"']) expect(own.text, path).not.toContain(secret);
  }
  const answer = await post('/orders/o1/cancel', {}, { as: 'anna' });
  expect(answer.body['context']).not.toHaveProperty('holds');
});

it('names people in a history only to those who may see every order', async () => {
  const { post, get, draft } = await createHttpBench();
  await draft('o1');
  for (const as of ['ben', 'picker', 'nobody'] as const) await post('/orders/o1/cancel', {}, { as });
  await post('/orders/o1/hold', held, { as: 'anna' });
  await post('/orders/o1/cancel', {});
  const all = await get('/orders/o1/history');
  expect(all.body.items.map(({ principal }) => principal)).toMatchObject(
    ['anna', 'ben', 'pia', 'nobody', 'anna', 'root'].map((subject) => ({ subject })),
  );
  const own = await get('/orders/o1/history', { as: 'anna' });
  expect(own.body.items.map(({ principal }) => principal)).toEqual([
    { subject: 'anna', roles: ['customer'] },
    { subject: 'anna', roles: ['customer'] },
    { roles: ['admin'] },
  ]);
  for (const other of ['ben', 'pia', 'nobody', 'root']) expect(own.text).not.toContain(other);
});

it('goes through a history page by page past what it does not show', async () => {
  const { post, get, draft } = await createHttpBench();
  await draft('o1');
  for (let times = 0; times < 3; times++) await post('/orders/o1/cancel', {}, { as: 'ben' });
  await post('/orders/o1/place', {}, { as: 'anna' });
  const seen: unknown[] = [];
  for (let cursor: string | null = '0'; cursor !== null;) {
    const page: Body = (await get(`/orders/o1/history?limit=2&cursor=${cursor}`, { as: 'anna' })).body;
    seen.push(...page.items.slice(0, 2).map((item) => item['event']));
    cursor = page.next;
  }
  expect(seen.slice(0, 2)).toEqual(['order.create', 'order.place']);
});

const id = 'o1';
const questions = [
  ['', undefined],
  ['/history', undefined],
  ['/options', undefined],
  ['/cancel', {}],
  ['/hold', held],
  ['/what-if', { events: [{ type: 'order.cancel' }] }],
] as const;

it.each(['ben', 'nobody'] as const)('tells %s the same of a foreign order as of none', async (as) => {
  const { request, draft } = await createHttpBench();
  const ask = async (): Promise<unknown[]> => {
    const answers = questions.map(async ([part, body]) => {
      const method = body === undefined ? 'GET' : 'POST';
      const { status, text } = await request({ method, path: `/orders/${id}${part}`, body, as });
      return [part, status, text];
    });
    return Promise.all(answers);
  };
  const ofNone = await ask();
  await draft(id);
  expect(await ask()).toEqual(ofNone);
});

it('answers the same key as before once the caller is told that there is none', async () => {
  const { post, draft } = await createHttpBench();
  await draft('o1');
  const asked = { as: 'ben', headers: { 'idempotency-key': 'k1' } } as const;
  const [first, again] = [
    await post('/orders/o1/cancel', {}, asked),
    await post('/orders/o1/cancel', {}, asked),
  ];
  expect([first.status, again.status, again.text]).toEqual([404, 404, first.text]);
});

it('counts the actors of a kind only for those who may see all', async () => {
  const { get, draft } = await createHttpBench();
  await draft('o1');
  const countsFor = async (as: 'admin' | 'anna' | 'nobody'): Promise<unknown[]> => {
    const { items } = (await get('/machines', { as })).body;
    return [...items, (await get('/machines/order', { as })).body].map((item) => item['live']);
  };
  expect(await countsFor('admin')).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 1]);
  for (const as of ['anna', 'nobody'] as const) {
    expect(new Set(await countsFor(as))).toEqual(new Set([undefined]));
  }
});
