/**
 * Server-sent events: text that ends when the client goes, when this process drains, or when what it is made
 * from fails; a client resumes. The client's pace is the stream's: nothing is made that it has not room for.
 */
import { messageOf } from '../runtime/errors.ts';
import type { Clock, Logger } from '../runtime/ports.ts';
import { ProblemError, unavailable } from './problems.ts';

export interface ServerSentEvent {
  readonly id?: number;
  readonly event: string;
  /** JSON text, in one line. */
  readonly data: string;
}

/** Who asks for a stream, and how. */
export interface Listener {
  /** HEAD is answered like GET, and opens nothing. */
  readonly method: string;
  readonly subject: string;
  /** The stream ends then, ms: nobody hears more than their token allows. */
  readonly expiresAt: number;
}

export interface Streams {
  /**
   * Answers with what `events` gives; it should stop when the signal aborts. An empty portion only shows that
   * it lives. Throws `unavailable` if too many are open, `too-many-requests` if this caller has too many.
   */
  open(
    listener: Listener,
    events: (signal: AbortSignal) => AsyncIterable<readonly ServerSentEvent[]>,
  ): Response;
  /** Ends all that are open; takes no more. */
  close(): void;
}

export interface StreamOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** How many may be open at once. */
  readonly max?: number;
  /** How many of them one caller may have. */
  readonly perCallerMax?: number;
  /** A comment is sent after so long a silence, so that everybody on the way knows that it lives. */
  readonly heartbeatMs?: number;
}

const defaults = { max: 200, perCallerMax: 20, heartbeatMs: 15_000 };
const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Some proxies gather what they pass on.
  'x-accel-buffering': 'no',
};

interface Open {
  readonly subject: string;
  end(): void;
}

export function createStreams(options: StreamOptions): Streams {
  const given = { ...defaults, ...options };
  const open = new Set<Open>();
  let isClosed = false;

  /** Throws a problem. */
  function checkRoom({ subject }: Listener): void {
    const { max, perCallerMax } = given;
    if (isClosed) throw unavailable('this process is stopping');
    if (open.size >= max)
      throw unavailable(`${max} streams are open, and no more are allowed (WAYBILL_STREAMS_MAX)`);
    if ([...open].filter((each) => each.subject === subject).length < perCallerMax) return;
    const detail = `you have ${perCallerMax} streams open, and may have no more (WAYBILL_STREAMS_PER_CALLER_MAX)`;
    throw new ProblemError({ name: 'too-many-requests', detail, headers: { 'retry-after': '1' } });
  }

  return {
    open(listener, events) {
      checkRoom(listener);
      if (listener.method === 'HEAD') return new Response(null, { headers });
      const body = bodyOf(events, given, {
        ...listener,
        began: (stream) => open.add(stream),
        ended: (stream) => open.delete(stream),
      });
      return new Response(body, { headers });
    },
    close() {
      isClosed = true;
      for (const each of [...open]) each.end();
    },
  };
}

interface Life extends Listener {
  readonly began: (stream: Open) => void;
  readonly ended: (stream: Open) => void;
}

/** However it ends, it ends once, and what it is made from ends with it, also where that waits to be asked. */
function bodyOf(
  events: (signal: AbortSignal) => AsyncIterable<readonly ServerSentEvent[]>,
  { clock, logger, heartbeatMs }: Required<StreamOptions>,
  { subject, expiresAt, began, ended }: Life,
): ReadableStream<Uint8Array> {
  const abort = new AbortController();
  const texts = textsOf(events(abort.signal), { clock, heartbeatMs });
  const encoder = new TextEncoder();
  const stream = { subject, end };
  const cancelExpiry = clock.after(expiresAt - clock.now(), end);
  let closeBody = (): void => undefined;
  began(stream);

  function end(): void {
    if (abort.signal.aborted) return;
    cancelExpiry();
    abort.abort();
    ended(stream);
    texts.return(undefined).catch(warn);
    closeBody();
  }

  function warn(error: unknown): void {
    logger.warn({ error: messageOf(error) }, 'a stream of events has ended early');
  }

  return new ReadableStream<Uint8Array>({
    start(controller) {
      closeBody = () => controller.close();
    },
    async pull(controller) {
      const { done, value } = await texts.next().catch((error: unknown) => {
        // The head is sent: the client sees an end, and asks again from where it was.
        warn(error);
        return over;
      });
      if (done === true) end();
      else if (!abort.signal.aborted) controller.enqueue(encoder.encode(value));
    },
    cancel() {
      closeBody = () => undefined;
      end();
    },
  });
}

const over = { done: true, value: undefined } as const;
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
    await source.return?.();
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
