/**
 * The rules of DOMAIN.md, each with changes to the source that take it away. The runs of a shop have to miss each
 * within `seeds` seeds; a change that no longer fits the source is an error.
 */
import type { Rule } from '../simulation/rules.ts';

/** What is done without it, and where. */
function without(
  rule: number,
  given: Pick<Rule, 'without' | 'file' | 'changes' | 'seeds' | 'from' | 'isSlow'>,
): Rule {
  return { name: `${rule}: ${given.without}`, rule: String(rule), ...given };
}

export const domainRules: readonly Rule[] = [
  without(1, {
    without: 'the timer of a stock item takes back what an order holds',
    file: 'machines/stockItem.machine.ts',
    seeds: 40,
    changes: [
      [
        'countWatch: assign({ watch: ({ context }) => context.watch + 1 }),',
        "countWatch: assign({ watch: ({ context }) => context.watch + 1, held: ({ context }) => context.held.filter(({ owner }) => !owner.startsWith('order/')) }),",
      ],
    ],
  }),
  without(1, {
    without: 'a fulfillment does not become the owner of its goods',
    file: 'machines/fulfillment.machine.ts',
    seeds: 40,
    changes: [["entry: ['ownReservations', 'giveAccount']", "entry: ['giveAccount']"]],
  }),
  without(2, {
    without: 'an order that ends does not hear accounts',
    file: 'machines/order.books.ts',
    seeds: 40,
    changes: [
      [
        '    isKnown(order, account) && account.version >',
        '    order.outcome === null && isKnown(order, account) && account.version >',
      ],
    ],
  }),
  without(2, {
    without: 'an older account counts as news',
    file: 'machines/order.books.ts',
    seeds: 4_000,
    isSlow: true,
    changes: [['account.version > (', 'account.version !== (']],
  }),
  without(3, {
    without: 'an order of which something was handed over is cancelled',
    file: 'machines/order.setup.ts',
    seeds: 400,
    isSlow: true,
    changes: [['stock.isAllReleased(context) && books.hasShippedSome(context)', 'false']],
  }),
  without(3, {
    without: 'the payment is given up before every fulfillment has answered',
    file: 'machines/order.setup.ts',
    seeds: 40,
    changes: [
      ['hasNothingOpen: ({ context }) => books.open(context).length === 0', 'hasNothingOpen: () => true'],
    ],
  }),
  without(4, {
    without: '“not found” counts as a no',
    file: 'machines/payment.reading.ts',
    seeds: 800,
    isSlow: true,
    changes: [
      [
        "outcome: output?.outcome ?? 'unknown' }",
        "outcome: output?.outcome === 'notFound' ? 'failed' : (output?.outcome ?? 'unknown') }",
      ],
    ],
  }),
  without(4, {
    without: 'an authorization that comes late is not voided',
    file: 'machines/payment.machine.ts',
    seeds: 60,
    from: 28,
    changes: [
      ["operation(context, 'auth')?.state === 'failed'", "operation(context, 'auth')?.state === undefined"],
    ],
  }),
  without(5, {
    without: 'a webhook that comes before the answer does not settle the operation',
    file: 'machines/payment.machine.ts',
    seeds: 60,
    from: 4,
    changes: [['books.inHand(context)?.key === event.key', 'false']],
  }),
  without(6, {
    without: 'a booking that was left is forgotten',
    file: 'machines/shipment.books.ts',
    seeds: 40,
    changes: [['return { ...left, ...addSurplus(shipment, booking) };', 'return left;']],
  }),
  without(6, {
    without: 'a parcel is taken to go where its latest label says, not the one that it left with',
    file: 'machines/fulfillment.setup.ts',
    seeds: 1_000,
    isSlow: true,
    changes: [['return { addressRevision: event.revision };', 'return {};']],
  }),
  without(7, {
    without: 'a stop does not ask the shipment',
    file: 'machines/fulfillment.setup.ts',
    seeds: 40,
    changes: [['hasShipment: ({ context }) => context.shipmentId !== null', 'hasShipment: () => false']],
  }),
  without(8, {
    without: 'an answer to another attempt counts',
    file: 'machines/fulfillment.setup.ts',
    seeds: 4_000,
    isSlow: true,
    changes: [
      ['return event.attempt === context.attempt && event.warehouse === context.trying;', 'return true;'],
    ],
  }),
  without(8, {
    without: 'a fulfillment that cannot move keeps the slot',
    file: 'machines/fulfillment.machine.ts',
    seeds: 200,
    from: 81,
    changes: [["actions: ['stayHere', 'releaseAll', 'freeSlot'],", "actions: ['stayHere', 'releaseAll'],"]],
  }),
  without(8, {
    without: 'a warehouse grants a slot to an attempt that is over',
    file: 'machines/warehouse.books.ts',
    seeds: 4_000,
    isSlow: true,
    changes: [['return attempt <= (recall(freed, fulfillmentId) ?? 0);', 'return false;']],
  }),
  without(8, {
    without: 'a fulfillment works in another warehouse than its goods are in',
    file: 'machines/fulfillment.setup.ts',
    seeds: 60,
    from: 25,
    changes: [
      [
        'isWhereTheGoodsAre: ({ context }) => context.trying === context.warehouse',
        'isWhereTheGoodsAre: () => true',
      ],
    ],
  }),
  without(9, {
    without: 'a hold does not bar the handover',
    file: 'machines/fulfillment.machine.ts',
    seeds: 200,
    from: 82,
    changes: [["'fulfillment.handOver': {\n              guard: 'isClear',", "'fulfillment.handOver': {"]],
  }),
  without(9, {
    without: 'a hold bars accounts',
    file: 'machines/order.books.ts',
    seeds: 40,
    from: 4,
    changes: [
      [
        '    isKnown(order, account) && account.version >',
        '    order.holds.length === 0 && isKnown(order, account) && account.version >',
      ],
    ],
  }),
  without(9, {
    without: 'a new fulfillment does not know of the holds of its order',
    file: 'machines/order.messages.ts',
    seeds: 150,
    changes: [['holds: [...holds], holdsRevision },', 'holds: [], holdsRevision },']],
  }),
  without(10, {
    without: 'what is short stays reserved',
    file: 'machines/stockItem.books.ts',
    seeds: 40,
    from: 6,
    changes: [
      [
        'return { ...lowered(marked, id, live.quantity - gone), ledger };',
        'return { held: marked.held, ledger };',
      ],
    ],
  }),
  without(10, {
    without: 'what is short stays on hand',
    file: 'machines/stockItem.books.ts',
    seeds: 40,
    from: 6,
    changes: [['short: item.ledger.short + gone', 'short: item.ledger.short']],
  }),
  without(11, {
    without: 'those who wait are not served by a receipt',
    file: 'machines/stockItem.machine.ts',
    seeds: 60,
    from: 29,
    changes: [["actions: ['receive', 'serve']", "actions: ['receive']"]],
  }),
  without(12, {
    without: 'a parcel that was sent again still counts',
    file: 'machines/order.changes.ts',
    seeds: 100,
    from: 29,
    changes: [['{ ...book, writtenOff: true }', 'book']],
  }),
  without(13, {
    without: 'an order of which nothing is left goes on',
    file: 'machines/order.setup.ts',
    seeds: 60,
    from: 13,
    changes: [
      ['hasNothingWanted: ({ context }) => books.wanted(context) === 0', 'hasNothingWanted: () => false'],
    ],
  }),
  without(13, {
    without: 'two changes of an order are open at once',
    file: 'machines/order.setup.ts',
    seeds: 60,
    from: 8,
    changes: [['const isPossible = context.change === null && changes', 'const isPossible = changes']],
  }),
  without(14, {
    without: 'what was handed over is captured though it was captured before',
    file: 'machines/order.money.ts',
    seeds: 1_000,
    isSlow: true,
    changes: [
      ['Math.min(left, book.lines[line.lineId]?.shipped ?? 0)', 'book.lines[line.lineId]?.shipped ?? 0'],
    ],
  }),
  without(14, {
    without: 'what was captured beyond the total is kept',
    file: 'machines/order.money.ts',
    seeds: 60,
    from: 5,
    changes: [['  if (due <= 0) return undefined;', '  if (due >= 0) return undefined;']],
  }),
  without(15, {
    without: 'an order ends before its goods are released',
    file: 'machines/order.stock.ts',
    seeds: 40,
    changes: [['return Object.keys(order.reservations).length === 0;', 'return order.id.length > 0;']],
  }),
  without(16, {
    without: 'an order does not ask a stock item again',
    file: 'machines/order.machine.ts',
    seeds: 120,
    from: 81,
    changes: [
      [
        "          after: { stockOverdue: { target: 'asking', reenter: true, description: 'Asks again' } },\n",
        '',
      ],
    ],
  }),
  without(17, {
    without: 'orders that refuse each other are both rejected',
    file: 'machines/order.stock.ts',
    seeds: 40,
    changes: [
      [
        "return isContended(order) ? { mode: 'ordered', step: 0, tries, contended: [] } : undefined;",
        'return undefined;',
      ],
    ],
  }),
];
