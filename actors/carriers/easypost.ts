/**
 * EasyPost as a carrier: it books with whichever carriers its account has. A shipment there costs nothing
 * until its label is bought, and its label is bought at most once. EasyPost has no idempotency keys: our
 * reference is looked for before anything is made, and a label is only bought for a shipment whose making
 * was answered, so that it can be found. What remains are two calls for one booking at the same moment, that
 * both find nothing.
 */
import type { Booking, Call, Carrier, Label } from '../providers.ts';
import { TerminalError } from '../../runtime/errors.ts';
import {
  NoAnswerError,
  codeOf,
  openCall,
  type EasyPostAccess,
  type EasyPostCall,
} from './easypost-client.ts';
import { cheapest, easyPostShipment, isVoid, labelOf, type EasyPostShipment } from './easypost-labels.ts';
import { referenceOf, shipmentOf, type ParcelSettings } from './easypost-parcels.ts';
import { easyPostWebhook } from './easypost-webhook.ts';

export interface EasyPostSettings extends EasyPostAccess {
  readonly webhookSecret: string;
  readonly parcels: ParcelSettings;
}

/** The carrier `easypost`. It asks nothing of the network until it is used. */
export function easyPostCarrier(settings: EasyPostSettings): Carrier {
  return {
    name: 'easypost',
    book: (booking, { signal }) => book(openCall(settings, signal), booking, settings.parcels),
    async lookUp(booking, { signal }) {
      const found = await find(openCall(settings, signal), booking);
      const label = found === undefined || isVoid(found) ? undefined : labelOf(found);
      return label ?? 'notFound';
    },
    void: (booking, call) => refund(settings, booking, call),
    webhook: easyPostWebhook(settings.webhookSecret),
  };
}

async function book(
  call: EasyPostCall,
  booking: Booking,
  parcels: ParcelSettings,
): Promise<Label | 'unknown'> {
  const shipment = (await find(call, booking.booking)) ?? (await make(call, booking, parcels));
  if (isVoid(shipment)) throw new TerminalError(`EasyPost: ${booking.booking} has been voided`);
  return labelOf(shipment) ?? (await buy(call, booking.booking, { shipment, parcels }));
}

/** Without an answer no label has been bought: trying again is safe, and a second shipment costs nothing. */
async function make(
  call: EasyPostCall,
  booking: Booking,
  parcels: ParcelSettings,
): Promise<EasyPostShipment> {
  const shipment = shipmentOf(booking, parcels);
  const made = await call.ask((client) => client.Shipment.create(shipment));
  return easyPostShipment.parse(made);
}

async function buy(
  call: EasyPostCall,
  booking: string,
  { shipment, parcels }: { shipment: EasyPostShipment; parcels: ParcelSettings },
): Promise<Label | 'unknown'> {
  const rate = cheapest(shipment, parcels.services);
  try {
    const bought = await call.ask((client) => client.Shipment.buy(shipment.id, rate));
    const parsed = easyPostShipment.safeParse(bought);
    return (parsed.success ? labelOf(parsed.data) : undefined) ?? 'unknown';
  } catch (error) {
    const code = codeOf(error) ?? '';
    if (error instanceof NoAnswerError || openEnded.has(code)) return 'unknown';
    if (code !== 'SHIPMENT.POSTAGE.EXISTS') throw error;
    const found = await find(call, booking);
    return (found === undefined ? undefined : labelOf(found)) ?? 'unknown';
  }
}

/** Refusals by their status, but the carrier may have made the label. */
const openEnded = new Set([
  'SHIPMENT.POSTAGE.NO_RESPONSE',
  'SHIPMENT.POSTAGE.TIMED_OUT',
  'SHIPMENT.PURCHASE.IN_PROGRESS',
]);

/** A shipment without a label is not a booking yet: somebody may be about to buy it. */
async function refund(settings: EasyPostSettings, booking: string, { signal }: Call): Promise<boolean> {
  const call = openCall(settings, signal);
  const found = await find(call, booking);
  if (found === undefined || labelOf(found) === undefined) return false;
  if (isVoid(found)) return true;
  const refunded = await call.ask((client) => client.Shipment.refund(found.id));
  if (isVoid(easyPostShipment.parse(refunded))) return true;
  // Carriers reject it for a while after the label was made; EasyPost says to ask again.
  throw new Error(`EasyPost: the carrier does not void the label of ${booking} (yet)`);
}

async function find(call: EasyPostCall, booking: string): Promise<EasyPostShipment | undefined> {
  const reference = referenceOf(booking);
  const found = await call.ask((client) => client.Shipment.retrieve(inPath(reference)));
  if (found === undefined) return undefined;
  const shipment = easyPostShipment.parse(found);
  return shipment.reference === reference ? shipment : undefined;
}

/** The library puts it into the path as it stands, and takes any `beta` in a path for its beta API. */
function inPath(reference: string): string {
  return encodeURIComponent(reference).replaceAll('beta', '%62eta');
}
