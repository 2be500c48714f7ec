import { expect, it } from 'vitest';
import { RetryableError } from '../../runtime/errors.ts';
import { readEvents, type EventStream } from '../support/event-stream.ts';
import { createHttpBench, order, type BenchOptions, type Body, type HttpBench } from '../support/http.ts';

type Who = keyof HttpBench['tokens'];

interface EventBench extends HttpBench {
  /** Opens a stream that is expected to open. */
  readonly stream: (path: string, given?: { as?: Who; after?: number | string }) => Promise<EventStream>;
  readonly until: (condition: () => boolean) => Promise<void>;
}

async function createEventBench(options: BenchOptions = {}): Promise<EventBench> {
  const bench = await createHttpBench(options);
  const { app, tokens, clock } = bench;
  return {
    ...bench,
    async stream(path, { as = 'admin', after } = {}) {
      const headers = {
        authorization: `Bearer ${tokens[as]}`,
        ...(after === undefined ? {} : { 'last-event-id': String(after) }),
      };
      const response = await app.request(path, { headers });
      expect([response.status, response.headers.get('content-type')]).toEqual([
        200,
        'text/event-stream; charset=utf-8',
      ]);
      return readEvents(response);
    },
    until: (condition) => clock.until(condition),
  };
}

const told = ({ events }: EventStream): string[] =>
  events.map(({ event, data }) => {
    const { kind, id, event: type } = JSON.parse(data) as Record<string, string>;
    return `${event} ${kind}/${id} ${type}`;
  });

it('tells what happens from now on, refusals too, as the history has it', async () => {
  const { stream, draft, post, get, until } = await createEventBench();
  await draft('before');
  const all = await stream('/events');
  await draft('o1');
  await post('/orders/o1/pay', { method: 'ok' });
  await until(() => all.events.length === 2);
  expect(told(all)).toEqual(['accepted order/o1 order.create', 'refused order/o1 order.pay']);
  const { items } = (await get('/orders/o1/history')).body;
  const shown = all.events.map(({ data }) => JSON.parse(data) as Body);
  expect(shown).toEqual(items.map((item) => ({ ...item, kind: 'order', id: 'o1' })));
  expect(all.events.map(({ id }) => id)).toEqual(items.map(({ sequence }) => String(sequence)));
});

it('resumes exactly behind the last event that was seen', async () => {
  const { stream, draft, until } = await createEventBench();
  for (const id of ['a', 'b', 'c', 'd']) await draft(id);
  const first = await stream('/events', { after: 0 });
  await until(() => first.events.length === 4);
  await first.cancel();
  const second = await stream('/events', { after: first.events[1]?.id ?? '' });
  await draft('e');
  await until(() => second.events.length === 3);
  expect(told(second)).toEqual(['c', 'd', 'e'].map((id) => `accepted order/${id} order.create`));
});

it('keeps followers apart that are at different places', async () => {
  const { stream, draft, until } = await createEventBench();
  for (let n = 0; n < 30; n++) await draft(`o${n}`);
  const [now, old, older] = await Promise.all([
    stream('/events'),
    stream('/events', { after: 10 }),
    stream('/events', { after: 0 }),
  ]);
  await draft('last');
  await until(() =>
    [now, old, older].every(({ events }) =>
      told({ events } as EventStream)
        .at(-1)
        ?.includes('last'),
    ),
  );
  expect([now, old, older].map(({ events }) => events.length)).toEqual([1, 21, 31]);
});

it('tells of one actor alone', async () => {
  const { stream, draft, post, until } = await createEventBench();
  await draft('o1');
  await draft('o2');
  const one = await stream('/orders/o1/events');
  await post('/orders/o2/place');
  await post('/orders/o1/cancel');
  await until(() => one.events.length > 0);
  expect(told(one)).toEqual(['accepted order/o1 order.cancel']);
});

it('tells nobody what they may not see, refusals included', async () => {
  const { stream, draft, post, until } = await createEventBench();
  const [anna, ben, nobody] = await Promise.all([
    stream('/events', { as: 'anna' }),
    stream('/events', { as: 'ben' }),
    stream('/events', { as: 'nobody' }),
  ]);
  await draft('o1');
  await post('/orders/o1/hold', { handle: 'h', reason: 'r' }, { as: 'ben' });
  await post('/orders/o1/hold', { handle: 'h', reason: 'r' }, { as: 'anna' });
  await post('/orders/none/cancel', {}, { as: 'ben' });
  await draft('o2');
  await until(() => anna.events.length === 3);
  expect(told(anna)).toEqual([
    ...['accepted order/o1 order.create', 'refused order/o1 order.hold', 'accepted order/o2 order.create'],
  ]);
  expect([told(ben), told(nobody)]).toEqual([[], []]);
});

it('reads a large actor once for all who follow it, though its journal does not say whose it is', async () => {
  const read: string[] = [];
  const { stream, post, until } = await createEventBench({
    wrap: (backend) => ({
      ...backend,
      store: {
        ...backend.store,
        record(partition, key) {
          read.push(key);
          return backend.store.record(partition, key);
        },
      },
    }),
  });
  const lines = Array.from({ length: 200 }, (_, n) => ({ sku: `SKU-${n}`, quantity: 1, unitPrice: 1 }));
  await post('/orders', { ...order, id: 'large', lines, draft: true });
  for (let n = 0; n < 20; n++) {
    await post('/orders/large/change-address', { shipTo: { ...order.shipTo, line1: `${n} Street` } });
  }
  const all = await stream('/events', { after: 0 });
  const anna = await stream('/events', { as: 'anna', after: 0 });
  const ben = await stream('/events', { as: 'ben', after: 0 });
  await until(() => all.events.length === 21 && anna.events.length === 21);
  expect(all.events.filter(({ data }) => data.includes('"afterSize"')).length).toBeGreaterThan(10);
  expect(told(ben)).toEqual([]);
  expect(read).toEqual(['order/large']);
});

it('shows an actor’s stream to those who may see the actor', async () => {
  const { get, draft } = await createEventBench();
  await draft('o1');
  expect((await get('/orders/o1/events', { as: 'ben' })).status).toBe(404);
  expect((await get('/orders/o1/events', { as: 'nobody' })).status).toBe(403);
  expect((await get('/orders/none/events')).status).toBe(404);
  expect((await get('/events', { as: null })).status).toBe(401);
});

it('leaves out the kinds and outcomes that are not asked for', async () => {
  const { stream, active, until } = await createEventBench();
  const payments = await stream('/events?kind=payment,shipment&outcome=accepted');
  await active('o1');
  await until(() => payments.events.length > 1);
  expect(new Set(told(payments).map((line) => line.split('/')[0]))).toEqual(new Set(['accepted payment']));
});

it.each([
  ['/events?kind=nothing', {}, '/kind'],
  ['/events?outcome=maybe', {}, '/outcome'],
  ['/events?since=1', {}, '/since'],
  ['/orders/o1/events?kind=order', {}, '/kind'],
  ['/events', { 'last-event-id': 'x' }, '/Last-Event-ID'],
  ['/events', { 'last-event-id': '-1' }, '/Last-Event-ID'],
])('refuses %s %j', async (path, headers, pointer) => {
  const { get, draft } = await createEventBench();
  await draft('o1');
  const { status, body } = await get(path, { headers });
  expect([status, body.errors[0]?.pointer]).toEqual([422, pointer]);
});

it('says that it begins anew where the journal is another one, with the view of the actor', async () => {
  const { stream, draft, until } = await createEventBench();
  await draft('o1');
  const one = await stream('/orders/o1/events', { after: 999 });
  const all = await stream('/events', { after: 999 });
  await until(() => one.events.length === 2 && all.events.length === 2);
  expect(one.events.map(({ event, id }) => [event, id])).toEqual([
    ['reset', undefined],
    ['accepted', '1'],
  ]);
  expect(JSON.parse(one.events[0]?.data ?? '')).toMatchObject({ kind: 'order', id: 'o1', version: 1 });
  expect(all.events[0]).toMatchObject({ event: 'reset', data: '{}' });
});

it('shows that it lives when nothing happens', async () => {
  const { stream, clock, until } = await createEventBench();
  const all = await stream('/events');
  await until(() => all.comments() === 1);
  await clock.advance(14_000);
  expect(all.comments()).toBe(1);
  await clock.advance(2_000);
  await until(() => all.comments() === 2);
});

it('opens no more than it may, and counts those that are gone', async () => {
  const { stream, get, until } = await createEventBench({ streamsMax: 2 });
  const first = await stream('/events');
  await stream('/events');
  const third = await get('/events');
  expect([third.status, third.headers.get('retry-after')]).toEqual([503, '1']);
  await first.cancel();
  const again = await stream('/events');
  await until(() => again.comments() === 1);
});

it('ends when the process stops, and opens no more', async () => {
  const { stream, streams, get, until } = await createEventBench();
  const all = await stream('/events');
  streams.close();
  await until(() => all.ended());
  expect((await get('/events')).status).toBe(503);
});

it('waits while the journal cannot be read, and goes on then', async () => {
  let isAway = false;
  const { stream, draft, clock, until } = await createEventBench({
    wrap: (backend) => ({
      ...backend,
      journal: {
        ...backend.journal,
        readAll: (...args) =>
          isAway ? Promise.reject(new RetryableError('away')) : backend.journal.readAll(...args),
      },
    }),
  });
  const all = await stream('/events');
  await draft('o1');
  await until(() => all.events.length === 1);
  isAway = true;
  await draft('o2');
  await clock.advance(20_000);
  expect([all.events.length, all.ended()]).toEqual([1, false]);
  isAway = false;
  await until(() => all.events.length === 2);
  expect(told(all)).toEqual(['o1', 'o2'].map((id) => `accepted order/${id} order.create`));
});
