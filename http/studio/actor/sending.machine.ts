/**
 * Sending one command. Nothing is sent twice at a time; a refusal can be answered by another attempt; and where
 * no answer came, the same attempt can be repeated, under the key that it had. Where the actor had changed, it is
 * looked whether the person knows of that.
 */
import { assign, fromPromise, setup } from 'xstate';
import { ApiError } from '../api.ts';

/** Both throw `ApiError`. */
export interface Ways {
  readonly post: (attempt: unknown) => Promise<void>;
  /** The attempt for what the actor is now; throws what refuses it. */
  readonly renew?: (attempt: unknown, refusal: ApiError) => Promise<unknown>;
}

interface Sending extends Ways {
  readonly attempt: unknown;
  readonly error: unknown;
}

export const sending = setup({
  types: {
    context: {} as Sending,
    events: {} as { type: 'send'; attempt: unknown } | { type: 'repeat' },
    input: {} as Ways,
  },
  actors: {
    posting: fromPromise(({ input: { post, attempt } }: { input: Sending }) => post(attempt)),
    renewing: fromPromise(async ({ input: { renew, attempt, error } }: { input: Sending }) => {
      if (renew === undefined) throw error;
      return renew(attempt, error as ApiError);
    }),
  },
  guards: {
    isUnknown: (_, { error }: { error: unknown }) => isUnknown(error),
    isStale: (_, { error }: { error: unknown }) => isStale(error),
  },
  actions: {
    noteAttempt: assign((_, { attempt }: { attempt: unknown }) => ({ attempt, error: undefined })),
    noteError: assign((_, { error }: { error: unknown }) => ({ error })),
  },
}).createMachine({
  id: 'sending',
  context: ({ input }) => ({ ...input, attempt: undefined, error: undefined }),
  initial: 'open',
  on: {
    send: {
      target: '.sending',
      actions: { type: 'noteAttempt', params: ({ event }) => ({ attempt: event.attempt }) },
    },
  },
  states: {
    open: {},
    sending: {
      initial: 'posting',
      on: { send: {} },
      states: {
        posting: {
          invoke: {
            src: 'posting',
            input: ({ context }) => context,
            onDone: { target: '#sending.accepted' },
            onError: [
              {
                guard: { type: 'isUnknown', params: ({ event }) => ({ error: event.error }) },
                target: '#sending.unanswered',
                actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
              },
              {
                guard: { type: 'isStale', params: ({ event }) => ({ error: event.error }) },
                target: 'renewing',
                actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
              },
              {
                target: '#sending.refused',
                actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
              },
            ],
          },
        },
        renewing: {
          invoke: {
            src: 'renewing',
            input: ({ context }) => context,
            onDone: {
              target: 'posting',
              actions: { type: 'noteAttempt', params: ({ event }) => ({ attempt: event.output }) },
            },
            onError: {
              target: '#sending.refused',
              actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
            },
          },
        },
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

function isStale(error: unknown): boolean {
  return error instanceof ApiError && error.problem.type.endsWith('/stale-version');
}
