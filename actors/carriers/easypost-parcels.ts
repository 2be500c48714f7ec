/** What EasyPost wants to know of a parcel and Waybill does not: where warehouses are, what goods weigh. */
import { z } from 'zod';
import { sku, warehouseId } from '../../machines/schemas.ts';
import { TerminalError } from '../../runtime/errors.ts';
import type { Booking } from '../providers.ts';

const text = z.string().trim().min(1).max(200);
const centimetres = z.number().positive().max(300);
const grams = z.number().positive().max(1_000_000);

const sender = z.strictObject({
  name: text,
  company: text.optional(),
  street1: text,
  street2: text.optional(),
  city: text,
  state: text.optional(),
  zip: text,
  country: z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166 code such as DE'),
  phone: text.optional(),
  email: text.optional(),
});

/** What people name may be named like a property of every object: `constructor`. */
function byName<Value>(given: Readonly<Record<string, Value>>): ReadonlyMap<string, Value> {
  return new Map(Object.entries(given));
}

/** The file that WAYBILL_EASYPOST_FILE names. */
export const parcelSettings = z.strictObject({
  /** Where parcels leave from, by warehouse. */
  warehouses: z.record(warehouseId, sender).transform(byName),
  /** One box for all; `grams` of a piece, by SKU, with `gramsOtherwise` for what is not listed. */
  parcel: z.strictObject({
    lengthCm: centimetres,
    widthCm: centimetres,
    heightCm: centimetres,
    boxGrams: z.number().min(0).max(100_000).default(0),
    grams: z.record(sku, grams).default({}).transform(byName),
    gramsOtherwise: grams,
  }),
  /** `ca_…` of the account; unset: all. */
  carrierAccounts: z.array(text).min(1).optional(),
  /** Such as `USPS Priority`: the cheapest of these is bought; unset: of all. */
  services: z.array(text).min(1).optional(),
});
export type ParcelSettings = z.output<typeof parcelSettings>;

/** Prefixed, so that no order’s id looks like an id of EasyPost’s or like another system’s reference. */
export function referenceOf(booking: string): string {
  return `waybill-${booking}`;
}

/** The parameters of a shipment. A warehouse without an address is a `TerminalError`. */
export function shipmentOf(booking: Booking, settings: ParcelSettings) {
  const from = settings.warehouses.get(booking.warehouse);
  if (from === undefined) {
    throw new TerminalError(`EasyPost: the address of warehouse ${booking.warehouse} is not configured`);
  }
  const { name, line1, city, postalCode, country } = booking.shipTo;
  const { lengthCm, widthCm, heightCm } = settings.parcel;
  return {
    reference: referenceOf(booking.booking),
    to_address: {
      name,
      street1: line1,
      city,
      zip: postalCode,
      country,
      // Orders have no state: verification finds it where carriers ask for one.
      ...(country === 'US' ? { verify: true } : {}),
    },
    from_address: defined(from),
    parcel: {
      length: inches(lengthCm),
      width: inches(widthCm),
      height: inches(heightCm),
      weight: ounces(weightOf(booking, settings)),
    },
    ...(settings.carrierAccounts === undefined ? {} : { carrier_accounts: settings.carrierAccounts }),
  };
}

function weightOf({ lines }: Booking, { parcel }: ParcelSettings): number {
  return lines.reduce(
    (sum, { sku, quantity }) => sum + quantity * (parcel.grams.get(sku) ?? parcel.gramsOtherwise),
    parcel.boxGrams,
  );
}

/** Up to the next tenth: a carrier surcharges what is larger or heavier than said. */
function inches(cm: number): number {
  return Math.ceil((cm / 2.54) * 10) / 10;
}

function ounces(g: number): number {
  return Math.ceil((g / 28.349_523_125) * 10) / 10;
}

function defined(fields: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  );
}
