/** Server-sent events over fetch: `EventSource` sends no token. Comes back by itself, where it was. */
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { createStore } from '@xstate/store';
import { ApiError, request } from './api.ts';

export type Sign = 'quiet' | 'connecting' | 'live' | 'away';

const nobody: { listeners: number; sign: Sign } = { listeners: 0, sign: 'quiet' };

/** Whether the server can be heard, for the sign in the page's head; quiet where nobody listens. */
export const connection = createStore({
  context: nobody,
  on: {
    began: ({ listeners, sign }) => ({
      listeners: listeners + 1,
      sign: listeners === 0 ? 'connecting' : sign,
    }),
    ended: ({ listeners, sign }) => ({ listeners: listeners - 1, sign: listeners === 1 ? 'quiet' : sign }),
    heard: ({ listeners }) => ({ listeners, sign: 'live' }),
    lost: ({ listeners }) => ({ listeners, sign: 'away' }),
  },
});

const firstWaitMs = 500;
const mostWaitMs = 10_000;

/** Undone by what it returns. */
export function listen(path: string, take: (event: EventSourceMessage) => void): () => void {
  const abort = new AbortController();
  let last: string | undefined;
  let waitMs = firstWaitMs;

  const isAborted = (): boolean => abort.signal.aborted;

  async function hear(): Promise<void> {
    const headers = last === undefined ? {} : { 'last-event-id': last };
    const { body } = await request(path, { headers, signal: abort.signal });
    const parser = createParser({
      onEvent(event) {
        last = event.id ?? last;
        take(event);
      },
    });
    const decoder = new TextDecoder();
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || isAborted()) return;
      waitMs = firstWaitMs;
      connection.trigger.heard();
      parser.feed(decoder.decode(value, { stream: true }));
    }
  }

  async function goOn(): Promise<void> {
    while (!isAborted()) {
      const isOver = await hear().then(
        () => false,
        (error: unknown) => error instanceof ApiError && [401, 403, 404].includes(error.problem.status),
      );
      if (isOver || isAborted()) return;
      connection.trigger.lost();
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      waitMs = Math.min(2 * waitMs, mostWaitMs);
    }
  }
  connection.trigger.began();
  void goOn().finally(() => connection.trigger.ended());
  return () => abort.abort();
}
