import { expect, it } from 'vitest';
import { createHttpBench, order } from '../support/http.ts';

it('answers 503 while the mailbox is too far behind, and takes commands again afterwards', async () => {
  const { node, post, draft } = await createHttpBench({ runtime: { partitions: 1 } });
  await draft('o1');
  const status = { owned: true, sequence: 1, backlog: 5, lagMs: 60_000 };
  node.status.trigger.partitionChanged({ partition: 0, status });
  const refused = await post('/orders', { ...order, id: 'o2' });
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
  expect(refused.body.detail).toContain('60 s behind');
  node.status.trigger.partitionChanged({ partition: 0, status: { ...status, backlog: 0, lagMs: 0 } });
  expect((await post('/orders', { ...order, id: 'o2' })).status).toBe(201);
});

it('says that an id is taken, whoever has it', async () => {
  const { post, draft } = await createHttpBench();
  await draft('o1');
  const taken = await post('/orders', { ...order, id: 'o1', customerId: 'ben' }, { as: 'ben' });
  expect([taken.status, taken.body.type]).toEqual([409, '/problems/already-exists']);
  expect(taken.text).not.toContain('draft');
});
