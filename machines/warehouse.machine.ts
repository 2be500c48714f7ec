/** A place where fulfillments are worked on, as many at once as it can take. */
import { assertEvent, assign, enqueueActions, setup } from 'xstate';
import { defaultDurations } from './durations.ts';
import { send, type Sent } from './send.ts';
import * as books from './warehouse.books.ts';
import type { WarehouseContext } from './warehouse.books.ts';
import type { WarehouseEvent, WarehouseInput } from './warehouse.events.ts';

export const warehouseMachine = setup({
  types: {
    context: {} as WarehouseContext,
    events: {} as WarehouseEvent,
    input: {} as WarehouseInput,
    emitted: {} as Sent,
  },
  delays: defaultDurations,
  guards: {
    hasSlot: ({ context, event }) => {
      assertEvent(event, 'warehouse.slot');
      return books.hasSlot(context, event);
    },
    isOver: ({ context, event }) => {
      assertEvent(event, 'warehouse.slot');
      return books.isOver(context, event);
    },
    canTakeOn: ({ context }) => books.canTakeOn(context),
    isNotBelowUsed: ({ context, event }) => {
      assertEvent(event, 'warehouse.setCapacity');
      return event.capacity >= context.used;
    },
    isAvailable: ({ context }) => books.levelOf(context) === 'available',
    isNearFull: ({ context }) => books.levelOf(context) === 'nearFull',
    isFull: ({ context }) => books.levelOf(context) === 'full',
    remembersSomething: ({ context }) => !books.remembersNothing(context),
    remembersNothing: ({ context }) => books.remembersNothing(context),
  },
  actions: {
    /** Makes an event count as accepted where what it wants is so already. */
    changeNothing: enqueueActions(() => undefined),
    startWork: assign({ takesWork: true }),
    stopWork: assign({ takesWork: false }),
    setCapacity: assign(({ event }) => {
      assertEvent(event, 'warehouse.setCapacity');
      return { capacity: event.capacity };
    }),
    takeOn: assign(({ context, event }) => {
      assertEvent(event, 'warehouse.slot');
      return books.takeOn(context, event);
    }),
    free: assign(({ context, event }) => {
      assertEvent(event, 'warehouse.free');
      return books.free(context, event);
    }),
    grant: send(({ context, event }) => {
      assertEvent(event, 'warehouse.slot');
      const { fulfillmentId: id, attempt } = event;
      return {
        to: { kind: 'fulfillment', id },
        event: { type: 'warehouse.granted', warehouse: context.id, attempt },
      };
    }),
    deny: send(({ context, event }) => {
      assertEvent(event, 'warehouse.slot');
      const { fulfillmentId: id, attempt } = event;
      return {
        to: { kind: 'fulfillment', id },
        event: { type: 'warehouse.denied', warehouse: context.id, attempt },
      };
    }),
    tellRouting: enqueueActions(({ context, enqueue }) => {
      const { id: warehouse, region, country, location, takesWork } = context;
      const version = context.version + 1;
      const capacity = books.levelOf(context);
      enqueue.assign({ version });
      enqueue(
        send(() => ({
          to: { kind: 'routing', id: region },
          event: { type: 'routing.update', warehouse, version, country, location, takesWork, capacity },
        })),
      );
    }),
    forget: assign(({ context }) => books.forget(context)),
  },
}).createMachine({
  id: 'warehouse',
  description: 'A place where fulfillments are worked on, as many at once as it can take',
  context: books.newWarehouse,
  type: 'parallel',
  entry: 'tellRouting',
  on: {
    'warehouse.slot': [
      {
        guard: 'hasSlot',
        actions: ['takeOn', 'grant'],
        description: 'It has one, and keeps it until it frees it',
      },
      { guard: 'isOver', actions: 'deny', description: 'It has left this attempt, and would never free it' },
      { guard: 'canTakeOn', actions: ['takeOn', 'grant'] },
      { actions: 'deny', description: 'No room, or no new work' },
    ],
    'warehouse.free': { actions: 'free' },
    'warehouse.setCapacity': { guard: 'isNotBelowUsed', actions: 'setCapacity' },
  },
  states: {
    operations: {
      description: 'Whether new work is taken on; work in progress always goes on',
      initial: 'open',
      states: {
        open: {
          description: 'New work is taken on',
          on: {
            'warehouse.open': { actions: 'changeNothing' },
            'warehouse.pause': { target: 'paused', actions: ['stopWork', 'tellRouting'] },
            'warehouse.close': { target: 'closed', actions: ['stopWork', 'tellRouting'] },
          },
        },
        paused: {
          description: 'No new work for now',
          on: {
            'warehouse.open': { target: 'open', actions: ['startWork', 'tellRouting'] },
            'warehouse.pause': { actions: 'changeNothing' },
            'warehouse.close': { target: 'closed' },
          },
        },
        closed: {
          description: 'No new work any more',
          on: { 'warehouse.close': { actions: 'changeNothing' } },
        },
      },
    },
    capacity: {
      description: 'How much room there is',
      initial: 'available',
      states: {
        available: {
          description: 'There is room',
          always: [
            { guard: 'isNearFull', target: 'nearFull', actions: 'tellRouting' },
            { guard: 'isFull', target: 'full', actions: 'tellRouting' },
          ],
        },
        nearFull: {
          description: 'At least 80 % of the slots are taken',
          always: [
            { guard: 'isFull', target: 'full', actions: 'tellRouting' },
            { guard: 'isAvailable', target: 'available', actions: 'tellRouting' },
          ],
        },
        full: {
          description: 'Every slot is taken',
          always: [
            { guard: 'isNearFull', target: 'nearFull', actions: 'tellRouting' },
            { guard: 'isAvailable', target: 'available', actions: 'tellRouting' },
          ],
        },
      },
    },
    memory: {
      description: 'Who has left, so that an old request for a slot is not granted to nobody',
      initial: 'blank',
      states: {
        blank: {
          description: 'Nothing is remembered',
          always: { guard: 'remembersSomething', target: 'kept' },
        },
        kept: {
          description: 'Fulfillments that have left are remembered for a while',
          always: { guard: 'remembersNothing', target: 'blank' },
          after: { endedKept: { target: 'kept', reenter: true, actions: 'forget' } },
        },
      },
    },
  },
});
