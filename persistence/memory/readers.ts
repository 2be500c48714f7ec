/**
 * Readers of a mailbox in the same process. A reader that is behind pulls bounded pages; one that has caught
 * up is handed what was appended without reading it again. It is always one or the other, and `next` decides
 * which messages are due, so there are neither gaps nor repeats.
 */
import { RetryableError, messageOf } from '../../runtime/errors.ts';
import type { Clock, Inbox, Reader, Stored } from '../../runtime/ports.ts';

const pageMax = 500;
const backlogMax = 1_000;
const pollMs = 5;

export interface ReaderSource {
  readonly clock: Clock;
  /** The messages of a partition from a sequence on, in order; reads only what is stored for good. */
  page(partition: number, from: number, limit: number): Stored[];
  /** Runs the action after the present one, so that long catching up does not starve others. */
  later(action: () => void): void;
}

export interface Readers {
  readonly open: (partition: number, from: number, inbox: Inbox) => Reader;
  /** To be called once for all that has just been stored in a partition, before anything else is stored. */
  readonly wake: (partition: number, messages: readonly Stored[]) => void;
  readonly close: () => void;
}

interface TailReader extends Reader {
  wake(messages: readonly Stored[]): void;
}

export function createReaders(source: ReaderSource): Readers {
  const readers = new Map<number, Set<TailReader>>();

  return {
    open(partition, from, inbox) {
      const group = readers.get(partition) ?? new Set();
      readers.set(partition, group);
      const reader = createReader(source, { partition, from, inbox, onClose: () => group.delete(reader) });
      group.add(reader);
      return reader;
    },
    wake(partition, messages) {
      for (const reader of readers.get(partition) ?? []) reader.wake(messages);
    },
    close() {
      for (const group of readers.values()) for (const reader of group) reader.close();
    },
  };
}

interface ReaderStart {
  readonly partition: number;
  readonly from: number;
  readonly inbox: Inbox;
  readonly onClose: () => void;
}

function createReader(source: ReaderSource, { partition, from, inbox, onClose }: ReaderStart): TailReader {
  let next = from;
  let caughtUp = false;
  let closed = false;
  let cancelPoll = (): void => undefined;

  function close(): void {
    closed = true;
    cancelPoll();
    onClose();
  }

  function hand(messages: readonly Stored[]): void {
    const last = messages.at(-1);
    if (last === undefined) return;
    next = last.sequence + 1;
    inbox.take(messages);
  }

  function catchUp(): void {
    if (closed) return;
    if (inbox.backlog() > backlogMax) {
      cancelPoll = source.clock.after(pollMs, catchUp);
      return;
    }
    const messages = nextPage();
    if (messages === undefined) return;
    caughtUp = messages.length < pageMax;
    if (!caughtUp) source.later(catchUp);
    hand(messages);
  }

  function nextPage(): Stored[] | undefined {
    try {
      return source.page(partition, next, pageMax);
    } catch (cause) {
      close();
      inbox.lost(new RetryableError(`the mailbox cannot be read: ${messageOf(cause)}`, { cause }));
      return undefined;
    }
  }

  source.later(catchUp);
  return {
    close,
    wake(messages) {
      if (!caughtUp || closed) return;
      if (inbox.backlog() > backlogMax) {
        caughtUp = false;
        catchUp();
        return;
      }
      hand(messages.filter(({ sequence }) => sequence >= next));
    },
  };
}
