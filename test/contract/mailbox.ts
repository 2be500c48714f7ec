/**
 * What every mailbox must do. `open` gives a fresh, empty one whose clock runs; its limit for a reader's
 * backlog must be below 10,000 messages of 1 kB.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Inbox, Mailbox, Reader, Stored } from '../../runtime/ports.ts';

type Open = () => Promise<{ mailbox: Mailbox; close: () => Promise<void> }>;

export interface Collector extends Inbox {
  readonly taken: Stored[];
  readonly causes: Error[];
}

/** An inbox that keeps all it is given; messages beyond `workedOff()` count as its backlog. */
export function collector(workedOff = () => Infinity): Collector {
  const taken: Stored[] = [];
  const causes: Error[] = [];
  return {
    taken,
    causes,
    take: (messages) => {
      for (const message of messages) taken.push(message);
    },
    lost: (cause) => void causes.push(cause),
    backlog: () => Math.max(0, taken.length - workedOff()),
  };
}

/** Numbers that are the same for the same seed (mulberry32). Set SEED to replay a failed run. */
export function seeded(): { seed: number; below: (limit: number) => number } {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000);
  let state = seed;
  const below = (limit: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
  return { seed, below };
}

export async function until(condition: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(condition()).toBe(true), { timeout: 30_000, interval: 2 });
}

/** Appends in one go and resolves when all are stored. */
export async function appendAll(
  mailbox: Mailbox,
  partition: number,
  { bodies, prefix = 'm' }: { bodies: readonly string[]; prefix?: string },
): Promise<void> {
  const entries = bodies.map((body, index) => ({
    to: { kind: 'order', id: `${prefix}${index % 7}` },
    partition,
    id: `${prefix}-${index}`,
    dedupe: false,
    body,
  }));
  await Promise.all(entries.map((entry) => mailbox.append(entry)));
}

function numbered(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `{"n":${from + index}}`);
}

function bodiesOf(messages: readonly Stored[]): string[] {
  return messages.map((message) => message.body);
}

export function mailboxContract(name: string, open: Open): void {
  describe(`mailbox: ${name}`, () => {
    let mailbox: Mailbox;
    let close: () => Promise<void>;
    const readers: Reader[] = [];

    beforeEach(async () => {
      ({ mailbox, close } = await open());
    });

    afterEach(async () => {
      for (const reader of readers.splice(0)) reader.close();
      await close();
    });

    async function read(partition: number, from: { sequence: number } | { time: number } = { sequence: 1 }) {
      const inbox = collector();
      const reader = await mailbox.read(partition, from, inbox);
      readers.push(reader);
      return { inbox, reader };
    }

    async function readAll(partition: number, count: number): Promise<Stored[]> {
      const { inbox } = await read(partition);
      await until(() => inbox.taken.length >= count);
      return inbox.taken;
    }

    function append(partition: number, id: string, body = '{}') {
      return mailbox.append({ to: { kind: 'order', id: 'a' }, partition, id, dedupe: false, body });
    }

    test('gives what was appended, with id, time and growing sequences', async () => {
      const before = Date.now();
      await append(3, 'first', '{"n":1}');
      await append(3, 'second', '{"n":2}');
      const [first, second] = await readAll(3, 2);
      expect(first).toMatchObject({ id: 'first', body: '{"n":1}' });
      expect(second).toMatchObject({ id: 'second', body: '{"n":2}' });
      expect(first?.sequence).toBeGreaterThan(0);
      expect(second?.sequence).toBeGreaterThan(first?.sequence ?? Infinity);
      expect(Number.isInteger(first?.time)).toBe(true);
      expect(first?.time).toBeGreaterThanOrEqual(before - 1_000);
      expect(second?.time).toBeGreaterThanOrEqual(first?.time ?? Infinity);
    });

    const { seed, below } = seeded();
    test(`keeps the order of the calls per partition, and partitions apart (seed ${seed})`, async () => {
      const expected = new Map<number, string[]>([0, 1, 2, 10].map((partition) => [partition, []]));
      const pending: Promise<void>[] = [];
      for (let n = 0; n < 2_000; n++) {
        const partition = [0, 1, 2, 10][below(4)] ?? 0;
        const body = `{"n":${n},"pad":"${'x'.repeat(below(300))}"}`;
        expected.get(partition)?.push(body);
        const to = { kind: ['order', 'payment'][below(2)] ?? 'order', id: `a${below(50)}` };
        pending.push(mailbox.append({ to, partition, id: `i${n}`, dedupe: below(2) === 0, body }));
        if (below(100) === 0) await pending.at(-1);
      }
      await Promise.all(pending);
      for (const [partition, bodies] of expected) {
        expect(bodiesOf(await readAll(partition, bodies.length))).toEqual(bodies);
      }
    });

    test('resolves appends of a partition in the order of the calls', async () => {
      const resolved: number[] = [];
      const calls = Array.from({ length: 200 }, (_, n) =>
        append(1, `i${n}`).then(() => void resolved.push(n)),
      );
      await Promise.all(calls);
      expect(resolved).toEqual(calls.map((_, n) => n));
    });

    test('drops a second append with the same id where dedupe is asked for, and keeps it where not', async () => {
      const to = { kind: 'stock', id: 'sku-1' };
      for (const body of ['{"n":1}', '{"n":2}']) {
        await mailbox.append({ to, partition: 0, id: 'order-1/4/0', dedupe: true, body });
        await mailbox.append({ to, partition: 1, id: 'client key', dedupe: false, body });
      }
      await append(0, 'end');
      await append(1, 'end');
      expect(bodiesOf(await readAll(0, 2))).toEqual(['{"n":1}', '{}']);
      expect(bodiesOf(await readAll(1, 3))).toEqual(['{"n":1}', '{"n":2}', '{}']);
    });

    test('gives the id of a message whether it was deduplicated or not', async () => {
      const to = { kind: 'stock', id: 'sku-1' };
      const ids = ['order-1~f2/3/0', '7 leading number', ' ', `Zürich|${'k'.repeat(590)}`, '{"id":1}', ''];
      for (const id of ids) await mailbox.append({ to, partition: 0, id, dedupe: false, body: '{"a":[1]}' });
      await mailbox.append({ to, partition: 0, id: 'order-1~f2/3/0', dedupe: true, body: '{"a":[1]}' });
      const taken = await readAll(0, ids.length + 1);
      expect(taken.map((message) => message.id)).toEqual([...ids, 'order-1~f2/3/0']);
      expect(new Set(bodiesOf(taken))).toEqual(new Set(['{"a":[1]}']));
    });

    test('gives old messages and then new ones, without a gap', async () => {
      await appendAll(mailbox, 2, { bodies: numbered(300) });
      const during = appendAll(mailbox, 2, { bodies: numbered(300, 300), prefix: 'during' });
      const { inbox } = await read(2);
      await during;
      await appendAll(mailbox, 2, { bodies: numbered(300, 600), prefix: 'after' });
      await until(() => inbox.taken.length >= 900);
      expect(bodiesOf(inbox.taken)).toEqual(numbered(900));
    });

    test('gives a message appended to a partition that was empty when the reading began', async () => {
      const { inbox } = await read(5);
      await append(4, 'elsewhere');
      await append(5, 'here');
      await until(() => inbox.taken.length > 0);
      expect(inbox.taken.map((message) => message.id)).toEqual(['here']);
    });

    test('starts at a sequence, which may be one of another partition', async () => {
      for (let n = 0; n < 6; n++) await append(n % 2, `i${n}`);
      const all = await readAll(0, 3);
      const second = all[1]?.sequence ?? 0;
      const { inbox: from } = await read(0, { sequence: second });
      const { inbox: after } = await read(0, { sequence: second + 1 });
      await until(() => from.taken.length >= 2 && after.taken.length >= 1);
      expect(from.taken).toEqual(all.slice(1));
      expect(after.taken).toEqual(all.slice(2));
    });

    test('starts after the last message and gives only what comes then', async () => {
      await appendAll(mailbox, 0, { bodies: numbered(3) });
      const { last } = await mailbox.bounds();
      const { inbox } = await read(0, { sequence: last + 1 });
      await append(0, 'new');
      await until(() => inbox.taken.length > 0);
      expect(inbox.taken.map((message) => message.id)).toEqual(['new']);
    });

    test('starts at a time', async () => {
      const { inbox } = await read(0);
      const times = () => new Set(inbox.taken.map((message) => message.time));
      // Times are what the machine makes of them: many may be the same.
      for (let n = 1; times().size < 3; n++) {
        await append(0, `i${n}`);
        await until(() => inbox.taken.length === n);
      }
      const time = [...times()][1] ?? 0;
      const expected = inbox.taken.filter((message) => message.time >= time);
      const { inbox: later } = await read(0, { time });
      await until(() => later.taken.length >= expected.length);
      expect(later.taken).toEqual(expected);
      expect(expected.length).toBeLessThan(inbox.taken.length);
    });

    test('gives each of two readers of a partition everything', async () => {
      await appendAll(mailbox, 0, { bodies: numbered(50) });
      const one = await read(0);
      const other = await read(0);
      await appendAll(mailbox, 0, { bodies: numbered(50, 50), prefix: 'later' });
      await until(() => one.inbox.taken.length >= 100 && other.inbox.taken.length >= 100);
      expect(bodiesOf(one.inbox.taken)).toEqual(numbered(100));
      expect(other.inbox.taken).toEqual(one.inbox.taken);
    });

    test('tells at a sequence exactly what a reader gives', async () => {
      await appendAll(mailbox, 1, { bodies: ['{}', '{"text":"größer"}', '[]'] });
      await mailbox.append({
        to: { kind: 'order', id: 'a' },
        partition: 1,
        id: 'd',
        dedupe: true,
        body: '{}',
      });
      for (const { sequence, time, id } of await readAll(1, 4)) {
        expect(await mailbox.at(1, sequence)).toEqual({ sequence, time, id });
      }
    });

    test('has nothing at sequences of another partition, before the first and after the last', async () => {
      await append(0, 'zero');
      await append(10, 'ten');
      const [message] = await readAll(10, 1);
      const sequence = message?.sequence ?? 0;
      const { first, last } = await mailbox.bounds();
      expect(await mailbox.at(1, sequence)).toBeUndefined();
      expect(await mailbox.at(0, sequence)).toBeUndefined();
      expect(await mailbox.at(10, sequence)).toMatchObject({ id: 'ten' });
      expect(await mailbox.at(0, first - 1)).toBeUndefined();
      expect(await mailbox.at(10, last + 1)).toBeUndefined();
    });

    test('knows its bounds', async () => {
      expect(await mailbox.bounds()).toEqual({ first: 0, last: 0 });
      expect(await mailbox.at(0, 1)).toBeUndefined();
      await appendAll(mailbox, 0, { bodies: numbered(5) });
      const taken = await readAll(0, 5);
      expect(await mailbox.bounds()).toEqual({ first: taken[0]?.sequence, last: taken[4]?.sequence });
    });

    test('knows the last message of each partition', async () => {
      expect(await mailbox.last(1)).toBeUndefined();
      await append(1, 'one');
      await append(10, 'ten');
      await append(1, 'one more');
      await append(0, 'zero');
      const last = (await readAll(1, 2)).at(-1);
      expect(await mailbox.last(1)).toMatchObject({
        sequence: last?.sequence,
        time: last?.time,
        id: 'one more',
      });
      expect(await mailbox.last(2)).toBeUndefined();
    });

    test('gives a closed reader nothing more, and loses it without a word', async () => {
      const { inbox: closed, reader } = await read(0);
      await append(0, 'before');
      await until(() => closed.taken.length === 1);
      reader.close();
      reader.close();
      const { inbox: open } = await read(0);
      await appendAll(mailbox, 0, { bodies: numbered(20) });
      await until(() => open.taken.length >= 21);
      expect(closed.taken).toHaveLength(1);
      expect(closed.causes).toEqual([]);
    });

    test('does not call an inbox again that closes its reader while it takes', async () => {
      await appendAll(mailbox, 0, { bodies: numbered(3_000) });
      let calls = 0;
      const opened: Reader[] = [];
      const inbox = { ...collector(), take: () => ((calls += 1), opened[0]?.close()) };
      opened.push(await mailbox.read(0, { sequence: 1 }, inbox));
      await until(() => calls > 0);
      const closedAt = calls;
      await readAll(0, 3_000);
      expect(calls).toBe(closedAt);
    });

    test('keeps large bodies and every character', async () => {
      const bodies = [
        JSON.stringify({ text: 'x'.repeat(200_000) }),
        JSON.stringify({ text: 'äöü ß € 漢字 🚚\u0000\u2028\r\n"\\' }),
        JSON.stringify({ text: '🚚'.repeat(50_000) }),
        '{\n  "pretty": true\r\n}',
      ];
      await appendAll(mailbox, 0, { bodies });
      expect(bodiesOf(await readAll(0, bodies.length))).toEqual(bodies);
    });

    test('takes 5,000 appends at once', async () => {
      const { inbox } = await read(0);
      await appendAll(mailbox, 0, { bodies: numbered(5_000) });
      await until(() => inbox.taken.length >= 5_000);
      expect(bodiesOf(inbox.taken)).toEqual(numbered(5_000));
      const sequences = inbox.taken.map((message) => message.sequence);
      expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    });

    test('does not flood a slow inbox, and gives it everything later', async () => {
      const pad = 'x'.repeat(1_000);
      const bodies = numbered(12_000).map((body) => `[${body},"${pad}"]`);
      for (let from = 0; from < bodies.length; from += 3_000) {
        await appendAll(mailbox, 0, { bodies: bodies.slice(from, from + 3_000), prefix: `p${from}` });
      }
      let workedOff = 0;
      const slow = collector(() => workedOff);
      readers.push(await mailbox.read(0, { sequence: 1 }, slow));
      await readAll(0, bodies.length);
      expect(slow.taken.length).toBeLessThan(bodies.length);
      await until(() => {
        workedOff = slow.taken.length;
        return workedOff >= bodies.length;
      });
      expect(bodiesOf(slow.taken)).toEqual(bodies);
    });
  });
}
