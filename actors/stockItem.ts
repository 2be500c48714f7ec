/** The stock item chart put to work. */
import { stockItemContext } from '../machines/contexts.ts';
import type { Durations } from '../machines/durations.ts';
import { sku, warehouseId } from '../machines/schemas.ts';
import * as books from '../machines/stockItem.books.ts';
import type { Reservation, StockItemContext } from '../machines/stockItem.books.ts';
import { maxOnHand, receipt, stockItemEvents } from '../machines/stockItem.events.ts';
import { stockItemMachine } from '../machines/stockItem.machine.ts';
import type { Address } from '../runtime/address.ts';
import {
  anyone,
  defineActor,
  type Access,
  type ActorDefinition,
  type Examples,
} from '../runtime/definition.ts';
import type { Principal } from '../runtime/message.ts';
import { inWarehouse, ownWarehouses } from './roles.ts';

const keeper: Access = { warehouseManager: ownWarehouse, admin: anyone };

const day = 86_400_000;
/** Of reservations, in a view. */
const shownMax = 100;

export function stockItemWith(durations: Durations): ActorDefinition {
  return defineActor({
    kind: 'stockItem',
    plural: 'stock-items',
    version: 1,
    context: stockItemContext,
    machine: stockItemMachine.provide({ delays: durations }),
    events: stockItemEvents,
    input: receipt,
    // The others answer to a reservation that is held, so there is an item when they come.
    create: {
      event: 'stockItem.receive',
      arises: ['stockItem.receive', 'stockItem.hold', 'stockItem.backorder', 'stockItem.release'],
    },
    belongsTo: warehouseOf,
    commands: { 'stockItem.receive': keeper, 'stockItem.adjust': keeper },
    conditions: {
      isKnownReceipt:
        'a receiptId that has come already must come with the same quantity: choose another for other goods',
      canBeReceived:
        'receiptId must be new, and quantity such that there is not more on hand than can be counted',
      hasRoomForReceipt:
        'receipts are remembered for 30 days at least, and there must be room for one more: receive more under one receiptId, or adjust to what is counted',
      isNotBelowReserved: 'quantity may not be less than what is reserved: cancel or short-pick first',
    },
    readers: { ...keeper, picker: ownWarehouse, packer: ownWarehouse, cs: anyone },
    narrow: ownWarehouses,
    indexed: {
      warehouse: (item: StockItemContext) => item.warehouse,
      sku: (item: StockItemContext) => item.sku,
    },
    view,
    targets: { 'availability.awaited': { dwellMs: 7 * day } },
    invariants,
    examples,
  });
}

function ownWarehouse({ warehouse }: StockItemContext, principal: Principal): boolean {
  return inWarehouse(warehouse, principal);
}

function warehouseOf(id: string): readonly Address[] | string {
  const [warehouse, article, ...rest] = id.split('~');
  const fits = warehouseId.safeParse(warehouse).success && sku.safeParse(article).success;
  return fits && warehouse !== undefined && rest.length === 0
    ? [{ kind: 'warehouse', id: warehouse }]
    : 'it is {warehouse}~{sku}';
}

function view(item: StockItemContext): unknown {
  const { id, warehouse, sku, ledger } = item;
  const shown = [...item.held.map(shownAs('held')), ...item.waiting.map(shownAs('waiting'))];
  return {
    ...{ id, warehouse, sku },
    onHand: books.onHand(item),
    reserved: books.reserved(item),
    available: Math.max(0, books.available(item)),
    waiting: item.waiting.reduce((total, { quantity }) => total + quantity, 0),
    ledger,
    reservations: shown.slice(0, shownMax),
    reservationCount: shown.length,
  };
}

function shownAs(state: 'held' | 'waiting'): (reservation: Reservation) => unknown {
  return (each) => ({
    id: each.id,
    owner: books.ownerOf(each),
    quantity: each.quantity,
    missing: each.missing,
    state,
  });
}

/** With their numbers in DOMAIN.md. */
const invariants: NonNullable<ActorDefinition['invariants']> = {
  'on hand is never less than nothing, nor more than can be counted (1)': (item: StockItemContext) =>
    books.onHand(item) >= 0 && books.onHand(item) <= maxOnHand,
  'no more is held than is on hand (2)': (item: StockItemContext) =>
    books.reserved(item) <= books.onHand(item),
  'only what came in, or was found, can have gone (3)': ({ ledger }: StockItemContext) =>
    [ledger.received, ledger.consumed, ledger.short].every(
      (quantity) => Number.isSafeInteger(quantity) && quantity >= 0,
    ) && Number.isSafeInteger(ledger.adjusted),
  'a reservation is held, waits or is over, only one of these (4, 5)': (item: StockItemContext) => {
    const ids = [...item.held, ...item.waiting].map(({ id }) => id);
    return new Set(ids).size === ids.length && ids.every((id) => !books.isEnded(item, id));
  },
  'every reservation is of something': ({ held, waiting }: StockItemContext) =>
    [...held, ...waiting].every(({ quantity }) => quantity > 0),
  'nobody waits for what is there (rule 11)': (item: StockItemContext) =>
    (item.waiting[0]?.quantity ?? Infinity) > books.onHand(item) - books.reserved(item),
  'owners are watched while an order holds some (rule 1)': (item: StockItemContext, state) =>
    (state as { question: string }).question === (books.hasUnpaid(item) ? 'watching' : 'quiet'),
};

const order = { kind: 'order', id: 'o1' };
const other = { kind: 'fulfillment', id: 'o1~f1' };

/** By what the item has: reservations of all kinds, and one that nobody knows. */
const examples: Readonly<Record<string, Examples>> = {
  'stockItem.receive': [
    { quantity: 1, receiptId: 'a' },
    { quantity: 2, receiptId: 'a' },
    { quantity: 3, receiptId: 'b' },
  ],
  'stockItem.hold': each(({ id: reservation }) => [
    { reservation, owner: order, quantity: 1, partial: false },
    { reservation, owner: other, quantity: 2, partial: true },
  ]),
  'stockItem.backorder': each(({ id: reservation }) => [
    { reservation, owner: order, quantity: 2 },
    { reservation, owner: other, quantity: 1 },
  ]),
  'stockItem.own': each(({ id: reservation }) => [{ reservation, owner: other }]),
  'stockItem.keep': each(({ id: reservation }) => [{ reservation }]),
  'stockItem.release': each(({ id: reservation }) => [
    { reservation, owner: order, keep: 0 },
    { reservation, owner: other, keep: 0 },
    { reservation, owner: other, keep: 1 },
  ]),
  'stockItem.short': each(({ id: reservation }) => [
    { reservation, missing: 1 },
    { reservation, missing: 9 },
  ]),
  'stockItem.consume': each(({ id: reservation }) => [
    { reservation, quantity: 1, missing: 0 },
    { reservation, quantity: 1_000_000, missing: 0 },
  ]),
};

function each(payloads: (reservation: Pick<Reservation, 'id'>) => readonly unknown[]): Examples {
  return (item: StockItemContext | undefined) => {
    const known = [item?.held[0]?.id, item?.waiting[0]?.id].flatMap((id) => id ?? []);
    return [...new Set([...known, 'o1~r1', 'o1~r2'])].flatMap((id) => payloads({ id }));
  };
}
