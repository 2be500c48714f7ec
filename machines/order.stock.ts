/**
 * How an order gets its stock, and loses it: reservations are asked for, held, given to fulfillments or
 * released; only the order ends one that it owns (rule 1).
 */
import type { Quantities } from './fulfillment.events.ts';
import { booksOf, isAssigned, lineOf, nothing } from './order.books.ts';
import type { FulfillmentBook, OrderContext, OrderLine, Reservation, Search } from './order.context.ts';

type Entry = readonly [string, Reservation];

/** Of the reservations that an order may hold at once; with 200 lines, each may come from three warehouses. */
const maxPieces = 600;

/** How often a search waits for what other orders hold and have not paid (rule 17). */
const contendedTries = 3;

/** What is still missing of each line, by its id. */
function needs(order: OrderContext): ReadonlyMap<string, number> {
  const books = booksOf(order);
  return new Map(order.lines.map(({ lineId }, index) => [lineId, books[index]?.unplaced ?? 0]));
}

/** Everything is answered, and there are goods for every line. */
export function isFound(order: OrderContext): boolean {
  return isAnswered(order) && booksOf(order).every(({ unplaced }) => unplaced === 0);
}

/** Every reservation that was asked for has been answered. */
export function isAnswered(order: OrderContext): boolean {
  return Object.values(order.reservations).every(({ state }) => state !== 'asked');
}

export function isAllReleased(order: OrderContext): boolean {
  return Object.keys(order.reservations).length === 0;
}

/**
 * The next step of the search: the whole order from one warehouse, the best first; then split over those that
 * have told that they have some of a line, or may get some back. What other orders hold without having paid may
 * come back: then everything is released, and asked for again one by one in (sku, warehouse) order, which everybody
 * keeps, so that of orders that refuse each other one gets all (rule 17). Undefined: there is no further step.
 */
export function nextSearch(order: OrderContext): Search | undefined {
  const { mode, step, tries } = order.search;
  if (isFull(order)) return undefined;
  if (mode === 'ordered') return nextPlace(order, step + 1);
  const next = nextWarehouse(order, step + 1);
  if (next !== undefined) return next;
  return isContended(order) ? { mode: 'ordered', step: 0, tries, contended: [] } : undefined;
}

function nextWarehouse(order: OrderContext, step: number): Search | undefined {
  const { search, candidates } = order;
  const contended = contendedLines(order);
  if (search.mode === 'split') return nextSplit(order, { ...search, step, contended });
  if (step < candidates.length) return { ...search, step, contended };
  return candidates.length > 1
    ? nextSplit({ ...order, reservations: {} }, { ...search, mode: 'split', step: 0, contended: [] })
    : undefined;
}

/** From this step on, at the first warehouse that may have some of what is missing. */
function nextSplit(order: OrderContext, search: Search): Search | undefined {
  const needed = needs(order);
  const missing = order.lines.filter((line) => isNeeding(needed, line));
  const step = order.candidates.findIndex(
    (warehouse, index) => index >= search.step && missing.some((line) => isOffered(order, warehouse, line)),
  );
  return step === -1 ? undefined : { ...search, step };
}

/** Not where it was told in this search that there is none, and none to come back. */
function isOffered({ search: { offers } }: OrderContext, warehouse: string, { lineId }: OrderLine): boolean {
  return offers === undefined || offersOf(offers, warehouse).includes(lineId);
}

/** A warehouse may be named like a property of every object. */
function offersOf(offers: NonNullable<Search['offers']>, warehouse: string): readonly string[] {
  return (Object.hasOwn(offers, warehouse) ? offers[warehouse] : undefined) ?? [];
}

function nextPlace(order: OrderContext, from: number): Search | undefined {
  const needed = needs(order);
  const step = placesOf(order).findIndex(({ line }, index) => index >= from && isNeeding(needed, line));
  return step === -1 ? undefined : { ...order.search, step, contended: contendedLines(order) };
}

function isNeeding(needed: ReadonlyMap<string, number>, { lineId }: OrderLine): boolean {
  return (needed.get(lineId) ?? 0) > 0;
}

/** It is in so many pieces that its record would become too large for the journal: then it is not to be had. */
function isFull(order: OrderContext): boolean {
  return heldReservations(order).length >= maxPieces;
}

/** Lines of which others hold some where this search has been, and may give it back. */
function contendedLines({ search, reservations }: OrderContext): readonly string[] {
  const lines = new Set(search.contended);
  for (const { lineId, state, pending } of Object.values(reservations)) {
    if ((state === 'refused' || state === 'held') && pending > 0) lines.add(lineId);
  }
  return [...lines];
}

/** Whether what is missing may come back from others. */
function isContended(order: OrderContext): boolean {
  const contended = new Set(contendedLines(order));
  const needed = needs(order);
  return order.lines.some((line) => contended.has(line.lineId) && isNeeding(needed, line));
}

/** Whether it is worth asking once more for the place that was refused. */
export function canWait(order: OrderContext): boolean {
  const { mode, tries } = order.search;
  return mode === 'ordered' && tries < contendedTries && isContended(order);
}

export function waited(order: OrderContext): Pick<OrderContext, 'search'> {
  const { search } = order;
  return { search: { ...search, step: 0, tries: search.tries + 1, contended: [] } };
}

/** Whether the next step begins with empty hands: one warehouse for the whole order, or another way to search. */
function isFresh({ search }: OrderContext, next: Search): boolean {
  return next.mode === 'whole' || next.mode !== search.mode;
}

/** What the next step gives up: what was refused, too, since asked twice the stock item might grant it (rule 16). */
export function givenBack(order: OrderContext): Entry[] {
  const next = nextSearch(order);
  if (next === undefined) return [];
  return [...(isFresh(order, next) ? heldReservations(order) : []), ...refusedReservations(order)];
}

export function stepped(order: OrderContext): Partial<OrderContext> {
  const next = nextSearch(order);
  if (next === undefined) return {};
  return { search: next, ...releasing(order, givenBack(order)) };
}

function placesOf({ lines, candidates }: OrderContext): { line: OrderLine; warehouse: string }[] {
  return lines
    .flatMap((line) => candidates.map((warehouse) => ({ line, warehouse })))
    .toSorted(
      (one, other) =>
        compare(one.line.sku, other.line.sku) ||
        compare(one.warehouse, other.warehouse) ||
        compare(one.line.lineId, other.line.lineId),
    );
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Asks for what this step of the search is about. */
export function askedFor(order: OrderContext): Partial<OrderContext> {
  const { mode, step } = order.search;
  const places =
    mode === 'ordered'
      ? placesOf(order).slice(step, step + 1)
      : order.lines
          .map((line) => ({ line, warehouse: order.candidates[step] ?? '' }))
          .filter(({ line, warehouse }) => mode === 'whole' || isOffered(order, warehouse, line));
  const needed = needs(order);
  const wishes = places
    .map(({ line: { lineId }, warehouse }) => ({ lineId, warehouse, quantity: needed.get(lineId) ?? 0 }))
    .filter(({ quantity }) => quantity > 0);
  return withReservations(
    order,
    wishes.map((wish) => ({ ...wish, ...asking })),
  );
}

const asking = { state: 'asked', pending: 0, untried: [] } as const;

/** Only while searching: what is to replace something short comes whole, or from elsewhere. */
export function isPartialWelcome(order: OrderContext): boolean {
  return order.search.mode !== 'whole' && !isAssigned(order);
}

/** Ids are the order's own, counted, and never used again (rule 18). */
export function withReservations(
  order: OrderContext,
  made: readonly Reservation[],
): Pick<OrderContext, 'reservations' | 'made'> {
  const count = order.made.reservations;
  const entries = made.map((one, index): Entry => [`${order.id}~r${count + index + 1}`, one]);
  return {
    reservations: { ...order.reservations, ...Object.fromEntries(entries) },
    made: { ...order.made, reservations: count + made.length },
  };
}

/** An answer may have been overtaken by what the order cancelled since: the smaller quantity counts. */
export function held(
  order: OrderContext,
  { reservation, quantity }: { reservation: string; quantity: number },
): Partial<OrderContext> {
  const one = order.reservations[reservation];
  if (one === undefined || one.state === 'releasing') return {};
  const { search } = order;
  // Somebody gives something back: one more try is worth while. What is missing ever less bounds it.
  const isProgress = one.state === 'asked' && search.mode === 'ordered' && search.tries > 0;
  return {
    reservations: { ...order.reservations, [reservation]: heldOf(one, quantity) },
    search: isProgress ? { ...search, tries: search.tries - 1 } : offered(search, one),
  };
}

/** What one warehouse after the other has told, for the split search to ask only where it may get something. */
function offered(search: Search, { warehouse, lineId }: Reservation): Search {
  const { mode, offers } = search;
  if (mode !== 'whole' || offers === undefined) return search;
  const lines = offersOf(offers, warehouse);
  if (lines.includes(lineId)) return search;
  return { ...search, offers: { ...offers, [warehouse]: [...lines, lineId] } };
}

/** What is missing of a part may be another order's, as with a refusal. */
function heldOf(one: Reservation, granted: number): Reservation {
  const pending = Math.max(one.pending, one.quantity - granted);
  return { ...one, state: 'held', quantity: Math.min(one.quantity, granted), pending };
}

/**
 * While searching a refusal is kept until the step is over; later the next warehouse is asked, or it is short
 * again. It is given back all the same: asked twice, the stock item may grant it the second time.
 */
export function refused(
  order: OrderContext,
  { reservation, available, pending }: { reservation: string; available: number; pending: number },
): Partial<OrderContext> {
  const one = order.reservations[reservation];
  if (one?.state !== 'asked' && one?.state !== 'waiting') return {};
  if (!isAssigned(order) || order.outcome !== null) {
    const search = available + pending > 0 ? offered(order.search, one) : order.search;
    return { ...changed(order, reservation, () => ({ ...one, state: 'refused', pending })), search };
  }
  const left = { ...order, ...releasing(order, [[reservation, one]]) };
  const [next, ...untried] = one.untried;
  if (next !== undefined) {
    return withReservations(left, [{ ...one, ...asking, warehouse: next, untried }]);
  }
  const lines = order.lines.map((line) =>
    line.lineId === one.lineId ? { ...line, resolved: line.resolved - one.quantity } : line,
  );
  return { reservations: left.reservations, lines };
}

export function released(order: OrderContext, reservation: string, kept: number): Partial<OrderContext> {
  if (kept > 0 || order.reservations[reservation]?.state !== 'releasing') return {};
  const { [reservation]: _released, ...reservations } = order.reservations;
  return { reservations };
}

/** Each leaves when its stock item has said so. */
export function allReleasing(order: OrderContext): Pick<OrderContext, 'reservations'> {
  return releasing(order, Object.entries(order.reservations));
}

export function withoutRefused(order: OrderContext): Pick<OrderContext, 'reservations'> {
  return releasing(order, refusedReservations(order));
}

function releasing(
  { reservations }: OrderContext,
  given: readonly Entry[],
): Pick<OrderContext, 'reservations'> {
  const changes = given.map(([id, one]): Entry => [id, { ...one, state: 'releasing' }]);
  return { reservations: { ...reservations, ...Object.fromEntries(changes) } };
}

export function isReleasing({ reservations }: OrderContext): boolean {
  return Object.values(reservations).some(({ state }) => state === 'releasing');
}

export function isReserved(order: OrderContext, reservation: string): boolean {
  const one = order.reservations[reservation];
  return one !== undefined && one.state !== 'releasing' && one.state !== 'refused';
}

/** What a fulfillment was given counts as well: it may not have told the stock item yet that it owns it. */
export function isNeeded(order: OrderContext, reservation: string): boolean {
  const given = Object.values(order.fulfillments).flatMap(({ reservations }) => Object.values(reservations));
  return isReserved(order, reservation) || given.includes(reservation);
}

export function stockItemOf(order: OrderContext, { warehouse, lineId }: Reservation): string {
  return `${warehouse}~${lineOf(order, lineId)?.sku ?? ''}`;
}

/** Which goods lie there with nobody to ship them. */
export function heldReservations({ reservations }: OrderContext): Entry[] {
  return Object.entries(reservations).filter(([, { state }]) => state === 'held');
}

/** Some are held, and nothing more is to come that could leave in the same parcel. */
export function isGathered({ reservations }: OrderContext): boolean {
  const states = Object.values(reservations).map(({ state }) => state);
  return states.includes('held') && !states.includes('asked') && !states.includes('waiting');
}

export function refusedReservations({ reservations }: OrderContext): Entry[] {
  return Object.entries(reservations).filter(([, { state }]) => state === 'refused');
}

/** A fulfillment for each warehouse where goods are held; the same line twice makes two. They own the goods from now on. */
export function assigned(
  order: OrderContext,
): Pick<OrderContext, 'reservations' | 'fulfillments' | 'made' | 'search'> {
  const { offers: _offers, ...search } = order.search;
  const groups: { warehouse: string; parts: Map<string, Entry> }[] = [];
  for (const entry of heldReservations(order)) {
    const [, { warehouse, lineId }] = entry;
    const group = groups.find((one) => one.warehouse === warehouse && !one.parts.has(lineId));
    if (group === undefined) groups.push({ warehouse, parts: new Map([[lineId, entry]]) });
    else group.parts.set(lineId, entry);
  }
  const count = order.made.fulfillments;
  const made = groups.map(
    ({ warehouse, parts }, index) =>
      [`${order.id}~f${count + index + 1}`, newBook(order, warehouse, parts)] as const,
  );
  const left = Object.entries(order.reservations).filter(([, { state }]) => state !== 'held');
  return {
    search,
    reservations: Object.fromEntries(left),
    fulfillments: { ...order.fulfillments, ...Object.fromEntries(made) },
    made: { ...order.made, fulfillments: count + made.length },
  };
}

function newBook(
  { addressRevision, holdsRevision }: OrderContext,
  warehouse: string,
  parts: ReadonlyMap<string, Entry>,
): FulfillmentBook {
  const lines = [...parts].map(([lineId, [, { quantity }]]): [string, Quantities] => [
    lineId,
    { ...nothing, assigned: quantity },
  ]);
  return {
    ...{ warehouse, version: 0, state: 'open', shipmentId: null, incidents: 0, writtenOff: false },
    ...{ addressRevision, holdsRevision },
    lines: Object.fromEntries(lines),
    reservations: Object.fromEntries([...parts].map(([lineId, [id]]) => [lineId, id])),
  };
}

function changed(
  order: OrderContext,
  id: string,
  change: (one: Reservation) => Reservation,
): Pick<OrderContext, 'reservations'> {
  const one = order.reservations[id];
  if (one === undefined) return { reservations: order.reservations };
  return { reservations: { ...order.reservations, [id]: change(one) } };
}

/** Lines that were not to be had. */
export function missing(order: OrderContext): Pick<OrderContext, 'failed'> {
  const failed = [...needs(order)].map(([lineId, missing]) => ({ lineId, missing }));
  return { failed: failed.filter((line) => line.missing > 0) };
}
