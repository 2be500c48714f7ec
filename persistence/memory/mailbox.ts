/** All partitions' messages of a memory server, and a connection's view of them. */
import type { Clock, Mailbox, Position, Stored } from '../../runtime/ports.ts';
import { type Readers, createReaders } from './readers.ts';
import { step } from './step.ts';
import { createWindow } from './window.ts';

type Entry = Parameters<Mailbox['append']>[0];

export interface MemoryMailbox {
  connect(): Mailbox & { close(): void };
}

export function createMemoryMailbox(clock: Clock, windowMs: number): MemoryMailbox {
  const partitions = new Map<number, Stored[]>();
  const connections = new Set<Readers>();
  const window = createWindow(windowMs);
  let sequence = 0;
  let time = 0;

  const messagesOf = (partition: number): Stored[] => partitions.get(partition) ?? [];

  function append({ partition, id, dedupe, body }: Entry): void {
    time = Math.max(time, clock.now());
    if (dedupe && window.has(id, time)) return;
    if (dedupe) window.add(id, time);
    const message = { sequence: ++sequence, time, id, body };
    partitions.set(partition, messagesOf(partition));
    messagesOf(partition).push(message);
    for (const readers of connections) readers.wake(partition, [message]);
  }

  function page(partition: number, from: number, limit: number): Stored[] {
    const messages = messagesOf(partition);
    const start = firstIndex(messages, (message) => message.sequence >= from);
    return messages.slice(start, start + limit);
  }

  function firstSince(partition: number, since: number): number {
    const messages = messagesOf(partition);
    return messages[firstIndex(messages, (message) => message.time >= since)]?.sequence ?? sequence + 1;
  }

  function connect(): Mailbox & { close(): void } {
    const readers = createReaders({ clock, page, later: queueMicrotask });
    connections.add(readers);
    return {
      append: (entry) => step(() => append(entry)),
      at: (partition, place) =>
        step(() => {
          const [found] = page(partition, place, 1);
          return found?.sequence === place ? positionOf(found) : undefined;
        }),
      bounds: () => step(() => ({ first: Math.min(sequence, 1), last: sequence })),
      last: (partition) => step(() => positionOf(messagesOf(partition).at(-1))),
      read: (partition, from, inbox) =>
        step(() => {
          const first = 'sequence' in from ? from.sequence : firstSince(partition, from.time);
          return readers.open(partition, first, inbox);
        }),
      close() {
        connections.delete(readers);
        readers.close();
      },
    };
  }

  return { connect };
}

function positionOf(message: Stored | undefined): Position | undefined {
  return message && { sequence: message.sequence, time: message.time, id: message.id };
}

/** The first index where the condition holds; it must stay true from there on. */
function firstIndex(messages: readonly Stored[], holds: (message: Stored) => boolean): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const message = messages[middle];
    if (message !== undefined && holds(message)) high = middle;
    else low = middle + 1;
  }
  return low;
}
