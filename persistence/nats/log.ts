/**
 * The journal and the dead letters: a stream each, an actor's entries under its own subject. They are read
 * with a pull consumer that lives for one page: its creation says how many entries there are to fetch.
 */
import { type ConsumerConfig, type ConsumerInfo, createInbox, type Msg, type StreamInfo } from 'nats';
import { RetryableError } from '../../runtime/errors.ts';
import type { Log, LogEntry } from '../../runtime/ports.ts';
import { callApi, nanosPerMs } from './api.ts';
import { deliveryReader } from './delivery.ts';
import { findStart, mostOf } from './find-start.ts';
import type { Link } from './link.ts';
import type { Publisher } from './publisher.ts';

export function createLog(link: Link, publisher: Publisher, names: { subject: string; stream: string }): Log {
  const subjectOf = (of: { kind: string; id: string }) => `${names.subject}.${of.kind}.${of.id}`;
  return {
    append: ({ to, id, body }) => publisher.publish(subjectOf(to), body, id),

    read: (of, after, limit) => page({ subject: subjectOf(of), after, limit }),
    readBack: (of, before, limit) => pageBack({ subject: subjectOf(of), before, limit }),
    readAll: (after, limit, maxChars) => page({ after, limit, maxChars }),
    bounds,

    // The servers hand what is published to a stream to whoever has subscribed as well.
    watch(listener) {
      const subscription = link.connection.subscribe(`${names.subject}.>`, { callback: listener });
      return () => subscription.unsubscribe();
    },
  };

  async function bounds(): Promise<{ first: number; last: number }> {
    const { state } = await callApi<StreamInfo>(link, `STREAM.INFO.${names.stream}`);
    return state.last_seq === 0 ? { first: 0, last: 0 } : { first: state.first_seq, last: state.last_seq };
  }

  function page({ subject, after, limit, maxChars }: Page): Promise<LogEntry[]> {
    return withConsumer(pageConfig(subject, after), async (path, pending) => {
      const count = Math.min(limit, pending);
      return count <= 0 ? [] : fetchPage(link, path, { count, maxChars });
    });
  }

  /** JetStream reads only forwards: first it is found where to begin. */
  async function pageBack({ subject, before, limit }: PageBack): Promise<LogEntry[]> {
    const { first, last } = await bounds();
    const end = Math.min(before, last + 1);
    if (end <= first) return [];
    const countFrom = (sequence: number): Promise<number> =>
      withConsumer(pageConfig(subject, sequence - 1), (_, pending) => Promise.resolve(pending));
    const start = await findStart(countFrom, { first, end, limit });
    const entries = await page({ subject, after: start - 1, limit: mostOf(limit) });
    const found = entries.filter(({ sequence }) => sequence < end).slice(-limit);
    const missing = limit - found.length;
    // What was appended during the search was counted too.
    const rest = missing > 0 ? await pageBack({ subject, before: start, limit: missing }) : [];
    return [...found.reverse(), ...rest];
  }

  async function withConsumer<Result>(
    config: ReturnType<typeof pageConfig>,
    use: (path: string, pending: number) => Promise<Result>,
  ): Promise<Result> {
    const consumer = await callApi<ConsumerInfo>(link, `CONSUMER.CREATE.${names.stream}`, {
      stream_name: names.stream,
      config,
    });
    const path = `${names.stream}.${consumer.name}`;
    try {
      return await use(path, consumer.num_pending);
    } finally {
      if (link.isUp()) link.connection.publish(`$JS.API.CONSUMER.DELETE.${path}`);
    }
  }
}

interface Page {
  /** Absent: all that the stream has. */
  readonly subject?: string;
  readonly after: number;
  readonly limit: number;
  readonly maxChars?: number | undefined;
}

interface PageBack {
  readonly subject: string;
  readonly before: number;
  readonly limit: number;
}

/**
 * A filter that all subjects match would be the same, but the server then looks at every message from the start on
 * to tell how many there are: 165 ms for 700,000, and without a filter half a millisecond (nats-server 2.9.10).
 */
function pageConfig(
  subject: string | undefined,
  after: number,
): Partial<Record<keyof ConsumerConfig, unknown>> {
  return {
    ...(subject === undefined ? {} : { filter_subject: subject }),
    deliver_policy: 'by_start_sequence',
    opt_start_seq: after + 1,
    ack_policy: 'none',
    replay_policy: 'instant',
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: 10_000 * nanosPerMs,
  };
}

/** JetStream gives nothing that is beyond `max_bytes`, not even one: then two are fetched whatever their size. */
async function fetchPage(
  link: Link,
  path: string,
  { count, maxChars }: { count: number; maxChars: number | undefined },
): Promise<LogEntry[]> {
  if (maxChars === undefined) return fetchEntries(link, path, { batch: count });
  const found = await fetchEntries(link, path, { batch: count, max_bytes: maxChars });
  const missing = Math.min(count, 2) - found.length;
  return missing <= 0 ? found : [...found, ...(await fetchEntries(link, path, { batch: missing }))];
}

const fetchTimeoutMs = 5_000;

interface Demand {
  readonly batch: number;
  readonly max_bytes?: number;
}

/** Resolves with fewer than asked when JetStream says that there are no more, or no more that fit. */
function fetchEntries(link: Link, path: string, asked: Demand): Promise<LogEntry[]> {
  return new Promise((resolve, reject) => {
    if (!link.isUp()) {
      reject(new RetryableError('not connected to NATS'));
      return;
    }
    const inbox = createInbox();
    const readDelivery = deliveryReader();
    const entries: LogEntry[] = [];
    const timer = setTimeout(() => fail(new RetryableError('the log did not answer')), fetchTimeoutMs);
    const stopWatching = link.onDown(fail);
    const subscription = link.connection.subscribe(inbox, {
      callback: (error, message) => (error === null ? receive(message) : fail(error)),
    });

    function receive(message: Msg): void {
      const isEnd = message.reply === undefined || message.reply === '';
      if (!isEnd) entries.push(entryOf(message, readDelivery));
      if (!isEnd && entries.length < asked.batch) return;
      end();
      resolve(entries);
    }

    function fail(cause: Error): void {
      end();
      reject(cause);
    }

    function end(): void {
      clearTimeout(timer);
      stopWatching();
      subscription.unsubscribe();
    }

    const demand = JSON.stringify({ ...asked, no_wait: true });
    link.connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${path}`, demand, { reply: inbox });
  });
}

function entryOf(message: Msg, readDelivery: ReturnType<typeof deliveryReader>): LogEntry {
  const { sequence, time } = readDelivery(message.reply ?? '');
  return { sequence, time, body: message.string() };
}
