/** The EasyPost carrier over real HTTP, against a server on loopback that speaks EasyPost’s API. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parcelSettings } from '../../actors/carriers/easypost-parcels.ts';
import { easyPostCarrier, type EasyPostSettings } from '../../actors/carriers/easypost.ts';
import type { Booking, Carrier } from '../../actors/providers.ts';
import { TerminalError } from '../../runtime/errors.ts';
import {
  easyPostKey,
  easyPostSecret,
  startEasyPost,
  type EasyPostServer,
} from '../support/easypost-server.ts';
import { watchOutgoing, type Outgoing } from '../support/outgoing.ts';
import { until } from '../support/until.ts';

const call = { signal: new AbortController().signal };
const parcels = parcelSettings.parse({
  warehouses: { W1: { name: 'Shop', street1: 'Hafen 1', city: 'Hamburg', zip: '20457', country: 'DE' } },
  parcel: {
    ...{ lengthCm: 30, widthCm: 20, heightCm: 10, boxGrams: 100 },
    ...{ grams: { TEAPOT: 900 }, gramsOtherwise: 200 },
  },
});
let outgoing: Outgoing;
let server: EasyPostServer;
let carrier: Carrier;

beforeAll(() => {
  outgoing = watchOutgoing();
});
afterAll(() => {
  outgoing.stop();
  expect([...outgoing.hosts]).toEqual(['127.0.0.1']);
});
beforeEach(async () => {
  server = await startEasyPost();
  carrier = open();
  return () => server.stop();
});

function open(settings: Partial<EasyPostSettings> = {}): Carrier {
  return easyPostCarrier({
    ...{ apiKey: easyPostKey, webhookSecret: easyPostSecret, url: server.url, parcels },
    ...settings,
  });
}

const booking: Booking = {
  booking: 'order-1~f1~s1#1',
  shipmentId: 'order-1~f1~s1',
  orderId: 'order-1',
  warehouse: 'W1',
  shipTo: { name: 'Ada', line1: '12 St James Square', city: 'London', postalCode: 'SW1Y 4LB', country: 'GB' },
  lines: [
    { sku: 'TEAPOT', quantity: 2 },
    { sku: 'CUP', quantity: 1 },
  ],
};
const label = {
  carrier: 'usps',
  trackingNumber: '940010000001',
  url: 'https://labels.example/shp_1.png',
};
const buying = /buy$/;
const making = /^POST \/v2\/shipments$/;
const refunding = /refund$/;

function to(fields: Partial<Booking['shipTo']>): Booking {
  return { ...booking, shipTo: { ...booking.shipTo, ...fields } };
}

function seen(what: RegExp): number {
  return server.seen.filter((request) => what.test(request.what)).length;
}

async function thrown(promise: Promise<unknown>): Promise<Error> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Error) return error;
  throw new Error('nothing was thrown');
}

describe('book', () => {
  test('buys the cheapest label, under our reference', async () => {
    expect(await carrier.book(booking, call)).toEqual(label);
    expect(server.shipments).toMatchObject([
      {
        reference: 'waybill-order-1~f1~s1#1',
        asked: {
          to_address: { name: 'Ada', street1: '12 St James Square', zip: 'SW1Y 4LB', country: 'GB' },
          from_address: { name: 'Shop', street1: 'Hafen 1', city: 'Hamburg', zip: '20457', country: 'DE' },
          parcel: { length: 11.9, width: 7.9, height: 4, weight: 74.1 },
        },
      },
    ]);
  });

  test('takes no property that every object has for a warehouse or a weight', async () => {
    const lines = [{ sku: 'constructor', quantity: 1 }];
    await carrier.book({ ...booking, lines }, call);
    expect(server.shipments).toMatchObject([{ asked: { parcel: { weight: 10.6 } } }]);
    const nowhere = carrier.book({ ...booking, booking: 'order-2~f1~s1#1', warehouse: 'valueOf' }, call);
    await expect(nowhere).rejects.toBeInstanceOf(TerminalError);
  });

  test('asked again, the answer is the same label', async () => {
    await carrier.book(booking, call);
    expect(await carrier.book(booking, call)).toEqual(label);
    expect(await carrier.lookUp(booking.booking, call)).toEqual(label);
    expect(server.shipments).toHaveLength(1);
    expect(seen(buying)).toBe(1);
  });

  test('another revision is another label', async () => {
    await carrier.book(booking, call);
    const second = await carrier.book({ ...booking, booking: 'order-1~f1~s1#2' }, call);
    expect(second).toMatchObject({ trackingNumber: '940010000002' });
  });

  test('buys only services that are allowed', async () => {
    const fast = open({ parcels: { ...parcels, services: ['USPS Express'], carrierAccounts: ['ca_1'] } });
    expect(await fast.book(booking, call)).toEqual(label);
    expect(server.shipments[0]?.asked).toMatchObject({ carrier_accounts: ['ca_1'] });
    const none = open({ parcels: { ...parcels, services: ['DHL Express'] } });
    const error = await thrown(none.book({ ...booking, booking: 'other#1' }, call));
    expect(error).toBeInstanceOf(TerminalError);
  });

  test.each(['beta-1~f1~s1#1', 'shp_1~f1~s1#1', 'a~f1~s1#1:2'])(
    '%s is looked up as it is',
    async (reference) => {
      await carrier.book(booking, call);
      expect(await carrier.lookUp(reference, call)).toBe('notFound');
      const other = await carrier.book({ ...booking, booking: reference }, call);
      expect(await carrier.lookUp(reference, call)).toEqual(other);
      expect(server.seen.at(-1)?.what).toBe(`GET /v2/shipments/waybill-${reference}`);
    },
  );
});

describe('rule 6: what nobody knows', () => {
  test.each(['hang', 'cut', 'garbage'] as const)(
    'a label that was bought, but %s: found, bought once',
    async (how) => {
      const impatient = open({ timeoutMs: 300 });
      server.fail({ how, on: buying });
      expect(await impatient.book(booking, call)).toBe('unknown');
      expect(await carrier.lookUp(booking.booking, call)).toEqual(label);
      expect(await carrier.book(booking, call)).toEqual(label);
      expect(server.live()).toHaveLength(1);
    },
  );

  test.each(['hang', 'cut', 'garbage'] as const)(
    'a shipment that was made, but %s: no label, try again',
    async (how) => {
      const impatient = open({ timeoutMs: 300 });
      server.fail({ how, on: making });
      expect(await thrown(impatient.book(booking, call))).not.toBeInstanceOf(TerminalError);
      expect(server.live()).toEqual([]);
      expect(await carrier.lookUp(booking.booking, call)).toBe('notFound');
      expect(await carrier.book(booking, call)).toEqual(label);
      expect(server.live()).toHaveLength(1);
      expect(server.shipments).toHaveLength(1);
    },
  );

  test.each(['SHIPMENT.POSTAGE.NO_RESPONSE', 'SHIPMENT.PURCHASE.IN_PROGRESS'])(
    'a purchase that is refused with %s is unknown',
    async (code) => {
      const body = JSON.stringify({ error: { code, message: 'The carrier is silent.' } });
      server.fail({ how: 'status', status: 422, body, on: buying });
      expect(await carrier.book(booking, call)).toBe('unknown');
      expect(await carrier.book(booking, call)).toEqual(label);
      expect(server.live()).toHaveLength(1);
    },
  );

  test('a purchase that is answered with something else is unknown', async () => {
    server.fail({ how: 'status', status: 200, body: '{"object":"Shipment"}', on: buying });
    expect(await carrier.book(booking, call)).toBe('unknown');
  });

  test('two calls for one booking at once that find the same shipment buy one label', async () => {
    server.fail({ how: 'status', status: 503, on: buying });
    await thrown(carrier.book(booking, call));
    const both = await Promise.all([carrier.book(booking, call), carrier.book(booking, call)]);
    expect(both).toEqual([label, label]);
    expect(server.live()).toHaveLength(1);
  });

  test('asks nothing when nobody waits any more', async () => {
    expect(await thrown(carrier.book(booking, { signal: AbortSignal.abort() }))).toBeInstanceOf(Error);
    expect(server.seen).toEqual([]);
  });

  test('a booking that nobody waits for any more is not bought later', async () => {
    const controller = new AbortController();
    server.fail({ how: 'hang', on: making });
    const booked = thrown(carrier.book(booking, { signal: controller.signal }));
    await until(() => seen(making) === 1);
    controller.abort();
    await booked;
    expect(seen(buying)).toBe(0);
  });
});

test('an end that comes after the answer disturbs nothing', async () => {
  const controller = new AbortController();
  expect(await carrier.lookUp(booking.booking, { signal: controller.signal })).toBe('notFound');
  await thrown(open({ apiKey: 'EZTKwrong' }).book(booking, { signal: controller.signal }));
  controller.abort();
});

describe('void', () => {
  test('gives the label back once, and says so again', async () => {
    await carrier.book(booking, call);
    expect(await carrier.void(booking.booking, call)).toBe(true);
    expect(await carrier.void(booking.booking, call)).toBe(true);
    expect(seen(refunding)).toBe(1);
    expect(server.live()).toEqual([]);
    expect(await carrier.lookUp(booking.booking, call)).toBe('notFound');
  });

  test('false while there is no label: somebody may be about to buy it', async () => {
    expect(await carrier.void(booking.booking, call)).toBe(false);
    server.fail({ how: 'status', status: 500, on: buying });
    await thrown(carrier.book(booking, call));
    expect(await carrier.void(booking.booking, call)).toBe(false);
    expect(seen(refunding)).toBe(0);
  });

  test('a label that was given back is not booked again', async () => {
    await carrier.book(booking, call);
    await carrier.void(booking.booking, call);
    expect(await thrown(carrier.book(booking, call))).toBeInstanceOf(TerminalError);
    expect(server.live()).toEqual([]);
  });

  test.each(['hang', 'cut', 'garbage'] as const)(
    'given back, but %s: asked again, it is void',
    async (how) => {
      await carrier.book(booking, call);
      server.fail({ how, on: refunding });
      expect(await thrown(open({ timeoutMs: 300 }).void(booking.booking, call))).not.toBeInstanceOf(
        TerminalError,
      );
      expect(await carrier.void(booking.booking, call)).toBe(true);
      expect(seen(refunding)).toBe(1);
    },
  );

  test('a carrier that bills at the first scan has nothing to give back', async () => {
    await carrier.book(booking, call);
    server.refundsBecome('not_applicable');
    expect(await carrier.void(booking.booking, call)).toBe(true);
  });

  test('a rejected refund is asked for again', async () => {
    await carrier.book(booking, call);
    server.refundsBecome('rejected');
    expect(await thrown(carrier.void(booking.booking, call))).not.toBeInstanceOf(TerminalError);
    server.refundsBecome('submitted');
    expect(await carrier.void(booking.booking, call)).toBe(true);
  });
});

describe('errors', () => {
  test.each([500, 502, 503, 429, 408] as const)('%i is retryable, whatever its body', async (status) => {
    for (const body of [undefined, '<html>', '{}', '']) {
      server.fail({ how: 'status', status, ...(body === undefined ? {} : { body }) });
      expect(await thrown(carrier.book(booking, call))).not.toBeInstanceOf(TerminalError);
      server.fail({ how: 'status', status, ...(body === undefined ? {} : { body }) });
      expect(await thrown(carrier.lookUp(booking.booking, call))).not.toBeInstanceOf(TerminalError);
    }
    expect(server.shipments).toEqual([]);
  });

  test('rates that cannot be had now are retryable', async () => {
    const body = JSON.stringify({ error: { code: 'SHIPMENT.RATES.UNAVAILABLE', message: 'later' } });
    server.fail({ how: 'status', status: 422, body, on: making });
    expect(await thrown(carrier.book(booking, call))).not.toBeInstanceOf(TerminalError);
  });

  test('a server that is not there is retryable: nothing was sent', async () => {
    await server.stop();
    expect(await thrown(carrier.book(booking, call))).not.toBeInstanceOf(TerminalError);
    server = await startEasyPost();
  });

  test('a server that goes away before the purchase is retryable: nothing was bought', async () => {
    server.fail({ how: 'leave', on: making });
    expect(await thrown(carrier.book(booking, call))).not.toBeInstanceOf(TerminalError);
    expect(server.shipments).toHaveLength(1);
    expect(server.live()).toEqual([]);
  });

  test.each([
    ['an address that is refused', to({ postalCode: '00000' }), /Address not found/],
    ['an address nobody delivers to', to({ postalCode: '99999' }), /no rate.*does not deliver there/],
    ['a warehouse without an address', { ...booking, warehouse: 'W9' }, /W9 is not configured/],
  ])('%s is for a person, with the reason', async (_, asked, reason) => {
    const error = await thrown(carrier.book(asked, call));
    expect(error).toBeInstanceOf(TerminalError);
    expect(error.message).toMatch(reason);
    expect(server.live()).toEqual([]);
  });

  test('a wrong key is our mistake, and does not stand in the error', async () => {
    const error = await thrown(open({ apiKey: 'EZTKwrong' }).lookUp(booking.booking, call));
    expect(error).toBeInstanceOf(TerminalError);
    expect(error.message).not.toContain('EZTKwrong');
  });

  test('follows no redirect: the key stays where it was sent', async () => {
    server.fail({ how: 'status', status: 302, body: '{}', headers: { location: '/v2/elsewhere' } });
    expect(await thrown(carrier.lookUp(booking.booking, call))).toBeInstanceOf(TerminalError);
    expect(server.seen).toHaveLength(1);
  });
});
