/** The part of an order that one warehouse ships as one parcel. */
import { assertEvent, assign, enqueueActions, setup } from 'xstate';
import * as books from './fulfillment.books.ts';
import type { FulfillmentContext } from './fulfillment.books.ts';
import type { FulfillmentEvent, FulfillmentInput } from './fulfillment.events.ts';
import { hasRoomForHold, isKnownHold, withHold, withoutHold } from './holds.ts';
import { send, type Sent } from './send.ts';

export const fulfillmentMachine = setup({
  types: {
    context: {} as FulfillmentContext,
    events: {} as FulfillmentEvent,
    input: {} as FulfillmentInput,
    emitted: {} as Sent,
    tags: {} as 'ended',
  },
  guards: {
    isClear: ({ context }) => books.isClear(context),
    isOnHold: ({ context }) => !books.isClear(context),
    isClearAndPickedExactly: ({ context, event }) => {
      assertEvent(event, 'fulfillment.finishPick');
      return books.isClear(context) && books.isPickedExactly(context, event.lines);
    },
    isNewerAddress: ({ context, event }) => {
      assertEvent(event, 'fulfillment.changeAddress');
      return event.revision > context.addressRevision;
    },
    isKnownHold: ({ context, event }) => {
      assertEvent(event, ['fulfillment.hold', 'fulfillment.release']);
      return isKnownHold(context.holds, event);
    },
    canBeHeld: ({ context }) => books.isOpen(context) && hasRoomForHold(context.holds),
    isKnownOrderHold: ({ context, event }) => {
      assertEvent(event, 'order.held');
      return isKnownHold(context.orderHolds, event);
    },
  },
  actions: {
    /** Makes an event count as accepted where what it wants is so already. */
    changeNothing: enqueueActions(() => undefined),
    takeAddress: assign(({ event }) => {
      assertEvent(event, 'fulfillment.changeAddress');
      return { shipTo: event.shipTo, addressRevision: event.revision };
    }),
    shipLines: assign(({ context }) => books.handedOver(context)),
    deliverLines: assign(({ context }) => books.delivered(context)),
    cutLines: assign(({ context }) => books.stopped(context)),
    giveAccount: enqueueActions(({ context, enqueue }) => {
      const account = books.nextAccount(context);
      enqueue.assign({ accountCount: account.version });
      enqueue(
        send(() => ({
          to: { kind: 'order', id: context.orderId },
          event: { type: 'fulfillment.account', ...account },
        })),
      );
    }),
    addHold: assign(({ context, event }) => {
      assertEvent(event, 'fulfillment.hold');
      return { holds: withHold(context.holds, event) };
    }),
    removeHold: assign(({ context, event }) => {
      assertEvent(event, 'fulfillment.release');
      return { holds: withoutHold(context.holds, event) };
    }),
    addOrderHold: assign(({ context, event }) => {
      assertEvent(event, 'order.held');
      return { orderHolds: withHold(context.orderHolds, event) };
    }),
    removeOrderHold: assign(({ context, event }) => {
      assertEvent(event, 'order.released');
      return { orderHolds: withoutHold(context.orderHolds, event) };
    }),
  },
}).createMachine({
  id: 'fulfillment',
  description: 'The part of an order that one warehouse ships as one parcel',
  context: books.newFulfillment,
  type: 'parallel',
  entry: 'giveAccount',
  on: {
    'fulfillment.start': { actions: 'giveAccount', description: 'The order asks again: it gets the account' },
  },
  states: {
    progress: {
      description: 'Where the goods are; it only goes forward',
      initial: 'planned',
      on: {
        'fulfillment.stop': { target: '.stopping', description: 'Until handover, the order may stop it' },
        'fulfillment.changeAddress': [
          { guard: 'isNewerAddress', actions: 'takeAddress' },
          { actions: 'changeNothing', description: 'An older address' },
        ],
      },
      states: {
        planned: {
          description: 'The warehouse has the job, and nobody has taken it yet',
          on: { 'fulfillment.startPick': { guard: 'isClear', target: 'picking' } },
        },
        picking: {
          description: 'A picker collects the goods',
          on: { 'fulfillment.finishPick': { guard: 'isClearAndPickedExactly', target: 'picked' } },
        },
        picked: {
          description: 'Everything is in the tote, waiting for a packer',
          on: { 'fulfillment.startPack': { guard: 'isClear', target: 'packing' } },
        },
        packing: {
          description: 'A packer packs the parcel',
          on: { 'fulfillment.finishPack': { guard: 'isClear', target: 'readyToShip' } },
        },
        readyToShip: {
          description: 'Packed and closed, waiting for the carrier',
          on: { 'fulfillment.handOver': { guard: 'isClear', target: 'completed', actions: 'shipLines' } },
        },
        completed: {
          description: 'The warehouse has done its part; it is too late to stop it or to change the address',
          initial: 'handedOver',
          on: {
            'fulfillment.stop': { actions: 'giveAccount' },
            'fulfillment.changeAddress': { actions: 'changeNothing' },
          },
          states: {
            handedOver: {
              description: 'The carrier has the parcel',
              entry: 'giveAccount',
              on: { 'fulfillment.deliver': { target: 'delivered', actions: 'deliverLines' } },
            },
            delivered: {
              description: 'The customer has the parcel',
              tags: 'ended',
              entry: 'giveAccount',
            },
          },
        },
        stopping: {
          description: 'The order has cancelled it; what it holds is given back',
          entry: 'cutLines',
          always: { target: 'stopped' },
        },
        stopped: {
          description: 'Nothing of it will be shipped; the order may still ask',
          tags: 'ended',
          entry: 'giveAccount',
          on: {
            'fulfillment.stop': { actions: 'giveAccount' },
            'fulfillment.changeAddress': { actions: 'changeNothing' },
          },
        },
      },
    },
    hold: {
      description: 'Whether people may go on; a hold set here is lifted here, one of the order by the order',
      initial: 'clear',
      on: {
        'fulfillment.hold': [
          { guard: 'isKnownHold', actions: 'changeNothing' },
          { guard: 'canBeHeld', actions: 'addHold' },
        ],
        'fulfillment.release': { guard: 'isKnownHold', actions: 'removeHold' },
        'order.held': [{ guard: 'isKnownOrderHold', actions: 'changeNothing' }, { actions: 'addOrderHold' }],
        'order.released': { actions: 'removeOrderHold' },
      },
      states: {
        clear: {
          description: 'Work may go on',
          always: { guard: 'isOnHold', target: 'held' },
        },
        held: {
          description: 'No step and no handover until every hold is lifted',
          always: { guard: 'isClear', target: 'clear' },
        },
      },
    },
  },
});
