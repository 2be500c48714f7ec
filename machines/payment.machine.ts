/** One try to pay for an order, at one gateway. */
import { assertEvent, assign, enqueueActions, fromPromise, setup, type ActionFunction } from 'xstate';
import { defaultDurations, type Durations } from './durations.ts';
import * as books from './payment.books.ts';
import type { Authorization, NewPayment, PaymentContext, Result } from './payment.books.ts';
import type { PaymentEvent } from './payment.events.ts';
import * as messages from './payment.messages.ts';
import * as read from './payment.reading.ts';
import { send, type Sent } from './send.ts';

const stub = fromPromise<Result, read.GatewayCall>(() =>
  Promise.reject(new Error('the gateway is in the definition')),
);

/** The look-ups come after 5 s, 30 s, 2 min and then every 10 min, unless other durations are set. */
export function lookUpWaitWith(durations: Durations): (given: { context: PaymentContext }) => number {
  const { paymentLookUpSoon, paymentLookUpNext, paymentLookUpLater, paymentLookUpRarely } = durations;
  const first = [paymentLookUpSoon, paymentLookUpNext, paymentLookUpLater];
  return ({ context }) => first[context.lookUps] ?? paymentLookUpRarely;
}

/** Takes what the function makes of the payment, and tells the order the news. */
function changing(
  change: (payment: PaymentContext, event: PaymentEvent) => PaymentContext,
): ActionFunction<PaymentContext, PaymentEvent, PaymentEvent, undefined, never, never, never, never, Sent> {
  return enqueueActions(({ context, event, enqueue }) => {
    const after = change(context, event);
    enqueue.assign(after);
    enqueue(send(() => messages.news(context, after)));
  });
}

const stands =
  (where: Authorization) =>
  ({ context }: { context: PaymentContext }) =>
    books.authorizationOf(context) === where;

export const paymentMachine = setup({
  types: {
    context: {} as PaymentContext,
    events: {} as PaymentEvent,
    input: {} as NewPayment,
    emitted: {} as Sent,
    tags: {} as 'ended',
  },
  delays: { ...defaultDurations, lookUpWait: lookUpWaitWith(defaultDurations) },
  actors: { carryOut: stub, lookUp: stub },
  guards: {
    isUnknown: stands('unknown'),
    isActionRequired: stands('requiresAction'),
    isGivenUp: stands('givenUp'),
    isAuthorized: stands('authorized'),
    isDeclined: stands('declined'),
    isVoiding: stands('voiding'),
    isVoided: stands('voided'),
    isClosed: stands('closed'),

    hasWork: ({ context }) => books.inHand(context) !== undefined,
    isWaitingForCustomer: ({ context }) => books.waitsForCustomer(context),
    /** The result of a call or a look-up. */
    isAnswer: ({ context, event }) => books.settles(context, read.result(context, event)),
    isCallForCustomer: ({ context, event }) => read.asksCustomer(context, read.result(context, event)),
    isRefusedVoid: ({ context, event }) => read.refusesVoid(context, read.result(context, event)),
    canRepeat: ({ context, event }) =>
      context.isRepeatable && read.result(context, event).outcome === 'notFound',

    isKnownWebhook: ({ context, event }) => {
      assertEvent(event, 'payment.webhook');
      return context.webhooks.seen.includes(event.eventId);
    },
    isNews: ({ context, event }) => {
      assertEvent(event, 'payment.webhook');
      return read.fits(context, event) && books.settles(context, event);
    },
    isNewsOfWork: ({ context, event }) => {
      assertEvent(event, 'payment.webhook');
      return (
        read.fits(context, event) && books.settles(context, event) && books.inHand(context)?.key === event.key
      );
    },
    isNewsForCustomer: ({ context, event }) => {
      assertEvent(event, 'payment.webhook');
      return read.fits(context, event) && read.asksCustomer(context, event);
    },
    isNewsOfRefusedVoid: ({ context, event }) => {
      assertEvent(event, 'payment.webhook');
      return read.fits(context, event) && read.refusesVoid(context, event);
    },
    isLateAuthorization: ({ context, event }) => {
      assertEvent(event, 'payment.webhook');
      const isYes = event.kind === 'authorize' && event.outcome === 'succeeded';
      return isYes && read.fits(context, event) && books.operation(context, 'auth')?.state === 'failed';
    },
    isRefundTakenBack: ({ context, event }) => {
      // Without a look at the event: whoever walks the chart tells by it which payments to go on with.
      if (books.done(context, 'refund') === 0) return false;
      assertEvent(event, 'payment.webhook');
      return read.fits(context, event) && books.isTakenBack(context, event);
    },
    isFittingWebhook: ({ context, event }) => {
      assertEvent(event, 'payment.webhook');
      return read.fits(context, event);
    },

    isAnswered: ({ context, event }) => {
      const entry = books.operation(context, read.operationId(event));
      return entry !== undefined && books.isSettled(entry);
    },
    isInLine: ({ context, event }) => books.operation(context, read.operationId(event)) !== undefined,
    canCapture: ({ context, event }) => {
      assertEvent(event, 'payment.capture');
      return books.captureProblem(context, event.amount) === '';
    },
    canRefund: ({ context, event }) => {
      assertEvent(event, 'payment.refund');
      return books.refundProblem(context, event.amount) === '';
    },
  },
  actions: {
    /** Makes an event count as accepted where what it wants is so already. */
    changeNothing: changing((payment) => payment),
    startOperation: assign(({ context }) => ({
      ...books.withState(context, books.inHand(context)?.key ?? '', 'calling'),
      lookUps: 0,
      isRepeatable: true,
    })),
    startWaiting: assign({ lookUps: 0 }),
    countLookUp: assign({ lookUps: ({ context }) => context.lookUps + 1 }),
    forbidRepeat: assign({ isRepeatable: false }),
    takeResult: changing((payment, event) => books.settled(payment, read.result(payment, event))),
    noteUnknown: changing((payment) => {
      const key = books.inHand(payment)?.key ?? '';
      return books.withState(payment, key, 'unknown');
    }),
    noteCustomer: changing((payment, event) => read.withCustomer(payment, read.result(payment, event))),
    noteRefusedVoid: assign(({ context, event }) => ({
      stuck: `the gateway does not void it: ${read.result(context, event).reason ?? 'no reason given'}`,
    })),
    noteNoAnswer: assign({
      stuck: ({ context }) => `nobody knows what became of ${books.inHand(context)?.id ?? 'it'}`,
    }),
    reportStuck: send(({ context }) => messages.stuckAnswer(context)),

    enterOperation: changing((payment, event) => books.entered(payment, read.asked(event))),
    dropInLine: changing(books.dropped),
    answerAgain: send(({ context, event }) => messages.answerTo(context, read.operationId(event))),
    answerAuthorization: send(({ context }) => messages.authorizationAnswer(context)),
    refuseCapture: send(({ context, event }) => {
      assertEvent(event, 'payment.capture');
      const problem = books.captureProblem(context, event.amount);
      return messages.captureRefused(context, event.fulfillmentId, problem);
    }),
    refuseRefund: send(({ context, event }) => {
      assertEvent(event, 'payment.refund');
      const problem = books.refundProblem(context, event.amount);
      return messages.refundRefused(context, event.refundId, problem);
    }),

    takeWebhook: changing((payment, event) => {
      assertEvent(event, 'payment.webhook');
      const after = { ...payment, ...books.heard(payment, event.eventId, 'taken') };
      const { key, outcome, reference } = event;
      if (outcome === 'requiresAction') return read.withCustomer(after, event);
      return books.settled(after, { key, outcome, reference, reason: 'the gateway said no' });
    }),
    noteWebhookRefusedVoid: assign(({ context, event }) => {
      assertEvent(event, 'payment.webhook');
      return {
        ...books.heard(context, event.eventId, 'taken'),
        stuck: 'the gateway does not void it',
      };
    }),
    takeLateAuthorization: changing((payment, event) => {
      assertEvent(event, 'payment.webhook');
      const after = { ...payment, ...books.heard(payment, event.eventId, 'taken') };
      return books.lateAuthorized(after, event.reference);
    }),
    takeBackRefund: changing((payment, event) => {
      assertEvent(event, 'payment.webhook');
      const after = { ...payment, ...books.heard(payment, event.eventId, 'taken') };
      return books.takenBack(after, event.key);
    }),
    countDuplicate: assign(({ context, event }) => {
      assertEvent(event, 'payment.webhook');
      return books.heard(context, event.eventId, 'duplicates');
    }),
    countStale: assign(({ context, event }) => {
      assertEvent(event, 'payment.webhook');
      return books.heard(context, event.eventId, 'stale');
    }),
    takeFinding: changing((payment, event) => {
      assertEvent(event, 'payment.settle');
      return read.found(payment, event);
    }),
  },
}).createMachine({
  id: 'payment',
  description: 'One try to pay for an order, at one gateway',
  context: books.newPayment,
  type: 'parallel',
  on: {
    'payment.authorize': { actions: 'answerAuthorization', description: 'The order asks again' },
    'payment.capture': [
      { guard: 'isAnswered', actions: 'answerAgain' },
      { guard: 'isInLine', actions: 'changeNothing' },
      { guard: 'canCapture', actions: 'enterOperation' },
      { actions: 'refuseCapture', description: 'The books say no, and the order hears why' },
    ],
    'payment.refund': [
      { guard: 'isAnswered', actions: 'answerAgain' },
      { guard: 'isInLine', actions: 'changeNothing' },
      { guard: 'canRefund', actions: 'enterOperation' },
      { actions: 'refuseRefund', description: 'The books say no, and the order hears why' },
    ],
    'payment.void': [
      { guard: 'isAnswered', actions: 'answerAgain' },
      { actions: 'enterOperation', description: 'Carried out once all before it is settled' },
    ],
    'payment.close': [
      { guard: 'isAnswered', actions: 'answerAgain' },
      { actions: 'enterOperation', description: 'Carried out once all before it is settled' },
    ],
    'payment.drop': {
      actions: 'dropInLine',
      description: 'Whatever is under way at the gateway goes on; what is set aside is given up',
    },
    'payment.webhook': [
      { guard: 'isKnownWebhook', actions: 'countDuplicate' },
      { guard: 'isNews', actions: 'takeWebhook', description: 'Not about what is under way now' },
      {
        guard: 'isLateAuthorization',
        actions: 'takeLateAuthorization',
        description: 'Declined, and authorized after all: it is voided',
      },
      {
        guard: 'isRefundTakenBack',
        actions: 'takeBackRefund',
        description: 'Given back, and it did not arrive after all: the order has to know',
      },
      { guard: 'isFittingWebhook', actions: 'countStale', description: 'Settled already' },
    ],
  },
  states: {
    authorization: {
      description: 'Where the authorization stands, worked out from the ledger',
      initial: 'requesting',
      states: {
        requesting: {
          description: 'The gateway is asked to set the amount aside',
          always: [
            { guard: 'isGivenUp', target: 'givenUp' },
            { guard: 'isUnknown', target: 'unknown' },
            { guard: 'isActionRequired', target: 'requiresAction' },
            { guard: 'isDeclined', target: 'declined' },
            { guard: 'isAuthorized', target: 'authorized' },
          ],
        },
        unknown: {
          description: 'Nobody knows yet whether the amount is set aside; nothing is charged again meanwhile',
          always: [
            { guard: 'isGivenUp', target: 'givenUp' },
            { guard: 'isActionRequired', target: 'requiresAction' },
            { guard: 'isDeclined', target: 'declined' },
            { guard: 'isAuthorized', target: 'authorized' },
          ],
        },
        requiresAction: {
          description: 'The customer has to confirm it with their bank',
          always: [
            { guard: 'isVoiding', target: 'voiding' },
            { guard: 'isDeclined', target: 'declined' },
            { guard: 'isAuthorized', target: 'authorized' },
          ],
        },
        givenUp: {
          description: 'Nobody wants it any more, and it is not known yet whether there is something to void',
          always: [
            { guard: 'isClosed', target: 'closed' },
            { guard: 'isVoided', target: 'voided' },
            { guard: 'isVoiding', target: 'voiding' },
          ],
        },
        authorized: {
          description: 'The amount is set aside, and can be captured',
          always: [
            { guard: 'isClosed', target: 'closed' },
            { guard: 'isVoided', target: 'voided' },
            { guard: 'isVoiding', target: 'voiding' },
          ],
        },
        declined: {
          description: 'The gateway said no',
          tags: 'ended',
          always: [
            { guard: 'isClosed', target: 'closed' },
            { guard: 'isVoided', target: 'voided' },
            { guard: 'isVoiding', target: 'voiding' },
          ],
        },
        voiding: {
          description: 'What is not captured is being given back',
          always: [
            { guard: 'isClosed', target: 'closed' },
            { guard: 'isVoided', target: 'voided' },
          ],
        },
        voided: {
          description: 'Nothing of it can be captured any more',
          tags: 'ended',
          always: [
            { guard: 'isClosed', target: 'closed' },
            { guard: 'isVoiding', target: 'voiding' },
          ],
        },
        closed: {
          description: 'The order is through with it',
          tags: 'ended',
          always: { guard: 'isVoiding', target: 'voiding' },
        },
      },
    },

    gateway: {
      description: 'What the gateway is asked: one operation at a time, in the order of the ledger',
      initial: 'idle',
      states: {
        idle: {
          description: 'Nothing is to be done at the gateway',
          always: [
            { guard: 'hasWork', target: 'working' },
            { guard: 'isWaitingForCustomer', target: 'awaitingCustomer' },
          ],
        },

        working: {
          description: 'One operation is under way; none other starts before it is settled',
          entry: 'startOperation',
          initial: 'calling',
          on: {
            'payment.webhook': [
              { guard: 'isKnownWebhook', actions: 'countDuplicate' },
              {
                guard: 'isNewsOfWork',
                target: 'idle',
                actions: 'takeWebhook',
                description: 'The gateway tells before it answers; its answer is dropped',
              },
              { guard: 'isNewsForCustomer', target: 'idle', actions: 'takeWebhook' },
              { guard: 'isNewsOfRefusedVoid', target: 'manualReview', actions: 'noteWebhookRefusedVoid' },
            ],
          },
          after: {
            paymentRepeat: { actions: 'forbidRepeat', description: 'The gateway may have forgotten the key' },
            paymentStuck: { target: 'manualReview', actions: 'noteNoAnswer' },
          },
          states: {
            calling: {
              description: 'The gateway is asked to do it',
              invoke: {
                src: 'carryOut',
                input: ({ context }) => read.call(context, books.inHand(context)),
                onDone: [
                  { guard: 'isAnswer', target: '#payment.gateway.idle', actions: 'takeResult' },
                  { guard: 'isCallForCustomer', target: '#payment.gateway.idle', actions: 'noteCustomer' },
                  {
                    guard: 'isRefusedVoid',
                    target: '#payment.gateway.manualReview',
                    actions: 'noteRefusedVoid',
                  },
                  { target: 'unknown', description: 'No answer in time: it may have happened or not' },
                ],
                onError: { target: 'unknown', description: 'Errors only, whatever was tried' },
              },
            },
            unknown: {
              description: 'Nobody knows what became of it; it is looked up, ever more rarely',
              entry: 'noteUnknown',
              after: { lookUpWait: { target: 'lookingUp' } },
            },
            lookingUp: {
              description: 'The gateway is asked what became of it',
              entry: 'countLookUp',
              invoke: {
                src: 'lookUp',
                input: ({ context }) => read.call(context, books.inHand(context)),
                onDone: [
                  { guard: 'isAnswer', target: '#payment.gateway.idle', actions: 'takeResult' },
                  { guard: 'isCallForCustomer', target: '#payment.gateway.idle', actions: 'noteCustomer' },
                  {
                    guard: 'isRefusedVoid',
                    target: '#payment.gateway.manualReview',
                    actions: 'noteRefusedVoid',
                  },
                  {
                    guard: 'canRepeat',
                    target: 'calling',
                    description: 'Not found settles nothing: it is done again under the same key',
                  },
                  { target: 'unknown' },
                ],
                onError: { target: 'unknown' },
              },
            },
          },
        },

        awaitingCustomer: {
          description: 'The customer has to confirm; the gateway tells, or is asked now and then',
          entry: 'startWaiting',
          initial: 'waiting',
          on: {
            'payment.webhook': [
              { guard: 'isKnownWebhook', actions: 'countDuplicate' },
              { guard: 'isNews', target: 'idle', actions: 'takeWebhook' },
            ],
          },
          states: {
            waiting: {
              description: 'Until the next look',
              always: { guard: 'hasWork', target: '#payment.gateway.working' },
              after: { lookUpWait: { target: 'lookingUp' } },
            },
            lookingUp: {
              description: 'The gateway is asked whether the customer has confirmed',
              entry: 'countLookUp',
              invoke: {
                src: 'lookUp',
                input: ({ context }) => read.call(context, books.operation(context, 'auth')),
                onDone: [
                  { guard: 'isAnswer', target: '#payment.gateway.idle', actions: 'takeResult' },
                  { target: 'waiting' },
                ],
                onError: { target: 'waiting' },
              },
            },
          },
        },

        manualReview: {
          description: 'A person has to find out at the gateway; it is still looked up now and then',
          entry: ['noteUnknown', 'reportStuck'],
          initial: 'waiting',
          on: {
            'payment.settle': { target: 'idle', actions: 'takeFinding' },
            'payment.void': [
              { guard: 'isAnswered', actions: 'answerAgain' },
              { actions: ['enterOperation', 'reportStuck'] },
            ],
            'payment.close': [
              { guard: 'isAnswered', actions: 'answerAgain' },
              { actions: ['enterOperation', 'reportStuck'] },
            ],
            'payment.webhook': [
              { guard: 'isKnownWebhook', actions: 'countDuplicate' },
              { guard: 'isNewsOfWork', target: 'idle', actions: 'takeWebhook' },
              { guard: 'isNewsForCustomer', target: 'idle', actions: 'takeWebhook' },
            ],
          },
          states: {
            waiting: {
              description: 'Until the next look',
              after: { paymentLookUpRarely: { target: 'lookingUp' } },
            },
            lookingUp: {
              description: 'The gateway is asked once more what became of it',
              invoke: {
                src: 'lookUp',
                input: ({ context }) => read.call(context, books.inHand(context)),
                onDone: [
                  { guard: 'isAnswer', target: '#payment.gateway.idle', actions: 'takeResult' },
                  { guard: 'isCallForCustomer', target: '#payment.gateway.idle', actions: 'noteCustomer' },
                  { target: 'waiting' },
                ],
                onError: { target: 'waiting' },
              },
            },
          },
        },
      },
    },
  },
});
