/** What a node makes of the times that it sees (R6). */
import { expect, test } from 'vitest';
import { createMailboxClock, type MailboxClock } from '../../runtime/mailbox-clock.ts';
import { epoch } from '../support/clock.ts';

interface Own {
  time: number;
}

function clocks(): { own: Own; mailbox: MailboxClock } {
  const own = { time: epoch };
  return { own, mailbox: createMailboxClock({ now: () => own.time, after: () => () => undefined }) };
}

test('is this node’s clock until something else is seen', () => {
  const { own, mailbox } = clocks();
  own.time += 5;
  mailbox.seen(epoch);
  expect([mailbox.now(), mailbox.aheadMs()]).toEqual([epoch + 5, 0]);
});

test('stands still where this node’s clock was set back, as the embedded mailbox does', () => {
  const { own, mailbox } = clocks();
  own.time += 3_600_000;
  mailbox.seen(own.time);
  own.time -= 3_600_000;
  expect([mailbox.now(), mailbox.aheadMs()]).toEqual([epoch + 3_600_000, 3_600_000]);
  own.time += 4_000_000;
  expect([mailbox.now(), mailbox.aheadMs()]).toEqual([own.time, 0]);
});

test('keeps the difference that an answer has told, in both directions', () => {
  const { own, mailbox } = clocks();
  for (const aheadMs of [600_000, -600_000]) {
    mailbox.compared(own.time, own.time + aheadMs);
    own.time += 1_000;
    expect(mailbox.aheadMs()).toBe(aheadMs);
  }
});
