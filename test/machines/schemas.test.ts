/** The limits of what charts are told: the last value that is taken, and the first that is not. */
import { describe, expect, it, test } from 'vitest';
import type { z } from 'zod';
import { currencies } from '../../machines/currencies.ts';
import { fulfillmentEvents, fulfillmentInput } from '../../machines/fulfillment.events.ts';
import { orderEvents, orderInput } from '../../machines/order.events.ts';
import { paymentEvents } from '../../machines/payment.events.ts';
import { routingEvents } from '../../machines/routing.events.ts';
import * as schema from '../../machines/schemas.ts';
import { shipmentEvents } from '../../machines/shipment.events.ts';
import { stockItemEvents } from '../../machines/stockItem.events.ts';
import { trackingNumberEvents } from '../../machines/trackingNumber.events.ts';
import { warehouseEvents } from '../../machines/warehouse.events.ts';

function takes(of: z.ZodType, value: unknown): boolean {
  return of.safeParse(value).success;
}

const x = (length: number): string => 'x'.repeat(length);

describe('limits', () => {
  it.each<[string, z.ZodType, { right: unknown[]; wrong: unknown[] }]>([
    [
      'an id',
      schema.id,
      { right: ['a', 'o1~f1#2:3', x(200)], wrong: ['', '~a', 'a.b', 'a b', 'a\n', x(201), 1] },
    ],
    [
      'an order id',
      schema.orderId,
      { right: ['a', 'A-1_b', x(100)], wrong: ['', '-a', '_a', 'a~b', ' a', 'a ', x(101)] },
    ],
    ['a warehouse', schema.warehouseId, { right: ['W1', x(40)], wrong: ['', 'W 1', x(41)] }],
    ['an article', schema.sku, { right: ['A', x(60)], wrong: ['', 'a/b', x(61)] }],
    ['a line id', schema.lineId, { right: ['l1', x(40)], wrong: ['', '_1', x(41)] }],
    ['a handle', schema.handle, { right: ['fraud', x(60)], wrong: ['', 'a#1', x(61)] }],
    ['a quantity', schema.quantity, { right: [1, 1_000_000], wrong: [0, -1, 1.5, 1_000_001, '1'] }],
    ['a count', schema.count, { right: [0, 1_000_000], wrong: [-1, 0.5, 1_000_001] }],
    ['money', schema.money, { right: [0, 1_000_000_000_000], wrong: [-1, 0.5, 1_000_000_000_001] }],
    ['a currency', schema.currency, { right: ['EUR'], wrong: ['EU', 'EURO', 'eur', 'E1R', ' EUR'] }],
    ['a country', schema.country, { right: ['DE'], wrong: ['D', 'DEU', 'de', 'D1'] }],
    ['a revision', schema.revision, { right: [1, 7], wrong: [0, 1.5, -1] }],
    ['a text', schema.text(3), { right: ['a', 'abc', ' abc '], wrong: ['', '   ', 'abcd'] }],
  ])('%s', (_, of, { right, wrong }) => {
    expect(right.filter((value) => !takes(of, value))).toEqual([]);
    expect(wrong.filter((value) => takes(of, value))).toEqual([]);
  });

  it('cuts blanks around a text before it counts', () => {
    expect(schema.text(3).parse('  abc ')).toBe('abc');
  });
});

const address = { name: 'Ada', line1: 'Street 1', city: 'Berlin', postalCode: '10115', country: 'DE' };

test.each(Object.keys(address))('an address needs %s, within its limit', (field) => {
  const limit = { name: 200, line1: 200, city: 100, postalCode: 20 }[field];
  const { [field as 'name']: _, ...rest } = address;
  expect(takes(schema.address, rest)).toBe(false);
  expect(takes(schema.address, { ...address, [field]: '' })).toBe(false);
  if (limit === undefined) return;
  expect(takes(schema.address, { ...address, [field]: x(limit) })).toBe(true);
  expect(takes(schema.address, { ...address, [field]: x(limit + 1) })).toBe(false);
});

test('an address has no other field', () => {
  expect(takes(schema.address, address)).toBe(true);
  expect(takes(schema.address, { ...address, line2: 'x' })).toBe(false);
});

test('a hold has a handle and a reason, a release only the handle', () => {
  expect(takes(schema.hold, { handle: 'a', reason: x(500) })).toBe(true);
  expect(takes(schema.hold, { handle: 'a', reason: x(501) })).toBe(false);
  expect(takes(schema.hold, { handle: 'a' })).toBe(false);
  expect(takes(schema.hold, { reason: 'a' })).toBe(false);
  expect(takes(schema.hold, { handle: 'a', reason: 'a', more: 1 })).toBe(false);
  expect(takes(schema.release, { handle: 'a' })).toBe(true);
  expect(takes(schema.release, {})).toBe(false);
  expect(takes(schema.release, { handle: 'a', reason: 'a' })).toBe(false);
});

test.each<[string, Record<string, z.ZodType>]>([
  ['order', orderEvents],
  ['fulfillment', fulfillmentEvents],
  ['payment', paymentEvents],
  ['shipment', shipmentEvents],
  ['stock item', stockItemEvents],
  ['tracking number', trackingNumberEvents],
  ['warehouse', warehouseEvents],
  ['routing', routingEvents],
])('no event of the %s takes a field that it does not know', (_, events) => {
  for (const [type, of] of Object.entries(events)) expect(takes(of, { surprise: 1 }), type).toBe(false);
});

describe('an order', () => {
  const line = { sku: 'A', quantity: 1, unitPrice: 0 };
  const order = { customerId: 'c1', currency: 'EUR', shipTo: address, lines: [line] };

  it('takes as many lines as there may be, and a total that is exact', () => {
    expect(takes(orderInput, { ...order, lines: Array.from({ length: 200 }, () => line) })).toBe(true);
    const dear = { ...line, unitPrice: 1e12 - 2 };
    const rest = { ...line, quantity: 2, unitPrice: 1 };
    expect(takes(orderInput, { ...order, lines: [dear, rest] })).toBe(true);
    expect(takes(orderInput, { ...order, lines: [dear, { ...rest, quantity: 3 }] })).toBe(false);
  });

  it.each<[string, object]>([
    ['a customer', { customerId: '' }],
    ['a customer with a short name', { customerId: x(201) }],
    ['a currency', { currency: undefined }],
    ['an address', { shipTo: undefined }],
    ['a gateway with a name', { payment: { gateway: 'Cash!', method: 'ok' } }],
    ['a method of payment', { payment: { gateway: 'sandbox', method: '' } }],
    ['a short method of payment', { payment: { gateway: 'sandbox', method: x(61) } }],
    ['a payment with no more than that', { payment: { gateway: 'sandbox', method: 'ok', card: '4111' } }],
    ['to be a draft or not', { draft: 'perhaps' }],
    ['no more than that', { surprise: 1 }],
    ['a line with no more than that', { lines: [{ ...line, surprise: 1 }] }],
    ['a line with an article', { lines: [{ quantity: 1, unitPrice: 0 }] }],
    ['a line with a price', { lines: [{ sku: 'A', quantity: 1 }] }],
    ['a region with a name', { region: '' }],
  ])('needs %s', (_, wrong) => {
    expect(takes(orderInput, order)).toBe(true);
    expect(takes(orderInput, { ...order, customerId: x(200) })).toBe(true);
    expect(takes(orderInput, { ...order, payment: { gateway: 'sandbox', method: x(60) } })).toBe(true);
    expect(takes(orderInput, { ...order, ...wrong })).toBe(false);
  });

  it('says why it is cancelled, or not', () => {
    const cancel = orderEvents['order.cancel'];
    expect([{}, { reason: 'x' }, { reason: x(500) }].filter((event) => !takes(cancel, event))).toEqual([]);
    expect([{ reason: '' }, { reason: x(501) }].filter((event) => takes(cancel, event))).toEqual([]);
  });

  it('is paid in the sandbox and shipped by the main region, unless it says otherwise', () => {
    expect(orderInput.parse(order)).toMatchObject({
      ...{ payment: { gateway: 'sandbox', method: 'ok' }, region: 'main', draft: false },
    });
  });

  it('resolves what is short in one of three ways, and a parcel in one of two', () => {
    const short = { lineId: 'l1', quantity: 1 };
    const resolve = orderEvents['order.resolveShort'];
    for (const by of ['backorder', 'warehouse', 'cancel'])
      expect(takes(resolve, { ...short, by })).toBe(true);
    expect(takes(resolve, { ...short, by: 'forget' })).toBe(false);
    const parcel = orderEvents['order.resolveParcel'];
    for (const by of ['reship', 'refund']) expect(takes(parcel, { shipmentId: 's1', by })).toBe(true);
    expect(takes(parcel, { shipmentId: 's1', by: 'forget' })).toBe(false);
  });

  it('names the line and says that the total is too large', () => {
    const lines = [{ ...line, lineId: 'a' }, line, { ...line, lineId: 'a' }];
    const twice = orderInput.safeParse({ ...order, lines }).error?.issues;
    expect(twice?.map(({ path }) => path)).toEqual([['lines', 2, 'lineId']]);
    const large = { ...line, quantity: 1_000_000, unitPrice: 1e12 };
    const total = orderInput.safeParse({ ...order, lines: [large] }).error?.issues;
    expect(total?.map(({ path, code }) => [path, code])).toEqual([[['lines'], 'custom']]);
  });
});

test('an account is whole, and counts from 1', () => {
  const quantities = { assigned: 0, cut: 0, short: 0, shipped: 0, delivered: 0 };
  const account = {
    ...{ fulfillmentId: 'o1~f1', version: 1, state: 'open', warehouse: 'W1' },
    ...{ shipmentId: null, change: null, incidents: 0, lines: { l1: quantities } },
    ...{ addressRevision: 1, holdsRevision: 1 },
  };
  const of = orderEvents['fulfillment.account'];
  const wrong = [
    { ...account, version: 0 },
    { ...account, version: 1.5 },
    { ...account, state: 'gone' },
    { ...account, warehouse: 'W 1' },
    { ...account, incidents: -1 },
    { ...account, change: undefined },
    { ...account, fulfillmentId: 'o.1' },
    { ...account, lines: { 'l.1': quantities } },
    { ...account, lines: { l1: { ...quantities, shipped: -1 } } },
    { ...account, lines: { l1: { ...quantities, lost: 1 } } },
    { ...account, lines: { l1: { assigned: 0 } } },
  ];
  for (const state of ['open', 'handedOver', 'delivered', 'stopped', 'lost', 'returned'])
    expect(takes(of, { ...account, state })).toBe(true);
  expect(wrong.filter((one) => takes(of, one))).toEqual([]);
});

describe('a fulfillment', () => {
  const line = { lineId: 'l1', sku: 'A', quantity: 1, reservation: 'o1~r1' };
  const hold = { handle: 'h', reason: 'r' };
  const fulfillment = {
    ...{ orderId: 'o1', warehouse: 'W1', candidates: ['W1'], lines: [line] },
    ...{ shipTo: address, addressRevision: 1, holds: [] as object[], holdsRevision: 1 },
  };
  const many = <Item>(length: number, item: Item): Item[] => Array.from({ length }, () => item);

  it('takes as many lines, holds and candidates as there may be, and a hold for a payment', () => {
    const most = {
      ...fulfillment,
      ...{ lines: many(200, line), holds: many(21, hold), candidates: many(20, 'W1') },
    };
    expect(takes(fulfillmentInput, most)).toBe(true);
    expect(takes(fulfillmentInput, { ...fulfillment, id: 'o1~f1' })).toBe(true);
    const wrong = [
      { ...most, lines: many(201, line) },
      { ...most, holds: many(22, hold) },
      { ...most, candidates: many(21, 'W1') },
      { ...most, lines: [{ lineId: 'l1', sku: 'A', quantity: 1 }] },
      { ...most, lines: [] },
      { ...most, lines: [{ ...line, unitPrice: 1 }] },
      { ...most, holds: [{ handle: 'h' }] },
      { ...most, addressRevision: 0 },
      { ...most, surprise: 1 },
    ];
    expect(wrong.filter((one) => takes(fulfillmentInput, one))).toEqual([]);
  });

  it('is picked by lines', () => {
    const of = fulfillmentEvents['fulfillment.finishPick'];
    const pick = { lineId: 'l1', quantity: 1 };
    expect(takes(of, { lines: many(200, pick) })).toBe(true);
    const wrong = [[], many(201, pick), [{ ...pick, sku: 'A' }], [{ lineId: 'l1' }]];
    expect(wrong.filter((lines) => takes(of, { lines }))).toEqual([]);
  });

  it('takes an address with its revision', () => {
    const of = fulfillmentEvents['fulfillment.changeAddress'];
    expect(takes(of, { shipTo: address, revision: 1 })).toBe(true);
    expect(takes(of, { shipTo: address })).toBe(false);
    expect(takes(of, { revision: 1 })).toBe(false);
  });
});

it('knows no currency that the runtime does not', () => {
  const known = new Set(Intl.supportedValuesOf('currency'));
  expect([...currencies].filter((code) => !known.has(code))).toEqual([]);
});
