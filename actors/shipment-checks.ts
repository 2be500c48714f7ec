/** What holds of every shipment, and examples for the tests that walk its chart. */
import type { StateValue } from 'xstate';
import { scansMax, type ShipmentContext } from '../machines/shipment.books.ts';
import { findings, scanStatuses } from '../machines/shipment.events.ts';
import { byHandMax, surplusMax } from '../machines/shipment.surplus.ts';
import type { ActorDefinition } from '../runtime/definition.ts';

export const shipmentInvariants: NonNullable<ActorDefinition['invariants']> = {
  'a booking is wanted or surplus, never both, and surplus once': ({ booking, surplus }: ShipmentContext) =>
    new Set([booking, ...surplus.map((each) => each.booking)]).size === surplus.length + 1,
  'it is booked exactly when its number is ours': ({ label }: ShipmentContext, state) =>
    (label?.claimed === true) === (regionsOf(state)['label'] === 'booked'),
  'there is a label from the time that a number is claimed': ({ label }: ShipmentContext, state) =>
    (label !== null) === ['claiming', 'booked'].some((name) => name === regionsOf(state)['label']),
  'its books tell where it is': ({ transport }: ShipmentContext, state) =>
    transport === regionsOf(state)['transport'],
  'what is given up has no label, and once it is void nothing is left to be voided': (
    { givenUp, booking, label, surplus }: ShipmentContext,
    state,
  ) => {
    const where = regionsOf(state)['label'];
    if (givenUp !== (where === 'voiding' || where === 'voided')) return false;
    return !givenUp || (booking === null && label === null && (where === 'voiding' || surplus.length === 0));
  },
  'a person has to book only for a reason': ({ problem }: ShipmentContext, state) =>
    (problem !== null) === (regionsOf(state)['label'] === 'manualBooking'),
  'the carrier is asked about surplus only': ({ clearing }: ShipmentContext, state) =>
    (clearing !== null) === (regionsOf(state)['surplus'] === 'clearing'),
  'what it remembers is bounded': ({ scans, surplus, toVoidByHand }: ShipmentContext) =>
    scans.length <= scansMax && surplus.length <= surplusMax + 3 && toVoidByHand.length <= byHandMax,
};

function regionsOf(state: StateValue): Partial<Record<string, StateValue>> {
  return typeof state === 'string' ? {} : state;
}

export const shipmentExamples: NonNullable<ActorDefinition['examples']> = {
  book: [booked('SB1'), { outcome: 'refused', reason: 'the address is unknown' }, { outcome: 'unknown' }],
  lookUp: [booked('SB2'), { outcome: 'unknown' }],
  clear: [
    { outcome: 'gone' },
    { outcome: 'notFound' },
    { outcome: 'inUse' },
    { outcome: 'refused', reason: 'the parcel is moving' },
  ],
  'shipment.book': (shipment: ShipmentContext | undefined) =>
    shipment === undefined ? [parcel] : [0, 1].map((more) => ({ ...parcel, ...address(shipment, more) })),
  'shipment.readdress': (shipment: ShipmentContext) => [0, 1].map((more) => address(shipment, more)),
  'shipment.settle': findings.map((as) => ({ as, reason: 'the carrier said so' })),
  'shipment.bookManually': [{ carrier: 'post', trackingNumber: 'M1' }],
  'tracking.claimed': ({ label }: ShipmentContext) => numbers(label),
  'tracking.refused': ({ label }: ShipmentContext) => numbers(label),
  'shipment.scan': ({ booking, surplus, scans }: ShipmentContext) => [
    ...scanStatuses.map((status) => scan(`e${scans.length + 1}`, status)),
    ...scans.slice(0, 1),
    ...[booking, surplus[0]?.booking ?? null]
      .filter((reference) => reference !== null)
      .map((reference) => ({ ...scan(`e${scans.length + 1}`, 'inTransit'), booking: reference })),
  ],
};

const parcel = {
  ...{ orderId: 'o1', fulfillmentId: 'o1~f1', warehouse: 'W1', revision: 1 },
  shipTo: { name: 'Ada', line1: 'Street 1', city: 'Berlin', postalCode: '10115', country: 'DE' },
  lines: [{ lineId: 'l1', sku: 'A', quantity: 2 }],
};

function address({ shipTo, revision }: ShipmentContext, more: number): object {
  return { shipTo, revision: revision + more };
}

function booked(trackingNumber: string): unknown {
  return { outcome: 'booked', label: { carrier: 'sandbox', trackingNumber, url: null } };
}

function numbers(label: ShipmentContext['label']): unknown[] {
  const { carrier, trackingNumber } = label ?? { carrier: 'sandbox', trackingNumber: 'SB1' };
  return [
    { carrier, trackingNumber },
    { carrier: 'other', trackingNumber: 'X1' },
  ];
}

function scan(eventId: string, status: (typeof scanStatuses)[number]): object {
  return { eventId, status, carrier: 'sandbox', trackingNumber: 'SB1' };
}
