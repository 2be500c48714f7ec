/** One order, from the customer's wish to the last parcel delivered. */
import { assertEvent, assign, enqueueActions, setup } from 'xstate';
import { defaultDurations } from './durations.ts';
import { hasRoomForHold, isKnownHold, withHold, withoutHold } from './holds.ts';
import * as books from './order.books.ts';
import type { OrderContext } from './order.books.ts';
import type { OrderEvent, OrderInput } from './order.events.ts';
import { addressChanges, startOf, stops, toOpenFulfillments } from './order.messages.ts';
import { send, type Sent } from './send.ts';

export const orderMachine = setup({
  types: {
    context: {} as OrderContext,
    events: {} as OrderEvent,
    input: {} as OrderInput,
    emitted: {} as Sent,
  },
  delays: defaultDurations,
  guards: {
    isDraft: ({ context }) => context.draft,
    isNews: ({ context, event }) => {
      assertEvent(event, 'fulfillment.account');
      return books.isNews(context, event);
    },
    isKnownFulfillment: ({ context, event }) => {
      assertEvent(event, 'fulfillment.account');
      return books.isKnown(context, event);
    },
    hasSomethingLeft: ({ context }) => books.open(context).length > 0,
    hasNothingLeft: ({ context }) => books.open(context).length === 0,
    isWhollyStopped: ({ context }) => books.isWhollyStopped(context),
    isPlanned: ({ context }) => books.silent(context).length === 0,
    hasShippedSome: ({ context }) => books.hasShippedSome(context),
    isShipped: ({ context }) => books.isShipped(context),
    hasDeliveredSome: ({ context }) => books.hasDeliveredSome(context),
    isDelivered: ({ context }) => books.isDelivered(context),
    isOnHold: ({ context }) => context.holds.length > 0,
    isClear: ({ context }) => context.holds.length === 0,
    isKnownHold: ({ context, event }) => {
      assertEvent(event, ['order.hold', 'order.release']);
      return isKnownHold(context.holds, event);
    },
    hasRoomForHold: ({ context }) => hasRoomForHold(context.holds),
  },
  actions: {
    /** Makes an event count as accepted where what it wants is so already. */
    changeNothing: enqueueActions(() => undefined),
    enterAccount: assign(({ context, event }) => {
      assertEvent(event, 'fulfillment.account');
      return books.enter(context, event);
    }),
    allocateLines: assign(({ context }) => books.allocate(context)),
    startFulfillments: send(({ context }) => books.silent(context).map((id) => startOf(context, id))),
    noteReason: assign(({ event }) => {
      assertEvent(event, 'order.cancel');
      return { cancelReason: event.reason ?? null };
    }),
    withdrawLines: assign(({ context }) => books.withdrawAll(context)),
    stopFulfillments: send(({ context }) => stops(context)),
    takeAddress: assign(({ event }) => {
      assertEvent(event, 'order.changeAddress');
      return { shipTo: event.shipTo };
    }),
    countAddress: assign(({ context }) => ({ addressRevision: context.addressRevision + 1 })),
    tellAddress: send(({ context }) => addressChanges(context)),
    addHold: assign(({ context, event }) => {
      assertEvent(event, 'order.hold');
      return { holds: withHold(context.holds, event) };
    }),
    tellHold: send(({ context, event }) => {
      assertEvent(event, 'order.hold');
      const { handle, reason } = event;
      return toOpenFulfillments(context, { type: 'order.held', handle, reason });
    }),
    removeHold: assign(({ context, event }) => {
      assertEvent(event, 'order.release');
      return { holds: withoutHold(context.holds, event) };
    }),
    tellRelease: send(({ context, event }) => {
      assertEvent(event, 'order.release');
      return toOpenFulfillments(context, { type: 'order.released', handle: event.handle });
    }),
  },
}).createMachine({
  id: 'order',
  description: 'One order, from the customer’s wish to the last parcel delivered',
  context: books.newOrder,
  initial: 'received',
  on: {
    'fulfillment.account': [
      { guard: 'isNews', actions: 'enterAccount' },
      { guard: 'isKnownFulfillment', actions: 'changeNothing', description: 'Overtaken by a later account' },
    ],
  },
  states: {
    received: {
      description: 'The order has come in',
      always: [{ guard: 'isDraft', target: 'draft' }, { target: 'active' }],
    },

    draft: {
      description:
        'The customer is still making up their mind; nothing is reserved, and all of it can change',
      on: {
        'order.place': { target: 'active' },
        'order.cancel': { target: 'cancelled', actions: ['noteReason', 'withdrawLines'] },
        'order.changeAddress': { actions: 'takeAddress' },
      },
      after: { draftExpiry: { target: 'expired', actions: 'withdrawLines' } },
    },

    active: {
      description: 'The order is being fulfilled',
      type: 'parallel',
      on: {
        'order.cancel': { guard: 'hasSomethingLeft', target: 'ending', actions: 'noteReason' },
        'order.changeAddress': {
          guard: 'hasSomethingLeft',
          actions: ['takeAddress', 'countAddress', 'tellAddress'],
        },
      },
      states: {
        execution: {
          description: 'How far it has come, worked out from what the fulfillments have told',
          initial: 'planning',
          states: {
            planning: {
              description: 'Each warehouse gets its lines, and has to say that it has them',
              entry: ['allocateLines', 'startFulfillments'],
              always: { guard: 'isPlanned', target: 'inFulfillment' },
              after: { accountOverdue: { target: 'planning', reenter: true } },
            },
            inFulfillment: {
              description: 'The warehouses pick and pack; no carrier has anything yet',
              always: { guard: 'hasShippedSome', target: 'partiallyShipped' },
            },
            partiallyShipped: {
              description: 'A carrier has some of it',
              always: [
                { guard: 'isShipped', target: 'shipped' },
                { guard: 'hasDeliveredSome', target: 'partiallyDelivered' },
              ],
            },
            shipped: {
              description: 'Carriers have all of it that was not cancelled',
              always: { guard: 'hasDeliveredSome', target: 'partiallyDelivered' },
            },
            partiallyDelivered: {
              description: 'Some of it has reached the customer',
              always: { guard: 'isDelivered', target: 'delivered' },
            },
            delivered: {
              description:
                'The customer has all of it that was not cancelled, and some time left to complain',
              after: { closing: { target: '#order.completed' } },
            },
          },
        },
        hold: {
          description: 'Whether work on the order may go on; a hold is lifted by its handle',
          initial: 'clear',
          on: {
            'order.hold': [
              { guard: 'isKnownHold', actions: 'changeNothing' },
              { guard: 'hasRoomForHold', actions: ['addHold', 'tellHold'] },
            ],
            'order.release': { guard: 'isKnownHold', actions: ['removeHold', 'tellRelease'] },
          },
          states: {
            clear: {
              description: 'Work may go on',
              always: { guard: 'isOnHold', target: 'held' },
            },
            held: {
              description: 'No warehouse may take a step or hand anything over',
              always: { guard: 'isClear', target: 'clear' },
            },
          },
        },
      },
    },

    ending: {
      description: 'What is not handed over is being stopped; what the warehouses answer decides how it ends',
      entry: 'stopFulfillments',
      on: {
        'order.cancel': { actions: 'changeNothing' },
      },
      always: [
        { guard: 'isWhollyStopped', target: 'cancelled' },
        {
          guard: 'hasNothingLeft',
          target: 'active',
          description: 'A carrier has some of it: that part goes on',
        },
      ],
      after: { stopOverdue: { target: 'ending', reenter: true } },
    },

    cancelled: { type: 'final', description: 'Nothing of it was handed over, and nothing will be' },
    expired: { type: 'final', description: 'The draft was never placed' },
    completed: { type: 'final', description: 'Delivered, and the time to complain is over' },
  },
});
