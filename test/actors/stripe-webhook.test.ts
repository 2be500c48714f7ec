/** Webhooks of Stripe: signatures over the raw bytes, and what each event says to which payment. */
import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { stripeGateway } from '../../actors/gateways/stripe.ts';
import type { WebhookReading } from '../../actors/providers.ts';
import { stripeEvent, stripeKey, stripeSecret } from '../support/stripe-server.ts';

const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const { webhook } = stripeGateway({ secretKey: stripeKey, webhookSecret: stripeSecret });

interface Sent {
  readonly body: Uint8Array;
  readonly signature: string | undefined;
}

function read({ body, signature }: Sent): Promise<WebhookReading> {
  return webhook({ body, now, header: (name) => (name === 'stripe-signature' ? signature : undefined) });
}

function reading(type: string, object: object): Promise<WebhookReading> {
  return read(stripeEvent(type, object, { atMs: now }));
}

const intent = {
  id: 'pi_1',
  object: 'payment_intent',
  amount: 7_800,
  amount_received: 0,
  currency: 'eur',
  status: 'requires_capture',
  metadata: { paymentId: 'order-1~p1', orderId: 'order-1', key: 'order-1~p1:auth' },
};
const refund = {
  id: 're_1',
  object: 'refund',
  amount: 800,
  currency: 'eur',
  status: 'succeeded',
  payment_intent: 'pi_1',
  metadata: { paymentId: 'order-1~p1', orderId: 'order-1', key: 'order-1~p1:refund:1' },
};
const nothing = { verdict: 'read', messages: [] };

function told(fields: object): object {
  const event = { type: 'payment.webhook', eventId: 'evt_1', currency: 'EUR', reference: 'pi_1', ...fields };
  return { verdict: 'read', messages: [{ to: { kind: 'payment', id: 'order-1~p1' }, event }] };
}

describe('signatures', () => {
  const good = stripeEvent('payment_intent.amount_capturable_updated', intent, { atMs: now });

  test('a right one is read', async () => {
    expect(await read(good)).toMatchObject({ verdict: 'read' });
  });

  test.each<[string, Sent]>([
    ['missing', { ...good, signature: undefined }],
    ['empty', { ...good, signature: '' }],
    ['nonsense', { ...good, signature: 't=now,v1=abc' }],
    ['of another secret', stripeEvent('x', intent, { atMs: now, secret: 'whsec_other' })],
    ['older than five minutes', stripeEvent('x', intent, { atMs: now - 301_000 })],
    [
      'of another body',
      { ...good, body: Buffer.from(Buffer.from(good.body).toString().replace('7800', '1')) },
    ],
    ['of the same JSON, written otherwise', { ...good, body: Buffer.concat([good.body, Buffer.from(' ')]) }],
    ['without its time', { ...good, signature: good.signature.replace(/^t=\d+,/, '') }],
    ['with a fresher time', { ...good, signature: good.signature.replace(/t=\d+/, `t=${now / 1_000 + 1}`) }],
  ])('%s: unsigned', async (_, sent) => {
    expect(await read(sent)).toEqual({ verdict: 'unsigned' });
  });

  test('just within five minutes is read', async () => {
    const sent = stripeEvent('payment_intent.created', intent, { atMs: now - 300_000 });
    expect(await read(sent)).toEqual(nothing);
  });
});

describe('what is told', () => {
  test.each([
    ['payment_intent.amount_capturable_updated', 'succeeded'],
    ['payment_intent.requires_action', 'requiresAction'],
    ['payment_intent.payment_failed', 'failed'],
  ])('%s is about the authorization', async (type, outcome) => {
    expect(await reading(type, intent)).toEqual(
      told({ kind: 'authorize', key: 'order-1~p1:auth', outcome, amount: 7_800 }),
    );
  });

  test('payment_intent.succeeded is about the capture, with what was received', async () => {
    const metadata = { ...intent.metadata, captureKey: 'order-1~p1:cap:order-1~f1' };
    const captured = { ...intent, status: 'succeeded', amount_received: 5_000, metadata };
    expect(await reading('payment_intent.succeeded', captured)).toEqual(
      told({ kind: 'capture', key: 'order-1~p1:cap:order-1~f1', outcome: 'succeeded', amount: 5_000 }),
    );
  });

  test.each([
    ['the last of several captures is told with its own amount', '2000', 2_000],
    ['less than was to be captured is told as it is', '6000', 5_000],
  ])('%s', async (_, captureAmount, amount) => {
    const metadata = { ...intent.metadata, captureKey: 'order-1~p1:cap:order-1~f2', captureAmount };
    const captured = { ...intent, status: 'succeeded', amount_received: 5_000, metadata };
    expect(await reading('payment_intent.succeeded', captured)).toEqual(
      told({ kind: 'capture', key: 'order-1~p1:cap:order-1~f2', outcome: 'succeeded', amount }),
    );
  });

  test('payment_intent.canceled is our void', async () => {
    const metadata = { ...intent.metadata, voidKey: 'order-1~p1:void' };
    expect(await reading('payment_intent.canceled', { ...intent, status: 'canceled', metadata })).toEqual(
      told({ kind: 'void', key: 'order-1~p1:void', outcome: 'succeeded', amount: 0 }),
    );
  });

  test('payment_intent.canceled by somebody else ends the authorization', async () => {
    expect(await reading('payment_intent.canceled', { ...intent, status: 'canceled' })).toEqual(
      told({ kind: 'authorize', key: 'order-1~p1:auth', outcome: 'failed', amount: 7_800 }),
    );
  });

  test.each([
    ['refund.created', 'succeeded', 'succeeded'],
    ['refund.updated', 'succeeded', 'succeeded'],
    ['refund.updated', 'canceled', 'failed'],
    ['refund.failed', 'failed', 'failed'],
    ['charge.refund.updated', 'succeeded', 'succeeded'],
  ])('%s with %s', async (type, status, outcome) => {
    expect(await reading(type, { ...refund, status })).toEqual(
      told({ kind: 'refund', key: 'order-1~p1:refund:1', outcome, amount: 800 }),
    );
  });

  test('charge.refunded tells of each refund that it lists, and of none in recent versions', async () => {
    const charge = { id: 'ch_1', refunds: { data: [refund, { ...refund, id: 're_2', status: 'pending' }] } };
    expect(await reading('charge.refunded', charge)).toEqual(
      told({
        eventId: 'evt_1:re_1',
        kind: 'refund',
        key: 'order-1~p1:refund:1',
        outcome: 'succeeded',
        amount: 800,
      }),
    );
    expect(await reading('charge.refunded', { id: 'ch_1' })).toEqual(nothing);
  });

  test('amounts are in our units', async () => {
    const krona = { ...intent, currency: 'isk', amount: 50_000 };
    expect(await reading('payment_intent.amount_capturable_updated', krona)).toMatchObject({
      messages: [{ event: { amount: 500, currency: 'ISK' } }],
    });
  });

  test.each<[string, object]>([
    ['customer.created', { id: 'cus_1', object: 'customer' }],
    ['payment_intent.created', intent],
    ['payment_intent.amount_capturable_updated', { ...intent, metadata: {} }],
    ['payment_intent.succeeded', intent],
    ['refund.updated', { ...refund, status: 'pending' }],
    ['refund.updated', { ...refund, metadata: null }],
  ])('%s of no interest', async (type, object) => {
    expect(await reading(type, object)).toEqual(nothing);
  });
});

describe('signed, but not as agreed', () => {
  test.each<[string, object]>([
    ['without metadata', { ...intent, metadata: undefined }],
    ['an amount that is no number', { ...intent, amount: '7800' }],
    ['half a króna', { ...intent, currency: 'isk', amount: 50 }],
    ['a payment that cannot be one', { ...intent, metadata: { ...intent.metadata, paymentId: '../x' } }],
    ['a key that cannot be one', { ...intent, metadata: { ...intent.metadata, key: 'a b' } }],
  ])('%s is malformed', async (_, object) => {
    const answer = await reading('payment_intent.amount_capturable_updated', object);
    expect(answer.verdict).toBe('malformed');
  });

  test('what is no JSON is malformed', async () => {
    const t = now / 1_000;
    const v1 = createHmac('sha256', stripeSecret).update(`${t}.{`).digest('hex');
    const answer = await read({ body: Buffer.from('{'), signature: `t=${t},v1=${v1}` });
    expect(answer.verdict).toBe('malformed');
  });
});
