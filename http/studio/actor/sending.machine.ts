/** Sending one command: nothing is sent twice at a time, and a refusal can be answered by another try. */
import { assign, fromPromise, setup } from 'xstate';

type Post = (body: unknown) => Promise<void>;

export const sending = setup({
  types: {
    context: {} as { post: Post; body: unknown; error: unknown },
    events: {} as { type: 'send'; body: unknown },
    input: {} as { post: Post },
  },
  actors: {
    posting: fromPromise(({ input }: { input: { post: Post; body: unknown } }) => input.post(input.body)),
  },
  actions: {
    noteError: assign((_, { error }: { error: unknown }) => ({ error })),
  },
}).createMachine({
  id: 'sending',
  context: ({ input }) => ({ post: input.post, body: undefined, error: undefined }),
  initial: 'open',
  on: {
    send: { target: '.sending', actions: assign(({ event }) => ({ body: event.body, error: undefined })) },
  },
  states: {
    open: {},
    sending: {
      on: { send: {} },
      invoke: {
        src: 'posting',
        input: ({ context: { post, body } }) => ({ post, body }),
        onDone: { target: 'accepted' },
        onError: {
          target: 'refused',
          actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
        },
      },
    },
    accepted: {},
    refused: {},
  },
});
