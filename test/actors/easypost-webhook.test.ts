/** Webhooks of EasyPost: signatures over the raw bytes, and what each status says to which tracking number. */
import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { easyPostWebhook } from '../../actors/carriers/easypost-webhook.ts';
import type { WebhookReading } from '../../actors/providers.ts';
import { easyPostEvent, easyPostSecret } from '../support/easypost-server.ts';

const webhook = easyPostWebhook(easyPostSecret);

interface Sent {
  readonly body: Uint8Array;
  readonly signature: string | undefined;
}

function read({ body, signature }: Sent): Promise<WebhookReading> {
  return webhook({ body, now: 0, header: (name) => (name === 'x-hmac-signature' ? signature : undefined) });
}

function signed(text: string): Sent {
  const digest = createHmac('sha256', easyPostSecret).update(text).digest('hex');
  return { body: Buffer.from(text), signature: `hmac-sha256-hex=${digest}` };
}

const tracker = {
  ...{ id: 'trk_1', object: 'Tracker', tracking_code: '9400 1000 0001', carrier: 'USPS' },
  ...{ status: 'in_transit', status_detail: 'departed_facility' },
};
const nothing = { verdict: 'read', messages: [] };

test('a scan goes to the tracking number, as the label names it', async () => {
  expect(await read(easyPostEvent(tracker))).toEqual({
    verdict: 'read',
    messages: [
      {
        to: { kind: 'trackingNumber', id: 'usps~940010000001' },
        event: {
          type: 'trackingNumber.scan',
          eventId: 'evt_1',
          status: 'inTransit',
          trackingNumber: '940010000001',
        },
      },
    ],
  });
});

describe('signatures', () => {
  const good = easyPostEvent(tracker);

  test.each<[string, Sent]>([
    ['missing', { ...good, signature: undefined }],
    ['empty', { ...good, signature: '' }],
    ['nonsense', { ...good, signature: 'hmac-sha256-hex=00' }],
    ['without its scheme', { ...good, signature: good.signature.slice('hmac-sha256-hex='.length) }],
    ['of another secret', easyPostEvent(tracker, { secret: 'another-secret-of-theirs' })],
    [
      'of another body',
      { ...good, body: Buffer.from(Buffer.from(good.body).toString().replace('USPS', 'UPS')) },
    ],
    ['of the same JSON, written otherwise', { ...good, body: Buffer.concat([good.body, Buffer.from(' ')]) }],
    ['of what is no JSON', signed('{')],
  ])('%s: unsigned', async (_, sent) => {
    expect(await read(sent)).toEqual({ verdict: 'unsigned' });
  });

  test('EasyPost signs whole weights as 5.0 and sends them as 5', async () => {
    const body = JSON.stringify({
      id: 'evt_1',
      description: 'tracker.updated',
      result: { ...tracker, weight: 5 },
    });
    const { signature } = signed(body.replace('"weight":5', '"weight":5.0'));
    expect(await read({ body: Buffer.from(body), signature })).toMatchObject({ verdict: 'read' });
  });
});

describe('statuses', () => {
  test.each([
    ['in_transit', 'arrived_at_facility', 'inTransit'],
    ['in_transit', 'delivery_exception', 'attemptFailed'],
    ['in_transit', 'refused', 'exception'],
    ['out_for_delivery', 'out_for_delivery', 'outForDelivery'],
    ['available_for_pickup', 'arrived_at_pickup_location', 'availableForPickup'],
    ['delivered', 'arrived_at_destination', 'delivered'],
    ['delivered', 'damaged', 'delivered'],
    ['return_to_sender', 'return', 'returning'],
    ['failure', 'failure', 'exception'],
    ['failure', 'lost', 'lost'],
    ['failure', null, 'exception'],
  ])('%s, %s: %s', async (status, detail, ours) => {
    expect(await read(easyPostEvent({ ...tracker, status, status_detail: detail }))).toMatchObject({
      messages: [{ event: { status: ours } }],
    });
  });

  test.each(['pre_transit', 'unknown', 'cancelled', 'error', 'new_status'])(
    '%s is no scan',
    async (status) => {
      expect(await read(easyPostEvent({ ...tracker, status }))).toEqual(nothing);
    },
  );

  test('events of other things are of no interest', async () => {
    expect(await read(easyPostEvent({ id: 'batch_1' }, { description: 'batch.updated' }))).toEqual(nothing);
  });
});

test.each<[string, object]>([
  ['no number', { ...tracker, tracking_code: undefined }],
  ['a number that cannot be one', { ...tracker, tracking_code: '../1' }],
  ['no carrier', { ...tracker, carrier: '' }],
])('signed, but with %s: malformed', async (_, result) => {
  expect(await read(easyPostEvent(result))).toMatchObject({ verdict: 'malformed' });
});

test('signed, but no event: malformed', async () => {
  expect(await read(signed('[]'))).toMatchObject({ verdict: 'malformed' });
});
