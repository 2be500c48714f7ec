/** What a shipment understands, and what it tells its fulfillment. */
import { z } from 'zod';
import * as schema from './schemas.ts';

export const scanStatuses = [
  'inTransit',
  'outForDelivery',
  'attemptFailed',
  'availableForPickup',
  'exception',
  'delivered',
  'lost',
  'returning',
  'returned',
] as const;

export type ScanStatus = (typeof scanStatuses)[number];

/** What a person may say of a parcel. */
export const findings = ['delivered', 'returned', 'lost'] as const satisfies readonly ScanStatus[];
export type Finding = (typeof findings)[number];

export const scan = z.strictObject({
  eventId: schema.externalId,
  status: z.enum(scanStatuses),
  /** Ours, as given with the booking; left out where the carrier names no more than the number. */
  booking: schema.id.optional(),
  trackingNumber: schema.trackingNumber,
});

/** Its tracking number knows the carrier; so does whoever finds the shipment by the booking. */
const scanOfParcel = z.strictObject({ ...scan.shape, carrier: schema.provider });
export type Scan = z.output<typeof scanOfParcel>;

const parcel = z.array(z.strictObject({ lineId: schema.lineId, sku: schema.sku, quantity: schema.quantity }));

export const shipmentInput = z
  .strictObject({
    id: schema.id.optional(),
    orderId: schema.id,
    fulfillmentId: schema.id,
    warehouse: schema.warehouseId,
    shipTo: schema.address,
    revision: schema.revision,
    lines: parcel.min(1).max(schema.maxLines),
  })
  .describe('Book a label for this parcel; asked again, the answer is the same');

export const shipmentEvents = {
  'shipment.book': shipmentInput,
  'shipment.readdress': z
    .strictObject({ shipTo: schema.address, revision: schema.revision })
    .describe('The parcel needs a label with another address; the old one is voided'),
  'shipment.void': z.strictObject({}).describe('The parcel is not to leave'),
  'shipment.handedOver': z
    .strictObject({})
    .describe('The parcel has left; told again, the answer is what has become of it'),
  'shipment.bookManually': z
    .strictObject({ carrier: schema.provider, trackingNumber: schema.trackingNumber })
    .describe('A person has booked the label with a carrier'),
  'shipment.settle': z
    .strictObject({ as: z.enum(findings), reason: schema.text(500) })
    .describe('A person has found out what became of a parcel on its way: it counts like a scan'),
  'shipment.scan': scanOfParcel.describe('The carrier has seen the parcel'),
  'tracking.claimed': z.strictObject({ carrier: schema.provider, trackingNumber: schema.trackingNumber }),
  'tracking.refused': z.strictObject({ carrier: schema.provider, trackingNumber: schema.trackingNumber }),
};
export type ShipmentEvent = schema.EventOf<typeof shipmentEvents>;
export type ShipmentInput = z.output<typeof shipmentInput> & { readonly id: string };

const shipmentId = schema.id;
/** To the fulfillment. */
export const shipmentAnswers = {
  'shipment.booked': z.strictObject({
    shipmentId,
    revision: schema.revision,
    carrier: schema.provider,
    trackingNumber: schema.trackingNumber,
  }),
  'shipment.voidAccepted': z.strictObject({ shipmentId }),
  'shipment.moving': z
    .strictObject({
      shipmentId,
      revision: schema.revision.describe('Of the address on the label that it left with'),
    })
    .describe('A carrier has it: too late to void, or for another label'),
  'shipment.delivered': z.strictObject({ shipmentId }),
  'shipment.lost': z.strictObject({ shipmentId }),
  'shipment.returned': z.strictObject({ shipmentId }),
  'shipment.incident': z.strictObject({ shipmentId, what: z.enum(['movedAfterVoid']) }),
};
