import { describe, expect, it } from 'vitest';
import { stockItemWith } from '../../actors/stockItem.ts';
import { defaultDurations } from '../../machines/durations.ts';
import { generationMax } from '../../machines/memory.ts';
import {
  available,
  hasRoom,
  hasRoomForReceipt,
  hold as heldFor,
  newStockItem,
  onHand,
  receive as received,
  refusalOf,
  reserved,
  type StockItemContext,
} from '../../machines/stockItem.books.ts';
import { maxOnHand, stockAnswers } from '../../machines/stockItem.events.ts';
import { isAllowed } from '../../runtime/definition.ts';
import type { Event } from '../../runtime/message.ts';
import { defaultOptions } from '../../runtime/options.ts';
import { chartActor, type ChartActor } from '../support/chart-actor.ts';
import { seededRandom, seeds, type SeededRandom } from '../support/random.ts';

const definition = stockItemWith(defaultDurations);

const order = (id: string) => ({ kind: 'order', id });
const fulfillment = (id: string) => ({ kind: 'fulfillment', id });
const o1 = order('o1');
const o2 = order('o2');
const f1 = fulfillment('o1~f1');

const receive = (quantity: number, receiptId = `r${quantity}`): Event => ({
  type: 'stockItem.receive',
  quantity,
  receiptId,
});
const adjust = (quantity: number): Event => ({ type: 'stockItem.adjust', quantity, reason: 'counted' });
const hold = (reservation: string, quantity: number, more: object = {}): Event => ({
  type: 'stockItem.hold',
  ...{ reservation, owner: o1, quantity, partial: false },
  ...more,
});
const backorder = (reservation: string, quantity: number, owner = o1): Event => ({
  type: 'stockItem.backorder',
  reservation,
  owner,
  quantity,
});
const own = (reservation: string, owner = f1): Event => ({ type: 'stockItem.own', reservation, owner });
const keep = (reservation: string): Event => ({ type: 'stockItem.keep', reservation });
const release = (reservation: string, kept = 0, owner: object = o1): Event => ({
  type: 'stockItem.release',
  reservation,
  owner,
  keep: kept,
});
const short = (reservation: string, missing: number): Event => ({
  type: 'stockItem.short',
  reservation,
  missing,
});
const consume = (reservation: string, quantity = 1_000_000, missing = 0): Event => ({
  ...{ type: 'stockItem.consume', reservation, quantity, missing },
});

const held = (reservation: string, quantity: number) => ({
  type: 'stock.held',
  reservation,
  stockItem: 'W1~A',
  quantity,
});
const refused = (reservation: string, free: number, pending: number) => ({
  type: 'stock.refused',
  reservation,
  stockItem: 'W1~A',
  available: free,
  pending,
});
const released = (reservation: string, kept: number) => ({
  type: 'stock.released',
  reservation,
  stockItem: 'W1~A',
  kept,
});
const asked = (reservation: string) => ({ type: 'stock.asked', reservation, stockItem: 'W1~A' });

const empty = (): ChartActor => chartActor(definition, { id: 'W1~A' });
/** Ten on hand. */
const ten = (...events: Event[]): ChartActor => empty().send(receive(10), ...events);

const book = ({ context }: ChartActor): StockItemContext => context as StockItemContext;
/** On hand, reserved, free for a new hold. */
const numbers = (item: ChartActor) => [onHand(book(item)), reserved(book(item)), available(book(item))];
const told = (item: ChartActor): unknown[] => item.told.map(({ event }) => event);
const again = (item: ChartActor): ChartActor =>
  item.wait('reservationQuestion', 'stockItem.question.watching');
const later = (item: ChartActor): ChartActor => item.wait('endedKept', 'stockItem.memory.kept');

describe('a hold', () => {
  it('reserves all of it, and says so to its owner', () => {
    const item = ten(hold('o1~r1', 3));
    expect(item.told).toEqual([{ to: 'order/o1', event: held('o1~r1', 3) }]);
    expect(numbers(item)).toEqual([10, 3, 7]);
  });

  it('gets the same answer again, however much is left', () => {
    const item = ten(hold('o1~r1', 6), hold('o1~r1', 6));
    expect(told(item)).toEqual([held('o1~r1', 6)]);
    expect(numbers(item)).toEqual([10, 6, 4]);
  });

  it('gets what there is if it wants less too, and then the same again', () => {
    const item = ten(hold('o1~r1', 12, { partial: true }));
    expect(told(item)).toEqual([held('o1~r1', 10)]);
    expect(told(item.send(hold('o1~r1', 12, { partial: true })))).toEqual([held('o1~r1', 10)]);
    expect(told(item.send(hold('o2~r1', 1, { owner: o2, partial: true })))).toEqual([
      refused('o2~r1', 0, 10),
    ]);
  });

  it('rule 17: is refused with what is free, and what unpaid orders hold', () => {
    const item = ten(hold('o1~r1', 4), hold('o2~r1', 3, { owner: o2 }), own('o1~r1'));
    expect(item.send(hold('o3~r1', 4, { owner: order('o3') })).told).toEqual([
      { to: 'order/o3', event: refused('o3~r1', 3, 3) },
    ]);
  });

  it('rule 11: sees what is on hand less what is reserved and less what is waited for', () => {
    const item = ten(hold('o1~r1', 8), backorder('o2~r1', 3, o2));
    expect(numbers(item)).toEqual([10, 8, -1]);
    expect(told(item.send(hold('o3~r1', 1)))).toEqual([refused('o3~r1', 0, 8)]);
  });

  it('says nothing to one that waits, and never begins one again that is over', () => {
    const item = empty().send(backorder('o1~r1', 2), hold('o1~r1', 2));
    expect(told(item)).toEqual([]);
    const over = ten(hold('o1~r1', 2), release('o1~r1'));
    expect(told(over.send(hold('o1~r1', 2)))).toEqual([refused('o1~r1', 10, 0)]);
    expect(told(over.send(backorder('o1~r1', 2)))).toEqual([refused('o1~r1', 10, 0)]);
  });

  it('answers no more than a message can say', () => {
    const many = Array.from({ length: 3 }, (_, index) => receive(1_000_000, `r${index}`));
    const item = empty().send(...many, hold('o1~r1', 1), release('o1~r1'), hold('o1~r1', 1));
    expect(told(item)).toEqual([refused('o1~r1', 1_000_000, 0)]);
  });
});

describe('backorders', () => {
  it.each([
    ['receive', receive(3, 'next')],
    ['release', release('o1~r0')],
    ['adjust', adjust(13)],
  ])('rule 11: are served by %s, first come, first served, and whole', (_, event) => {
    const before = ten(hold('o1~r0', 10), own('o1~r0', fulfillment('o1~f1')));
    const waiting = before.send(backorder('o1~r1', 2), backorder('o2~r1', 9, o2), backorder('o3~r1', 1));
    const isRelease = event.type === 'stockItem.release';
    const item = waiting.send(isRelease ? { ...release('o1~r0', 7), owner: f1 } : event);
    expect(item.told.slice(isRelease ? 1 : 0)).toEqual([{ to: 'order/o1', event: held('o1~r1', 2) }]);
    // Three are free, and the third wants one only; but the second was there before.
    expect(book(item).waiting.map(({ id }) => id)).toEqual(['o2~r1', 'o3~r1']);
    const all = item.send(receive(20, 'last'));
    expect(told(all)).toEqual([held('o2~r1', 9), held('o3~r1', 1)]);
  });

  it('are held at once where there is enough and nobody waits', () => {
    expect(told(ten(backorder('o1~r1', 10)))).toEqual([held('o1~r1', 10)]);
  });

  it('keep their place when asked again, and are told again once held', () => {
    const item = empty().send(backorder('o1~r1', 2), backorder('o2~r1', 2, o2), backorder('o1~r1', 2));
    expect(book(item).waiting.map(({ id }) => id)).toEqual(['o1~r1', 'o2~r1']);
    const served = item.send(receive(4));
    expect(told(served)).toEqual([held('o1~r1', 2), held('o2~r1', 2)]);
    expect(told(served.send(backorder('o1~r1', 2)))).toEqual([held('o1~r1', 2)]);
  });

  it('let those behind them through when they are released or reduced', () => {
    const item = ten(hold('o1~r0', 8), backorder('o1~r1', 5), backorder('o2~r1', 2, o2));
    expect(told(item.send(release('o1~r1')))).toEqual([released('o1~r1', 0), held('o2~r1', 2)]);
    expect(told(item.send(release('o1~r1', 2)))).toEqual([released('o1~r1', 2), held('o1~r1', 2)]);
  });

  it('are not served by what is short: as much is gone as was reserved', () => {
    const item = ten(hold('o1~r0', 10), backorder('o1~r1', 2), short('o1~r0', 4));
    expect(told(item)).toEqual([]);
    expect(numbers(item)).toEqual([6, 6, -2]);
  });
});

describe('a release', () => {
  it('gives back what is beyond what it keeps, once', () => {
    const item = ten(hold('o1~r1', 6), release('o1~r1', 2));
    expect(item.told).toEqual([{ to: 'order/o1', event: released('o1~r1', 2) }]);
    const twice = item.send(release('o1~r1', 2));
    expect([told(twice), numbers(twice)]).toEqual([[released('o1~r1', 2)], [10, 2, 8]]);
    const more = twice.send(release('o1~r1', 5));
    expect([told(more), numbers(more)]).toEqual([[released('o1~r1', 2)], [10, 2, 8]]);
  });

  it('ends the reservation with nothing to keep, and is answered again and again', () => {
    const item = ten(hold('o1~r1', 6), release('o1~r1'), release('o1~r1'));
    expect([told(item), numbers(item)]).toEqual([[released('o1~r1', 0)], [10, 0, 10]]);
  });

  it('rule 16: of an unknown id leaves a tombstone, whatever comes late of it', () => {
    const item = ten(release('o1~r1'));
    expect(told(item)).toEqual([released('o1~r1', 0)]);
    const late = item.send(hold('o1~r1', 3));
    expect([told(late), numbers(late)]).toEqual([[refused('o1~r1', 10, 0)], [10, 0, 10]]);
  });

  it('is answered and not remembered where nothing ever was', () => {
    const item = empty().send(release('o1~r1'));
    expect([told(item), item.context]).toEqual([[released('o1~r1', 0)], empty().context]);
  });

  it('rule 1: of an order changes nothing once a fulfillment has it, and says what is kept', () => {
    const item = ten(hold('o1~r1', 6), own('o1~r1'), release('o1~r1'));
    expect([told(item), numbers(item)]).toEqual([[released('o1~r1', 6)], [10, 6, 4]]);
    const ended = item.send(release('o1~r1', 0, f1));
    expect([ended.told[0]?.to, numbers(ended)]).toEqual(['fulfillment/o1~f1', [10, 0, 10]]);
  });

  it('takes what was short with it, whether that was heard or not', () => {
    const heard = ten(hold('o1~r1', 6), short('o1~r1', 2), { ...release('o1~r1'), missing: 2 });
    const unheard = ten(hold('o1~r1', 6), { ...release('o1~r1'), missing: 2 });
    for (const item of [heard, unheard]) {
      expect(numbers(item)).toEqual([8, 0, 8]);
      expect(numbers(item.send(short('o1~r1', 2)))).toEqual([8, 0, 8]);
    }
  });

  it('of a fulfillment whose own has not come yet ends it', () => {
    expect(numbers(ten(hold('o1~r1', 6), release('o1~r1', 0, f1)))).toEqual([10, 0, 10]);
  });
});

describe('goods that are missing or leave', () => {
  it('rule 10: what is short leaves the reservation and the stock at once, and is told in total', () => {
    const item = ten(hold('o1~r1', 5), short('o1~r1', 2));
    expect(numbers(item)).toEqual([8, 3, 5]);
    expect(numbers(item.send(short('o1~r1', 2)))).toEqual([8, 3, 5]);
    expect(numbers(item.send(short('o1~r1', 1)))).toEqual([8, 3, 5]);
    const all = item.send(short('o1~r1', 9));
    expect(numbers(all)).toEqual([5, 0, 5]);
    expect(numbers(all.send(short('o1~r1', 12)))).toEqual([5, 0, 5]);
    expect(book(all).ledger).toEqual({ received: 10, consumed: 0, short: 5, adjusted: 0 });
  });

  it('leave the stock once, as many as are reserved', () => {
    const item = ten(hold('o1~r1', 5), short('o1~r1', 1), consume('o1~r1'), consume('o1~r1'));
    expect(numbers(item)).toEqual([5, 0, 5]);
    expect(book(item).ledger).toEqual({ received: 10, consumed: 4, short: 1, adjusted: 0 });
    expect(told(item)).toEqual([]);
  });

  it('leave as many as a carrier has: the rest is free, and messages about it that come late change nothing', () => {
    const item = ten(hold('o1~r1', 5), consume('o1~r1', 2, 1));
    expect(numbers(item)).toEqual([7, 0, 7]);
    expect(book(item).ledger).toEqual({ received: 10, consumed: 2, short: 1, adjusted: 0 });
    expect(numbers(item.send(short('o1~r1', 1)).send(release('o1~r1')))).toEqual([7, 0, 7]);
  });

  it('never take more than was held: what is released or unknown changes nothing, and stays over', () => {
    const gone = ten(hold('o1~r1', 5), release('o1~r1'), consume('o1~r1'));
    expect(numbers(gone)).toEqual([10, 0, 10]);
    const unknown = ten(consume('o1~r1'), hold('o1~r1', 5));
    expect([told(unknown), numbers(unknown)]).toEqual([[refused('o1~r1', 10, 0)], [10, 0, 10]]);
  });

  it('cannot leave while they are waited for', () => {
    const item = empty().send(backorder('o1~r1', 5));
    expect(item.try(consume('o1~r1'))).toBe('isHeld, isEnded, isUnknown');
    expect(numbers(item.send(short('o1~r1', 5)))).toEqual([0, 0, -5]);
  });
});

describe('receipts and counts', () => {
  it('count a receipt once, and refuse another quantity under its name', () => {
    const item = empty().send(receive(4, 'a'), receive(4, 'a'), receive(4, 'b'));
    expect(numbers(item)).toEqual([8, 0, 8]);
    expect(item.try(receive(5, 'a'))).toBe('isKnownReceipt, canBeReceived');
  });

  it('tell receipts apart whatever they are called', () => {
    const names = ['a', 'a=1', 'a 1', 'A', 'ä', '\ud800', ' ', '%0020', '1 a=4 '];
    const item = empty().send(...names.map((name) => receive(1, name)));
    expect(numbers(item)).toEqual([names.length, 0, names.length]);
    expect(numbers(item.send(...names.map((name) => receive(1, name))))).toEqual(numbers(item));
  });

  it('count a receipt once for 30 days at least, however many others come in between', () => {
    const others = Array.from({ length: 1_200 }, (_, index) => receive(1, `other-${index}`));
    const item = empty().send(receive(4, 'a'), ...others);
    expect(numbers(item.send(receive(4, 'a')))).toEqual(numbers(item));
    expect(numbers(later(item).send(receive(4, 'a')))).toEqual(numbers(item));
    expect(numbers(later(later(item)).send(receive(4, 'a')))).toEqual([1_208, 0, 1_208]);
  });

  it('are refused where there is no room to remember one more, and nothing is forgotten for it', () => {
    // As long as they can be: each unit is written as five.
    const name = (index: number): string => String(index).padStart(100, 'ä');
    let full = empty();
    let count = 0;
    while (count < 1_000 && full.try(receive(1, name(count))) === 'accepted')
      full = full.send(receive(1, name(count++)));
    expect(count).toBeGreaterThan(500);
    expect(full.try(receive(1, name(count)))).toBe('isKnownReceipt, hasRoomForReceipt');
    expect(numbers(full.send(receive(1, name(0)), receive(1, name(count - 1))))).toEqual([count, 0, count]);
    expect(later(full).try(receive(1, name(count)))).toBe('isKnownReceipt, hasRoomForReceipt');
    expect(numbers(later(later(full)).send(receive(1, name(count))))).toEqual([count + 1, 0, count + 1]);
    expect(numbers(full.send(adjust(2 * count), hold('o1~r1', 1)))).toEqual([2 * count, 1, 2 * count - 1]);
  });

  it('set what is on hand to what was counted, but never below what is reserved', () => {
    const item = ten(hold('o1~r1', 4));
    expect(numbers(item.send(adjust(4)))).toEqual([4, 4, 0]);
    expect(numbers(item.send(adjust(25), adjust(25)))).toEqual([25, 4, 21]);
    expect(item.try(adjust(3))).toBe('isNotBelowReserved');
    expect(book(item.send(adjust(7))).ledger).toEqual({ received: 10, consumed: 0, short: 0, adjusted: -3 });
  });

  it('never come to more than can be counted', () => {
    const item = empty().send(adjust(maxOnHand - 1));
    expect(item.try(receive(2))).toBe('isKnownReceipt, canBeReceived');
    expect(numbers(item.send(receive(1)))).toEqual([maxOnHand, 0, maxOnHand]);
  });
});

describe('rule 1: the owner is asked, and nothing is ever taken back by time', () => {
  it('asks after a whole watch, and again as long as there is no word', () => {
    const item = ten(hold('o1~r1', 1));
    expect(item.state).toMatchObject({ question: 'watching' });
    const first = again(item).send(hold('o2~r1', 1, { owner: o2 }));
    expect(told(again(item))).toEqual([]);
    const second = again(first);
    expect(second.told).toEqual([{ to: 'order/o1', event: asked('o1~r1') }]);
    const third = again(second);
    expect(told(third)).toEqual([asked('o1~r1'), asked('o2~r1')]);
    expect(numbers(third)).toEqual([10, 2, 8]);
  });

  it('leaves those in peace for a watch that say keep, and those that a fulfillment has for good', () => {
    const item = again(ten(hold('o1~r1', 1), hold('o2~r1', 1, { owner: o2 })));
    expect(told(again(item.send(keep('o1~r1'))))).toEqual([asked('o2~r1')]);
    expect(told(again(again(item.send(keep('o1~r1')))))).toEqual([asked('o1~r1'), asked('o2~r1')]);
    expect(told(again(item.send(own('o1~r1'))))).toEqual([asked('o2~r1')]);
    expect(item.send(own('o1~r1'), own('o2~r1')).state).toMatchObject({ question: 'quiet' });
    expect(item.send(release('o1~r1'), release('o2~r1')).state).toMatchObject({ question: 'quiet' });
  });

  it('counts from when a backorder is held', () => {
    const waiting = again(again(ten(hold('o1~r1', 10), backorder('o2~r1', 1, o2))));
    const served = waiting.send(receive(1));
    expect(told(again(served))).toEqual([asked('o1~r1')]);
    expect(told(again(again(served)))).toEqual([asked('o1~r1'), asked('o2~r1')]);
  });

  it('takes keep and own of what waits or is over without a change', () => {
    const item = empty().send(backorder('o1~r1', 1), release('o2~r9'));
    for (const event of [keep('o1~r1'), keep('o2~r9'), keep('x'), own('o2~r9'), own('x')]) {
      expect(item.send(event).context).toEqual(item.context);
    }
    expect(book(item.send(own('o1~r1'))).waiting).toMatchObject([{ owner: 'fulfillment/o1~f1' }]);
  });
});

describe('rule 20: what is over is remembered for a while', () => {
  it('forgets after two periods', () => {
    const item = ten(hold('o1~r1', 1), consume('o1~r1'));
    expect(item.state).toMatchObject({ memory: 'kept' });
    const once = later(item);
    expect(told(once.send(hold('o1~r1', 1)))).toEqual([refused('o1~r1', 9, 0)]);
    const twice = later(once);
    expect(twice.state).toMatchObject({ memory: 'blank' });
    expect(told(twice.send(hold('o1~r1', 1)))).toEqual([held('o1~r1', 1)]);
    expect(numbers(once.send(receive(10)))).toEqual([9, 0, 9]);
  });

  it('forgets the older generation when the recent one is full', () => {
    const ids = Array.from({ length: 2 * generationMax + 1 }, (_, index) => `o${index}~r1`);
    const full = empty().send(receive(5), ...ids.slice(0, 2 * generationMax).map((id) => release(id)));
    expect(told(full.send(hold('o0~r1', 1)))).toEqual([refused('o0~r1', 5, 0)]);
    const over = full.send(release(ids.at(-1) ?? ''));
    expect(told(over.send(hold('o0~r1', 1)))).toEqual([held('o0~r1', 1)]);
    expect(told(over.send(hold(`o${generationMax}~r1`, 1)))).toEqual([refused(`o${generationMax}~r1`, 5, 0)]);
  });

  it('has room for thousands, and then refuses as if it was sold out, long before an actor is too large', () => {
    let item = newStockItem({ input: { id: 'W1~A' } });
    item = { ...item, ...received(item, { quantity: 1_000_000, receiptId: 'r' }) };
    const wish = (n: number) => ({
      ...{ reservation: `an-order-of-ours-${n}~r1`, quantity: 1 },
      owner: { kind: 'order', id: 'o1' } as const,
    });
    for (let n = 0; hasRoom(item, wish(n)); n++) {
      item = { ...item, ...heldFor(item, { ...wish(n), partial: false }) };
    }
    expect(item.held.length).toBeGreaterThan(6_000);
    expect(JSON.stringify(item).length).toBeLessThan(defaultOptions.recordMaxChars / 2);
    const full = withReceipts(item);
    expect(full.receipts.count).toBeGreaterThan(6_000);
    expect(hasRoom(full, wish(-1))).toBe(hasRoom(item, wish(-1)));
    expect(JSON.stringify(full).length).toBeLessThan(0.7 * defaultOptions.recordMaxChars);
    expect(refusalOf(item, wish(-1))).toEqual({ available: 0, pending: item.held.length });
  });
});

/** As many as there is room for, named as long as a UUID is. */
function withReceipts(item: StockItemContext): StockItemContext {
  let full = item;
  for (let index = 0; index < 20_000; index++) {
    const receiptId = String(index).padStart(36, 'u');
    if (!hasRoomForReceipt(full, receiptId)) break;
    full = { ...full, ...received(full, { quantity: 10, receiptId }) };
  }
  return full;
}

describe('its availability', () => {
  it.each([
    ['soldOut', empty()],
    ['inStock', ten()],
    ['soldOut', ten(hold('o1~r1', 10))],
    ['awaited', ten(hold('o1~r1', 10), backorder('o2~r1', 1))],
    ['awaited', ten(hold('o1~r1', 8), backorder('o2~r1', 3))],
    ['inStock', ten(hold('o1~r1', 8), backorder('o2~r1', 3), receive(5))],
    ['soldOut', ten(hold('o1~r1', 8), backorder('o2~r1', 3), receive(1))],
  ])('is %s', (expected, item) => {
    expect(item.state).toMatchObject({ availability: expected });
  });
});

describe('the definition', () => {
  it('belongs to the warehouse in its id', () => {
    expect(definition.belongsTo?.('W1~LAMP-7')).toEqual([{ kind: 'warehouse', id: 'W1' }]);
    for (const id of ['W1', 'W1~', '~A', 'W1~A~B', 'W 1~A', `${'w'.repeat(41)}~A`]) {
      expect(definition.belongsTo?.(id)).toBe('it is {warehouse}~{sku}');
    }
  });

  it('lets managers of the warehouse and admins receive and adjust, and nobody else', () => {
    const may = (roles: string[], warehouses: string[]): boolean[] =>
      ['stockItem.receive', 'stockItem.adjust'].map((type) =>
        isAllowed(definition.commands[type], empty().context, { subject: 'x', roles, warehouses }),
      );
    expect(may(['warehouseManager'], ['W1'])).toEqual([true, true]);
    expect(may(['warehouseManager'], ['*'])).toEqual([true, true]);
    expect(may(['admin'], [])).toEqual([true, true]);
    expect(may(['warehouseManager'], ['W2'])).toEqual([false, false]);
    expect(may(['picker', 'cs', 'customer'], ['W1'])).toEqual([false, false]);
    expect(Object.keys(definition.commands)).toEqual(['stockItem.receive', 'stockItem.adjust']);
  });

  it('shows the numbers, and a hundred reservations', () => {
    const item = ten(hold('o1~r1', 8), short('o1~r1', 1), own('o1~r1'), backorder('o2~r1', 3, o2));
    const reservation = { id: 'o1~r1', owner: f1, quantity: 7, missing: 1, state: 'held' };
    expect(definition.view(item.context)).toEqual({
      ...{ id: 'W1~A', warehouse: 'W1', sku: 'A' },
      ...{ onHand: 9, reserved: 7, available: 0, waiting: 3 },
      ledger: { received: 10, consumed: 0, short: 1, adjusted: 0 },
      reservations: [reservation, { id: 'o2~r1', owner: o2, quantity: 3, missing: 0, state: 'waiting' }],
      reservationCount: 2,
    });
    const many = Array.from({ length: 120 }, (_, index) => hold(`o${index}~r1`, 1));
    const view = definition.view(empty().send(receive(200), ...many).context) as Record<string, unknown[]>;
    expect([view['reservations']?.length, view['reservationCount']]).toEqual([100, 120]);
  });

  it('answers only what others understand', () => {
    const schemas: Record<string, { parse(value: unknown): unknown }> = stockAnswers;
    const item = again(again(ten(hold('o1~r1', 8), hold('o2~r1', 8), release('o1~r1', 1))));
    for (const { type, ...payload } of [...item.told, ...ten(hold('a', 11)).told].map(({ event }) => event)) {
      expect(() => schemas[type]?.parse(payload)).not.toThrow();
      expect(Object.keys(schemas)).toContain(type);
    }
  });
});

interface Wanted {
  readonly id: string;
  owner: string;
  quantity: number;
  missing: number;
  waits: boolean;
}

type Asking = Event & { reservation: string; quantity: number; owner: { kind: string; id: string } };

/** The same in the plainest way: a shelf, a list of who wants what, and what is over. */
class Plain {
  count = 0;
  readonly live: Wanted[] = [];
  readonly over = new Set<string>();
  readonly receipts = new Set<unknown>();

  free(): number {
    return this.live.reduce((left, { quantity }) => left - quantity, this.count);
  }

  take(event: Asking): unknown[] {
    const found = this.live.find(({ id }) => id === event.reservation);
    return this.#handlers[event.type]?.(event, found) ?? [];
  }

  readonly #handlers: Readonly<Record<string, (event: Asking, found: Wanted | undefined) => unknown[]>> = {
    'stockItem.receive': (event) => {
      if (!this.receipts.has(event['receiptId'])) this.count += event.quantity;
      this.receipts.add(event['receiptId']);
      return this.serve();
    },
    'stockItem.adjust': ({ quantity }) => {
      this.count = quantity;
      return this.serve();
    },
    'stockItem.hold': (event, found) => this.want(event, found),
    'stockItem.backorder': (event, found) => this.want(event, found),
    'stockItem.own': ({ owner }, found) => {
      if (found !== undefined) found.owner = owner.kind;
      return [];
    },
    'stockItem.release': ({ reservation: id, owner, keep: kept }, found) => {
      const isForeign = found?.owner === 'fulfillment' && owner.kind === 'order';
      if (found === undefined) this.bury(id);
      else if (!isForeign) this.lower(found, Math.min(found.quantity, Number(kept)));
      return [released(id, this.live.find((each) => each.id === id)?.quantity ?? 0), ...this.serve()];
    },
    'stockItem.short': ({ missing }, found) => {
      if (found === undefined || found.waits) return [];
      const gone = Math.min(found.quantity, Math.max(0, Number(missing) - found.missing));
      found.missing = Math.max(found.missing, Number(missing));
      this.count -= gone;
      this.lower(found, found.quantity - gone);
      return [];
    },
    'stockItem.consume': ({ reservation: id, quantity, missing }, found) => {
      if (found === undefined) this.over.add(id);
      else {
        const gone = Math.min(found.quantity, Math.max(0, Number(missing) - found.missing));
        this.count -= gone + Math.min(found.quantity - gone, quantity);
        this.lower(found, 0);
        return this.serve();
      }
      return [];
    },
  };

  private want(event: Asking, found: Wanted | undefined): unknown[] {
    const { reservation: id, quantity, owner, type } = event;
    if (found !== undefined) return found.waits ? [] : [held(id, found.quantity)];
    const pending = this.live.filter(({ waits, owner: by }) => !waits && by === 'order');
    const unpaid = pending.reduce((total, each) => total + each.quantity, 0);
    const free = Math.max(0, this.free());
    const waits = type === 'stockItem.backorder';
    const granted = waits || free >= quantity ? quantity : event['partial'] === true ? free : 0;
    if (this.over.has(id) || granted === 0) return [refused(id, free, unpaid)];
    this.live.push({ id, owner: owner.kind, quantity: granted, missing: 0, waits });
    return waits ? this.serve() : [held(id, granted)];
  }

  /** Where something has been. */
  private bury(id: string): void {
    const { count, live, over, receipts } = this;
    if (count + live.length + over.size + receipts.size > 0) over.add(id);
  }

  private lower(found: Wanted, quantity: number): void {
    found.quantity = quantity;
    if (quantity > 0) return;
    this.live.splice(this.live.indexOf(found), 1);
    this.over.add(found.id);
  }

  private serve(): unknown[] {
    const answers: unknown[] = [];
    for (const each of this.live.filter(({ waits }) => waits)) {
      const reserved = this.live.reduce((sum, { waits, quantity }) => sum + (waits ? 0 : quantity), 0);
      if (this.count - reserved < each.quantity) break;
      each.waits = false;
      answers.push(held(each.id, each.quantity));
    }
    return answers;
  }
}

function anything(random: SeededRandom): Event {
  const id = `o${random.below(8)}~r1`;
  const owner = random.chance(0.5) ? o1 : f1;
  const quantity = 1 + random.below(6);
  return random.pick<() => Event>([
    () => receive(quantity, `r${random.below(40)}`),
    () => adjust(random.below(15)),
    () => hold(id, quantity, { owner, partial: random.chance(0.3) }),
    () => hold(id, quantity, { owner }),
    () => backorder(id, quantity, owner),
    () => own(id, owner),
    () => keep(id),
    () => release(id, random.below(3), owner),
    () => short(id, quantity),
    () => consume(id),
  ])();
}

it.each(seeds(60))('does in any order what a plain list would do (SEED=%i)', (seed) => {
  const random = seededRandom(seed);
  const plain = new Plain();
  let item = empty();
  let accepted = 0;
  for (let step = 0; step < 120; step++) {
    const event = anything(random);
    if (random.chance(0.05) && (item.state as { question: string }).question === 'watching')
      item = again(item);
    if (item.try(event) !== 'accepted') continue;
    const answers = plain.take(event as Asking);
    item = item.send(event);
    accepted += 1;
    expect(told(item), `${step}: ${JSON.stringify(event)}`).toEqual(answers);
    expect(onHand(book(item))).toBe(plain.count);
    expect(available(book(item))).toBe(plain.free());
  }
  expect(accepted).toBeGreaterThan(60);
});
