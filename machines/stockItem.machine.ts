/** What one warehouse has of one article. All arithmetic with it happens here. */
import { and, assertEvent, assign, enqueueActions, setup, type EventObject } from 'xstate';
import { defaultDurations } from './durations.ts';
import type { Owner } from './schemas.ts';
import { send, type Message, type Sent } from './send.ts';
import * as books from './stockItem.books.ts';
import type { StockItemContext } from './stockItem.books.ts';
import type { StockItemEvent, StockItemInput } from './stockItem.events.ts';

export const stockItemMachine = setup({
  types: {
    context: {} as StockItemContext,
    events: {} as StockItemEvent,
    input: {} as StockItemInput,
    emitted: {} as Sent,
  },
  delays: defaultDurations,
  guards: {
    isHeld: ({ context, event }) =>
      'reservation' in event && books.heldOf(context, event.reservation) !== undefined,
    isWaiting: ({ context, event }) =>
      'reservation' in event && books.waitingOf(context, event.reservation) !== undefined,
    isEnded: ({ context, event }) => 'reservation' in event && books.isEnded(context, event.reservation),
    isUnknown: ({ context, event }) =>
      'reservation' in event && books.liveOf(context, event.reservation) === undefined,
    isTakenOver: ({ context, event }) => {
      assertEvent(event, 'stockItem.release');
      return books.isTakenOver(context, event);
    },
    canBeHeld: ({ context, event }) => {
      assertEvent(event, 'stockItem.hold');
      return books.grantOf(context, event) > 0 && books.hasRoom(context, event);
    },
    canWait: ({ context, event }) => {
      assertEvent(event, 'stockItem.backorder');
      return books.hasRoom(context, event);
    },
    isKnownReceipt: ({ context, event }) => {
      assertEvent(event, 'stockItem.receive');
      return books.receiptOf(context, event.receiptId) === event.quantity;
    },
    canBeReceived: ({ context, event }) => {
      assertEvent(event, 'stockItem.receive');
      return (
        books.receiptOf(context, event.receiptId) === undefined && books.canReceive(context, event.quantity)
      );
    },
    hasRoomForReceipt: ({ context, event }) => {
      assertEvent(event, 'stockItem.receive');
      return books.hasRoomForReceipt(context, event.receiptId);
    },
    isNotBelowReserved: ({ context, event }) => {
      assertEvent(event, 'stockItem.adjust');
      return event.quantity >= books.reserved(context);
    },
    isAwaited: ({ context }) => context.waiting.length > 0,
    isInStock: ({ context }) => context.waiting.length === 0 && books.available(context) > 0,
    isSoldOut: ({ context }) => context.waiting.length === 0 && books.available(context) <= 0,
    hasUnpaid: ({ context }) => books.hasUnpaid(context),
    hasNoUnpaid: ({ context }) => !books.hasUnpaid(context),
    remembersSomething: ({ context }) => !books.remembersNothing(context),
    remembersNothing: ({ context }) => books.remembersNothing(context),
  },
  actions: {
    /** Makes an event count as accepted where what it wants is so already. */
    changeNothing: enqueueActions(() => undefined),
    hold: assign(({ context, event }) => {
      assertEvent(event, 'stockItem.hold');
      return books.hold(context, event);
    }),
    queue: assign(({ context, event }) => {
      assertEvent(event, 'stockItem.backorder');
      return books.queue(context, event);
    }),
    own: assign(({ context, event }) => {
      assertEvent(event, 'stockItem.own');
      return books.own(context, event);
    }),
    keep: assign(({ context, event }) => {
      assertEvent(event, 'stockItem.keep');
      return books.keep(context, event.reservation);
    }),
    release: assign(({ context, event }) => {
      assertEvent(event, 'stockItem.release');
      return books.release(context, event);
    }),
    takeShort: assign(({ context, event }) => {
      assertEvent(event, 'stockItem.short');
      return books.takeShort(context, event);
    }),
    consume: assign(({ context, event }) => {
      assertEvent(event, 'stockItem.consume');
      return books.consume(context, event);
    }),
    rememberEnded: assign(({ context, event }) => {
      assertEvent(event, 'stockItem.consume');
      return books.rememberEnded(context, event.reservation);
    }),
    receive: assign(({ context, event }) => {
      assertEvent(event, 'stockItem.receive');
      return books.receive(context, event);
    }),
    adjust: assign(({ context, event }) => {
      assertEvent(event, 'stockItem.adjust');
      return books.adjust(context, event.quantity);
    }),
    serve: enqueueActions(({ context, enqueue }) => {
      const { change, served } = books.serve(context);
      if (served.length === 0) return;
      enqueue.assign(change);
      enqueue(send(() => served.map((each) => held(context, books.ownerOf(each), each))));
    }),
    answerHeld: send(({ context, event }) => {
      assertEvent(event, ['stockItem.hold', 'stockItem.backorder']);
      const { reservation: id, owner } = event;
      return held(context, owner, { id, quantity: books.keptOf(context, id) });
    }),
    answerRefused: send(({ context, event }) => {
      assertEvent(event, ['stockItem.hold', 'stockItem.backorder']);
      const { reservation, owner } = event;
      const refusal = books.refusalOf(context, event);
      return answer(owner, { type: 'stock.refused', reservation, stockItem: context.id, ...refusal });
    }),
    answerReleased: send(({ context, event }) => {
      assertEvent(event, 'stockItem.release');
      const { reservation, owner } = event;
      const kept = books.keptOf(context, reservation);
      return answer(owner, { type: 'stock.released', reservation, stockItem: context.id, kept });
    }),
    askOwners: send(({ context }) =>
      books.doubtful(context).map((each) =>
        answer(books.ownerOf(each), {
          type: 'stock.asked',
          reservation: each.id,
          stockItem: context.id,
        }),
      ),
    ),
    countWatch: assign({ watch: ({ context }) => context.watch + 1 }),
    forget: assign(({ context }) => books.forget(context)),
  },
}).createMachine({
  id: 'stockItem',
  description: 'What one warehouse has of one article',
  context: books.newStockItem,
  type: 'parallel',
  on: {
    'stockItem.receive': [
      { guard: 'isKnownReceipt', actions: 'changeNothing', description: 'The same receipt counts once' },
      { guard: and(['canBeReceived', 'hasRoomForReceipt']), actions: ['receive', 'serve'] },
    ],
    'stockItem.adjust': { guard: 'isNotBelowReserved', actions: ['adjust', 'serve'] },
    'stockItem.hold': [
      { guard: 'isHeld', actions: 'answerHeld', description: 'Asked again: the same answer' },
      { guard: 'isWaiting', actions: 'changeNothing', description: 'It is answered when there is enough' },
      { guard: 'isEnded', actions: 'answerRefused', description: 'It is over: it does not begin again' },
      { guard: 'canBeHeld', actions: ['hold', 'answerHeld'] },
      { actions: 'answerRefused', description: 'There is too little' },
    ],
    'stockItem.backorder': [
      { guard: 'isHeld', actions: 'answerHeld', description: 'Asked again, and served since' },
      { guard: 'isWaiting', actions: 'changeNothing', description: 'Asked again: it keeps its place' },
      { guard: 'isEnded', actions: 'answerRefused', description: 'It is over: it does not begin again' },
      { guard: 'canWait', actions: ['queue', 'serve'] },
    ],
    'stockItem.own': [
      { guard: 'isHeld', actions: 'own' },
      { guard: 'isWaiting', actions: 'own' },
      { actions: 'changeNothing', description: 'It is over' },
    ],
    'stockItem.keep': [
      { guard: 'isHeld', actions: 'keep' },
      { actions: 'changeNothing', description: 'It waits, or is over' },
    ],
    'stockItem.release': [
      {
        guard: 'isTakenOver',
        actions: 'answerReleased',
        description: 'A fulfillment has it, and only that ends it: the order hears what is kept',
      },
      { actions: ['release', 'answerReleased', 'serve'] },
    ],
    'stockItem.short': [
      { guard: 'isHeld', actions: 'takeShort' },
      { actions: 'changeNothing', description: 'Nothing of it is held: what is missing was told before' },
    ],
    'stockItem.consume': [
      { guard: 'isHeld', actions: ['consume', 'serve'] },
      { guard: 'isEnded', actions: 'changeNothing', description: 'It has left the stock once' },
      {
        guard: 'isUnknown',
        actions: 'rememberEnded',
        description: 'Nothing was held, so nothing leaves; but it is over, whatever comes late of it',
      },
    ],
  },
  states: {
    availability: {
      description: 'Whether an order can have some',
      initial: 'soldOut',
      states: {
        inStock: {
          description: 'There is more than is reserved',
          always: [
            { guard: 'isAwaited', target: 'awaited' },
            { guard: 'isSoldOut', target: 'soldOut' },
          ],
        },
        soldOut: {
          description: 'All that there is is reserved, and nobody waits for more',
          always: [
            { guard: 'isAwaited', target: 'awaited' },
            { guard: 'isInStock', target: 'inStock' },
          ],
        },
        awaited: {
          description: 'Somebody waits for more than there is; others have to wait too',
          always: [
            { guard: 'isInStock', target: 'inStock' },
            { guard: 'isSoldOut', target: 'soldOut' },
          ],
        },
      },
    },
    question: {
      description: 'Whether orders that hold some still need it; the item never takes it back by itself',
      initial: 'quiet',
      states: {
        quiet: {
          description: 'No order holds any',
          always: { guard: 'hasUnpaid', target: 'watching' },
        },
        watching: {
          description: 'Orders hold some; whoever has for long is asked',
          always: { guard: 'hasNoUnpaid', target: 'quiet' },
          after: {
            reservationQuestion: {
              target: 'watching',
              reenter: true,
              actions: ['askOwners', 'countWatch'],
            },
          },
        },
      },
    },
    memory: {
      description: 'What is over, so that a message about it that comes late or twice changes nothing',
      initial: 'blank',
      states: {
        blank: {
          description: 'Nothing is remembered',
          always: { guard: 'remembersSomething', target: 'kept' },
        },
        kept: {
          description: 'Receipts and ended reservations are remembered for a while',
          always: { guard: 'remembersNothing', target: 'blank' },
          after: { endedKept: { target: 'kept', reenter: true, actions: 'forget' } },
        },
      },
    },
  },
});

function held(
  { id: stockItem }: StockItemContext,
  owner: Owner,
  { id: reservation, quantity }: { id: string; quantity: number },
): Message {
  return answer(owner, { type: 'stock.held', reservation, stockItem, quantity });
}

function answer<Event extends EventObject>({ kind, id }: Owner, event: Event): Message<Event> {
  return { to: { kind, id }, event };
}
