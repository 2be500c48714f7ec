/** A shipment's books: its label, the bookings that are not wanted any more, and what the carrier has seen. */
import type { Finding, Scan, ScanStatus, ShipmentInput } from './shipment.events.ts';
import type { ShipTo } from './schemas.ts';
import {
  addSurplus,
  countTry,
  withoutSurplus,
  type ClearInput,
  type SurplusBooks,
} from './shipment.surplus.ts';

export interface Label {
  readonly carrier: string;
  readonly trackingNumber: string;
  /** Where it can be printed from. */
  readonly url: string | null;
  /** Whether the number is ours for certain (rule 18: nothing leaves without). */
  readonly claimed: boolean;
}

export type Transport = 'awaitingHandover' | 'suspectedLost' | ScanStatus;

export interface ShipmentContext extends SurplusBooks {
  readonly id: string;
  readonly orderId: string;
  readonly fulfillmentId: string;
  readonly warehouse: string;
  readonly shipTo: ShipTo;
  readonly revision: number;
  readonly lines: ShipmentInput['lines'];
  /** Bookings made for this address. */
  readonly tries: number;
  /** Our reference of the booking that is wanted; null where there is none, or a person made it. */
  readonly booking: string | null;
  readonly label: Label | null;
  /** Why a person has to book. */
  readonly problem: string | null;
  /** The fulfillment does not want it to leave. */
  readonly givenUp: boolean;
  readonly movedAfterVoid: boolean;
  readonly transport: Transport;
  /** The last ones, in the order in which they came. */
  readonly scans: readonly Scan[];
  /** Scans that came again. */
  readonly repeated: number;
  /** What a person last said of it; the journal knows who. */
  readonly settled: { readonly as: Finding; readonly reason: string } | null;
}

/** What is asked of a carrier; as `Booking` of actors/providers.ts. */
export interface BookingInput {
  readonly booking: string;
  readonly shipmentId: string;
  readonly orderId: string;
  readonly warehouse: string;
  readonly shipTo: Omit<ShipTo, 'location'>;
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
}

export type BookingOutcome =
  | { readonly outcome: 'booked'; readonly label: Omit<Label, 'claimed'> }
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'unknown' };

/** Older scans are in the journal. */
export const scansMax = 50;
/** One more than the first: where its number belongs to somebody else. */
const triesMax = 2;
const problemMax = 500;

type Change = Partial<ShipmentContext>;

export function newShipment({ input }: { input: ShipmentInput }): ShipmentContext {
  const { id, orderId, fulfillmentId, warehouse, shipTo, revision, lines } = input;
  return {
    ...{ id, orderId, fulfillmentId, warehouse, shipTo, revision, lines },
    ...{ tries: 0, booking: null, label: null, problem: null },
    ...{ surplus: [], clearing: null, toVoidByHand: [] },
    ...{ givenUp: false, movedAfterVoid: false, transport: 'awaitingHandover', scans: [], repeated: 0 },
    settled: null,
  };
}

/**
 * The reference of a booking tells the address that it is for. A revision is booked anew only where its first
 * number was refused, under a reference of its own: voiding the one that was left can never hit the other.
 */
export function startBooking({ id, revision, tries }: ShipmentContext): Change {
  const booking = tries === 0 ? `${id}#${revision}` : `${id}#${revision}:${tries + 1}`;
  return { booking, tries: tries + 1, label: null, problem: null };
}

/** The shipment that made the booking: our reference as a webhook brings it. */
export function shipmentOf(booking: string): string {
  const hash = booking.lastIndexOf('#');
  return hash === -1 ? booking : booking.slice(0, hash);
}

export function bookingInput(shipment: ShipmentContext): BookingInput {
  const { id, orderId, warehouse } = shipment;
  const { name, line1, city, postalCode, country } = shipment.shipTo;
  return {
    ...{ booking: shipment.booking ?? id, shipmentId: id, orderId, warehouse },
    shipTo: { name, line1, city, postalCode, country },
    lines: shipment.lines.map(({ sku, quantity }) => ({ sku, quantity })),
  };
}

/** Whatever there is of a label is not wanted any more, whether the carrier has answered or not (rule 6). */
export function leaveBooking({ booking, label, ...shipment }: ShipmentContext): Change {
  const left = { booking: null, label: null };
  if (booking !== null) return { ...left, ...addSurplus(shipment, booking) };
  if (label === null) return left;
  const { carrier, trackingNumber } = label;
  const byHand = { carrier, trackingNumber, booking: null, reason: 'it was booked by hand' };
  return { ...left, toVoidByHand: [...shipment.toVoidByHand, byHand].slice(-scansMax) };
}

/** The number is somebody else's. One that a person typed is not ours to void. */
export function leaveRefused(shipment: ShipmentContext): Change {
  return leaveBooking({ ...shipment, label: null });
}

export function clearInput({ id, clearing, booking, label }: ShipmentContext): ClearInput {
  const byHand = booking === null ? label : null;
  return {
    booking: clearing ?? id,
    inUse: byHand && { carrier: byHand.carrier, trackingNumber: byHand.trackingNumber },
  };
}

/** A person has found the booking at the carrier, and typed its number: it is wanted after all. */
export function takeUpAgain(shipment: ShipmentContext): Change {
  const { booking, label, clearing } = shipment;
  if (clearing === null || booking !== null || label === null) return countTry(shipment, 0);
  return { booking: clearing, ...withoutSurplus(shipment, clearing) };
}

export function problemOf(text: string): string {
  return text.slice(0, problemMax) || 'no reason given';
}

export function isNumberOf(
  { label }: ShipmentContext,
  { carrier, trackingNumber }: { carrier: string; trackingNumber: string },
): boolean {
  return label?.carrier === carrier && label.trackingNumber === trackingNumber;
}

export function canBookAgain({ booking, tries }: ShipmentContext): boolean {
  return booking !== null && tries < triesMax;
}

export function isMoving({ transport }: ShipmentContext): boolean {
  return transport !== 'awaitingHandover';
}

/**
 * The parcel moves with a label that we do not know yet, or did not want any more, void or not: the truck came
 * before the carrier's answer, or before the new address (rule 5). That is its label, then.
 */
export function isOnAnotherLabel(shipment: ShipmentContext, scan: Scan): boolean {
  return !isMoving(shipment) && !isNumberOf(shipment, scan);
}

/** Of the address on the label that a carrier has seen; one that was booked by hand is taken for the last one. */
export function revisionOf({ id, revision }: ShipmentContext, { booking = '' }: Scan): number {
  const [, own] = booking.split(`${id}#`);
  return own === undefined ? revision : Number.parseInt(own, 10);
}

export function takeScannedLabel(shipment: ShipmentContext, scan: Scan): Change {
  const { booking = null, carrier, trackingNumber } = scan;
  const isWanted = booking !== null && booking === shipment.booking;
  const left = isWanted ? {} : leaveBooking(shipment);
  return {
    ...left,
    ...(booking === null ? {} : withoutSurplus({ ...shipment, ...left }, booking)),
    ...{ booking, label: { carrier, trackingNumber, url: null, claimed: false }, problem: null },
  };
}

export function isRepeated({ scans }: ShipmentContext, { eventId }: Scan): boolean {
  return scans.some((scan) => scan.eventId === eventId);
}

export function recordScan({ scans }: ShipmentContext, scan: Scan): Change {
  const { eventId, status, carrier, booking, trackingNumber } = scan;
  const kept = { eventId, status, carrier, trackingNumber, ...(booking === undefined ? {} : { booking }) };
  return { scans: [...scans, kept].slice(-scansMax) };
}

const ends = ['lost', 'returning', 'returned', 'delivered'] as const;
const anywhere = ['outForDelivery', 'attemptFailed', 'availableForPickup', 'exception', ...ends] as const;

/** What may come next; any other scan is an old one that comes late. The same one again is a sign of life. */
const next: Readonly<Record<Transport, readonly ScanStatus[]>> = {
  awaitingHandover: ['inTransit', ...anywhere],
  inTransit: ['inTransit', ...anywhere],
  outForDelivery: anywhere,
  attemptFailed: anywhere,
  availableForPickup: ['availableForPickup', 'exception', ...ends],
  exception: ['inTransit', ...anywhere],
  suspectedLost: ['inTransit', ...anywhere],
  lost: ['returning', 'returned', 'delivered'],
  returning: ['returning', 'returned', 'lost'],
  returned: [],
  delivered: [],
};

export function leadsTo({ transport }: ShipmentContext, scan: Scan, status: ScanStatus): boolean {
  return scan.status === status && next[transport].includes(status);
}

/** Only of a parcel that has left, and as a scan could: a person may not turn round what has ended. */
export function canBeFound(shipment: ShipmentContext, as: Finding): boolean {
  return isMoving(shipment) && next[shipment.transport].includes(as);
}
