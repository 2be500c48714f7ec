/**
 * The mailbox's time, as far as this node knows it. Ids made here are stamped with it: whether one is too old to
 * be run is decided in mailbox time (R6), and this node's clock may be another one, or may have been set back.
 *
 * A guess is enough. The fold runs a made id only near its stamp, so a wrong one costs a second try, never a
 * second run.
 */
import type { Clock } from './ports.ts';

export interface MailboxClock {
  /** ms */
  now(): number;
  /** How far it is ahead of this node's clock, ms; below 0: behind. */
  aheadMs(): number;
  /** A message with this time stands in the mailbox. */
  seen(time: number): void;
  /** The mailbox gave this time to what was sent when this node's clock showed `sentAt`. */
  compared(sentAt: number, time: number): void;
}

export function createMailboxClock(clock: Clock): MailboxClock {
  let offsetMs = 0;
  let latest = 0;
  const now = (): number => Math.max(latest, clock.now() + offsetMs);
  return {
    now,
    aheadMs: () => now() - clock.now(),
    seen(time) {
      latest = Math.max(latest, time);
    },
    compared(sentAt, time) {
      offsetMs = time - sentAt;
      latest = time;
    },
  };
}
