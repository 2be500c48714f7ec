/** A fulfillment's books: what its warehouse was given to ship, who holds it, and what became of it. */
import type { Account, FulfillmentInput, Quantities } from './fulfillment.events.ts';
import type { Hold, ShipTo } from './schemas.ts';

export interface FulfillmentLine extends Quantities {
  readonly lineId: string;
  readonly sku: string;
  /** At the stock item of the warehouse; this fulfillment owns it (rule 1). */
  readonly reservation: string;
}

/** A line's reservation at the warehouse that the fulfillment wants to move to. */
export interface MovedLine {
  readonly lineId: string;
  readonly reservation: string;
  readonly state: 'asked' | 'held' | 'refused';
}

export interface Releasing {
  readonly reservation: string;
  readonly stockItem: string;
}

export interface FulfillmentContext {
  readonly id: string;
  readonly orderId: string;
  /** Where the goods are held. */
  readonly warehouse: string;
  readonly candidates: readonly string[];
  /** Where it has a slot, or asks for one, and which try that is (rule 8). */
  readonly trying: string;
  readonly attempt: number;
  /** Warehouses that have not been asked in this round. */
  readonly untried: readonly string[];
  readonly moved: readonly MovedLine[];
  /** Releases that the stock items have not answered yet. */
  readonly releasing: readonly Releasing[];
  readonly shipTo: ShipTo;
  readonly addressRevision: number;
  readonly shipmentId: string | null;
  readonly lines: readonly FulfillmentLine[];
  /** Set here, in the warehouse. */
  readonly holds: readonly Hold[];
  /** Set at the order; only the order lifts them. */
  readonly orderHolds: readonly Hold[];
  readonly holdsRevision: number;
  /** The last change of the order that was answered. */
  readonly change: string | null;
  readonly incidents: number;
  /** As the last account told. */
  readonly stands: Account['state'];
  /** Accounts given so far: the version of the last one. */
  readonly accountCount: number;
}

type Lines = Pick<FulfillmentContext, 'lines'>;

export function newFulfillment({ input }: { input: FulfillmentInput }): FulfillmentContext {
  const { id, orderId, warehouse, candidates, shipTo, addressRevision, holds, holdsRevision } = input;
  return {
    ...{ id, orderId, warehouse, candidates, shipTo, addressRevision, holdsRevision },
    trying: warehouse,
    attempt: 1,
    untried: others(candidates, warehouse),
    moved: [],
    releasing: [],
    shipmentId: null,
    lines: input.lines.map(({ lineId, sku, reservation, quantity }) => ({
      ...{ lineId, sku, reservation, assigned: quantity },
      ...{ cut: 0, short: 0, shipped: 0, delivered: 0 },
    })),
    holds: [],
    orderHolds: holds,
    change: null,
    incidents: 0,
    stands: 'open',
    accountCount: 0,
  };
}

function others(candidates: readonly string[], warehouse: string): string[] {
  return candidates.filter((candidate) => candidate !== warehouse);
}

export function isClear({ holds, orderHolds }: FulfillmentContext): boolean {
  return holds.length === 0 && orderHolds.length === 0;
}

/** Neither handed over nor stopped. */
export function isOpen(fulfillment: Lines): boolean {
  return fulfillment.lines.some(({ assigned, shipped }) => assigned > shipped);
}

/** What there is still to do for this warehouse. */
export function liveLines({ lines }: Lines): FulfillmentLine[] {
  return lines.filter(({ assigned }) => assigned > 0);
}

export function assignedTo({ lines }: Lines, lineId: string): number {
  return lines.find((line) => line.lineId === lineId)?.assigned ?? 0;
}

/** A line that was picked twice, or is missing, is as wrong as one short. */
export function isPickedExactly(
  fulfillment: Lines,
  picked: readonly { lineId: string; quantity: number }[],
): boolean {
  const lines = liveLines(fulfillment);
  return (
    picked.length === lines.length &&
    lines.every((line) =>
      picked.some((pick) => pick.lineId === line.lineId && pick.quantity === line.assigned),
    )
  );
}

/** Takes up to so many from what is assigned of a line, and books them as cut or short. */
export function taken(
  { lines }: Lines,
  { lineId, quantity, as }: { lineId: string; quantity: number; as: 'cut' | 'short' },
): Lines {
  return {
    lines: lines.map((line) => {
      if (line.lineId !== lineId) return line;
      const less = Math.min(quantity, line.assigned);
      return { ...line, assigned: line.assigned - less, [as]: line[as] + less };
    }),
  };
}

export function handedOver({ lines }: Lines): Lines {
  return { lines: lines.map((line) => ({ ...line, shipped: line.assigned })) };
}

export function delivered({ lines }: Lines): Lines {
  return { lines: lines.map((line) => ({ ...line, delivered: line.shipped })) };
}

/** Everything is cut. Each reservation, also of what was cut before, waits for its stock item to release it. */
export function givenUp(
  fulfillment: FulfillmentContext,
): Pick<FulfillmentContext, 'lines' | 'releasing' | 'moved'> {
  const { warehouse, releasing, lines } = fulfillment;
  // Of what was short alone, too: it was perhaps granted more than was wanted of it by then.
  const own = lines.map((line) => releasingAt(warehouse, line));
  return {
    lines: lines.map((line) => ({ ...line, assigned: 0, cut: line.cut + line.assigned })),
    releasing: [...releasing, ...own, ...movedReleases(fulfillment)],
    moved: [],
  };
}

/** Something kept answers an earlier release, of a part. */
export function released(
  { releasing }: FulfillmentContext,
  answer: { reservation: string; kept: number },
): Pick<FulfillmentContext, 'releasing'> {
  if (answer.kept > 0) return { releasing };
  return { releasing: releasing.filter(({ reservation }) => reservation !== answer.reservation) };
}

/** The next warehouse of this round. */
export function nextTry({
  untried,
  attempt,
  trying,
}: FulfillmentContext): Pick<FulfillmentContext, 'trying' | 'untried' | 'attempt'> {
  const [next = trying, ...left] = untried;
  return { trying: next, untried: left, attempt: attempt + 1 };
}

/** A new round, beginning where the goods are. */
export function firstTry({
  candidates,
  warehouse,
  attempt,
}: FulfillmentContext): Pick<FulfillmentContext, 'trying' | 'untried' | 'attempt'> {
  return { trying: warehouse, untried: others(candidates, warehouse), attempt: attempt + 1 };
}

/** Reservations to ask for at the warehouse that has granted a slot. Ids are made here (rule 18). */
export function movedLines(fulfillment: FulfillmentContext): MovedLine[] {
  const { id, attempt } = fulfillment;
  return liveLines(fulfillment).map(({ lineId }) => ({
    lineId,
    reservation: `${id}~m${attempt}:${lineId}`,
    state: 'asked',
  }));
}

export function isAskedForMove({ moved }: FulfillmentContext, reservation: string): boolean {
  return moved.some((line) => line.reservation === reservation && line.state === 'asked');
}

export function answeredMove(
  { moved }: FulfillmentContext,
  reservation: string,
  state: 'held' | 'refused',
): Pick<FulfillmentContext, 'moved'> {
  return { moved: moved.map((line) => (line.reservation === reservation ? { ...line, state } : line)) };
}

/** Everything is held at the new warehouse: it is the fulfillment's from now on, and the old is given back. */
export function relocated(fulfillment: FulfillmentContext): Partial<FulfillmentContext> {
  const { lines, moved, warehouse, trying, releasing } = fulfillment;
  const reservations = new Map(moved.map(({ lineId, reservation }) => [lineId, reservation]));
  return {
    warehouse: trying,
    lines: lines.map((line) => ({ ...line, reservation: reservations.get(line.lineId) ?? line.reservation })),
    moved: [],
    releasing: [...releasing, ...liveLines(fulfillment).map((line) => releasingAt(warehouse, line))],
  };
}

/** Not everything is there: what was held at the new warehouse is given back. */
export function stayed(fulfillment: FulfillmentContext): Pick<FulfillmentContext, 'moved' | 'releasing'> {
  return { moved: [], releasing: [...fulfillment.releasing, ...movedReleases(fulfillment)] };
}

/** What was refused is released as well: its answer may have been overtaken, and the id is then remembered as ended. */
function movedReleases({ moved, lines, trying }: FulfillmentContext): Releasing[] {
  const skus = new Map(lines.map(({ lineId, sku }) => [lineId, sku]));
  return moved.map(({ lineId, reservation }) => ({
    reservation,
    stockItem: `${trying}~${skus.get(lineId) ?? ''}`,
  }));
}

function releasingAt(warehouse: string, { sku, reservation }: FulfillmentLine): Releasing {
  return { reservation, stockItem: `${warehouse}~${sku}` };
}

/** Whether goods under this reservation are still to leave the warehouse. */
export function isNeeded(fulfillment: FulfillmentContext, reservation: string): boolean {
  return (
    fulfillment.moved.some((line) => line.reservation === reservation) ||
    fulfillment.lines.some(
      (line) => line.reservation === reservation && line.assigned > 0 && line.shipped === 0,
    )
  );
}

/** One that comes again, perhaps long after: the order counts its changes, and has one open at a time. */
export function isAnsweredChange({ change }: FulfillmentContext, id: string): boolean {
  return change !== null && changeNumber(id) <= changeNumber(change);
}

function changeNumber(id: string): number {
  return Number(id.slice(id.lastIndexOf('~c') + 2));
}

/** The whole of it, every time: the order takes the last one and forgets the others (rule 2). */
export function nextAccount(fulfillment: FulfillmentContext, state: Account['state']): Account {
  const { id, warehouse, shipmentId, change, incidents, accountCount } = fulfillment;
  const { addressRevision, holdsRevision } = fulfillment;
  const lines = fulfillment.lines.map(({ lineId, assigned, cut, short, shipped, delivered }) => [
    lineId,
    { assigned, cut, short, shipped, delivered },
  ]);
  return {
    fulfillmentId: id,
    version: accountCount + 1,
    ...{ state, warehouse, shipmentId, change, incidents, addressRevision, holdsRevision },
    lines: Object.fromEntries(lines) as Account['lines'],
  };
}
