/** Parcels and their numbers, against the fulfillments that they are of. */
import type { ShipmentContext } from '../../machines/shipment.books.ts';
import { trackingNumberId } from '../../machines/trackingNumber.events.ts';
import type { TrackingNumberContext } from '../../machines/trackingNumber.machine.ts';
import type { Address } from '../../runtime/address.ts';
import { accountOf, fulfillmentAt } from './reading.ts';
import type { Relation, Standing } from './relation.ts';

/** Invariant 22: a number is one actor, so what it says is the end of it. */
const numbers: Relation = {
  name: 'the number on a label belongs to its shipment (22)',
  holds: 'always',
  kind: 'shipment',
  others: (shipment) => numberOf(shipment),
  faults: (shipment, find) =>
    numberOf(shipment).flatMap((address) => {
      const number = find(address);
      if (number === undefined) return [`${address.id} is nobody’s`];
      const { shipmentId } = number.context as TrackingNumberContext;
      return shipmentId === shipment.id ? [] : [`${address.id} is ${shipmentId}’s`];
    }),
};

const owners: Relation = {
  name: 'a tracking number belongs to a shipment (18)',
  holds: 'always',
  kind: 'trackingNumber',
  others: ({ context }) => [shipmentAt((context as TrackingNumberContext).shipmentId)],
  faults: ({ context }, find) => {
    const { shipmentId } = context as TrackingNumberContext;
    return find(shipmentAt(shipmentId)) === undefined ? [`shipment ${shipmentId} does not exist`] : [];
  },
};

/** Invariant 18. */
const claimed: Relation = {
  name: 'what was handed over has a number that is its own (18)',
  holds: 'atRest',
  kind: 'shipment',
  others: fulfillmentOf,
  faults: (shipment, find) => {
    const state = stateOf(shipment, find);
    if (!isLive(shipment) || (state !== 'handedOver' && state !== 'delivered')) return [];
    return contextOf(shipment).label?.claimed === true ? [] : ['it has none'];
  },
};

/** Invariant 16. */
const delivered: Relation = {
  name: 'what is delivered has been delivered by its parcel (16)',
  holds: 'atRest',
  kind: 'shipment',
  others: fulfillmentOf,
  faults: (shipment, find) => {
    const { transport } = contextOf(shipment);
    const isTold = stateOf(shipment, find) === 'delivered';
    return isTold && isLive(shipment) && transport !== 'delivered' ? [`the parcel is ${transport}`] : [];
  },
};

/** Invariant 23: earlier ones were given up, or are gone. */
const single: Relation = {
  name: 'a fulfillment has at most one label that may leave (23)',
  holds: 'atRest',
  kind: 'shipment',
  others: earlierOf,
  faults: (shipment, find) => {
    if (!mayLeave(shipment)) return [];
    return earlierOf(shipment)
      .flatMap((address) => find(address) ?? [])
      .filter(mayLeave)
      .map(({ id }) => `${id} has one as well`);
  },
};

const made: Relation = {
  name: 'a shipment has a fulfillment (18)',
  holds: 'always',
  kind: 'shipment',
  others: fulfillmentOf,
  faults: (shipment, find) => {
    const { fulfillmentId } = contextOf(shipment);
    return find(fulfillmentAt(fulfillmentId)) === undefined ? [`${fulfillmentId} does not exist`] : [];
  },
};

export const shipmentRelations: readonly Relation[] = [numbers, owners, claimed, delivered, single, made];

function contextOf({ context }: Standing): ShipmentContext {
  return context as ShipmentContext;
}

function fulfillmentOf(shipment: Standing): Address[] {
  return [fulfillmentAt(contextOf(shipment).fulfillmentId)];
}

function stateOf(shipment: Standing, find: (of: Address) => Standing | undefined): string | undefined {
  const fulfillment = find(fulfillmentAt(contextOf(shipment).fulfillmentId));
  return fulfillment === undefined ? undefined : accountOf(fulfillment).state;
}

function shipmentAt(id: string): Address {
  return { kind: 'shipment', id };
}

/** Of the label, once the number is certain. */
function numberOf(shipment: Standing): Address[] {
  const { label } = contextOf(shipment);
  if (label?.claimed !== true) return [];
  return [{ kind: 'trackingNumber', id: trackingNumberId(label.carrier, label.trackingNumber) }];
}

/** `o1~f1~s3` → `o1~f1~s1`, `o1~f1~s2` */
function earlierOf({ id }: Standing): Address[] {
  const [, base = '', number = '1'] = /^(.*~s)(\d+)$/.exec(id) ?? [];
  return Array.from({ length: Number(number) - 1 }, (_, index) => shipmentAt(`${base}${index + 1}`));
}

const gone: readonly ShipmentContext['transport'][] = ['lost', 'returning', 'returned'];

function isLive(shipment: Standing): boolean {
  const { givenUp, transport } = contextOf(shipment);
  return !givenUp && !gone.includes(transport);
}

function mayLeave(shipment: Standing): boolean {
  return isLive(shipment) && contextOf(shipment).label !== null;
}
