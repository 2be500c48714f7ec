/** Payloads that lead through the whole fulfillment chart, for the tests that walk it: answers to what was asked. */
import { liveLines, type FulfillmentContext } from '../machines/fulfillment.books.ts';
import type { Examples } from '../runtime/definition.ts';

const shipTo = { name: 'Ann', line1: 'Street 1', city: 'North', postalCode: '12345', country: 'DE' };
const started = {
  ...{ orderId: 'o1', warehouse: 'W1', addressRevision: 1, holds: [], holdsRevision: 1, shipTo },
  lines: [{ lineId: 'l1', sku: 'A', quantity: 2, reservation: 'o1~r1' }],
};
const held = { handle: 'h1', reason: 'a look' };

export const fulfillmentExamples: Readonly<Record<string, Examples>> = {
  // With other warehouses to go to and without, held, and with two lines.
  'fulfillment.start': [
    { ...started, candidates: ['W1', 'W2', 'W3'] },
    { ...started, candidates: ['W1'], holds: [held] },
    {
      ...{ ...started, candidates: ['W1', 'W2'] },
      lines: [...started.lines, { lineId: 'l2', sku: 'B', quantity: 1, reservation: 'o1~r2' }],
    },
  ],
  'fulfillment.reduce': of(({ lines, change }) =>
    lines.flatMap(({ lineId, assigned }) => [
      ...[1, Math.max(1, assigned)].map((quantity) => ({ change: 'o1~c2', lineId, quantity })),
      ...(change === null ? [{ change: 'o1~c1', lineId, quantity: 1 }] : [{ change, lineId, quantity: 1 }]),
    ]),
  ),
  'fulfillment.changeAddress': of(({ addressRevision }) =>
    [1, 0].map((more) => ({ shipTo: { ...shipTo, city: 'South' }, revision: addressRevision + more })),
  ),
  'fulfillment.orderHolds': of(({ holdsRevision }) => [
    { holds: [held], holdsRevision: holdsRevision + 1 },
    { holds: [], holdsRevision: holdsRevision + 1 },
    { holds: [held], holdsRevision },
  ]),
  'fulfillment.hold': [held],
  'fulfillment.release': [{ handle: 'h1' }, { handle: 'h9' }],
  'fulfillment.finishPick': of((fulfillment) => {
    const lines = liveLines(fulfillment).map(({ lineId, assigned: quantity }) => ({ lineId, quantity }));
    return lines.length === 0 ? [] : [{ lines }, { lines: lines.slice(0, 1) }];
  }),
  'fulfillment.shortPick': of(({ lines }) =>
    lines.flatMap(({ lineId, assigned }) =>
      [1, Math.max(1, assigned), assigned + 1].map((quantity) => ({ lineId, quantity })),
    ),
  ),

  'stock.held': ofMoved((about) => [{ ...about, quantity: 2 }]),
  'stock.refused': ofMoved((about) => [{ ...about, available: 0, pending: 0 }]),
  'stock.released': of(({ releasing }) => [
    ...releasing.map((each) => ({ ...each, kept: 0 })),
    ...unknown({ kept: 0 }),
  ]),
  'stock.asked': of(({ lines, warehouse }) => [
    ...lines.map(({ reservation, sku }) => ({ reservation, stockItem: `${warehouse}~${sku}` })),
    ...unknown(),
  ]),
  'warehouse.granted': answers(),
  'warehouse.denied': answers(),
  ...Object.fromEntries(
    ['voidAccepted', 'delivered', 'lost', 'returned'].map((name) => [`shipment.${name}`, ofShipment()]),
  ),
  'shipment.moving': ofShipment({ revision: 1 }),
  'shipment.incident': ofShipment({ what: 'movedAfterVoid' }),
  'shipment.booked': of(({ shipmentId, addressRevision }) =>
    [addressRevision, addressRevision + 1].map((revision) => ({
      ...{ shipmentId: shipmentId ?? 'o9~f1~s1', revision, carrier: 'sandbox', trackingNumber: 'SB1' },
    })),
  ),
};

/** Of a fulfillment that there is. */
function of(payloads: (fulfillment: FulfillmentContext) => readonly unknown[]): Examples {
  return (fulfillment: FulfillmentContext | undefined) =>
    fulfillment === undefined ? [] : payloads(fulfillment);
}

function unknown(rest: object = {}): object[] {
  return [{ reservation: 'o9~r1', stockItem: 'W1~A', ...rest }];
}

/** About the goods that it wants in another warehouse. */
function ofMoved(payloads: (about: object) => readonly object[]): Examples {
  return of(({ moved, trying, lines }) => [
    ...moved.flatMap(({ reservation, lineId }) => {
      const sku = lines.find((line) => line.lineId === lineId)?.sku ?? '';
      return payloads({ reservation, stockItem: `${trying}~${sku}` });
    }),
    ...unknown().flatMap(payloads),
  ]);
}

/** To this attempt, and to another one. */
function answers(): Examples {
  return of(({ trying: warehouse, attempt }) =>
    [attempt, attempt + 1].map((each) => ({ warehouse, attempt: each })),
  );
}

function ofShipment(rest: object = {}): Examples {
  return of(({ shipmentId }) =>
    [shipmentId ?? 'o9~f1~s1', 'o9~f2~s1'].map((id) => ({ shipmentId: id, ...rest })),
  );
}
