/** What the fulfillment chart asks and does, by name. */
import { assertEvent, assign, enqueueActions, setup } from 'xstate';
import { defaultDurations } from './durations.ts';
import * as books from './fulfillment.books.ts';
import type { FulfillmentContext } from './fulfillment.books.ts';
import type { Account, FulfillmentEvent, FulfillmentInput } from './fulfillment.events.ts';
import * as messages from './fulfillment.messages.ts';
import { hasRoomForHold, isKnownHold, withHold, withoutHold } from './holds.ts';
import { send, type Sent } from './send.ts';

export const fulfillmentSetup = setup({
  types: {
    context: {} as FulfillmentContext,
    events: {} as FulfillmentEvent,
    input: {} as FulfillmentInput,
    emitted: {} as Sent,
    tags: {} as 'ended',
  },
  delays: defaultDurations,
  guards: {
    isClear: ({ context }) => books.isClear(context),
    isOnHold: ({ context }) => !books.isClear(context),
    isForThisAttempt: ({ context, event }) => {
      assertEvent(event, ['warehouse.granted', 'warehouse.denied']);
      return event.attempt === context.attempt && event.warehouse === context.trying;
    },
    isWhereTheGoodsAre: ({ context }) => context.trying === context.warehouse,
    hasOtherWarehouse: ({ context }) => context.untried.length > 0,
    isAskedForMove: ({ context, event }) => {
      assertEvent(event, ['stock.held', 'stock.refused']);
      return books.isAskedForMove(context, event.reservation);
    },
    isAllHeldThere: ({ context }) => context.moved.every(({ state }) => state === 'held'),
    isRefusedThere: ({ context }) =>
      context.moved.every(({ state }) => state !== 'asked') &&
      context.moved.some(({ state }) => state === 'refused'),
    isEmpty: ({ context }) => !books.isOpen(context),
    isPickedExactly: ({ context, event }) => {
      assertEvent(event, 'fulfillment.finishPick');
      return books.isPickedExactly(context, event.lines);
    },
    hasSoMany: ({ context, event }) => {
      assertEvent(event, 'fulfillment.shortPick');
      return event.quantity <= books.assignedTo(context, event.lineId);
    },
    isAnsweredChange: ({ context, event }) => {
      assertEvent(event, 'fulfillment.reduce');
      return books.isAnsweredChange(context, event.change);
    },
    isNewerAddress: ({ context, event }) => {
      assertEvent(event, 'fulfillment.changeAddress');
      return event.revision > context.addressRevision;
    },
    isForThisAddress: ({ context, event }) => {
      assertEvent(event, 'shipment.booked');
      return event.revision === context.addressRevision;
    },
    isOnOlderLabel: ({ context, event }) => {
      assertEvent(event, 'shipment.moving');
      return event.revision < context.addressRevision;
    },
    hasShipment: ({ context }) => context.shipmentId !== null,
    isAllReleased: ({ context }) => context.releasing.length === 0,
    isNeeded: ({ context, event }) => {
      assertEvent(event, ['stock.asked', 'stock.held']);
      return books.isNeeded(context, event.reservation);
    },
    isKnownHold: ({ context, event }) => {
      assertEvent(event, ['fulfillment.hold', 'fulfillment.release']);
      return isKnownHold(context.holds, event);
    },
    canBeHeld: ({ context }) => books.isOpen(context) && hasRoomForHold(context.holds),
    isNewerHolds: ({ context, event }) => {
      assertEvent(event, 'fulfillment.orderHolds');
      return event.holdsRevision > context.holdsRevision;
    },
  },
  actions: {
    /** Makes an event count as accepted where what it wants is so already. */
    changeNothing: enqueueActions(() => undefined),
    /** Always the whole of it (rule 2); with a state, that is how it stands from now on. */
    giveAccount: enqueueActions(({ context, enqueue }, as: { state: Account['state'] } | undefined) => {
      const account = books.nextAccount(context, as?.state ?? context.stands);
      enqueue.assign({ accountCount: account.version, stands: account.state });
      enqueue(
        send(() => ({
          to: { kind: 'order', id: context.orderId },
          event: { type: 'fulfillment.account', ...account },
        })),
      );
    }),

    ownReservations: send(({ context }) => messages.ownReservations(context)),
    keepReservation: send(({ event }) => {
      assertEvent(event, 'stock.asked');
      const { reservation, stockItem } = event;
      return { to: { kind: 'stockItem', id: stockItem }, event: { type: 'stockItem.keep', reservation } };
    }),
    giveBack: send(({ context, event }) => {
      assertEvent(event, ['stock.asked', 'stock.held']);
      return messages.releaseOf(context, event);
    }),

    askForSlot: send(({ context }) => messages.slotRequest(context)),
    freeSlot: send(({ context }) => messages.slotRelease(context)),
    tryNextWarehouse: assign(({ context }) => books.nextTry(context)),
    startOver: assign(({ context }) => books.firstTry(context)),
    wantMove: assign(({ context }) => ({ moved: books.movedLines(context) })),
    holdThere: send(({ context }) => messages.moveHolds(context)),
    noteHeldThere: assign(({ context, event }) => {
      assertEvent(event, 'stock.held');
      return books.answeredMove(context, event.reservation, 'held');
    }),
    noteRefusedThere: assign(({ context, event }) => {
      assertEvent(event, 'stock.refused');
      return books.answeredMove(context, event.reservation, 'refused');
    }),
    moveThere: assign(({ context }) => books.relocated(context)),
    stayHere: assign(({ context }) => books.stayed(context)),
    releaseAll: send(({ context }) => messages.releases(context)),
    noteRelease: assign(({ context, event }) => {
      assertEvent(event, 'stock.released');
      return books.released(context, event);
    }),

    noteChange: assign(({ event }) => {
      assertEvent(event, 'fulfillment.reduce');
      return { change: event.change };
    }),
    cutLine: assign(({ context, event }) => {
      assertEvent(event, 'fulfillment.reduce');
      return books.taken(context, { ...event, as: 'cut' });
    }),
    releaseCut: send(({ context, event }) => {
      assertEvent(event, 'fulfillment.reduce');
      return messages.lineRelease(context, event.lineId);
    }),
    takeShort: assign(({ context, event }) => {
      assertEvent(event, 'fulfillment.shortPick');
      return books.taken(context, { ...event, as: 'short' });
    }),
    tellShort: send(({ context, event }) => {
      assertEvent(event, 'fulfillment.shortPick');
      return messages.lineShort(context, event.lineId);
    }),
    cutAll: assign(({ context }) => books.givenUp(context)),

    takeAddress: assign(({ event }) => {
      assertEvent(event, 'fulfillment.changeAddress');
      return { shipTo: event.shipTo, addressRevision: event.revision };
    }),
    /** The label that it left with says where it goes, whatever was wanted since. */
    takeLabelsAddress: assign(({ event }) => {
      assertEvent(event, 'shipment.moving');
      return { addressRevision: event.revision };
    }),
    nameShipment: assign(({ context }) => ({ shipmentId: messages.shipmentOf(context.id) })),
    askForLabel: send(({ context }) => messages.booking(context)),
    readdress: send(({ context }) => messages.readdress(context)),
    askVoid: send(({ context }) => messages.toShipment(context, { type: 'shipment.void' })),
    tellHandedOver: send(({ context }) => messages.toShipment(context, { type: 'shipment.handedOver' })),
    consume: send(({ context }) => [...messages.consumptions(context), ...messages.releases(context)]),
    shipLines: assign(({ context }) => books.handedOver(context)),
    deliverLines: assign(({ context }) => books.delivered(context)),
    noteIncident: assign(({ context }) => ({ incidents: context.incidents + 1 })),

    addHold: assign(({ context, event }) => {
      assertEvent(event, 'fulfillment.hold');
      return { holds: withHold(context.holds, event) };
    }),
    removeHold: assign(({ context, event }) => {
      assertEvent(event, 'fulfillment.release');
      return { holds: withoutHold(context.holds, event) };
    }),
    takeOrderHolds: assign(({ event }) => {
      assertEvent(event, 'fulfillment.orderHolds');
      return { orderHolds: event.holds, holdsRevision: event.holdsRevision };
    }),
  },
});
