/**
 * Pictures of charts, each drawn once, in a thread of its own: a large chart takes a second, and this process
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
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  async function inTurn(request: DrawingRequest): ReturnType<Pictures['draw']> {
    if (waiting >= waitingMax) throw new RetryableError('too many pictures are waiting to be drawn');
    waiting += 1;
    const drawn = last.then(() => drawInThread(request, drawMs)).finally(() => (waiting -= 1));
    last = drawn.catch(() => 'whoever asked for it is told');
    return drawn;
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

/** Rejects with `TerminalError` for a chart that cannot be drawn, or not in time. */
function drawInThread(request: DrawingRequest, drawMs: number): ReturnType<Pictures['draw']> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: request });
    const fail = (why: string, cause?: unknown): void => {
      clearTimeout(timer);
      void worker.terminate();
      reject(new TerminalError(`the chart of ${request.name} cannot be drawn: ${why}`, { cause }));
    };
    const timer = setTimeout(() => fail(`it takes longer than ${drawMs} ms`), drawMs);
    worker.once('message', (picture: string | Uint8Array<ArrayBuffer>) => {
      clearTimeout(timer);
      resolve(picture);
    });
    worker.once('error', (error) => fail(messageOf(error), error));
    worker.once('exit', () => fail('its thread has ended'));
  });
}
