import { expect, test } from 'vitest';
import { defaultOptions as options } from '../../runtime/options.ts';
import { findPosition } from '../../runtime/loop/position.ts';
import type { Mailbox, Position } from '../../runtime/ports.ts';
import type { Memory } from '../../runtime/core/draft.ts';

function verdict(position: Position | undefined, mailbox: { at?: Position; first: number; last: number }) {
  const memory = { position, highWater: position?.time ?? 0 } as Memory;
  const read = {
    at: () => Promise.resolve(mailbox.at),
    bounds: () => Promise.resolve({ first: mailbox.first, last: mailbox.last }),
  } as unknown as Mailbox;
  return findPosition(read, { memory, partition: 0, options });
}

const position = { sequence: 7, time: 1_000_000, id: 'a' };

test('believes a position that agrees in all three parts', async () => {
  expect(await verdict(position, { at: position, first: 1, last: 9 })).toEqual({
    verdict: 'same',
    from: { sequence: 8 },
  });
});

test.each([
  ['another message', { ...position, id: 'b' }],
  ['another time', { ...position, time: 1_000_001 }],
  ['nothing', undefined],
])('reads the last stretch again where %s stands', async (_, at) => {
  const found = await verdict(position, { ...(at === undefined ? {} : { at }), first: 1, last: 9 });
  expect(found).toMatchObject({
    verdict: 'lost-tail',
    from: { time: position.time - options.rereadMarginMs },
  });
});

test('tells retention from loss, and what may have gone unread', async () => {
  expect(await verdict(position, { first: 8, last: 9 })).toMatchObject({ verdict: 'expired', unread: false });
  expect(await verdict(position, { first: 9, last: 9 })).toMatchObject({ verdict: 'expired', unread: true });
});

test('takes an empty partition for new only where the mailbox still has its beginning', async () => {
  expect(await verdict(undefined, { first: 0, last: 0 })).toEqual({ verdict: 'same', from: { sequence: 1 } });
  expect(await verdict(undefined, { first: 1, last: 5 })).toEqual({ verdict: 'same', from: { sequence: 1 } });
  expect(await verdict(undefined, { first: 4, last: 5 })).toEqual({
    verdict: 'expired',
    from: { sequence: 4 },
    unread: true,
  });
});
