/** The Redis store when the server or the connection fails. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectRedis, type RedisBackend } from '../../persistence/redis/connect.ts';
import { FencedError, RetryableError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/ports.ts';
import { longMs, own, partitions, record, type Owner } from '../contract/store-fixture.ts';
import { recordingLogger, silent } from '../support/loggers.ts';
import { startProxy } from '../support/proxy.ts';
import { startRedis, type Server } from '../support/servers.ts';

const patience = { timeout: 30_000, interval: 20 };

describe('the Redis store, when the server fails', () => {
  let server: Server;
  const open: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    server = await startRedis({ appendfsync: 'always' });
  });
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
    await server.stop();
  });

  async function connected(url = server.url, options: { logger?: Logger; commandTimeoutMs?: number } = {}) {
    const redis = await connectRedis({ url, namespace: 'test', partitions, logger: silent, ...options });
    open.push(() => redis.close());
    return redis;
  }

  /** Waits until the server answers again. */
  async function back({ store }: RedisBackend): Promise<void> {
    await vi.waitFor(() => store.record(0, 'order/1'), patience);
  }

  it('rejects what is on its way when the server is killed, and works again when it is back', async () => {
    const redis = await connected();
    const owners = await Promise.all([0, 1, 2, 3].map((partition) => own(redis.store, partition)));
    const failures = Promise.all(owners.map(commitUntilFailure));
    await vi.waitFor(() => {
      expect(owners.every(({ commits }) => commits > 20)).toBe(true);
    }, patience);
    await server.kill9();
    for (const failure of await failures) expect(failure).toBeInstanceOf(RetryableError);
    await expect(redis.store.record(0, 'order/1')).rejects.toThrow(RetryableError);
    const acquired = redis.store.acquire({ partition: 0, token: 'x' }, longMs);
    await expect(acquired).rejects.toThrow(/^Redis is away: (there is no connection|the connection broke)$/);
    await vi.waitFor(async () => {
      expect(await redis.health()).toMatchObject({ up: false, why: 'there is no connection' });
    }, patience);

    await server.restart();
    await back(redis);
    for (const owner of owners) await expectNothingLost(redis, owner);
  });

  it('does not send a commit again whose answer was lost', async () => {
    const proxy = await startProxy(server.url);
    open.push(() => proxy.close());
    const redis = await connected(proxy.url);
    const direct = await connected();
    const owner = await own(redis.store, 1);
    await owner.commit({ records: [record('order/1')] });

    proxy.swallow(true);
    const lost = owner.commit({ records: [record('order/1', { body: 'the-lost-commit' })] });
    const outcome = expect(lost).rejects.toThrow(RetryableError);
    await vi.waitFor(async () => {
      expect(await direct.store.record(1, 'order/1')).toBe('the-lost-commit');
    }, patience);
    proxy.cut();
    await outcome;
    proxy.swallow(false);
    await back(redis);

    expect(await redis.store.load(owner.lease)).toMatchObject({ commits: 2 });
    expect(proxy.seen('the-lost-commit')).toBe(1);
    await expect(owner.commit({ records: [record('order/2')] })).rejects.toThrow(FencedError);
    expect(await redis.store.record(1, 'order/2')).toBeUndefined();
  });

  it('gives up a commit that has no answer in time, on a connection that stays open', async () => {
    const redis = await connected(server.url, { commandTimeoutMs: 200 });
    const owner = await own(redis.store, 1);
    process.kill(server.pid, 'SIGSTOP');
    try {
      await expect(owner.commit({ records: [record('order/1')] })).rejects.toThrow(RetryableError);
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    await back(redis);
    // The server may have found it in its socket when it went on, or not: never half of it.
    const { commits } = await redis.store.load(owner.lease);
    expect(await redis.store.record(1, 'order/1')).toBe(commits === 1 ? '{"key":"order/1"}' : undefined);
  });

  it('waits for a server that is away at the start, and says so once', async () => {
    const { logger, lines } = recordingLogger();
    await server.kill9();
    const waiting = connected(server.url, { logger });
    await vi.waitFor(() => {
      expect(lines).toContainEqual(
        expect.objectContaining({ level: 'warn', message: 'Redis is away; waiting for it' }),
      );
    }, patience);
    await server.restart();
    const redis = await waiting;
    await back(redis);
    expect(lines.filter(({ message }) => message.startsWith('Redis is away'))).toHaveLength(1);
    expect(lines.at(-2)).toMatchObject({
      message: 'connected to Redis',
      fields: { server: server.url },
    });
    expect((await redis.health()).up).toBe(true);
    await server.kill9();
    expect((await redis.health()).up).toBe(false);
  });

  it('closes without a word', async () => {
    const { logger, lines } = recordingLogger();
    const redis = await connected(server.url, { logger });
    await redis.close();
    expect(lines.filter(({ level }) => level !== 'info')).toEqual([]);
    await expect(redis.store.record(0, 'order/1')).rejects.toThrow(RetryableError);
  });

  it('runs its scripts on a server that has forgotten them', async () => {
    const redis = await connected();
    const owner = await own(redis.store, 1);
    await owner.commit({ records: [record('order/1', { body: 'before' })] });
    // Scripts do not survive a restart, data and leases do.
    await server.restart();
    await back(redis);
    await owner.commit({ records: [record('order/1', { body: 'after' })] });
    expect(await redis.store.record(1, 'order/1')).toBe('after');
    expect(await redis.store.load(owner.lease)).toMatchObject({ commits: 2 });
  });
});

async function commitUntilFailure(owner: Owner): Promise<unknown> {
  try {
    for (;;) await owner.commit({ records: [record('order/1', { body: String(owner.commits + 1) })] });
  } catch (error) {
    return error;
  }
}

/** What was answered is there; the commit without an answer is there as a whole or not at all. */
async function expectNothingLost({ store }: RedisBackend, owner: Owner): Promise<void> {
  const { commits } = await store.load(owner.lease);
  expect([owner.commits, owner.commits + 1]).toContain(commits);
  expect(await store.record(owner.lease.partition, 'order/1')).toBe(String(commits));
  owner.commits = commits;
  await owner.commit({ records: [record('order/1', { body: 'again' })] });
  expect(await store.record(owner.lease.partition, 'order/1')).toBe('again');
}
