/** Reads what the sandbox carrier tells: to the shipment that booked, else to the tracking number. */
import { z } from 'zod';
import { shipmentOf } from '../../machines/shipment.books.ts';
import { scan } from '../../machines/shipment.events.ts';
import { trackingNumberId } from '../../machines/trackingNumber.events.ts';
import type { Webhook, WebhookReading } from '../providers.ts';
import { isSigned } from '../signature.ts';

export const signatureHeader = 'sandbox-signature';

export function sandboxWebhook({ name, secret }: { name: string; secret: string }): Webhook {
  return (request) => {
    const { body, now } = request;
    const isGenuine = isSigned(secret, body, { header: request.header(signatureHeader), nowMs: now });
    return Promise.resolve(isGenuine ? read(name, body) : { verdict: 'unsigned' });
  };
}

function read(carrier: string, body: Uint8Array): WebhookReading {
  let told: unknown;
  try {
    told = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return { verdict: 'malformed', why: 'the body is not JSON' };
  }
  const parsed = scan.safeParse(told);
  if (parsed.error) return { verdict: 'malformed', why: z.prettifyError(parsed.error).slice(0, 500) };
  const { booking, trackingNumber } = parsed.data;
  const message =
    booking === undefined
      ? {
          to: { kind: 'trackingNumber', id: trackingNumberId(carrier, trackingNumber) },
          event: { ...parsed.data, type: 'trackingNumber.scan' },
        }
      : {
          to: { kind: 'shipment', id: shipmentOf(booking) },
          event: { ...parsed.data, carrier, type: 'shipment.scan' },
        };
  return { verdict: 'read', messages: [message] };
}
