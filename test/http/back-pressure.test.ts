import { expect, it } from 'vitest';
import { TerminalError } from '../../runtime/errors.ts';
import { createHttpBench, order } from '../support/http.ts';

it('answers 503 while the mailbox is too far behind, and takes commands again afterwards', async () => {
  const { node, post, draft } = await createHttpBench();
  await draft('o1');
  const status = { owned: true, sequence: 1, backlog: 5, outbox: 0, timersDue: 0 };
  const report = (lagMs: number): void => {
    for (let partition = 0; partition < node.options.partitions; partition++) {
      node.status.trigger.partitionChanged({ partition, status: { ...status, lagMs } });
    }
  };
  report(60_000);
  const refused = await post('/orders', { ...order, id: 'o2' });
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
  expect(refused.body.detail).toContain('60 s behind');
  report(0);
  expect((await post('/orders', { ...order, id: 'o2' })).status).toBe(201);
});

it('says that an id is taken, whoever has it', async () => {
  const { post, draft } = await createHttpBench();
  await draft('o1');
  const taken = await post('/orders', { ...order, id: 'o1', customerId: 'ben' }, { as: 'ben' });
  expect([taken.status, taken.body.type]).toEqual([409, '/problems/already-exists']);
  expect(taken.text).not.toContain('draft');
});

it.each([{}, { prefer: 'respond-async' }])(
  'answers 413, and not to ask again, where no message is that large (%j)',
  async (headers) => {
    let isLarge = false;
    const { post, draft } = await createHttpBench({
      wrap: (backend) => ({
        ...backend,
        mailbox: {
          ...backend.mailbox,
          append: (entry) =>
            isLarge ? Promise.reject(new TerminalError('too much')) : backend.mailbox.append(entry),
        },
      }),
    });
    await draft('o1');
    isLarge = true;
    const got = await post('/orders/o1/cancel', {}, { headers });
    expect([got.status, got.body.type, got.body.detail]).toEqual([413, '/problems/too-large', 'too much']);
    expect(got.headers.get('retry-after')).toBe(null);
  },
);
