/**
 * What EasyPost tells of parcels, as messages to tracking numbers: it names the carrier and the number, not
 * our reference. Its signature has no time; what is sent again is told by the id of the event.
 */
import { z } from 'zod';
import { idSchema } from '../../runtime/address.ts';
import type { scanStatuses } from '../../machines/shipment.events.ts';
import { trackingNumberEvents, trackingNumberId } from '../../machines/trackingNumber.events.ts';
import type { Webhook, WebhookReading } from '../providers.ts';
import { EasyPost } from './easypost-client.ts';
import { carrierName, cleanNumber } from './easypost-labels.ts';

const header = 'x-hmac-signature';

const event = z.object({ id: z.string().min(1), description: z.string(), result: z.unknown() });
const tracker = z.object({
  tracking_code: z.string(),
  carrier: z.string(),
  status: z.string(),
  status_detail: z.string().nullish(),
});
type Tracker = z.output<typeof tracker>;
type Status = (typeof scanStatuses)[number];

/** Checks the signature over the raw bytes, then reads. */
export function easyPostWebhook(secret: string): Webhook {
  const { Utils } = new EasyPost('unused: nothing is asked');
  return (request) => {
    const signature = request.header(header);
    if (signature === undefined) return Promise.resolve({ verdict: 'unsigned' });
    let body: unknown;
    try {
      body = Utils.validateWebhook(Buffer.from(request.body), { [header]: signature }, secret);
    } catch {
      return Promise.resolve({ verdict: 'unsigned' });
    }
    return Promise.resolve(read(body));
  };
}

function read(body: unknown): WebhookReading {
  const told = event.safeParse(body);
  if (told.error) return malformed(told.error);
  if (!told.data.description.startsWith('tracker.')) return { verdict: 'read', messages: [] };
  const seen = tracker.safeParse(told.data.result);
  if (seen.error) return malformed(seen.error);
  const status = statusOf(seen.data);
  if (status === undefined) return { verdict: 'read', messages: [] };
  const carrier = carrierName(seen.data.carrier);
  const number = cleanNumber(seen.data.tracking_code);
  const id = idSchema.safeParse(trackingNumberId(carrier ?? '', number ?? ''));
  const scan = trackingNumberEvents['trackingNumber.scan'].safeParse({
    eventId: told.data.id,
    status,
    trackingNumber: number,
  });
  if (carrier === undefined || id.error) return { verdict: 'malformed', why: 'no such carrier or number' };
  if (scan.error) return malformed(scan.error);
  const to = { kind: 'trackingNumber', id: id.data };
  return { verdict: 'read', messages: [{ to, event: { type: 'trackingNumber.scan', ...scan.data } }] };
}

const statuses: Readonly<Record<string, Status>> = {
  in_transit: 'inTransit',
  out_for_delivery: 'outForDelivery',
  available_for_pickup: 'availableForPickup',
  delivered: 'delivered',
  return_to_sender: 'returning',
  failure: 'exception',
};
/** What tells more than the status it comes with. */
const details: Readonly<Record<string, Status>> = {
  lost: 'lost',
  damaged: 'exception',
  refused: 'exception',
  transit_exception: 'exception',
  delivery_exception: 'attemptFailed',
};

/** Undefined for what is no scan: a label that was made, a tracker that was cancelled or failed. */
function statusOf({ status, status_detail: detail }: Tracker): Status | undefined {
  const plain = statuses[status];
  const mayTellMore = plain === 'inTransit' || plain === 'outForDelivery' || plain === 'exception';
  return mayTellMore ? (details[detail ?? ''] ?? plain) : plain;
}

function malformed(error: z.ZodError): WebhookReading {
  return { verdict: 'malformed', why: z.prettifyError(error).slice(0, 500) };
}
