/** The Stripe gateway over real HTTP, against a server on loopback that speaks Stripe’s API. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { stripeGateway, type StripeSettings } from '../../actors/gateways/stripe.ts';
import type { Operation, PaymentGateway } from '../../actors/providers.ts';
import { TerminalError } from '../../runtime/errors.ts';
import { watchOutgoing, type Outgoing } from '../support/outgoing.ts';
import { startStripe, stripeKey, stripeSecret, type StripeServer } from '../support/stripe-server.ts';

const call = { signal: new AbortController().signal };
let outgoing: Outgoing;
let stripe: StripeServer;
let gateway: PaymentGateway;

beforeAll(() => {
  outgoing = watchOutgoing();
});
afterAll(() => {
  outgoing.stop();
  expect([...outgoing.hosts]).toEqual(['127.0.0.1']);
});
beforeEach(async () => {
  stripe = await startStripe();
  gateway = open();
  return () => stripe.stop();
});

function open(settings: Partial<StripeSettings> = {}): PaymentGateway {
  return stripeGateway({ secretKey: stripeKey, webhookSecret: stripeSecret, url: stripe.url, ...settings });
}

const authorization: Operation = {
  kind: 'authorize',
  key: 'order-1~p1:auth',
  amount: 7_800,
  currency: 'EUR',
  method: 'pm_ok',
  customerId: 'ada',
  orderId: 'order-1',
  paymentId: 'order-1~p1',
  reference: null,
};

function capturing(reference: string | null, amount = 7_800, key = 'order-1~p1:cap:order-1~f1'): Operation {
  return { ...authorization, kind: 'capture', key, amount, reference };
}

function refunding(reference: string, amount: number, key = 'order-1~p1:refund:1'): Operation {
  return { ...authorization, kind: 'refund', key, amount, reference };
}

function voiding(reference: string | null): Operation {
  return { ...authorization, kind: 'void', key: 'order-1~p1:void', amount: 0, reference };
}

async function authorized(operation = authorization): Promise<string> {
  const result = await gateway.carryOut(operation, call);
  if (result.outcome !== 'succeeded') throw new Error(JSON.stringify(result));
  return result.reference;
}

function keysSeen(of: RegExp): (string | undefined)[] {
  return stripe.seen.filter(({ what }) => of.test(what)).map(({ key }) => key);
}

const creations = /^POST \/v1\/payment_intents$/;

describe('what it does', () => {
  test('authorizes without capturing, with our references and our key', async () => {
    const reference = await authorized();
    expect(stripe.intents.get(reference)).toMatchObject({
      amount: 7_800,
      currency: 'eur',
      status: 'requires_capture',
      metadata: { paymentId: 'order-1~p1', orderId: 'order-1', key: 'order-1~p1:auth' },
    });
    const form = stripe.forms[0]?.form;
    expect(form?.get('capture_method')).toBe('manual');
    expect(form?.get('confirm')).toBe('true');
    expect(form?.get('allowed_payment_method_types[0]')).toBe('card');
    expect(keysSeen(creations)).toEqual(['order-1~p1:auth']);
  });

  test('captures, and gives some of it back', async () => {
    const reference = await authorized();
    const captured = await gateway.carryOut(capturing(reference, 5_000), call);
    expect(captured).toEqual({ outcome: 'succeeded', reference });
    expect(stripe.intents.get(reference)).toMatchObject({ status: 'succeeded', amount_received: 5_000 });
    const refunded = await gateway.carryOut(refunding(reference, 1_000), call);
    expect(refunded).toEqual({ outcome: 'succeeded', reference });
    expect([...stripe.refunds.values()]).toMatchObject([
      {
        amount: 1_000,
        metadata: { paymentId: 'order-1~p1', orderId: 'order-1', key: 'order-1~p1:refund:1' },
      },
    ]);
  });

  test('voids, and says so again when it is void already', async () => {
    const reference = await authorized();
    expect(await gateway.carryOut(voiding(reference), call)).toEqual({ outcome: 'succeeded', reference });
    expect(stripe.intents.get(reference)).toMatchObject({
      status: 'canceled',
      metadata: { voidKey: 'order-1~p1:void' },
    });
    const again = { ...voiding(reference), key: 'order-1~p1:close' };
    expect(await gateway.carryOut(again, call)).toEqual({ outcome: 'succeeded', reference });
  });

  test('a void after the capture changes nothing: the rest was released with it', async () => {
    const reference = await authorized();
    await gateway.carryOut(capturing(reference, 5_000), call);
    expect(await gateway.carryOut(voiding(reference), call)).toEqual({ outcome: 'succeeded', reference });
    expect(stripe.intents.get(reference)).toMatchObject({ status: 'succeeded', amount_received: 5_000 });
  });

  test('rule 14: says that it captures once, unless the account can capture more often', async () => {
    expect(gateway.capturesOnce).toBe(true);
    const several = open({ capturesOnce: false });
    expect(several.capturesOnce).toBe(false);
    const made = await several.carryOut(authorization, call);
    const reference = made.outcome === 'succeeded' ? made.reference : '';
    await several.carryOut(capturing(reference, 3_000, 'order-1~p1:cap:order-1~f1'), call);
    await several.carryOut(capturing(reference, 4_000, 'order-1~p1:cap:order-1~f2'), call);
    expect(stripe.intents.get(reference)).toMatchObject({
      status: 'requires_capture',
      amount_received: 7_000,
    });
    expect(stripe.forms[0]?.form.get('payment_method_options[card][request_multicapture]')).toBe(
      'if_available',
    );
  });

  test('a second capture where there can be one only fails with the reason', async () => {
    const reference = await authorized();
    await gateway.carryOut(capturing(reference, 5_000), call);
    expect(await gateway.carryOut(capturing(reference, 1_000, 'order-1~p1:cap:order-1~f2'), call)).toEqual({
      outcome: 'failed',
      reason: 'the authorization has been captured before',
    });
  });

  test('a capture of an authorization that has expired fails with the reason', async () => {
    const reference = await authorized();
    const intent = stripe.intents.get(reference);
    if (intent) Object.assign(intent, { status: 'canceled', cancellation_reason: 'automatic' });
    expect(await gateway.carryOut(capturing(reference), call)).toEqual({
      outcome: 'failed',
      reason: 'the authorization has expired or was canceled',
    });
  });
});

test('rule 18: every change carries the key of its operation, whatever comes of it', async () => {
  const several = open({ capturesOnce: false, timeoutMs: 300 });
  const reference = await authorized();
  stripe.fail({ how: 'hang', on: /capture$/ });
  const capture = capturing(reference, 3_000);
  expect(await several.carryOut(capture, call)).toEqual({ outcome: 'unknown' });
  expect(await several.carryOut(capture, call)).toEqual({ outcome: 'succeeded', reference });
  expect(stripe.intents.get(reference)?.amount_received).toBe(3_000);
  await several.carryOut(refunding(reference, 1_000), call);
  await several.carryOut(voiding(reference), call);
  const posts = stripe.seen.filter(({ what }) => what.startsWith('POST'));
  expect(posts.map(({ key }) => key)).toEqual([
    'order-1~p1:auth',
    'order-1~p1:cap:order-1~f1',
    'order-1~p1:cap:order-1~f1',
    'order-1~p1:refund:1',
    'order-1~p1:void#noted',
    'order-1~p1:void',
  ]);
});

describe('what the customer hears', () => {
  test('a decline is a failure with the bank’s reason', async () => {
    expect(await gateway.carryOut({ ...authorization, method: 'pm_declined' }, call)).toEqual({
      outcome: 'failed',
      reason: 'insufficient_funds: No money.',
    });
  });

  test('a card that Stripe does not know is a failure, not our mistake', async () => {
    expect(await gateway.carryOut({ ...authorization, method: 'pm_nonsense' }, call)).toEqual({
      outcome: 'failed',
      reason: 'resource_missing: No such payment_method',
    });
  });

  test('a confirmation at the bank comes with the address, if customers can come back', async () => {
    const asked = { ...authorization, method: 'pm_action' };
    expect(await gateway.carryOut(asked, call)).toEqual({ outcome: 'requiresAction', reference: 'pi_1' });
    const back = open({ returnUrl: 'https://shop.example/paid' });
    expect(await back.carryOut({ ...asked, key: 'order-1~p2:auth' }, call)).toEqual({
      outcome: 'requiresAction',
      reference: 'pi_2',
      url: 'https://bank.example/confirm',
    });
  });

  test('what is still being processed is unknown', async () => {
    expect(await gateway.carryOut({ ...authorization, method: 'pm_processing' }, call)).toEqual({
      outcome: 'unknown',
    });
  });

  test.each([
    ['pending', { outcome: 'unknown' }],
    ['requires_action', { outcome: 'unknown' }],
    ['failed', { outcome: 'failed', reason: 'expired_or_canceled_card' }],
    ['canceled', { outcome: 'failed', reason: 'canceled' }],
  ])('a refund that is %s', async (status, expected) => {
    const reference = await authorized();
    await gateway.carryOut(capturing(reference), call);
    stripe.refundsBecome(status);
    expect(await gateway.carryOut(refunding(reference, 100), call)).toEqual(expected);
    expect(await gateway.lookUp(refunding(reference, 100), call)).toEqual(expected);
  });
});

describe('rule 4: what nobody knows', () => {
  test.each(['hang', 'cut', 'garbage'] as const)(
    'an authorization that was done, but %s: unknown, found by a look-up, done once under the same key',
    async (how) => {
      const impatient = open({ timeoutMs: 300 });
      // The library tries a closed connection once more by itself, under the same key.
      stripe.fail({ how, times: how === 'cut' ? 2 : 1, on: creations });
      expect(await impatient.carryOut(authorization, call)).toEqual({ outcome: 'unknown' });
      expect(stripe.intents.size).toBe(1);
      expect(await impatient.lookUp(authorization, call)).toEqual({ outcome: 'notFound' });
      stripe.indexNow();
      expect(await impatient.lookUp(authorization, call)).toEqual({
        outcome: 'succeeded',
        reference: 'pi_1',
      });
      expect(await impatient.carryOut(authorization, call)).toEqual({
        outcome: 'succeeded',
        reference: 'pi_1',
      });
      expect(stripe.intents.size).toBe(1);
      expect(new Set(keysSeen(creations))).toEqual(new Set(['order-1~p1:auth']));
    },
  );

  test.each(['hang', 'cut', 'garbage'] as const)(
    'a capture, but %s: found by a look-up, taken once',
    async (how) => {
      const reference = await authorized();
      const impatient = open({ timeoutMs: 300 });
      expect(await impatient.lookUp(capturing(reference), call)).toEqual({ outcome: 'notFound' });
      stripe.fail({ how, times: how === 'cut' ? 2 : 1, on: /capture$/ });
      expect(await impatient.carryOut(capturing(reference), call)).toEqual({ outcome: 'unknown' });
      expect(await impatient.lookUp(capturing(reference), call)).toEqual({ outcome: 'succeeded', reference });
      expect(await impatient.carryOut(capturing(reference), call)).toEqual({
        outcome: 'succeeded',
        reference,
      });
      expect(stripe.intents.get(reference)?.amount_received).toBe(7_800);
    },
  );

  test.each(['hang', 'cut', 'garbage'] as const)(
    'a refund, but %s: found by a look-up, given once',
    async (how) => {
      const reference = await authorized();
      await gateway.carryOut(capturing(reference), call);
      const impatient = open({ timeoutMs: 300 });
      const refund = refunding(reference, 800);
      expect(await impatient.lookUp(refund, call)).toEqual({ outcome: 'notFound' });
      stripe.fail({ how, times: how === 'cut' ? 2 : 1, on: /refunds$/ });
      expect(await impatient.carryOut(refund, call)).toEqual({ outcome: 'unknown' });
      expect(await impatient.lookUp(refund, call)).toEqual({ outcome: 'succeeded', reference });
      expect(await impatient.carryOut(refund, call)).toEqual({ outcome: 'succeeded', reference });
      expect(stripe.refunds.size).toBe(1);
    },
  );

  test.each(['hang', 'cut', 'garbage'] as const)('a void, but %s: found by a look-up', async (how) => {
    const reference = await authorized();
    const impatient = open({ timeoutMs: 300 });
    expect(await impatient.lookUp(voiding(reference), call)).toEqual({ outcome: 'notFound' });
    stripe.fail({ how, times: how === 'cut' ? 2 : 1, on: /cancel$/ });
    expect(await impatient.carryOut(voiding(reference), call)).toEqual({ outcome: 'unknown' });
    expect(await impatient.lookUp(voiding(reference), call)).toEqual({ outcome: 'succeeded', reference });
    expect(await impatient.carryOut(voiding(reference), call)).toEqual({ outcome: 'succeeded', reference });
  });

  test('without its reference an authorization is neither captured nor voided before it is found', async () => {
    await authorized();
    expect(await gateway.carryOut(voiding(null), call)).toEqual({ outcome: 'unknown' });
    expect(await gateway.carryOut(capturing(null), call)).toEqual({ outcome: 'unknown' });
    stripe.indexNow();
    expect(await gateway.carryOut(voiding(null), call)).toEqual({ outcome: 'succeeded', reference: 'pi_1' });
  });

  test('an old answer of the search is not believed: the intent itself is asked', async () => {
    const reference = await authorized();
    stripe.indexNow();
    const intent = stripe.intents.get(reference);
    if (intent) intent.status = 'canceled';
    expect(await gateway.lookUp(authorization, call)).toEqual({
      outcome: 'failed',
      reason: 'canceled: no reason given',
    });
  });

  test('a key that was used with other settings is unknown: the first try may have succeeded', async () => {
    await authorized();
    const back = open({ returnUrl: 'https://shop.example/paid' });
    expect(await back.carryOut(authorization, call)).toEqual({ outcome: 'unknown' });
    expect(stripe.intents.size).toBe(1);
  });

  test('an intent that has not been tried yet is unknown, one that was declined is not', async () => {
    await gateway.carryOut({ ...authorization, method: 'pm_declined' }, call);
    const declined = { ...authorization, reference: 'pi_1' };
    expect(await gateway.lookUp(declined, call)).toMatchObject({ outcome: 'failed' });
    const intent = stripe.intents.get('pi_1');
    if (intent) intent.last_payment_error = null;
    expect(await gateway.lookUp(declined, call)).toEqual({ outcome: 'unknown' });
  });

  test('a look-up of an intent that is not there settles nothing', async () => {
    expect(await gateway.lookUp({ ...authorization, reference: 'pi_gone' }, call)).toEqual({
      outcome: 'notFound',
    });
  });
});

describe('errors', () => {
  test.each([500, 503, 429, 409] as const)('%i is retryable and does nothing', async (status) => {
    stripe.fail({ how: 'status', status, times: 2 });
    const error = await gateway.carryOut(authorization, call).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(TerminalError);
    expect(keysSeen(creations)).toHaveLength(1);
    await expect(gateway.lookUp({ ...authorization, reference: 'pi_1' }, call)).rejects.not.toBeInstanceOf(
      TerminalError,
    );
    expect(await authorized()).toBe('pi_1');
  });

  test('a server that is not there is retryable: nothing was sent', async () => {
    await stripe.stop();
    const error = await gateway.carryOut(authorization, call).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(TerminalError);
    stripe = await startStripe();
  });

  test('a wrong key and a wrong amount are our mistakes', async () => {
    await expect(open({ secretKey: 'sk_test_wrong' }).carryOut(authorization, call)).rejects.toThrow(
      TerminalError,
    );
    const reference = await authorized();
    await expect(gateway.carryOut(capturing(reference, 7_801), call)).rejects.toThrow(TerminalError);
    await expect(gateway.carryOut({ ...authorization, currency: 'UGX', key: 'k' }, call)).rejects.toThrow(
      TerminalError,
    );
  });

  test('asks nothing when nobody waits any more', async () => {
    await expect(gateway.carryOut(authorization, { signal: AbortSignal.abort() })).rejects.toThrow();
    await expect(gateway.lookUp(authorization, { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(stripe.seen).toEqual([]);
  });

  test('errors do not give the key away', async () => {
    const error = await open({ secretKey: 'sk_test_wrong' })
      .carryOut(authorization, call)
      .catch((thrown: unknown) => thrown);
    expect(String(error)).not.toContain('sk_test_wrong');
  });
});
