/**
 * Pictures of charts, each drawn once, and not in this thread: a large chart takes a second, and this process
 * has partitions to run. One at a time, in the order in which they were asked for.
 */
import { Worker } from 'node:worker_threads';
import { RetryableError, TerminalError, messageOf } from '../../runtime/errors.ts';
import type { DrawingRequest } from './drawing.ts';

export interface Pictures {
  /** SVG text or PNG bytes. With a `key` it is kept; the same key stands for the same request. */
  draw(request: DrawingRequest, key?: string): Promise<string | Uint8Array<ArrayBuffer>>;
}

export interface PictureLimits {
  /** How long one may take, ms. */
  readonly drawMs: number;
  /** How many may wait to be drawn. */
  readonly waitingMax: number;
}

const defaults: PictureLimits = { drawMs: 30_000, waitingMax: 50 };

export function createPictures(limits: Partial<PictureLimits> = {}): Pictures {
  const { drawMs, waitingMax } = { ...defaults, ...limits };
  const kept = new Map<string, ReturnType<Pictures['draw']>>();
  const thread = createThread(drawMs);
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  async function inTurn(request: DrawingRequest): ReturnType<Pictures['draw']> {
    if (waiting >= waitingMax) throw new RetryableError('too many pictures are waiting to be drawn');
    waiting += 1;
    const drawn = last.then(() => thread.draw(request)).finally(done);
    last = drawn.catch(() => 'whoever asked for it is told');
    return drawn;
  }

  function done(): void {
    waiting -= 1;
    // Whoever asks for one after the other asks again at once.
    setImmediate(() => {
      if (waiting === 0) thread.end();
    });
  }

  return {
    draw(request, key) {
      if (key === undefined) return inTurn(request);
      const name = [key, request.figures, request.format].join(' ');
      const known = kept.get(name);
      if (known !== undefined) return known;
      const drawn = inTurn(request);
      kept.set(name, drawn);
      drawn.catch(() => kept.delete(name));
      return drawn;
    },
  };
}

interface Thread {
  /** Rejects with `TerminalError` for a chart that cannot be drawn, or not in time. */
  draw(request: DrawingRequest): ReturnType<Pictures['draw']>;
  end(): void;
}

/** One for all that wait: to load and compile what draws takes longer than to draw. After a failure, another. */
function createThread(drawMs: number): Thread {
  let worker: Worker | undefined;

  function end(): void {
    void worker?.removeAllListeners().terminate();
    worker = undefined;
  }

  return {
    end,
    draw(request) {
      worker ??= new Worker(new URL('./worker.ts', import.meta.url));
      const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<Thread['draw']>>>();
      const fail = (why: string, cause?: unknown): void => {
        end();
        reject(new TerminalError(`the chart of ${request.name} cannot be drawn: ${why}`, { cause }));
      };
      const timer = setTimeout(() => fail(`it takes longer than ${drawMs} ms`), drawMs);
      worker.removeAllListeners();
      worker.once('message', resolve);
      worker.once('error', (error) => fail(messageOf(error), error));
      worker.once('exit', () => fail('its thread has ended'));
      worker.postMessage(request);
      return promise.finally(() => clearTimeout(timer));
    },
  };
}
