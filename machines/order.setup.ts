/** What the order chart asks and does, by name. */
import { assertEvent, assign, enqueueActions, setup } from 'xstate';
import { defaultDurations } from './durations.ts';
import { hasRoomForHold, isKnownHold, withHold, withoutHold } from './holds.ts';
import * as books from './order.books.ts';
import * as byHand from './order.by-hand.ts';
import * as changes from './order.changes.ts';
import type { Execution, OrderContext, Outcome, Supply } from './order.context.ts';
import { paymentHandle, type OrderEvent, type OrderInput } from './order.events.ts';
import * as messages from './order.messages.ts';
import * as money from './order.money.ts';
import { noted } from './order.payments.ts';
import * as refunds from './order.refunds.ts';
import * as stock from './order.stock.ts';
import { send, type Sent } from './send.ts';

/** A hold that the order sets itself, as long as a payment is to be collected. */
const paymentHold = { handle: paymentHandle, reason: 'what was handed over could not be captured' };

export const orderSetup = setup({
  types: {
    context: {} as OrderContext,
    events: {} as OrderEvent,
    input: {} as OrderInput,
    emitted: {} as Sent,
    tags: {} as 'ended',
  },
  delays: defaultDurations,
  guards: {
    isDraft: ({ context }) => context.draft,

    hasCandidates: ({ event }) => {
      assertEvent(event, 'routing.candidates');
      return event.warehouses.length > 0;
    },
    isAllThereAndFree: ({ context }) => stock.isFound(context) && money.total(context) === 0,
    isAllThere: ({ context }) => stock.isFound(context),
    hasNextStep: ({ context }) => stock.isAnswered(context) && stock.nextSearch(context) !== undefined,
    canWait: ({ context }) => stock.isAnswered(context) && stock.canWait(context),
    isAnswered: ({ context }) => stock.isAnswered(context),
    isAsked: ({ context, event }) => {
      assertEvent(event, ['stock.held', 'stock.refused']);
      return stock.isReserved(context, event.reservation);
    },
    isNeeded: ({ context, event }) => {
      assertEvent(event, ['stock.asked', 'stock.held']);
      return stock.isNeeded(context, event.reservation);
    },
    isGathered: ({ context }) => stock.isGathered(context),
    isAllReleased: ({ context }) => stock.isAllReleased(context),

    isKnownPayment: ({ context, event }) =>
      'paymentId' in event && Object.hasOwn(context.payments, event.paymentId),
    isTakenBack: ({ context, event }) => {
      assertEvent(event, 'payment.refundFailed');
      return refunds.isRefunded(context, event.paymentId, event.refundId);
    },
    isAuthorized: ({ context }) => money.isUsable(context),
    isDeclined: ({ context }) => money.isDeclined(context),
    isDeclinedForGood: ({ context }) => money.isDeclined(context) && !money.hasTriesLeft(context),
    needsCustomer: ({ context }) => money.currentPayment(context)?.state === 'requiresAction',
    hasTriesLeft: ({ context }) => money.hasTriesLeft(context),
    canPayOtherwise: ({ context }) => money.canPayOtherwise(context),
    hasUncaptured: ({ context }) => byHand.hasUncaptured(context),
    hasQuestions: ({ context }) => hasQuestions(context),
    hasNoQuestions: ({ context }) => !hasQuestions(context),
    hasCaptureDue: ({ context }) => money.captureDue(context) !== undefined,
    hasRefundDue: ({ context }) => money.refundDue(context) !== undefined,
    isSettled: ({ context }) => money.isSettled(context),
    isStuck: ({ context }) => money.isStuck(context),
    canSettleByHand: ({ context }) => money.canSettleByHand(context),
    canRetry: ({ context }) => money.canRetry(context),
    isClosed: ({ context }) =>
      money.isPaidUp(context) && money.livePayments(context).length === 0 && stock.isAllReleased(context),

    isNews: ({ context, event }) => {
      assertEvent(event, 'fulfillment.account');
      return books.isNews(context, event);
    },
    isKnownFulfillment: ({ context, event }) => {
      assertEvent(event, 'fulfillment.account');
      return books.isKnown(context, event);
    },
    hasNothingOpen: ({ context }) => books.open(context).length === 0,
    hasNothingOpenButShipped: ({ context }) =>
      books.open(context).length === 0 && books.hasShippedSome(context),
    isReleasedAndShipped: ({ context }) => stock.isAllReleased(context) && books.hasShippedSome(context),
    isReleasedButTakenBack: ({ context }) => stock.isAllReleased(context) && refunds.has(context, 'failed'),
    isReleasedAnd: ({ context }, { outcome }: { outcome: Outcome }) =>
      stock.isAllReleased(context) && context.outcome === outcome,
    isReleasedAndShippedInVain: ({ context }) =>
      stock.isAllReleased(context) && books.hasShippedInVain(context),
    hasSomethingLeft: ({ context }) => books.hasSomethingLeft(context),
    hasNothingWanted: ({ context }) => books.wanted(context) === 0 && !books.hasShippedSome(context),

    standsElsewhere: ({ context }) => books.execution(context) !== context.stands.execution,
    isSuppliedElsewhere: ({ context }) => books.supply(context) !== context.stands.supply,
    hasMoneyElsewhere: ({ context }) => money.money(context) !== context.stands.money,
    isExecution: ({ context }, { at }: { at: Execution }) => context.stands.execution === at,
    isSupply: ({ context }, { at }: { at: Supply }) => context.stands.supply === at,
    isMoney: ({ context }, { at }: { at: money.Money }) => context.stands.money === at,

    isFreeToChange: ({ context, event }) => {
      assertEvent(event, 'order.cancelLine');
      const isPossible = context.change === null && changes.hasCancellable(context);
      return isPossible && changes.isCancellable(context, event);
    },
    isShort: ({ context, event }) => {
      assertEvent(event, 'order.resolveShort');
      if (!changes.hasShort(context)) return false;
      const isPossible = event.by !== 'warehouse' || changes.hasOtherWarehouse(context, event.lineId);
      return isPossible && changes.isShort(context, event);
    },
    isParcelOpen: ({ context, event }) => {
      assertEvent(event, 'order.resolveParcel');
      return changes.hasOpenParcel(context) && changes.isParcelOpen(context, event.shipmentId);
    },

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
    noteReason: assign(({ event }) => {
      assertEvent(event, 'order.cancel');
      return { reason: event.reason ?? null };
    }),
    intend: assign((_, { outcome }: { outcome: Outcome }) => ({ outcome })),
    noteResolution: assign(({ event }) => {
      assertEvent(event, 'order.resolve');
      return { reason: event.reason };
    }),

    askRouting: send(({ context }) => messages.routingQuestion(context)),
    noteCandidates: assign(({ event }) => {
      assertEvent(event, 'routing.candidates');
      return { candidates: event.warehouses };
    }),
    wantStock: assign(({ context }) => stock.askedFor(context)),
    askForStock: send(({ context }) => messages.stockRequests(context)),
    giveBackHeld: send(({ context }) =>
      stock.givenBack(context).map((entry) => messages.releaseOf(context, entry)),
    ),
    /** What was refused may still be granted to a question asked twice, so it is released like all else. */
    giveBackRefused: enqueueActions(({ context, enqueue }) => {
      enqueue.assign(stock.withoutRefused(context));
      const refusals = stock.refusedReservations(context);
      enqueue(send(() => refusals.map((entry) => messages.releaseOf(context, entry))));
    }),
    takeNextStep: assign(({ context }) => stock.stepped(context)),
    startAgain: assign(({ context }) => stock.waited(context)),
    noteMissing: assign(({ context }) => stock.missing(context)),
    noteHeld: assign(({ context, event }) => {
      assertEvent(event, 'stock.held');
      return stock.held(context, event);
    }),
    noteRefused: assign(({ context, event }) => {
      assertEvent(event, 'stock.refused');
      return stock.refused(context, event);
    }),
    /** While searching, the next step asks; later a refusal is passed on to the next warehouse at once. */
    askElsewhere: send(({ context }) =>
      books.isAssigned(context) && context.outcome === null
        ? [...messages.releases(context), ...messages.stockRequests(context)]
        : [],
    ),
    noteReleased: assign(({ context, event }) => {
      assertEvent(event, 'stock.released');
      return stock.released(context, event.reservation, event.kept);
    }),
    keepReservation: send(({ event }) => {
      assertEvent(event, 'stock.asked');
      const { reservation, stockItem } = event;
      return { to: { kind: 'stockItem', id: stockItem }, event: { type: 'stockItem.keep', reservation } };
    }),
    giveBack: send(({ context, event }) => {
      assertEvent(event, ['stock.asked', 'stock.held']);
      const { reservation, stockItem: id } = event;
      const owner = { kind: 'order', id: context.id };
      return {
        to: { kind: 'stockItem', id },
        event: { type: 'stockItem.release', reservation, owner, keep: 0 },
      };
    }),
    letGo: assign(({ context }) => stock.allReleasing(context)),
    releaseAll: send(({ context }) => messages.releases(context)),

    tryPayment: assign(({ context }) => money.tried(context, context.payment.method)),
    tryPaymentWith: assign(({ context, event }) => {
      assertEvent(event, 'order.pay');
      return money.tried(context, event.method);
    }),
    /** By itself once, with the method that was given; if that does not bring it, it is for people. */
    collect: enqueueActions(({ context, enqueue }) => {
      if (!money.canRepeat(context)) return;
      enqueue.assign(money.tried(context, context.payment.method, true));
      enqueue(send(({ context: after }) => messages.authorization(after)));
    }),
    askForPayment: send(({ context }) => messages.authorization(context)),
    notePayment: assign(({ context, event }) => noted(context, event)),
    capture: enqueueActions(({ context, enqueue }) => {
      const due = money.captureDue(context);
      if (due === undefined) return;
      enqueue.assign(money.withCapture(context, due));
      const {
        fulfillmentId,
        capture: { amount },
      } = due;
      if (amount === 0) return;
      enqueue(
        send(() =>
          messages.toPayment(money.currentPaymentId(context), {
            type: 'payment.capture',
            fulfillmentId,
            amount,
          }),
        ),
      );
    }),
    /** What people took by hand they give back by hand: no payment is asked. */
    refund: enqueueActions(({ context, enqueue }) => {
      const due = money.refundDue(context);
      if (due === undefined) return;
      enqueue.assign(money.withRefund(context, due));
      if (due.isByHand) return;
      const refundId = String(context.made.refunds + 1);
      enqueue(
        send(() =>
          messages.toPayment(due.paymentId, { type: 'payment.refund', refundId, amount: due.amount }),
        ),
      );
    }),
    askPaymentsAgain: send(({ context }) => messages.unanswered(context)),
    voidPayments: send(({ context }) => messages.voids(context)),
    closePayments: send(({ context }) => messages.closings(context)),
    giveUpPayments: assign(({ context }) => money.givenUp(context)),
    dropInLine: send(({ context }) => messages.drops(context)),
    settleAskedRefunds: assign(({ context }) => refunds.askedSettled(context)),
    settleFailedRefunds: assign(({ context }) => refunds.failedSettled(context)),
    settleOwedRefunds: assign(({ context }) => refunds.owedSettled(context)),
    settleCaptures: assign(({ context }) => byHand.capturesSettled(context)),
    retryMoney: assign(({ context }) => refunds.retried(context)),

    enterAccount: assign(({ context, event }) => {
      assertEvent(event, 'fulfillment.account');
      return books.enter(context, event);
    }),
    assignGoods: assign(({ context }) => stock.assigned(context)),
    startFulfillments: send(({ context }) =>
      books.silent(context).map((id) => messages.startOf(context, id)),
    ),
    stopFulfillments: send(({ context }) => messages.stops(context)),
    dropChange: assign({ change: null }),
    withdrawRest: assign(({ context }) => books.withdrawnRest(context)),
    forgetOutcome: assign({ outcome: null }),

    noteExecution: assign(({ context }) => ({
      stands: { ...context.stands, execution: books.execution(context) },
    })),
    noteSupply: assign(({ context }) => ({ stands: { ...context.stands, supply: books.supply(context) } })),
    noteMoney: assign(({ context }) => ({ stands: { ...context.stands, money: money.money(context) } })),

    giveBackLine: send(({ context, event }) => {
      assertEvent(event, 'order.cancelLine');
      return changes
        .reducedReservations(context, event)
        .map(({ id, one, keep }) => messages.releaseOf(context, [id, one], keep));
    }),
    cancelLine: assign(({ context, event }) => {
      assertEvent(event, 'order.cancelLine');
      return changes.lineCancelled(context, event);
    }),
    askToReduce: send(({ context }) => messages.reductions(context)),
    resolveShort: assign(({ context, event }) => {
      assertEvent(event, 'order.resolveShort');
      return changes.shortResolved(context, event);
    }),
    resolveParcel: assign(({ context, event }) => {
      assertEvent(event, 'order.resolveParcel');
      return changes.parcelResolved(context, event);
    }),

    takeAddress: assign(({ event }) => {
      assertEvent(event, 'order.changeAddress');
      return { shipTo: event.shipTo };
    }),
    countAddress: assign(({ context }) => ({ addressRevision: context.addressRevision + 1 })),
    tellAddress: send(({ context }) => messages.addressChanges(context)),
    addHold: assign(({ context, event }) => {
      assertEvent(event, 'order.hold');
      return books.held(context, withHold(context.holds, event));
    }),
    removeHold: assign(({ context, event }) => {
      assertEvent(event, 'order.release');
      return books.held(context, withoutHold(context.holds, event));
    }),
    holdForPayment: assign(({ context }) =>
      books.held(context, withHold(withoutHold(context.holds, paymentHold), paymentHold)),
    ),
    liftPaymentHold: assign(({ context }) => books.held(context, withoutHold(context.holds, paymentHold))),
    tellHolds: send(({ context }) => messages.holdChanges(context)),
    bringUpToDate: send(({ context }) => messages.updates(context)),
  },
});

/** Whether somebody has not answered; a first account that holds up the whole order is asked for in planning. */
function hasQuestions(order: OrderContext): boolean {
  return (
    order.change !== null ||
    money.isWaiting(order) ||
    stock.isReleasing(order) ||
    (books.hasShippedSome(order) && books.silent(order).length > 0) ||
    books.outdated(order).length > 0
  );
}
