/** A stock item's books: what is on hand, who has reserved it, and who waits for it. */
import {
  aged,
  isBlank,
  keep as kept,
  nothingRemembered,
  recall,
  remember,
  sizeOf,
  type Memory,
} from './memory.ts';
import { nameOf } from './register.ts';
import type { Owner } from './schemas.ts';
import { maxOnHand, type StockItemInput } from './stockItem.events.ts';

export interface Reservation {
  readonly id: string;
  /** `order/o1`: there are many, all written out after every turn, and flat they take a third less. */
  readonly owner: string;
  readonly quantity: number;
  /** Not found on the shelf, over all times that it was told. */
  readonly missing: number;
  /** The watch in which it was held, or last known to be needed. */
  readonly seen: number;
}

/** What is on hand is what came in, less what went out. */
export interface Ledger {
  readonly received: number;
  readonly consumed: number;
  readonly short: number;
  /** Found or lost in counts; less than nothing if lost. */
  readonly adjusted: number;
}

export interface StockItemContext {
  readonly id: string;
  readonly warehouse: string;
  readonly sku: string;
  readonly ledger: Ledger;
  readonly held: readonly Reservation[];
  /** Who came first is served first (rule 11). */
  readonly waiting: readonly Reservation[];
  /** Reservations that are over, with what was consumed of each. */
  readonly ended: Memory;
  /** By receipt, what came in with it. */
  readonly receipts: Memory;
  /** Counts the times that owners were asked. */
  readonly watch: number;
}

type Item = StockItemContext;
type Change = Partial<Item>;
interface Wish {
  readonly reservation: string;
  readonly owner: Owner;
  readonly quantity: number;
}

/** An actor has a limit (`recordMaxChars`): so many characters of it are for reservations, with some to spare. */
const charactersMax = 1_000_000;
/** And so many for receipts, so that neither takes the other's room. */
const receiptCharactersMax = 300_000;
/** Of a receipt, besides its name: its quantity, and what parts it from the next one. */
const receiptCharacters = 20;
/** Of a reservation, besides its ids. */
const reservationCharacters = 100;
/** The most that an answer can say. */
const countMax = 1_000_000;

export function newStockItem({ input: { id } }: { input: StockItemInput }): Item {
  const [warehouse = '', ...rest] = id.split('~');
  return {
    ...{ id, warehouse, sku: rest.join('~') },
    ledger: { received: 0, consumed: 0, short: 0, adjusted: 0 },
    ...{ held: [], waiting: [] },
    ...{ ended: nothingRemembered, receipts: nothingRemembered },
    watch: 0,
  };
}

export function onHand({ ledger: { received, consumed, short, adjusted } }: Pick<Item, 'ledger'>): number {
  return received - consumed - short + adjusted;
}

export function reserved({ held }: Pick<Item, 'held'>): number {
  return sum(held);
}

/** What a new hold may have: those who wait come first (rule 11). Less than nothing if they want more. */
export function available(item: Item): number {
  return onHand(item) - sum(item.held) - sum(item.waiting);
}

export function heldOf({ held }: Pick<Item, 'held'>, id: string): Reservation | undefined {
  return held.find((reservation) => reservation.id === id);
}

export function waitingOf({ waiting }: Pick<Item, 'waiting'>, id: string): Reservation | undefined {
  return waiting.find((reservation) => reservation.id === id);
}

export function liveOf(item: Item, id: string): Reservation | undefined {
  return heldOf(item, id) ?? waitingOf(item, id);
}

export function isEnded({ ended }: Item, id: string): boolean {
  return recall(ended, id) !== undefined;
}

/** Room for one more in the record. */
export function hasRoom(item: Item, { reservation, owner }: Omit<Wish, 'quantity'>): boolean {
  const more = reservation.length + owner.id.length + reservationCharacters;
  const taken = charactersOf(item.held) + charactersOf(item.waiting) + sizeOf(item.ended);
  return taken + more <= charactersMax;
}

/** What a hold gets: all, or with `partial` what there is; 0: nothing. */
export function grantOf(item: Item, wish: Wish & { readonly partial: boolean }): number {
  const free = available(item);
  if (free >= wish.quantity) return wish.quantity;
  return wish.partial ? Math.max(0, free) : 0;
}

export function hold(item: Item, wish: Wish & { readonly partial: boolean }): Change {
  return { held: [...item.held, newReservation(item, { ...wish, quantity: grantOf(item, wish) })] };
}

export function queue(item: Item, wish: Wish): Change {
  return { waiting: [...item.waiting, newReservation(item, wish)] };
}

/** First come, first served, and whole: one who wants much is not passed by those who want less (rule 11). */
export function serve(item: Item): { change: Change; served: readonly Reservation[] } {
  let free = onHand(item) - sum(item.held);
  const stop = item.waiting.findIndex(({ quantity }) => (free -= quantity) < 0);
  const count = stop === -1 ? item.waiting.length : stop;
  if (count === 0) return { change: {}, served: [] };
  const served = item.waiting.slice(0, count).map((each) => ({ ...each, seen: item.watch }));
  return { change: { held: [...item.held, ...served], waiting: item.waiting.slice(count) }, served };
}

/** An order has no say any more once a fulfillment has it (rule 1). */
export function isTakenOver(item: Item, { reservation, owner }: Omit<Wish, 'quantity'>): boolean {
  const live = liveOf(item, reservation);
  return owner.kind === 'order' && live !== undefined && !isUnpaid(live);
}

export function own(item: Item, { reservation: id, owner }: Omit<Wish, 'quantity'>): Change {
  return changed(item, id, { owner: textOf(owner), seen: item.watch });
}

export function keep(item: Item, id: string): Change {
  return changed(item, id, { seen: item.watch });
}

/**
 * Also one that is unknown: it ends before it began, whatever comes late of it (rule 16). Where nothing ever was
 * nothing is remembered, or every refusal would leave an item behind (ADR 014): its owner gives back what comes.
 */
export function release(
  item: Item,
  { reservation: id, keep, missing = 0 }: { reservation: string; keep: number; missing?: number | undefined },
): Change {
  if (liveOf(item, id) === undefined)
    return isEnded(item, id) || isEmpty(item) ? {} : { ended: remember(item.ended, id, 0) };
  const change = takeShort(item, { reservation: id, missing });
  const left = { ...item, ...change };
  return keptOf(left, id) > keep ? { ...change, ...lowered(left, id, keep) } : change;
}

/** Nothing stands in its books: it is as it begins. */
function isEmpty(item: Item): boolean {
  const { received, adjusted } = item.ledger;
  return received === 0 && adjusted === 0 && item.waiting.length === 0 && remembersNothing(item);
}

/** How much of it is reserved, or waited for. */
export function keptOf(item: Item, id: string): number {
  return liveOf(item, id)?.quantity ?? 0;
}

/** Reserved and on hand go down alike, so nobody who waits can be served by it. */
export function takeShort(item: Item, told: { reservation: string; missing: number }): Change {
  const { reservation: id, missing } = told;
  const live = heldOf(item, id);
  if (live === undefined || missing <= live.missing) return {};
  const gone = Math.min(missing - live.missing, live.quantity);
  const ledger = { ...item.ledger, short: item.ledger.short + gone };
  const marked = { ...item, ...changed(item, id, { missing }) };
  return { ...lowered(marked, id, live.quantity - gone), ledger };
}

/**
 * The whole account of a reservation at its end: what was short and what left. The rest is free again, so a
 * message about less of it that is still a dead letter changes nothing when it comes.
 */
export function consume(
  item: Item,
  told: { reservation: string; quantity: number; missing: number },
): Change {
  const { reservation: id } = told;
  const left = { ...item, ...takeShort(item, told) };
  const quantity = Math.min(told.quantity, heldOf(left, id)?.quantity ?? 0);
  const ledger = { ...left.ledger, consumed: left.ledger.consumed + quantity };
  const { held, waiting } = { ...left, ...lowered(left, id, 0) };
  return { held, waiting, ended: remember(left.ended, id, quantity), ledger };
}

export function rememberEnded(item: Item, id: string): Change {
  return { ended: remember(item.ended, id, 0) };
}

export function receiptOf({ receipts }: Item, receiptId: string): number | undefined {
  return recall(receipts, nameOf(receiptId));
}

export function canReceive(item: Item, quantity: number): boolean {
  return onHand(item) + quantity <= maxOnHand;
}

/** A receipt that was forgotten before its time would count twice, and sell what is not there. */
export function hasRoomForReceipt({ receipts }: Item, receiptId: string): boolean {
  return sizeOf(receipts) + nameOf(receiptId).length + receiptCharacters <= receiptCharactersMax;
}

export function receive(item: Item, receipt: { quantity: number; receiptId: string }): Change {
  const { quantity, receiptId } = receipt;
  return {
    ledger: { ...item.ledger, received: item.ledger.received + quantity },
    receipts: kept(item.receipts, nameOf(receiptId), quantity),
  };
}

/** `quantity`: what a count has found. */
export function adjust(item: Item, quantity: number): Change {
  const { ledger } = item;
  return { ledger: { ...ledger, adjusted: ledger.adjusted + quantity - onHand(item) } };
}

/** Held for orders that are not paid yet: it may come back (rule 17). */
export function pendingOf({ held }: Pick<Item, 'held'>): number {
  return sum(held.filter(isUnpaid));
}

export function hasUnpaid({ held }: Pick<Item, 'held'>): boolean {
  return held.some(isUnpaid);
}

/** Held for a whole watch without a word from its owner. */
export function doubtful({ held, watch }: Item): readonly Reservation[] {
  return held.filter((reservation) => isUnpaid(reservation) && reservation.seen < watch);
}

export function refusalOf(item: Item, wish: Wish): { available: number; pending: number } {
  const free = hasRoom(item, wish) ? available(item) : 0;
  return { available: clipped(free), pending: clipped(pendingOf(item)) };
}

export function remembersNothing({ ended, receipts }: Item): boolean {
  return isBlank(ended) && isBlank(receipts);
}

export function forget({ ended, receipts }: Item): Change {
  return { ended: aged(ended), receipts: aged(receipts) };
}

export function ownerOf({ owner }: Pick<Reservation, 'owner'>): Owner {
  const at = owner.indexOf('/');
  return { kind: owner.startsWith('order/') ? 'order' : 'fulfillment', id: owner.slice(at + 1) };
}

function textOf({ kind, id }: Owner): string {
  return `${kind}/${id}`;
}

function isUnpaid({ owner }: Reservation): boolean {
  return owner.startsWith('order/');
}

function newReservation({ watch }: Item, { reservation: id, owner, quantity }: Wish): Reservation {
  return { id, owner: textOf(owner), quantity, missing: 0, seen: watch };
}

function changed(item: Item, id: string, change: Partial<Reservation>): Change {
  const heldAt = item.held.findIndex((each) => each.id === id);
  if (heldAt !== -1) return { held: changedAt(item.held, heldAt, change) };
  const waitingAt = item.waiting.findIndex((each) => each.id === id);
  return waitingAt === -1 ? {} : { waiting: changedAt(item.waiting, waitingAt, change) };
}

function changedAt(
  list: readonly Reservation[],
  at: number,
  change: Partial<Reservation>,
): readonly Reservation[] {
  const before = list[at];
  return before === undefined ? list : list.with(at, { ...before, ...change });
}

/** To less than it has; at 0 it ends. */
function lowered(item: Item, id: string, quantity: number): Change {
  if (quantity > 0) return changed(item, id, { quantity });
  const isOther = (each: Reservation): boolean => each.id !== id;
  const { held, waiting } = item;
  return {
    ...(heldOf(item, id) === undefined
      ? { waiting: waiting.filter(isOther) }
      : { held: held.filter(isOther) }),
    ended: remember(item.ended, id, 0),
  };
}

/** There may be thousands, and it is asked in each turn: nothing is made on the way. */
function charactersOf(reservations: readonly Reservation[]): number {
  let total = 0;
  for (const { id, owner } of reservations) total += id.length + owner.length + reservationCharacters;
  return total;
}

function sum(reservations: readonly Reservation[]): number {
  return reservations.reduce((total, { quantity }) => total + quantity, 0);
}

function clipped(quantity: number): number {
  return Math.min(Math.max(quantity, 0), countMax);
}
