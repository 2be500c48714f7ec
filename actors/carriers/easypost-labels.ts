/** What of a shipment at EasyPost is a label of ours, in the words of the charts. */
import { z } from 'zod';
import { provider, trackingNumber } from '../../machines/schemas.ts';
import { TerminalError } from '../../runtime/errors.ts';
import type { Label } from '../providers.ts';

const rate = z.object({ id: z.string(), carrier: z.string(), service: z.string(), rate: z.string() });

/** The parts that are used; what EasyPost sends is parsed like anything else from outside. */
export const easyPostShipment = z.object({
  id: z.string(),
  reference: z.string().nullish(),
  tracking_code: z.string().nullish(),
  postage_label: z.object({ label_url: z.string().nullish() }).nullish(),
  tracker: z.object({ carrier: z.string().nullish() }).nullish(),
  selected_rate: z.object({ carrier: z.string() }).nullish(),
  refund_status: z.string().nullish(),
  rates: z.array(rate).default([]),
  messages: z.array(z.object({ message: z.unknown(), carrier: z.string().nullish() })).default([]),
});
export type EasyPostShipment = z.output<typeof easyPostShipment>;

/** Undefined while none has been bought. A number or carrier that charts cannot take is a `TerminalError`. */
export function labelOf(shipment: EasyPostShipment): Label | undefined {
  const { tracking_code: code, postage_label: bought } = shipment;
  if (!code || !bought) return undefined;
  const carrier = carrierName(shipment.tracker?.carrier ?? shipment.selected_rate?.carrier ?? '');
  const number = cleanNumber(code);
  if (carrier === undefined || number === undefined) {
    throw new TerminalError(`EasyPost: label ${shipment.id} has a number that cannot be used: ${code}`);
  }
  return { carrier, trackingNumber: number, ...(bought.label_url ? { url: bought.label_url } : {}) };
}

/**
 * Money is on its way back, or was never asked for: carriers that bill at the first scan have nothing to
 * give back and say `not_applicable`.
 */
export function isVoid({ refund_status: status }: EasyPostShipment): boolean {
  return status === 'submitted' || status === 'refunded' || status === 'not_applicable';
}

/** The cheapest of the services that may be bought. A `TerminalError` with the carriers’ reasons if there is none. */
export function cheapest(shipment: EasyPostShipment, services: readonly string[] | undefined): string {
  const offered = shipment.rates
    .filter(({ carrier, service }) => services?.includes(`${carrier} ${service}`) ?? true)
    .toSorted((one, other) => Number(one.rate) - Number(other.rate) || (one.id < other.id ? -1 : 1));
  if (offered[0] !== undefined) return offered[0].id;
  const said = shipment.messages.map(({ carrier, message }) => `${carrier ?? ''} ${JSON.stringify(message)}`);
  throw new TerminalError(
    `EasyPost: no rate for this parcel; ${said.join('; ') || 'no reason given'}`.slice(0, 500),
  );
}

/** `UPSDAP`, `FedEx Ground` → `upsdap`, `fedex-ground`: as in ids of tracking numbers. */
export function carrierName(theirs: string): string | undefined {
  const name = theirs
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return provider.safeParse(name).data;
}

/** Carriers print numbers in groups; the blanks mean nothing. */
export function cleanNumber(theirs: string): string | undefined {
  return trackingNumber.safeParse(theirs.replace(/\s+/g, '')).data;
}
