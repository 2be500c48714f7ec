/** What every road for replies must do while it is up. `open` gives two ends that can reach each other. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Replies } from '../../runtime/ports.ts';
import { until } from './mailbox.ts';

type Open = () => Promise<{ one: Replies; other: Replies; close: () => Promise<void> }>;

export function repliesContract(name: string, open: Open): void {
  describe(`replies: ${name}`, () => {
    let one: Replies;
    let other: Replies;
    let close: () => Promise<void>;

    beforeEach(async () => {
      ({ one, other, close } = await open());
    });

    afterEach(async () => {
      await close();
    });

    function heard(end: Replies): [number, string][] {
      const replies: [number, string][] = [];
      end.listen((number, body) => void replies.push([number, body]));
      return replies;
    }

    test('have different addresses at the two ends', () => {
      expect(one.address).not.toBe(other.address);
    });

    test('reach the end that is addressed, and only that', async () => {
      const atOne = heard(one);
      const atOther = heard(other);
      one.send(other.address, 7, '{"from":"one"}');
      other.send(one.address, 0, '{"from":"other"}');
      await until(() => atOne.length > 0 && atOther.length > 0);
      expect(atOther).toEqual([[7, '{"from":"one"}']]);
      expect(atOne).toEqual([[0, '{"from":"other"}']]);
    });

    test('reach the sender itself', async () => {
      const atOne = heard(one);
      one.send(one.address, 1, '{"n":1}');
      one.send(one.address, 2, '');
      await until(() => atOne.length >= 2);
      expect(atOne).toEqual([
        [1, '{"n":1}'],
        [2, ''],
      ]);
    });

    test('keep large numbers, empty bodies, large bodies and every character', async () => {
      const atOther = heard(other);
      const sent: [number, string][] = [
        [Number.MAX_SAFE_INTEGER, ''],
        [1, JSON.stringify({ text: 'ß € 漢字 🚚 \u2028' })],
        [2, JSON.stringify({ text: 'x'.repeat(200_000) })],
      ];
      for (const [number, body] of sent) one.send(other.address, number, body);
      await until(() => atOther.length >= sent.length);
      expect(atOther).toEqual(sent);
    });

    test('arrive when thousands are sent in one tick', async () => {
      const atOther = heard(other);
      const numbers = Array.from({ length: 5_000 }, (_, n) => n);
      for (const n of numbers) one.send(other.address, n, `{"n":${n}}`);
      await until(() => atOther.length >= numbers.length);
      expect(atOther.map(([number]) => number)).toEqual(numbers);
    });

    test('to a node that is gone are dropped', async () => {
      const atOther = heard(other);
      one.send('gone', 1, '{}');
      one.send(other.address, 2, '{}');
      await until(() => atOther.length > 0);
      expect(atOther).toEqual([[2, '{}']]);
    });
  });
}
