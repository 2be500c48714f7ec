/**
 * The simulated JetStream: one stream of numbered messages for all partitions, with a duplicate window. It
 * may lose its tail and use the numbers again (R7). Network and processes are not its business.
 */
import { RetryableError } from '../../runtime/errors.ts';
import type { Clock, Inbox, Mailbox, Position, Stored } from '../../runtime/ports.ts';
import { step } from '../../persistence/memory/step.ts';

type Entry = Stored & { readonly partition: number; readonly dedupe: boolean };

interface Reading {
  readonly partition: number;
  readonly inbox: Inbox;
}

export class Broker implements Mailbox {
  readonly #clock: Clock;
  readonly #windowMs: number;
  #entries: Entry[] = [];
  /** The tail is lost, and with it what it knew of ids. */
  #window = new Map<string, number>();
  readonly #readings = new Set<Reading>();
  #time = 0;

  constructor(clock: Clock, windowMs: number) {
    this.#clock = clock;
    this.#windowMs = windowMs;
  }

  append({ partition, id, dedupe, body }: Parameters<Mailbox['append']>[0]): Promise<void> {
    return step(() => {
      this.#time = Math.max(this.#time, this.#clock.now());
      if (dedupe && (this.#window.get(id) ?? -Infinity) > this.#time - this.#windowMs) return;
      if (dedupe) this.#window.set(id, this.#time);
      const sequence = (this.#entries.at(-1)?.sequence ?? 0) + 1;
      const entry = { sequence, time: this.#time, id, body, partition, dedupe };
      this.#entries.push(entry);
      for (const reading of this.#readings) if (reading.partition === partition) reading.inbox.take([entry]);
    });
  }

  at(partition: number, sequence: number): ReturnType<Mailbox['at']> {
    return step(() => {
      const entry = this.#entries[sequence - 1];
      return entry?.partition === partition ? entry : undefined;
    });
  }

  bounds(): ReturnType<Mailbox['bounds']> {
    return step(() => ({
      first: this.#entries[0]?.sequence ?? 0,
      last: this.#entries.at(-1)?.sequence ?? 0,
    }));
  }

  read(
    partition: number,
    from: { sequence: number } | { time: number },
    inbox: Inbox,
  ): ReturnType<Mailbox['read']> {
    return step(() => {
      const isWanted = (entry: Entry): boolean =>
        entry.partition === partition &&
        ('sequence' in from ? entry.sequence >= from.sequence : entry.time >= from.time);
      const reading = { partition, inbox };
      this.#readings.add(reading);
      const old = this.#entries.filter(isWanted);
      if (old.length > 0) inbox.take(old);
      return { close: () => void this.#readings.delete(reading) };
    });
  }

  last(partition: number): ReturnType<Mailbox['last']> {
    return step(() => this.#entries.findLast((entry) => entry.partition === partition));
  }

  /** The last sequence of a partition; 0 if there is none. */
  lastOf(partition: number): number {
    return this.#entries.findLast((entry) => entry.partition === partition)?.sequence ?? 0;
  }

  /** Whether the message at a position is the one that was there. */
  has(partition: number, { sequence, time, id }: Position): boolean {
    const entry = this.#entries[sequence - 1];
    return entry?.partition === partition && entry.time === time && entry.id === id;
  }

  /** Whether a message from another actor with this id is still to be read after a sequence. */
  holds(partition: number, after: number, id: string): boolean {
    return this.#entries.slice(after).some((entry) => entry.partition === partition && entry.id === id);
  }

  loseTail(count: number): void {
    this.#entries.splice(Math.max(0, this.#entries.length - count));
    const kept = this.#entries.filter(({ dedupe }) => dedupe);
    this.#window = new Map(kept.map(({ id, time }) => [id, time]));
    // Of what is lost it does not know the time either.
    this.#time = this.#entries.at(-1)?.time ?? 0;
    for (const { inbox } of [...this.#readings]) inbox.lost(new RetryableError('the broker has crashed'));
    this.#readings.clear();
  }
}
