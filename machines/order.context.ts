/** What an order holds: what was ordered, reserved and paid, and what others have told it. */
import type { Account, Quantities } from './fulfillment.events.ts';
import { lineIdOf, type OrderInput } from './order.events.ts';
import type { Hold, ShipTo } from './schemas.ts';

export interface OrderLine {
  readonly lineId: string;
  readonly sku: string;
  readonly quantity: number;
  readonly unitPrice: number;
  /** Cancelled outside any fulfillment; what a fulfillment cuts stands in its account. */
  readonly withdrawn: number;
  /** Of what fulfillments found short: so much has been dealt with. */
  readonly resolved: number;
}

/** Stock that the order owns (rule 1), from the first asking until a fulfillment owns it or it is released. */
export interface Reservation {
  readonly lineId: string;
  readonly warehouse: string;
  readonly quantity: number;
  readonly state: 'asked' | 'waiting' | 'held' | 'refused' | 'releasing';
  /** Of a refusal: what orders that are not paid yet hold there; of a part: what is missing of the whole. */
  readonly pending: number;
  /** Warehouses to ask next if this one refuses; only for what is to replace something short. */
  readonly untried: readonly string[];
}

export interface FulfillmentBook {
  readonly warehouse: string;
  /** Of the last account; 0 as long as there is none, and `lines` says what was asked for. */
  readonly version: number;
  readonly state: Account['state'];
  readonly shipmentId: string | null;
  /** Of the address and the holds that it knows of. */
  readonly addressRevision: number;
  readonly holdsRevision: number;
  readonly incidents: number;
  readonly lines: Readonly<Record<string, Quantities>>;
  /** By line: what it was started with. */
  readonly reservations: Readonly<Record<string, string>>;
  /** Its parcel was sent again or refunded: it counts no more, whatever becomes of it (rule 12). */
  readonly writtenOff: boolean;
}

/** A cancellation of some of a line that fulfillments have not all answered (rule 13). */
export interface Change {
  readonly id: string;
  readonly lineId: string;
  /** By fulfillment: how many to take out. */
  readonly waiting: Readonly<Record<string, number>>;
}

/** Where the search for stock has got to. */
export interface Search {
  readonly mode: 'whole' | 'split' | 'ordered';
  readonly step: number;
  /** How often it was refused for what other orders hold (rule 17). */
  readonly tries: number;
  /** Lines of which other orders hold some where this way of searching has been, and have not paid. */
  readonly contended: readonly string[];
  /** By warehouse: lines of which it has some, or may get some back. Absent where the search is over, or began without it. */
  readonly offers?: Readonly<Record<string, readonly string[]>> | undefined;
}

export interface PaymentBook {
  readonly state:
    'asked' | 'unknown' | 'requiresAction' | 'authorized' | 'declined' | 'voided' | 'closed' | 'stuck';
  readonly method: string;
  readonly amount: number;
  /** The gateway captures no more than once. */
  readonly capturesOnce: boolean;
  /** Void was asked: it is given up, whatever it answers. */
  readonly givenUp: boolean;
  /** The order made it by itself, with the method of the one before. */
  readonly isRepeat: boolean;
  readonly captures: Readonly<Record<string, Capture>>;
  readonly refunds: Readonly<Record<string, Refund>>;
}

/** By fulfillment: its handover is when it is captured. */
export interface Capture {
  readonly amount: number;
  readonly lines: Readonly<Record<string, number>>;
  /** `byHand`: the gateway did not, and a person has. */
  readonly state: 'asked' | 'captured' | 'failed' | 'byHand';
}

export interface Refund {
  readonly amount: number;
  /**
   * `byHand`: the gateway did not, and a person has. Of what people took by hand the gateway has none: it is
   * `owed`, and `returned` once a person has given it back.
   */
  readonly state: 'asked' | 'refunded' | 'failed' | 'dropped' | 'byHand' | 'owed' | 'returned';
}

/** What it ends for; `refunded` is a cancellation of which something had left. */
export type Outcome = 'cancelled' | 'rejected' | 'expired' | 'refunded';

export type Execution =
  'planning' | 'inFulfillment' | 'partiallyShipped' | 'shipped' | 'partiallyDelivered' | 'delivered';

export type Supply = 'supplied' | 'gathering' | 'short' | 'awaitingStock';

export interface OrderContext {
  readonly id: string;
  readonly customerId: string;
  readonly currency: string;
  readonly region: string;
  readonly shipTo: ShipTo;
  readonly addressRevision: number;
  readonly payment: OrderInput['payment'];
  readonly draft: boolean;
  readonly lines: readonly OrderLine[];
  readonly holds: readonly Hold[];
  readonly holdsRevision: number;
  readonly candidates: readonly string[];
  readonly search: Search;
  readonly reservations: Readonly<Record<string, Reservation>>;
  readonly fulfillments: Readonly<Record<string, FulfillmentBook>>;
  readonly payments: Readonly<Record<string, PaymentBook>>;
  readonly change: Change | null;
  /** Made so far, by kind; ids come from them and are never used again (rule 18). */
  readonly made: {
    readonly reservations: number;
    readonly fulfillments: number;
    readonly payments: number;
    readonly refunds: number;
    readonly changes: number;
  };
  /** Where the order stands, as its chart last saw it. */
  readonly stands: { readonly execution: Execution; readonly supply: Supply; readonly money: string };
  readonly outcome: Outcome | null;
  readonly reason: string | null;
  /** Lines that no warehouse had, with how many were missing. */
  readonly failed: readonly { readonly lineId: string; readonly missing: number }[];
  /** What happened that should not have, and what was asked for too late; see order.incidents.ts. */
  readonly incidents: readonly string[];
}

export function newOrder({ input }: { input: OrderInput }): OrderContext {
  const { id, customerId, currency, region, shipTo, payment, draft } = input;
  return {
    ...{ id, customerId, currency, region, shipTo, payment, draft },
    lines: input.lines.map((line, index) => {
      const { sku, quantity, unitPrice } = line;
      return { lineId: lineIdOf(line, index), sku, quantity, unitPrice, withdrawn: 0, resolved: 0 };
    }),
    addressRevision: 1,
    holds: [],
    holdsRevision: 1,
    candidates: [],
    search: { mode: 'whole', step: 0, tries: 0, contended: [], offers: {} },
    reservations: {},
    fulfillments: {},
    payments: {},
    change: null,
    made: { reservations: 0, fulfillments: 0, payments: 0, refunds: 0, changes: 0 },
    stands: { execution: 'planning', supply: 'supplied', money: 'authorized' },
    outcome: null,
    reason: null,
    failed: [],
    incidents: [],
  };
}
