/** What every log must do. `open` gives a fresh, empty one. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../persistence/system.ts';
import type { Log } from '../../runtime/ports.ts';
import { createFeed } from '../../runtime/reading/feed.ts';
import { until } from '../support/until.ts';
import { seeded } from './mailbox.ts';

type Open = () => Promise<{ log: Log; close: () => Promise<void> }>;

const order = { kind: 'order', id: 'order-1' };

export function logContract(name: string, open: Open): void {
  describe(`log: ${name}`, () => {
    let log: Log;
    let close: () => Promise<void>;

    beforeEach(async () => {
      ({ log, close } = await open());
    });

    afterEach(async () => {
      await close();
    });

    async function bodies(of = order, after = 0, limit = 1_000): Promise<string[]> {
      return (await log.read(of, after, limit)).map((entry) => entry.body);
    }

    test('gives an actor’s entries, oldest first, with growing sequences and their time', async () => {
      const before = Date.now();
      await Promise.all(['a', 'b', 'c'].map((id) => log.append({ to: order, id, body: `{"id":"${id}"}` })));
      const entries = await log.read(order, 0, 10);
      expect(entries.map((entry) => entry.body)).toEqual(['{"id":"a"}', '{"id":"b"}', '{"id":"c"}']);
      const sequences = entries.map((entry) => entry.sequence);
      expect(sequences).toEqual([...new Set(sequences)].toSorted((a, b) => a - b));
      for (const { sequence, time } of entries) {
        expect(sequence).toBeGreaterThan(0);
        expect(Number.isInteger(time)).toBe(true);
        expect(time).toBeGreaterThanOrEqual(before - 1_000);
      }
    });

    test('is empty for an actor without entries', async () => {
      await log.append({ to: order, id: 'a', body: '{}' });
      expect(await log.read({ kind: 'order', id: 'order-2' }, 0, 10)).toEqual([]);
      expect(await log.read({ kind: 'payment', id: 'order-1' }, 0, 10)).toEqual([]);
    });

    test('gives a page at a time', async () => {
      const texts = Array.from({ length: 25 }, (_, n) => `{"n":${n}}`);
      await Promise.all(texts.map((body, n) => log.append({ to: order, id: `e${n}`, body })));
      const pages: string[] = [];
      let after = 0;
      for (const expected of [10, 10, 5, 0]) {
        const page = await log.read(order, after, 10);
        expect(page).toHaveLength(expected);
        pages.push(...page.map((entry) => entry.body));
        after = page.at(-1)?.sequence ?? after;
      }
      expect(pages).toEqual(texts);
    });

    test('gives a page at a time backwards, newest first', async () => {
      const texts = Array.from({ length: 25 }, (_, n) => `{"n":${n}}`);
      await Promise.all(texts.map((body, n) => log.append({ to: order, id: `e${n}`, body })));
      const pages: string[] = [];
      let before = Number.MAX_SAFE_INTEGER;
      for (const expected of [10, 10, 5, 0]) {
        const page = await log.readBack(order, before, 10);
        expect(page).toHaveLength(expected);
        pages.push(...page.map((entry) => entry.body));
        before = page.at(-1)?.sequence ?? before;
      }
      expect(pages).toEqual(texts.toReversed());
      expect(await log.readBack({ kind: 'order', id: 'order-2' }, before, 10)).toEqual([]);
    });

    test('goes back from any place, over entries of others, many and few', async () => {
      // Its entries lie close together, far apart, and not at all for long.
      const isOurs = (n: number): boolean => n < 40 || (n < 400 && n % 50 === 0) || (n > 900 && n % 3 === 0);
      const appended = Array.from({ length: 1_000 }, (_, n) => {
        const to = isOurs(n) ? order : { kind: 'order', id: `other-${n % 7}` };
        return log.append({ to, id: `e${n}`, body: `${n}` });
      });
      await Promise.all(appended);
      const all = await log.read(order, 0, 1_000);
      expect(all.length).toBeGreaterThan(70);
      for (const limit of [1, 3, 10, 1_000]) {
        for (const [place, { sequence }] of all.entries()) {
          if (place % 6 > 1 && place < all.length - 1) continue;
          const expected = all.slice(Math.max(0, place - limit), place).reverse();
          expect(await log.readBack(order, sequence, limit)).toEqual(expected);
          const withIt = all.slice(Math.max(0, place + 1 - limit), place + 1).reverse();
          expect(await log.readBack(order, sequence + 1, limit)).toEqual(withIt);
        }
      }
    });

    test('goes back while more is appended', async () => {
      for (let n = 0; n < 60; n++) await log.append({ to: order, id: `e${n}`, body: `${n}` });
      const before = (await log.read(order, 0, 60))[45]?.sequence ?? 0;
      let isOver = false;
      async function appendOn(of: string): Promise<void> {
        for (let n = 0; !isOver; n++) await log.append({ to: order, id: `${of}-${n}`, body: '' });
      }
      const appending = Array.from({ length: 20 }, (_, n) => appendOn(`more${n}`));
      try {
        for (let round = 0; round < 20; round++) {
          const page = await log.readBack(order, before, 5);
          expect(page.map(({ body }) => body)).toEqual(['44', '43', '42', '41', '40']);
        }
      } finally {
        isOver = true;
        await Promise.all(appending);
      }
    });

    test('sees what is appended after it has been read', async () => {
      await log.append({ to: order, id: 'a', body: '{"n":1}' });
      const [first] = await log.read(order, 0, 10);
      expect(await bodies(order, first?.sequence)).toEqual([]);
      await log.append({ to: order, id: 'b', body: '{"n":2}' });
      expect(await bodies(order, first?.sequence)).toEqual(['{"n":2}']);
    });

    test('drops an entry with an id that it has', async () => {
      await log.append({ to: order, id: 'order-1/4/j', body: '{"n":1}' });
      await log.append({ to: order, id: 'order-1/4/j', body: '{"n":1}' });
      await log.append({ to: order, id: 'order-1/5/j', body: '{"n":2}' });
      expect(await bodies()).toEqual(['{"n":1}', '{"n":2}']);
    });

    test('tells actors with similar ids apart', async () => {
      const ids = ['a', 'a~f2', 'a#1', 'a:b', 'a-b', 'a_b', 'A', '-a', '_', '9', 'a~', 'a'.repeat(200)];
      const actors = ids.flatMap((id) => ['order', 'stockItem'].map((kind) => ({ kind, id })));
      await Promise.all(
        actors.map((to) => log.append({ to, id: `${to.kind}/${to.id}/1`, body: JSON.stringify(to) })),
      );
      for (const actor of actors) expect(await bodies(actor)).toEqual([JSON.stringify(actor)]);
    });

    const { seed, below } = seeded();
    test(`keeps every actor’s own order among others (seed ${seed})`, async () => {
      const expected = new Map<string, string[]>();
      const pending: Promise<void>[] = [];
      for (let n = 0; n < 1_000; n++) {
        const id = `a${below(20)}`;
        const body = `{"n":${n},"pad":"${'y'.repeat(below(200))}"}`;
        expected.set(id, [...(expected.get(id) ?? []), body]);
        pending.push(log.append({ to: { kind: 'order', id }, id: `e${n}`, body }));
      }
      await Promise.all(pending);
      for (const [id, texts] of expected) expect(await bodies({ kind: 'order', id })).toEqual(texts);
    });

    test('keeps large bodies and every character', async () => {
      const texts = [
        JSON.stringify({ text: 'x'.repeat(200_000) }),
        JSON.stringify({ text: 'ß € 漢字 🚚 \u2028' }),
      ];
      for (const [n, body] of texts.entries()) await log.append({ to: order, id: `e${n}`, body });
      expect(await bodies()).toEqual(texts);
    });

    describe('over all actors', () => {
      async function append(...texts: string[]): Promise<void> {
        const entries = texts.map((id, n) => ({ to: { kind: 'order', id: `a${n % 3}` }, id, body: id }));
        await Promise.all(entries.map((entry) => log.append(entry)));
      }

      test('gives entries in the order of their sequences, a page at a time', async () => {
        const texts = Array.from({ length: 25 }, (_, n) => `e${n}`);
        await append(...texts);
        const found: string[] = [];
        let after = 0;
        for (const expected of [10, 10, 5, 0]) {
          const page = await log.readAll(after, 10);
          expect(page).toHaveLength(expected);
          for (const { sequence, body } of page) {
            expect(sequence).toBeGreaterThan(after);
            after = sequence;
            found.push(body);
          }
        }
        expect(found).toEqual(texts);
      });

      test('ends a page early where entries are large, but never before the second', async () => {
        const sizes = [10, 10, 10, 10, 1_500, 1_500, 1_500, 1_500, 9_000, 9_000, 9_000];
        await append(...sizes.map((size, n) => `e${n} ${'x'.repeat(size)}`));
        const all = await log.readAll(0, 100);
        const lengthAfter = async (place: number, limit = 100): Promise<number> => {
          const after = all[place - 1]?.sequence ?? 0;
          const page = await log.readAll(after, limit, 4_000);
          expect(page).toEqual(all.slice(place, place + page.length));
          return page.length;
        };
        expect(await lengthAfter(0)).toBeGreaterThan(3);
        expect(await lengthAfter(0)).toBeLessThan(8);
        expect(await lengthAfter(0, 3)).toBe(3);
        expect(await lengthAfter(8)).toBe(2);
        expect(await lengthAfter(8, 1)).toBe(1);
        expect(await lengthAfter(10)).toBe(1);
        expect(await lengthAfter(11)).toBe(0);
      });

      test('numbers them as for one actor alone', async () => {
        await append('a', 'b', 'c', 'd');
        const all = await log.readAll(0, 10);
        expect(await log.read({ kind: 'order', id: 'a0' }, 0, 10)).toEqual([all[0], all[3]]);
      });

      test('tells where it begins and ends', async () => {
        expect(await log.bounds()).toEqual({ first: 0, last: 0 });
        await append('a', 'b', 'c');
        const sequences = (await log.readAll(0, 10)).map(({ sequence }) => sequence);
        expect(await log.bounds()).toEqual({ first: sequences[0], last: sequences[2] });
        expect(await log.readAll(sequences[2] ?? 0, 10)).toEqual([]);
      });

      test('says that something was stored, as long as somebody wants to know', async () => {
        let calls = 0;
        const stop = log.watch(() => (calls += 1));
        await append('a');
        await until(() => calls > 0);
        stop();
        const before = calls;
        await append('b');
        expect(await log.readAll(0, 10)).toHaveLength(2);
        expect(calls).toBe(before);
      });
    });

    test('can be followed for one actor, from far back and while it is written', async () => {
      const others = { ...order, id: 'others' };
      const ids = (letter: string, count: number): string[] =>
        Array.from({ length: count }, (_, n) => `${letter}${n}`);
      const write = async (to: typeof order, written: string[]): Promise<void> => {
        const bodyOf = (id: string): string => JSON.stringify({ kind: to.kind, actor: to.id, id });
        await Promise.all(written.map((id) => log.append({ to, id, body: bodyOf(id) })));
      };
      await write(order, ['first']);
      await write(others, ids('x', 700));
      const feed = createFeed({ journal: log, clock: systemClock, marginMs: 0 });
      const abort = new AbortController();
      const told: string[] = [];
      const following = (async () => {
        for await (const { entries } of feed.follow({ after: 0, of: order }, abort.signal)) {
          told.push(...entries.map(({ id }) => id));
        }
      })();
      for (const id of ids('o', 20))
        await Promise.all([write(order, [id]), write(others, ids(`${id}-`, 50))]);
      await until(() => told.length > 20);
      abort.abort();
      await following;
      expect(told).toEqual(['first', ...ids('o', 20)]);
    });

    test('answers many readers at once', async () => {
      const ids = Array.from({ length: 50 }, (_, n) => `a${n}`);
      await Promise.all(ids.map((id) => log.append({ to: { kind: 'order', id }, id, body: `"${id}"` })));
      const answers = await Promise.all(ids.map((id) => bodies({ kind: 'order', id })));
      expect(answers).toEqual(ids.map((id) => [`"${id}"`]));
    });
  });
}
