/** What only NATS can do to us: restarts, lost stores, consumers that vanish, streams with other settings. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type ConsumerInfo, headers, type JetStreamManager, type NatsConnection } from 'nats';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectNats, type Nats, type NatsOptions } from '../../persistence/nats/connect.ts';
import { RetryableError, TerminalError } from '../../runtime/errors.ts';
import { appendAll, collector, until } from '../contract/mailbox.ts';
import { recordingLogger, silent } from '../support/loggers.ts';
import { type Server, startNats } from '../support/servers.ts';

let server: Server;
const toClose: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  server = await startNats();
});

afterEach(async () => {
  await Promise.all(toClose.splice(0).map((each) => each.close()));
  await server.stop();
});

async function open(options: Partial<NatsOptions> = {}): Promise<Nats> {
  const nats = await connectNats({
    url: server.url,
    namespace: 'test',
    address: 'node-1',
    logger: silent,
    ...options,
  });
  toClose.push(nats);
  return nats;
}

/** A client of our own, to do to the server what an operator could. */
async function operator(): Promise<{ connection: NatsConnection; manager: JetStreamManager }> {
  const connection = await connect({ servers: server.url });
  toClose.push(connection);
  return { connection, manager: await connection.jetstreamManager() };
}

function append(nats: Nats, id: string, partition = 0): Promise<void> {
  return nats.mailbox.append({ to: { kind: 'order', id: 'a' }, partition, id, dedupe: false, body: '{}' });
}

async function idsFromStart(nats: Nats, isComplete: (ids: readonly string[]) => boolean): Promise<string[]> {
  const inbox = collector();
  const reader = await nats.mailbox.read(0, { sequence: 1 }, inbox);
  const ids = () => inbox.taken.map((message) => message.id);
  await until(() => isComplete(ids()));
  reader.close();
  return ids();
}

function deliverSubject(consumer: ConsumerInfo | undefined): string {
  return (consumer?.config as { deliver_subject?: string } | undefined)?.deliver_subject ?? '';
}

test('refuses to begin on a server that does not take the largest messages', async () => {
  const file = join(server.dataDir, 'small.conf');
  writeFileSync(file, 'max_payload: 524288');
  const small = await startNats({ args: ['-c', file] });
  try {
    const opened = open({ url: small.url });
    await expect(opened).rejects.toThrow(TerminalError);
    await expect(opened).rejects.toThrow('raise max_payload');
  } finally {
    await small.stop();
  }
});

describe('a server that comes and goes', () => {
  test('is waited for at the start, without a line for every try', async () => {
    await server.kill9();
    const { logger, lines } = recordingLogger();
    const connecting = open({ logger });
    await until(() => lines.length > 0);
    await server.restart();
    const nats = await connecting;
    await append(nats, 'first');
    expect(lines.filter((line) => line.message === 'waiting for NATS').length).toBeLessThan(3);
  });

  test('loses no acknowledged message when it is killed under traffic, and sends no refused one later', async () => {
    const nats = await open();
    const inbox = collector();
    await nats.mailbox.read(0, { sequence: 1 }, inbox);
    const acked: string[] = [];
    const notSent: string[] = [];
    const errors = new Set<unknown>();
    let stopped = false;

    async function keepAppending(name: number): Promise<void> {
      for (let n = 0; !stopped; n++) {
        const id = `${name}-${n}`;
        await append(nats, id).then(
          () => void acked.push(id),
          async (error: unknown) => {
            errors.add(error);
            if (error instanceof RetryableError && error.effect === 'none') notSent.push(id);
            await new Promise(setImmediate);
          },
        );
      }
    }

    const callers = Array.from({ length: 50 }, (_, name) => keepAppending(name));
    await until(() => acked.length > 2_000);
    await server.kill9();
    await until(() => notSent.length > 100);
    expect(inbox.causes).toHaveLength(1);
    const before = acked.length;
    await server.restart();
    await until(() => acked.length > before + 2_000);
    stopped = true;
    await Promise.all(callers);

    expect([...errors].every((error) => error instanceof RetryableError)).toBe(true);
    const wanted = new Set(acked);
    const ids = await idsFromStart(nats, (seen) => seen.filter((id) => wanted.has(id)).length >= wanted.size);
    const unwanted = new Set(notSent);
    expect(ids.filter((id) => unwanted.has(id))).toEqual([]);
    const ofFirst = ids.filter((id) => id.startsWith('0-')).map((id) => Number(id.slice(2)));
    expect(ofFirst).toEqual(ofFirst.toSorted((a, b) => a - b));
    expect(inbox.causes).toHaveLength(1);
    expect(inbox.causes[0]).toBeInstanceOf(RetryableError);
  });

  test('makes its streams anew where a server comes back with an empty store', async () => {
    const nats = await open();
    await append(nats, 'lost');
    await server.kill9();
    for (const name of readdirSync(server.dataDir)) {
      if (name !== 'server.log') rmSync(join(server.dataDir, name), { recursive: true });
    }
    await server.restart();
    const bounds = () => nats.mailbox.bounds().catch((error: unknown) => error);
    await expect.poll(bounds).toEqual({ first: 0, last: 0 });
    await append(nats, 'new');
    expect(await idsFromStart(nats, (ids) => ids.length > 0)).toEqual(['new']);
  });

  test('gets no request while it is away', async () => {
    const nats = await open();
    const { name } = await nats.health();
    await server.kill9();
    await expect
      .poll(() => append(nats, 'a').catch((error: unknown) => error))
      .toMatchObject({ effect: 'none' });
    await expect(nats.mailbox.bounds()).rejects.toBeInstanceOf(RetryableError);
    await expect(nats.mailbox.read(0, { sequence: 1 }, collector())).rejects.toBeInstanceOf(RetryableError);
    await expect(nats.journal.read({ kind: 'order', id: 'a' }, 0, 1)).rejects.toBeInstanceOf(RetryableError);
    nats.replies.send('elsewhere', 1, '{}');
    expect(await nats.health()).toMatchObject({
      name,
      up: false,
      why: 'there is no connection',
      durable: false,
    });
  });
});

describe('a reader', () => {
  test('is lost, once, when its consumer is gone', async () => {
    const nats = await open({ heartbeatMs: 100 });
    const { manager } = await operator();
    const inbox = collector();
    await append(nats, 'a');
    await nats.mailbox.read(0, { sequence: 1 }, inbox);
    await until(() => inbox.taken.length === 1);
    for await (const consumer of manager.consumers.list('test-mailbox')) {
      await manager.consumers.delete('test-mailbox', consumer.name);
    }
    await until(() => inbox.causes.length > 0);
    await append(nats, 'b');
    expect(await idsFromStart(nats, (ids) => ids.length === 2)).toEqual(['a', 'b']);
    expect(inbox.causes).toHaveLength(1);
    expect(inbox.taken).toHaveLength(1);
  });

  test('is lost, once, when a message is missing before the one that comes', async () => {
    const nats = await open();
    const { connection, manager } = await operator();
    const inbox = collector();
    await append(nats, 'a');
    await nats.mailbox.read(0, { sequence: 1 }, inbox);
    await until(() => inbox.taken.length === 1);
    const [consumer] = await manager.consumers.list('test-mailbox').next();
    const subject = deliverSubject(consumer);
    for (const next of [3, 4]) {
      // The server keeps `$JS.ACK` to itself.
      const reply = `_JS.ACK.test-mailbox.${consumer?.name ?? ''}.1.${next}.${next}.1700000000000000000.0`;
      connection.publish(subject, '1 b{}', { reply });
    }
    await until(() => inbox.causes.length > 0);
    await connection.flush();
    expect(inbox.causes).toHaveLength(1);
    expect(inbox.taken).toHaveLength(1);
  });

  test('is lost when a heartbeat tells of messages that did not come', async () => {
    const nats = await open();
    const { connection, manager } = await operator();
    const inbox = collector();
    await nats.mailbox.read(0, { sequence: 1 }, inbox);
    const [consumer] = await manager.consumers.list('test-mailbox').next();
    const heartbeat = headers(100, 'Idle Heartbeat');
    heartbeat.set('Nats-Last-Consumer', '1');
    connection.publish(deliverSubject(consumer), '', { headers: heartbeat });
    await until(() => inbox.causes.length === 1);
  });

  test('is kept by heartbeats while nothing happens, while its inbox is full, and afterwards', async () => {
    const nats = await open({ heartbeatMs: 100, backlogMax: 100 });
    const { connection, manager } = await operator();
    let workedOff = 0;
    const inbox = collector(() => workedOff);
    await nats.mailbox.read(0, { sequence: 1 }, inbox);
    const [consumer] = await manager.consumers.list('test-mailbox').next();
    let heartbeats = 0;
    connection.subscribe(deliverSubject(consumer), {
      callback: (_, message) => {
        if (message.headers?.description === 'Idle Heartbeat') heartbeats += 1;
      },
    });
    await connection.flush();
    const someHeartbeats = async () => {
      const from = heartbeats;
      await until(() => heartbeats > from + 4);
    };
    await someHeartbeats();
    const bodies = Array.from({ length: 4_000 }, (_, n) => `[${n},"${'x'.repeat(2_000)}"]`);
    await appendAll(nats.mailbox, 0, { bodies });
    await someHeartbeats();
    expect(inbox.taken.length).toBeLessThan(bodies.length);
    await until(() => (workedOff = inbox.taken.length) === bodies.length);
    await someHeartbeats();
    expect(inbox.taken.map((message) => message.body)).toEqual(bodies);
    expect(inbox.causes).toEqual([]);
  });

  test('leaves no consumer behind when it is closed', async () => {
    const nats = await open();
    const { manager } = await operator();
    const consumers = async () => (await manager.streams.info('test-mailbox')).state.consumer_count;
    const reader = await nats.mailbox.read(0, { sequence: 1 }, collector());
    expect(await consumers()).toBe(1);
    reader.close();
    await expect.poll(consumers).toBe(0);
  });
});

describe('an append', () => {
  test('is refused for good when it is larger than the server takes', async () => {
    const nats = await open();
    const entry = { to: { kind: 'order', id: 'a' }, partition: 0, id: 'a', dedupe: false };
    const tooLarge = nats.mailbox.append({ ...entry, body: 'x'.repeat(2_000_000) });
    await expect(tooLarge).rejects.toBeInstanceOf(TerminalError);
    await append(nats, 'b');
  });

  test('is rejected when no stream takes it, which is then made again', async () => {
    const nats = await open();
    const { manager } = await operator();
    await manager.streams.delete('test-mailbox');
    await expect(append(nats, 'a')).rejects.toMatchObject({ code: 'retryable', effect: 'none' });
    await expect
      .poll(() =>
        append(nats, 'b').then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });

  test('is rejected when the stream refuses it', async () => {
    const nats = await open();
    const { manager } = await operator();
    await manager.streams.update('test-mailbox', { max_msgs: 1 });
    await append(nats, 'a');
    await expect(append(nats, 'b')).rejects.toMatchObject({ code: 'retryable', effect: 'none' });
    expect(await idsFromStart(nats, (ids) => ids.length > 0)).toEqual(['a']);
  });

  test('is given up when no acknowledgement comes', async () => {
    const nats = await open({ appendTimeoutMs: 200 });
    const { manager } = await operator();
    await manager.streams.update('test-mailbox', { no_ack: true });
    await expect(append(nats, 'a')).rejects.toMatchObject({ code: 'retryable', effect: 'unknown' });
  });

  test('in flight is rejected when the connection is closed', async () => {
    const nats = await open();
    const rejected = expect(append(nats, 'a')).rejects.toMatchObject({
      code: 'retryable',
      effect: 'unknown',
    });
    await nats.close();
    await rejected;
    await expect(append(nats, 'b')).rejects.toMatchObject({ code: 'retryable', effect: 'none' });
  });
});

describe('the streams', () => {
  const hour = 3_600_000;

  test('are updated to the settings asked for, and keep what an operator set besides', async () => {
    const { manager } = await operator();
    await open({ mailboxMaxAgeMs: hour });
    await manager.streams.update('test-mailbox', { max_bytes: 1_000_000_000 });
    await manager.streams.update('test-journal', { max_age: hour * 1e6 });
    await open({ mailboxMaxAgeMs: 2 * hour, duplicateWindowMs: 30_000 });
    const { config } = await manager.streams.info('test-mailbox');
    expect(config).toMatchObject({
      subjects: ['test.mailbox.>'],
      storage: 'file',
      max_age: 2 * hour * 1e6,
      duplicate_window: 30_000 * 1e6,
      max_bytes: 1_000_000_000,
    });
    const journal = await manager.streams.info('test-journal');
    expect(journal.config).toMatchObject({ max_age: hour * 1e6, duplicate_window: 30_000 * 1e6 });
  });

  test('may be made by several nodes at once', async () => {
    const nodes = await Promise.all(['a', 'b', 'c'].map((address) => open({ address })));
    await Promise.all(nodes.map((node, n) => append(node, `m${n}`)));
    expect(await nodes[0]?.mailbox.bounds()).toEqual({ first: 1, last: 3 });
  });

  test('that cannot be changed end the start with what differs', async () => {
    const { manager } = await operator();
    await manager.streams.add({
      name: 'test-journal',
      subjects: ['test.journal.>'],
      storage: 'memory' as never,
    });
    const error = await open().catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(TerminalError);
    expect((error as Error).message).toMatch(/test-journal.*storage is "memory" and not "file"/);
  });

  test('that the server cannot make end the start', async () => {
    await expect(open({ replicas: 3 })).rejects.toThrow(/test-mailbox cannot be created.*replicas/);
  });

  test('of a namespace are not seen in another', async () => {
    const one = await open({ namespace: 'one' });
    const other = await open({ namespace: 'one-other' });
    await append(one, 'a');
    expect(await other.mailbox.bounds()).toEqual({ first: 0, last: 0 });
  });

  test('have names that NATS takes', async () => {
    for (const namespace of ['', 'a.b', 'a b', 'a*', '>', 'ä']) {
      await expect(open({ namespace })).rejects.toBeInstanceOf(TerminalError);
    }
  });
});

test('health tells version and durability in words', async () => {
  const nats = await open();
  const health = await nats.health();
  expect(health).toMatchObject({ up: true, durable: false });
  expect(health.name).toMatch(/^nats-server \d+\.\d+\.\d+/);
  expect(health.durability).toMatch(/1 replica: .*every 2 minutes/);
});
