/** Reads server-sent events as a browser does. */
import { createParser, type EventSourceMessage } from 'eventsource-parser';

export interface EventStream {
  /** All that came so far. */
  readonly events: readonly EventSourceMessage[];
  readonly comments: () => number;
  readonly ended: () => boolean;
  cancel(): Promise<void>;
}

/** Begins to read at once. */
export function readEvents(response: Response): EventStream {
  const events: EventSourceMessage[] = [];
  const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader() ?? failed(response);
  const decoder = new TextDecoder();
  let comments = 0;
  let ended = false;
  const parser = createParser({ onEvent: (event) => events.push(event), onComment: () => (comments += 1) });

  void (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      parser.feed(decoder.decode(value, { stream: true }));
    }
    ended = true;
  })();
  return { events, comments: () => comments, ended: () => ended, cancel: () => reader.cancel() };
}

function failed({ status }: Response): never {
  throw new Error(`an answer ${status} without a body`);
}
