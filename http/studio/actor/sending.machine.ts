/**
 * Sending one command. Nothing is sent twice at a time; a refusal can be answered by another attempt; and where
 * no answer came, the same attempt can be repeated, under the key that it had.
 */
import { assign, fromPromise, setup } from 'xstate';
import { ApiError } from '../api.ts';

/** Throws `ApiError`. */
export type Post = (attempt: unknown) => Promise<void>;

export const sending = setup({
  types: {
    context: {} as { post: Post; attempt: unknown; error: unknown },
    events: {} as { type: 'send'; attempt: unknown } | { type: 'repeat' },
    input: {} as { post: Post },
  },
  actors: {
    posting: fromPromise(({ input }: { input: { post: Post; attempt: unknown } }) =>
      input.post(input.attempt),
    ),
  },
  guards: {
    isUnknown: (_, { error }: { error: unknown }) => isUnknown(error),
  },
  actions: {
    noteError: assign((_, { error }: { error: unknown }) => ({ error })),
  },
}).createMachine({
  id: 'sending',
  context: ({ input }) => ({ post: input.post, attempt: undefined, error: undefined }),
  initial: 'open',
  on: {
    send: {
      target: '.sending',
      actions: assign(({ event }) => ({ attempt: event.attempt, error: undefined })),
    },
  },
  states: {
    open: {},
    sending: {
      on: { send: {} },
      invoke: {
        src: 'posting',
        input: ({ context: { post, attempt } }) => ({ post, attempt }),
        onDone: { target: 'accepted' },
        onError: [
          {
            guard: { type: 'isUnknown', params: ({ event }) => ({ error: event.error }) },
            target: 'unanswered',
            actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
          },
          {
            target: 'refused',
            actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
          },
        ],
      },
    },
    accepted: {},
    refused: {},
    unanswered: { on: { repeat: { target: 'sending' } } },
  },
});

/** By whoever is between, too: what they say is no answer of ours. A dead letter is one: it was handled. */
function isUnknown(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const { status, type } = error.problem;
  if (type.endsWith('/dead-letter')) return false;
  return status === 0 || status === 202 || status >= 500 || type.endsWith('/in-progress');
}
