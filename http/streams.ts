/**
 * Server-sent events: text that ends when the client goes, when this process drains, or when what it is made
 * from fails; a client resumes. The client's pace is the stream's: nothing is made that it has not room for.
 */
import { messageOf } from '../runtime/errors.ts';
import type { Clock, Logger } from '../runtime/ports.ts';
import { unavailable } from './edge.ts';

export interface ServerSentEvent {
  readonly id?: number;
  readonly event: string;
  /** JSON text, in one line. */
  readonly data: string;
}

export interface Streams {
  /**
   * Answers with what `events` gives; it should stop when the signal aborts. An empty portion only shows that
   * it lives. Throws `unavailable` if too many are open.
   */
  open(events: (signal: AbortSignal) => AsyncIterable<readonly ServerSentEvent[]>): Response;
  /** Ends all that are open; takes no more. */
  close(): void;
}

export interface StreamOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** How many may be open at once. */
  readonly max?: number;
  /** A comment is sent after so long a silence, so that everybody on the way knows that it lives. */
  readonly heartbeatMs?: number;
}

const defaults = { max: 200, heartbeatMs: 15_000 };
const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Some proxies gather what they pass on.
  'x-accel-buffering': 'no',
};

export function createStreams(options: StreamOptions): Streams {
  const { clock, logger, max, heartbeatMs } = { ...defaults, ...options };
  const open = new Set<AbortController>();
  let isClosed = false;

  return {
    open(events) {
      if (isClosed) throw unavailable('this process is stopping');
      if (open.size >= max)
        throw unavailable(`${max} streams are open, and no more are allowed (WAYBILL_STREAMS_MAX)`);
      const abort = new AbortController();
      open.add(abort);
      abort.signal.addEventListener('abort', () => open.delete(abort));
      const texts = textsOf(events(abort.signal), { clock, heartbeatMs });
      const encoder = new TextEncoder();

      async function pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
        const { done, value } = await texts.next().catch((error: unknown) => {
          // The head is sent: the client sees an end, and asks again from where it was.
          logger.warn({ error: messageOf(error) }, 'a stream of events has ended early');
          return ended;
        });
        if (done !== true && !abort.signal.aborted) {
          controller.enqueue(encoder.encode(value));
          return;
        }
        abort.abort();
        controller.close();
      }

      const body = new ReadableStream<Uint8Array>({ pull, cancel: () => abort.abort() });
      return new Response(body, { headers });
    },
    close() {
      isClosed = true;
      for (const abort of [...open]) abort.abort();
    },
  };
}

const ended = { done: true, value: undefined } as const;
const comment = ':\n\n';

/** With a comment at the beginning, and after each silence. */
async function* textsOf(
  portions: AsyncIterable<readonly ServerSentEvent[]>,
  { clock, heartbeatMs }: { clock: Clock; heartbeatMs: number },
): AsyncGenerator<string, undefined> {
  yield comment;
  const source = portions[Symbol.asyncIterator]();
  let next: ReturnType<typeof source.next> | undefined;
  let silence = silenceOf(clock, heartbeatMs);
  try {
    for (;;) {
      const result = await Promise.race([(next ??= source.next()), silence.ends]);
      if (result !== 'silence') next = undefined;
      if (result !== 'silence' && result.done === true) return undefined;
      const text = result === 'silence' ? comment : result.value.map(eventText).join('');
      // Portions without events come all the time, and are silence too.
      if (text === '') continue;
      silence.cancel();
      yield text;
      silence = silenceOf(clock, heartbeatMs);
    }
  } finally {
    silence.cancel();
  }
}

function silenceOf(clock: Clock, ms: number): { ends: Promise<'silence'>; cancel: () => void } {
  let cancel = (): void => undefined;
  const ends = new Promise<'silence'>((resolve) => {
    cancel = clock.after(ms, () => resolve('silence'));
  });
  return { ends, cancel: () => cancel() };
}

function eventText({ id, event, data }: ServerSentEvent): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`;
}
