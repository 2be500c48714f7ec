/**
 * Appends to a stream: core publishes whose PubAcks all come to one inbox, `<inbox>.<number>`, and are
 * counted here. Several times faster than the client's own `js.publish`.
 */
import { createInbox, headers, type Msg, NatsError } from 'nats';
import { messageOf, RetryableError, TerminalError } from '../../runtime/errors.ts';
import type { Link } from './link.ts';

export interface Publisher {
  /**
   * Resolves when the stream has it. Rejects with `RetryableError`: effect `none` when it was not sent or was
   * refused, `unknown` when nothing answers in time or the connection breaks meanwhile. `messageId` asks for
   * deduplication.
   */
  publish(subject: string, payload: string, messageId?: string): Promise<void>;
  close(): void;
}

interface Waiting {
  resolve(): void;
  reject(error: Error): void;
  /** The sweep that gives up on it. */
  sweep: number;
}

interface Queued {
  readonly number: number;
  readonly subject: string;
  readonly payload: string;
  readonly messageId: string | undefined;
}

const sweepsPerTimeout = 10;

export function createPublisher(
  link: Link,
  options: { timeoutMs: number; onNoResponders(): void },
): Publisher {
  const inbox = createInbox();
  const waiting = new Map<number, Waiting>();
  let lastNumber = 0;
  let sweeps = 0;

  function acknowledge(message: Msg): void {
    const number = Number(message.subject.slice(inbox.length + 1));
    const publish = waiting.get(number);
    // None: it was given up.
    if (publish === undefined) return;
    waiting.delete(number);
    const refusal = refusalOf(message);
    if (refusal === undefined) {
      publish.resolve();
      return;
    }
    if (message.data.length === 0) options.onNoResponders();
    publish.reject(refusal);
  }

  function giveUp(cause: RetryableError): void {
    for (const publish of waiting.values()) publish.reject(cause);
    waiting.clear();
  }

  /** One timer for all. They wait in the order of their publishing, so the first that may stay ends the sweep. */
  function sweep(): void {
    sweeps += 1;
    for (const [number, publish] of waiting) {
      if (publish.sweep > sweeps) return;
      waiting.delete(number);
      publish.reject(new RetryableError(`no acknowledgement within ${options.timeoutMs} ms`));
    }
  }

  const timer = setInterval(sweep, options.timeoutMs / sweepsPerTimeout).unref();
  const stopWatching = link.onDown(giveUp);
  const subscription = link.connection.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (error === null) acknowledge(message);
    },
  });

  const send = createSender(link, inbox, (number, error) => {
    waiting.get(number)?.reject(error);
    waiting.delete(number);
  });

  return {
    publish(subject, payload, messageId) {
      if (!link.isUp())
        return Promise.reject(new RetryableError('not connected to NATS', { effect: 'none' }));
      const number = ++lastNumber;
      send({ number, subject, payload, messageId });
      return new Promise((resolve, reject) => {
        waiting.set(number, { resolve, reject, sweep: sweeps + sweepsPerTimeout + 1 });
      });
    },
    close() {
      clearInterval(timer);
      stopWatching();
      subscription.unsubscribe();
      giveUp(new RetryableError('the connection to NATS was closed'));
    },
  };
}

/** Gathers what is published in one turn of the event loop: one write to the socket instead of one each. */
function createSender(
  link: Link,
  inbox: string,
  refuse: (number: number, error: Error) => void,
): (publish: Queued) => void {
  let queue: Queued[] = [];

  function flush(): void {
    const queued = queue;
    queue = [];
    // Not while disconnected: the client would keep them, and send them whenever it comes back. They are given up.
    if (!link.isUp()) return;
    for (const { number, subject, payload, messageId } of queued) {
      try {
        link.connection.publish(subject, payload, {
          reply: `${inbox}.${number}`,
          ...(messageId === undefined ? {} : { headers: deduplicated(messageId) }),
        });
      } catch (error) {
        refuse(number, refusedByClient(error));
      }
    }
  }

  return (publish) => {
    if (queue.length === 0) setImmediate(flush);
    queue.push(publish);
  };
}

function deduplicated(messageId: string) {
  const all = headers();
  all.set('Nats-Msg-Id', messageId);
  return all;
}

const letterS = 's'.charCodeAt(0);

/** An acknowledgement begins with `{"stream"`, a refusal with `{"error"`; no stream at all is an empty 503. */
function refusalOf(message: Msg): RetryableError | undefined {
  const { data } = message;
  if (data[2] === letterS) return undefined;
  if (data.length === 0) return new RetryableError('no stream takes this subject', { effect: 'none' });
  const text = message.string();
  if (!text.includes('"error"')) return undefined;
  const description = /"description":"([^"]*)/.exec(text)?.[1] ?? text;
  return new RetryableError(`JetStream refused the message: ${description}`, { effect: 'none' });
}

function refusedByClient(error: unknown): Error {
  const code = error instanceof NatsError ? error.code : '';
  if (code === 'MAX_PAYLOAD_EXCEEDED') {
    return new TerminalError('the message is larger than the NATS server takes', { cause: error });
  }
  if (code === 'BAD_HEADER') return new TerminalError('the id does not fit a header', { cause: error });
  return new RetryableError(messageOf(error), { cause: error, effect: 'none' });
}
