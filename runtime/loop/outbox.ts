/**
 * Committed messages on their way to other partitions (R4). An entry stays until the receiver's counter has
 * reached it: the counter is the acknowledgement, the broker only the road.
 */
import type { OutboxEntry } from '../core/draft.ts';
import { messageSchema } from '../message.ts';
import type { ChannelEntry, Clock, Mailbox } from '../ports.ts';

interface Sending {
  readonly entry: OutboxEntry;
  sentAt: number;
  tries: number;
  failed: boolean;
}

export interface Outbox {
  /** Publishes, in order. */
  add(entries: readonly OutboxEntry[]): void;
  /** At takeover and after every reconnect: all of it again. */
  republish(): void;
  /** Publishes what failed, and the head of each channel that the receiver has not counted for too long. */
  tick(): void;
  /** The receivers that entries are waiting for. */
  channels(): number[];
  /** Entries that wait. */
  size(): number;
  /** Notes how far the receivers have counted. */
  counted(received: Readonly<Record<number, number>>): void;
  /** What the next commit may drop: up to which number, per channel. */
  droppable(): Record<number, number>;
  dropped(upTo: Readonly<Record<number, number>>): void;
}

export function createOutbox(given: { mailbox: Mailbox; clock: Clock; resendMs: number }): Outbox {
  const { mailbox, clock, resendMs } = given;
  const channels = new Map<number, Sending[]>();
  const received = new Map<number, number>();

  function publish(sending: Sending): void {
    const { channel, to, id, body } = sending.entry;
    sending.sentAt = clock.now();
    sending.tries += 1;
    sending.failed = false;
    mailbox.append({ to, partition: channel, id, dedupe: true, body }).catch(() => (sending.failed = true));
  }

  return {
    add(entries) {
      for (const entry of entries) {
        const sending = { entry, sentAt: 0, tries: 0, failed: false };
        const channel = channels.get(entry.channel);
        if (channel === undefined) channels.set(entry.channel, [sending]);
        else channel.push(sending);
        publish(sending);
      }
    },
    republish() {
      for (const channel of channels.values()) channel.forEach(publish);
    },
    tick() {
      const now = clock.now();
      for (const [receiver, channel] of channels) {
        channel.filter((sending) => sending.failed).forEach(publish);
        const head = channel.find(({ entry }) => entry.number > (received.get(receiver) ?? 0));
        if (head !== undefined && now - head.sentAt > resendMs * 2 ** Math.min(head.tries - 1, 6))
          publish(head);
      }
    },
    channels: () => [...channels.keys()],
    size: () => [...channels.values()].reduce((sum, { length }) => sum + length, 0),
    counted(numbers) {
      for (const [receiver, number] of Object.entries(numbers)) received.set(Number(receiver), number);
    },
    droppable() {
      const upTo: Record<number, number> = {};
      for (const [receiver, channel] of channels) {
        const number = received.get(receiver) ?? 0;
        if ((channel[0]?.entry.number ?? Infinity) <= number) upTo[receiver] = number;
      }
      return upTo;
    },
    dropped(upTo) {
      for (const [receiver, number] of Object.entries(upTo)) {
        const rest = (channels.get(Number(receiver)) ?? []).filter(({ entry }) => entry.number > number);
        if (rest.length === 0) channels.delete(Number(receiver));
        else channels.set(Number(receiver), rest);
      }
    },
  };
}

/** As the store has it, and where it goes. */
export function outboxEntry(entry: ChannelEntry): OutboxEntry {
  const message = messageSchema.parse(JSON.parse(entry.body));
  if (message.from !== 'actor') throw new Error('only messages between actors stand in an outbox');
  return { ...entry, to: message.to, id: message.id };
}
