/** Which warehouses of a region an order should try, the best first. What it says is a hint, not a promise. */
import { assertEvent, assign, enqueueActions, setup } from 'xstate';
import * as books from './routing.books.ts';
import type { RoutingContext } from './routing.books.ts';
import type { RoutingEvent, RoutingInput } from './routing.events.ts';
import { send, type Sent } from './send.ts';

export const routingMachine = setup({
  types: {
    context: {} as RoutingContext,
    events: {} as RoutingEvent,
    input: {} as RoutingInput,
    emitted: {} as Sent,
  },
  guards: {
    isOld: ({ context, event }) => {
      assertEvent(event, 'routing.update');
      return !books.isNews(context, event);
    },
    hasRoom: ({ context, event }) => {
      assertEvent(event, 'routing.update');
      return books.hasRoom(context, event);
    },
  },
  actions: {
    /** Makes an event count as accepted where what it wants is so already. */
    changeNothing: enqueueActions(() => undefined),
    note: assign(({ context, event }) => {
      assertEvent(event, 'routing.update');
      return books.noted(context, event);
    }),
    answer: send(({ context, event }) => {
      assertEvent(event, 'routing.ask');
      const warehouses = books.candidates(context, event.shipTo);
      return { to: { kind: 'order', id: event.orderId }, event: { type: 'routing.candidates', warehouses } };
    }),
  },
}).createMachine({
  id: 'routing',
  description: 'Which warehouses of a region an order should try',
  context: books.newRouting,
  initial: 'unaware',
  on: { 'routing.ask': { actions: 'answer' } },
  states: {
    unaware: {
      description: 'No warehouse has said how it stands',
      on: { 'routing.update': { target: 'aware', actions: 'note' } },
    },
    aware: {
      description: 'Some warehouse has said how it stands',
      on: {
        'routing.update': [
          { guard: 'isOld', actions: 'changeNothing', description: 'Something newer is known' },
          { guard: 'hasRoom', actions: 'note' },
        ],
      },
    },
  },
});
