/** The Redis store: what is particular to this server. */
import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { connectRedis, type RedisBackend } from '../../persistence/redis/connect.ts';
import { RetryableError, TerminalError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/ports.ts';
import { epoch, madeId, outgoing, own, record } from '../contract/store-fixture.ts';
import { recordingLogger, silent } from '../support/loggers.ts';
import { startRedis, type RedisOptions, type Server } from '../support/servers.ts';

interface Opened {
  readonly redis: RedisBackend;
  /** The same server without the store's manners. */
  readonly raw: Redis;
  readonly namespace: string;
}

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function connectTo(url: string, logger: Logger = silent): Promise<Opened> {
  const namespace = `test-${randomUUID()}`;
  const redis = await connectRedis({ url, namespace, partitions: 2, logger });
  const raw = new Redis(url);
  open.push(
    () => redis.close(),
    () => raw.disconnect(),
  );
  return { redis, raw, namespace };
}

async function startOwn(options: RedisOptions = {}): Promise<Server> {
  const server = await startRedis(options);
  open.push(() => server.stop());
  return server;
}

describe('the keys of the Redis store', () => {
  let opened: Opened;
  beforeEach(async () => {
    opened = await connectTo(inject('redisUrl'));
  });

  it('carry the hash tag of their partition, all of them', async () => {
    const { redis, raw, namespace } = opened;
    const owner = await own(redis.store, 1);
    await redis.store.settle('partitions', '2');
    await owner.commit({
      position: { sequence: 1, time: epoch, id: 'a' },
      records: [record('order/1', { addTerms: ['state=new'] })],
      addTimers: [{ key: 'order/1', timer: 't', at: epoch, token: 't' }],
      addActivities: [
        { key: 'order/1', activity: 'a', source: 's', token: 't', input: '{}', startedAt: epoch },
      ],
      sent: { 0: 1 },
      received: { 0: 1 },
      addOutbox: [outgoing(0, 1, '{}')],
      addHeld: [{ channel: 0, number: 1, body: '{}', id: 'a', time: epoch }],
      answers: ['a', madeId(epoch, 'a')].flatMap((id) =>
        [true, false].map((kept) => ({ id, kept, time: epoch, body: '{}' })),
      ),
      publications: [{ log: 'dead', to: { kind: 'order', id: '1' }, id: 'a', body: '{}' }],
    });
    const keys = await raw.keys(`*${namespace}*`);
    const tags = keys.map((key) => key.slice(0, key.indexOf('}') + 1));
    expect(new Set(tags)).toEqual(new Set([`{${namespace}}`, `{${namespace}:1}`]));
    expect(keys).toHaveLength(19);
  });

  it('never expire', async () => {
    const { redis, raw, namespace } = opened;
    const owner = await own(redis.store, 1);
    await owner.commit({ answers: [{ id: madeId(epoch, 'a'), kept: false, time: epoch, body: 'a' }] });
    for (const key of await raw.keys(`*${namespace}*`)) expect(await raw.pttl(key)).toBe(-1);
  });

  it('are gone when nothing is left in them', async () => {
    const { redis, raw, namespace } = opened;
    const owner = await own(redis.store, 1);
    await owner.commit({ answers: [{ id: madeId(epoch, 'a'), kept: false, time: epoch, body: 'a' }] });
    await owner.commit({ forget: { madeBefore: epoch + 1, keptBefore: epoch + 1 } });
    await vi.waitFor(async () => {
      expect(await raw.keys(`*${namespace}*`)).toEqual([`{${namespace}:1}:meta`]);
    });
  });

  it('keep a bucket of answers by the latest mailbox time in it, in whatever order they come', async () => {
    const { store } = opened.redis;
    const owner = await own(store, 1);
    const late = { id: madeId(epoch, 'late'), kept: false, time: epoch + 7_200_000, body: 'late' };
    await owner.commit({ answers: [late] });
    await owner.commit({ answers: [{ ...late, id: madeId(epoch, 'early'), time: epoch }] });
    await owner.commit({ answers: [{ ...late, id: madeId(epoch - 60_000, 'before'), time: epoch }] });
    await owner.commit({ forget: { madeBefore: epoch + 3_600_000, keptBefore: 0 } });
    await vi.waitFor(async () => {
      const asked = [late, { id: madeId(epoch - 60_000, 'before'), kept: false }];
      expect((await store.fetch(1, [], asked)).answers).toEqual(['late', undefined]);
    });
  });

  it('of a wrong type are a terminal error', async () => {
    const { redis, raw, namespace } = opened;
    await raw.set(`{${namespace}:1}:records`, 'not a hash');
    await expect(redis.store.record(1, 'order/1')).rejects.toThrow(TerminalError);
    await raw.set(`{${namespace}:0}:meta`, 'not a hash');
    await expect(own(redis.store, 0)).rejects.toThrow(TerminalError);
  });

  it('have a namespace that cannot break the hash tag', async () => {
    const options = { url: inject('redisUrl'), partitions: 2, logger: silent };
    await expect(connectRedis({ ...options, namespace: 'a}b' })).rejects.toThrow(TerminalError);
  });
});

describe('the lists of the Redis store', () => {
  it('find the few among the many that carry all terms', async () => {
    const { store } = (await connectTo(inject('redisUrl'))).redis;
    const owners = [await own(store, 0), await own(store, 1)];
    for (const [at, owner] of owners.entries()) {
      const records = Array.from({ length: 5_000 }, (_, n) =>
        record(`order/${n}-${at}`, {
          createdAt: epoch + Math.floor(n / 3_000),
          addTerms: n % 2_400 === 7 ? ['a', 'b'] : [n % 2 === 0 ? 'a' : 'b'],
        }),
      );
      await owner.commit({ records });
    }
    const query = { kind: 'order', terms: ['a', 'b'] };
    const all = await store.list({ ...query, limit: 100 });
    expect(all.map(({ key }) => key)).toEqual([
      ...['order/4807-1', 'order/4807-0'],
      ...['order/7-1', 'order/7-0', 'order/2407-1', 'order/2407-0'],
    ]);
    const after = all[2];
    if (after === undefined) throw new Error('six are listed');
    expect(await store.list({ ...query, limit: 2, after })).toEqual(all.slice(3, 5));
  });
});

describe('the Redis store, when the server refuses', () => {
  it.each([
    {
      state: 'is out of memory',
      enter: ['CONFIG', 'SET', 'maxmemory', '1'],
      leave: ['CONFIG', 'SET', 'maxmemory', '0'],
    },
    { state: 'is a replica', enter: ['REPLICAOF', '127.0.0.1', '1'], leave: ['REPLICAOF', 'NO', 'ONE'] },
  ])('writes nothing of a commit while it $state, and may be asked again', async ({ enter, leave }) => {
    const server = await startOwn();
    const { redis, raw } = await connectTo(server.url);
    const owner = await own(redis.store, 1);
    await raw.call(enter[0] ?? '', ...enter.slice(1));
    await expect(owner.commit({ records: [record('order/1')], sent: { 1: 1 } })).rejects.toThrow(
      RetryableError,
    );
    await raw.call(leave[0] ?? '', ...leave.slice(1));
    // After a refusal as a replica the store looks for the primary over a new connection.
    await vi.waitFor(async () => {
      expect(await redis.store.load(owner.lease)).toMatchObject({ commits: 0, sent: {} });
    });
    expect(await redis.store.record(1, 'order/1')).toBeUndefined();
    await owner.commit({ records: [record('order/1')] });
  });

  it('keeps the bodies of a commit out of its errors', async () => {
    const { redis, raw, namespace } = await connectTo(inject('redisUrl'));
    const owner = await own(redis.store, 1);
    await raw.set(`{${namespace}:1}:records`, 'not a hash');
    const failure = owner.commit({ records: [record('order/1', { body: 'private' })] });
    const error = await failure.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(TerminalError);
    expect(inspect(error, { depth: 9 })).not.toMatch('private');
  });
});

describe('the health of Redis', () => {
  it.each([
    { options: { appendfsync: 'always' }, durable: true, words: /synced before every answer/ },
    { options: { appendfsync: 'everysec' }, durable: true, words: /synced every second/ },
    { options: { appendfsync: 'no' }, durable: false, words: /appendfsync no/ },
    { options: { appendonly: 'no' }, durable: false, words: /no append-only file/ },
    {
      options: { args: ['--maxmemory', '1gb', '--maxmemory-policy', 'allkeys-lru'] },
      durable: false,
      words: /evicts/,
    },
  ] as const)('says what $options promise, also in the log', async ({ options, durable, words }) => {
    const { logger, lines } = recordingLogger();
    const { redis } = await connectTo((await startOwn(options)).url, logger);
    expect(await redis.health()).toEqual({
      name: 'Redis',
      up: true,
      durability: expect.stringMatching(words) as string,
      durable,
    });
    expect(lines.at(-1)).toMatchObject({
      level: durable ? 'info' : 'warn',
      fields: { durability: expect.stringMatching(words) as string },
    });
  });

  it('is of unknown durability where CONFIG is forbidden', async () => {
    const server = await startOwn();
    const { raw } = await connectTo(server.url);
    await raw.call('ACL', 'SETUSER', 'limited', 'on', '>secret', '~*', '+@all', '-config');
    const { logger, lines } = recordingLogger();
    const { redis } = await connectTo(server.url.replace('//', '//limited:secret@'), logger);
    expect(await redis.health()).toEqual({
      name: 'Redis',
      up: true,
      durability: expect.stringMatching(/^unknown/) as string,
      durable: false,
    });
    expect(JSON.stringify(lines)).not.toMatch('secret');
  });
});
