/** What a tracking number understands, and what it answers. */
import { z } from 'zod';
import * as schema from './schemas.ts';
import { scan } from './shipment.events.ts';

export const claim = z
  .strictObject({
    id: schema.id.optional(),
    carrier: schema.provider,
    trackingNumber: schema.trackingNumber,
    shipmentId: schema.id,
  })
  .describe('A shipment wants the number for itself; it gets it once, for ever');

export const trackingNumberEvents = {
  'trackingNumber.claim': claim,
  'trackingNumber.scan': scan.describe('A scan that names no more than the number; it is passed on'),
};
export type TrackingNumberEvent = schema.EventOf<typeof trackingNumberEvents>;
export type TrackingNumberInput = z.output<typeof claim> & { readonly id: string };

/** Two carriers may give the same number. */
export function trackingNumberId(carrier: string, trackingNumber: string): string {
  return `${carrier}~${trackingNumber}`;
}
