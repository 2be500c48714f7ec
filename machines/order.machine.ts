/** One order, from the customer’s wish to the last parcel delivered. */
import { newOrder } from './order.context.ts';
import { orderSetup } from './order.setup.ts';

export const orderMachine = orderSetup.createMachine({
  id: 'order',
  description: 'One order, from the customer’s wish to the last parcel delivered',
  context: newOrder,
  initial: 'received',
  on: {
    'fulfillment.account': [
      { guard: 'isNews', actions: 'enterAccount' },
      { guard: 'isKnownFulfillment', actions: 'changeNothing', description: 'Overtaken by a later account' },
    ],
    'routing.candidates': { actions: 'changeNothing', description: 'An answer to a question asked twice' },
    'stock.held': [
      { guard: 'isAsked', actions: 'noteHeld' },
      { guard: 'isNeeded', actions: 'changeNothing', description: 'A fulfillment has it by now' },
      { actions: 'giveBack', description: 'Given up since: it goes back' },
    ],
    'stock.refused': [
      { guard: 'isAsked', actions: ['noteRefused', 'askElsewhere'] },
      { actions: 'changeNothing' },
    ],
    'stock.released': { actions: 'noteReleased' },
    'stock.asked': [
      { guard: 'isNeeded', actions: 'keepReservation' },
      { actions: 'giveBack', description: 'Nothing here needs it any more' },
    ],
    'payment.authorized': { guard: 'isKnownPayment', actions: 'notePayment' },
    'payment.declined': { guard: 'isKnownPayment', actions: 'notePayment' },
    'payment.requiresAction': { guard: 'isKnownPayment', actions: 'notePayment' },
    'payment.unknown': { guard: 'isKnownPayment', actions: 'notePayment' },
    'payment.voided': { guard: 'isKnownPayment', actions: 'notePayment' },
    'payment.closed': { guard: 'isKnownPayment', actions: 'notePayment' },
    'payment.stuck': { guard: 'isKnownPayment', actions: 'notePayment' },
    'payment.captured': { guard: 'isKnownPayment', actions: 'notePayment' },
    'payment.captureFailed': { guard: 'isKnownPayment', actions: 'notePayment' },
    'payment.refunded': { guard: 'isKnownPayment', actions: 'notePayment' },
    'payment.refundFailed': { guard: 'isKnownPayment', actions: 'notePayment' },
  },
  states: {
    received: {
      description: 'The order has come in',
      always: [{ guard: 'isDraft', target: 'draft' }, { target: 'sourcing' }],
    },

    draft: {
      description:
        'The customer is still making up their mind; nothing is reserved, and all of it can change',
      on: {
        'order.place': { target: 'sourcing' },
        'order.cancel': {
          target: 'cancelled',
          actions: ['noteReason', { type: 'intend', params: { outcome: 'cancelled' } }, 'withdrawRest'],
        },
        'order.changeAddress': { actions: 'takeAddress' },
      },
      after: {
        draftExpiry: {
          target: 'expired',
          actions: [{ type: 'intend', params: { outcome: 'expired' } }, 'withdrawRest'],
        },
      },
    },

    sourcing: {
      description: 'Asking which warehouses could ship it',
      entry: 'askRouting',
      on: {
        'routing.candidates': [
          { guard: 'hasCandidates', target: 'holding', actions: ['noteCandidates', 'wantStock'] },
          {
            target: 'ending',
            actions: ['noteMissing', { type: 'intend', params: { outcome: 'rejected' } }],
            description: 'No warehouse takes on work',
          },
        ],
        'order.cancel': {
          target: 'ending',
          actions: ['noteReason', { type: 'intend', params: { outcome: 'cancelled' } }],
        },
        'order.changeAddress': { actions: 'takeAddress' },
      },
      after: { answerOverdue: { target: 'sourcing', reenter: true, description: 'Asks again' } },
    },

    holding: {
      description: 'Reserving the goods, before anything is paid',
      initial: 'asking',
      on: {
        'order.cancel': {
          target: 'ending',
          actions: ['noteReason', { type: 'intend', params: { outcome: 'cancelled' } }],
        },
        'order.changeAddress': { actions: 'takeAddress' },
      },
      states: {
        asking: {
          description: 'All from one warehouse if it can be, then split; what is refused is tried elsewhere',
          entry: 'askForStock',
          always: [
            { guard: 'isAllThereAndFree', target: '#order.active', actions: 'giveBackRefused' },
            {
              guard: 'isAllThere',
              target: '#order.authorizing',
              actions: ['giveBackRefused', 'tryPayment'],
            },
            {
              guard: 'hasNextStep',
              target: 'asking',
              reenter: true,
              actions: ['giveBackHeld', 'takeNextStep', 'wantStock'],
            },
            { guard: 'canWait', target: 'contended' },
            {
              guard: 'isAnswered',
              target: '#order.ending',
              actions: ['noteMissing', { type: 'intend', params: { outcome: 'rejected' } }],
              description: 'Some line is not to be had',
            },
          ],
          after: { stockOverdue: { target: 'asking', reenter: true, description: 'Asks again' } },
        },
        contended: {
          description: 'Other orders hold what is missing and have not paid; it may come back (rule 17)',
          after: {
            contendedRetry: { target: 'asking', actions: ['giveBackRefused', 'startAgain', 'wantStock'] },
          },
        },
      },
    },

    authorizing: {
      description: 'The goods are held; the payment is being authorized, or nobody knows yet',
      entry: 'askForPayment',
      on: {
        'order.cancel': {
          target: 'ending',
          actions: ['noteReason', { type: 'intend', params: { outcome: 'cancelled' } }],
        },
        'order.changeAddress': { actions: 'takeAddress' },
      },
      always: [
        { guard: 'isAuthorized', target: 'active' },
        {
          guard: 'isDeclinedForGood',
          target: 'ending',
          actions: { type: 'intend', params: { outcome: 'expired' } },
        },
        { guard: 'isDeclined', target: 'awaitingPayment' },
        { guard: 'needsCustomer', target: 'awaitingPayment' },
      ],
      after: { answerOverdue: { target: 'authorizing', reenter: true, description: 'Asks again' } },
    },

    awaitingPayment: {
      description: 'The customer has to pay in another way, or to confirm; the goods stay held meanwhile',
      on: {
        'order.pay': { guard: 'hasTriesLeft', target: 'authorizing', actions: 'tryPaymentWith' },
        'order.cancel': {
          target: 'ending',
          actions: ['noteReason', { type: 'intend', params: { outcome: 'cancelled' } }],
        },
        'order.changeAddress': { actions: 'takeAddress' },
      },
      always: [
        { guard: 'isAuthorized', target: 'active' },
        {
          guard: 'isDeclinedForGood',
          target: 'ending',
          actions: { type: 'intend', params: { outcome: 'expired' } },
        },
      ],
      after: {
        payWindow: { target: 'ending', actions: { type: 'intend', params: { outcome: 'expired' } } },
      },
    },

    active: {
      description: 'The order is being fulfilled',
      type: 'parallel',
      always: {
        guard: 'hasNothingWanted',
        target: 'ending',
        actions: { type: 'intend', params: { outcome: 'cancelled' } },
        description: 'All of it was cancelled, line by line (rule 13)',
      },
      on: {
        'order.cancel': {
          guard: 'hasSomethingLeft',
          target: 'ending',
          actions: ['noteReason', { type: 'intend', params: { outcome: 'cancelled' } }],
        },
        'order.cancelLine': {
          guard: 'isFreeToChange',
          actions: ['giveBackLine', 'cancelLine', 'askToReduce'],
        },
        'order.changeAddress': {
          guard: 'hasSomethingLeft',
          actions: ['takeAddress', 'countAddress', 'tellAddress'],
        },
        'order.resolveShort': { guard: 'isShort', actions: ['resolveShort', 'askForStock'] },
        'order.resolveParcel': { guard: 'isParcelOpen', actions: ['resolveParcel', 'askForStock'] },
      },
      states: {
        execution: {
          description: 'How far it has come, worked out from what the fulfillments have told',
          initial: 'deciding',
          always: { guard: 'standsElsewhere', target: '.deciding' },
          states: {
            deciding: {
              description: 'Looking into the books',
              entry: 'noteExecution',
              always: [
                { guard: { type: 'isExecution', params: { at: 'delivered' } }, target: 'delivered' },
                {
                  guard: { type: 'isExecution', params: { at: 'partiallyDelivered' } },
                  target: 'partiallyDelivered',
                },
                { guard: { type: 'isExecution', params: { at: 'shipped' } }, target: 'shipped' },
                {
                  guard: { type: 'isExecution', params: { at: 'partiallyShipped' } },
                  target: 'partiallyShipped',
                },
                { guard: { type: 'isExecution', params: { at: 'inFulfillment' } }, target: 'inFulfillment' },
                { target: 'planning' },
              ],
            },
            planning: {
              description: 'Each warehouse gets its lines, and has to say that it has them',
              after: { accountOverdue: { target: 'planning', reenter: true, actions: 'startFulfillments' } },
            },
            inFulfillment: { description: 'The warehouses pick and pack; no carrier has anything yet' },
            partiallyShipped: { description: 'A carrier has some of it' },
            shipped: { description: 'Carriers have all of it that was not cancelled' },
            partiallyDelivered: { description: 'Some of it has reached the customer' },
            delivered: {
              description:
                'The customer has all of it that was not cancelled, and some time left to complain',
              after: { closing: { target: 'closing' } },
            },
            closing: {
              description: 'The time to complain is over; the payment is being closed',
              entry: 'closePayments',
              always: { guard: 'isClosed', target: '#order.completed' },
              after: { answerOverdue: { target: 'closing', reenter: true, description: 'Asks again' } },
            },
          },
        },
        supply: {
          description: 'Whether every line has goods',
          initial: 'deciding',
          always: [
            {
              guard: 'isGathered',
              actions: ['assignGoods', 'startFulfillments'],
              description: 'Goods that are held go to a fulfillment, which owns them from then on',
            },
            { guard: 'isSuppliedElsewhere', target: '.deciding' },
          ],
          states: {
            deciding: {
              description: 'Looking into the books',
              entry: 'noteSupply',
              always: [
                { guard: { type: 'isSupply', params: { at: 'gathering' } }, target: 'gathering' },
                { guard: { type: 'isSupply', params: { at: 'short' } }, target: 'short' },
                { guard: { type: 'isSupply', params: { at: 'awaitingStock' } }, target: 'awaitingStock' },
                { target: 'supplied' },
              ],
            },
            supplied: { description: 'Every line is with a warehouse, or on its way' },
            gathering: {
              description: 'Some goods are held; what was asked for with them may leave in the same parcel',
              after: {
                gathering: { target: 'deciding', actions: ['assignGoods', 'startFulfillments'] },
              },
            },
            short: {
              description: 'Something was not on the shelf; a person has to decide',
              after: { backorderAsk: { target: 'short', reenter: true, actions: 'askForStock' } },
            },
            awaitingStock: {
              description: 'Waiting for goods',
              after: {
                backorderAsk: { target: 'awaitingStock', reenter: true, actions: 'askForStock' },
              },
            },
          },
        },
        money: {
          description: 'What was captured and refunded',
          initial: 'deciding',
          always: [
            { guard: 'hasCaptureDue', actions: 'capture' },
            { guard: 'hasRefundDue', actions: 'refund' },
            { guard: 'hasMoneyElsewhere', target: '.deciding' },
          ],
          states: {
            deciding: {
              description: 'Looking into the books',
              entry: 'noteMoney',
              always: [
                { guard: { type: 'isMoney', params: { at: 'refundFailed' } }, target: 'refundFailed' },
                { guard: { type: 'isMoney', params: { at: 'refundOwed' } }, target: 'refundOwed' },
                { guard: { type: 'isMoney', params: { at: 'collecting' } }, target: 'collecting' },
                { guard: { type: 'isMoney', params: { at: 'refunded' } }, target: 'refunded' },
                {
                  guard: { type: 'isMoney', params: { at: 'partiallyRefunded' } },
                  target: 'partiallyRefunded',
                },
                { guard: { type: 'isMoney', params: { at: 'captured' } }, target: 'captured' },
                {
                  guard: { type: 'isMoney', params: { at: 'partiallyCaptured' } },
                  target: 'partiallyCaptured',
                },
                { target: 'authorized' },
              ],
            },
            authorized: { description: 'The customer’s money is set aside' },
            partiallyCaptured: { description: 'What was handed over is paid for' },
            captured: { description: 'All of it is paid for' },
            partiallyRefunded: { description: 'Some of it was given back' },
            refunded: { description: 'All of it was given back' },
            collecting: {
              description:
                'What was handed over could not be captured; the same method is tried once more, then a person has to pay in another way',
              entry: ['holdForPayment', 'tellHolds', 'collect'],
              exit: ['liftPaymentHold', 'tellHolds'],
              on: {
                'order.pay': { guard: 'canPayOtherwise', actions: ['tryPaymentWith', 'askForPayment'] },
                'order.resolve': {
                  guard: 'hasUncaptured',
                  actions: ['noteResolution', 'settleCaptures', 'giveUpPayments', 'voidPayments'],
                  description:
                    'What was handed over counts as paid; the rest has still to be, or is cancelled',
                },
              },
            },
            refundFailed: {
              description: 'The gateway did not give money back; a person has to look',
              on: {
                'order.retry': { actions: 'retryMoney' },
                'order.resolve': { actions: ['noteResolution', 'settleFailedRefunds'] },
              },
            },
            refundOwed: {
              description:
                'People took the money by hand, so the gateway has none of it: a person gives it back, and says so',
              on: { 'order.resolve': { actions: ['noteResolution', 'settleOwedRefunds'] } },
            },
          },
        },
        questions: {
          description: 'Whether somebody still has to answer the order; who does not is asked again',
          initial: 'none',
          states: {
            none: {
              description: 'Everybody has answered',
              always: { guard: 'hasQuestions', target: 'open' },
            },
            open: {
              description: 'Somebody has not answered yet, or does not know the latest address or holds',
              always: { guard: 'hasNoQuestions', target: 'none' },
              after: {
                answerOverdue: {
                  target: 'open',
                  reenter: true,
                  actions: [
                    'askToReduce',
                    'askPaymentsAgain',
                    'releaseAll',
                    'startFulfillments',
                    'bringUpToDate',
                  ],
                },
              },
            },
          },
        },
        hold: {
          description: 'Whether work on the order may go on; a hold is lifted by its handle',
          initial: 'clear',
          on: {
            'order.hold': [
              { guard: 'isKnownHold', actions: 'changeNothing' },
              { guard: 'hasRoomForHold', actions: ['addHold', 'tellHolds'] },
            ],
            'order.release': { guard: 'isKnownHold', actions: ['removeHold', 'tellHolds'] },
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
      description: 'What is not handed over is given up: fulfillments, then the payment, then the goods',
      initial: 'stopping',
      entry: 'dropChange',
      on: { 'order.cancel': { actions: 'changeNothing' } },
      states: {
        stopping: {
          description: 'Each fulfillment has to say whether it could still be stopped',
          entry: 'stopFulfillments',
          always: [
            { guard: 'hasNothingOpenButShipped', target: 'releasing' },
            { guard: 'hasNothingOpen', target: 'settling' },
          ],
          after: { stopOverdue: { target: 'stopping', reenter: true, description: 'Asks again' } },
        },
        settling: {
          description: 'Nothing was handed over: the payment is given up, what was captured is refunded',
          entry: ['withdrawRest', 'giveUpPayments', 'voidPayments'],
          always: [
            { guard: 'isSettled', target: 'releasing' },
            { guard: 'hasRefundDue', actions: 'refund' },
            { guard: 'isStuck', target: '#order.compensationStuck' },
          ],
          after: {
            answerOverdue: {
              target: 'settling',
              reenter: true,
              actions: 'askPaymentsAgain',
              description: 'Asks again',
            },
          },
        },
        releasing: {
          description: 'What the order still holds goes back',
          entry: ['letGo', 'releaseAll'],
          always: [
            {
              guard: 'isReleasedAndShipped',
              target: '#order.active',
              actions: ['withdrawRest', 'forgetOutcome'],
              description: 'A carrier has some of it: that part goes on',
            },
            {
              guard: 'isReleasedButTakenBack',
              target: '#order.compensationStuck',
              description: 'Meanwhile a refund failed after it had succeeded: a person has to look',
            },
            {
              guard: { type: 'isReleasedAnd', params: { outcome: 'rejected' } },
              target: '#order.rejected',
            },
            { guard: { type: 'isReleasedAnd', params: { outcome: 'expired' } }, target: '#order.expired' },
            {
              guard: 'isReleasedAndShippedInVain',
              target: '#order.refunded',
              actions: { type: 'intend', params: { outcome: 'refunded' } },
            },
            { guard: 'isAllReleased', target: '#order.cancelled' },
          ],
          after: { stockOverdue: { target: 'releasing', reenter: true, description: 'Asks again' } },
        },
      },
    },

    compensationStuck: {
      description:
        'Money could not be given back or released by itself: a person has to look at the gateway, and to give back what people took by hand',
      on: {
        'order.retry': { guard: 'canRetry', target: 'ending', actions: 'retryMoney' },
        'order.resolve': {
          guard: 'canSettleByHand',
          target: 'ending.releasing',
          actions: [
            'noteResolution',
            'dropInLine',
            'voidPayments',
            'settleAskedRefunds',
            'settleFailedRefunds',
            'settleOwedRefunds',
          ],
        },
        'order.cancel': { actions: 'changeNothing' },
      },
      always: { guard: 'isSettled', target: 'ending.releasing' },
    },

    cancelled: { tags: 'ended', description: 'Nothing of it was handed over, and nothing will be' },
    refunded: {
      tags: 'ended',
      description: 'What was handed over was lost or came back, and all of the money was given back',
      on: {
        'payment.refundFailed': {
          guard: 'isTakenBack',
          target: 'compensationStuck',
          actions: 'notePayment',
          description: 'A refund failed after it had succeeded: a person has to look',
        },
      },
    },
    rejected: { tags: 'ended', description: 'It was not to be had; nothing was charged' },
    expired: { tags: 'ended', description: 'It was not placed or not paid in time' },
    completed: {
      tags: 'ended',
      description: 'Delivered, paid, and the time to complain is over',
      on: {
        'payment.refundFailed': {
          guard: 'isTakenBack',
          target: 'active',
          actions: 'notePayment',
          description: 'A refund failed after it had succeeded: nothing is left to do but to look at that',
        },
      },
    },
  },
});
