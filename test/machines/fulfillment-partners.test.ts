/** What a fulfillment makes of what warehouses, stock items and its shipment answer, early, late or twice. */
import { describe, expect, it } from 'vitest';
import {
  asked,
  booked,
  denied,
  lastAccount,
  moving,
  newFulfillment,
  reach,
  releasedAll,
  said,
  shipment,
  stage,
  stages,
  start,
  type Fulfillment,
} from '../support/fulfillment-played.ts';
import { shipTo } from '../support/shop-messages.ts';
import * as parcels from './parcels.ts';

describe('rule 1: the goods', () => {
  it('are its own from the start', () => {
    expect(newFulfillment().told('stockItem.own')).toEqual([
      {
        to: 'stockItem/W1~A',
        event: { type: 'stockItem.own', reservation: 'o1~r1', owner: { kind: 'fulfillment', id: 'o1~f1' } },
      },
      {
        to: 'stockItem/W1~B',
        event: { type: 'stockItem.own', reservation: 'o1~r2', owner: { kind: 'fulfillment', id: 'o1~f1' } },
      },
    ]);
  });

  it.each(stages)('are kept as long as they are needed, when a stock item asks: %s', (from) => {
    const it = reach(from).hear('stock.asked', { reservation: 'o1~r1', stockItem: 'W1~A' });
    const isNeeded = !/completed|stopped|stopping.releasing/.test(from);
    expect(asked(it)).toEqual([`stockItem.${isNeeded ? 'keep' : 'release'} stockItem/W1~A`]);
    it.hear('stock.asked', { reservation: 'x1', stockItem: 'W1~A' });
    expect(asked(it)).toEqual(['stockItem.release stockItem/W1~A']);
  });
});

describe('rule 8: a place to work', () => {
  it('is asked for where the goods are', () => {
    expect(newFulfillment().told('warehouse.slot')).toEqual([
      { to: 'warehouse/W1', event: { type: 'warehouse.slot', fulfillmentId: 'o1~f1', attempt: 1 } },
    ]);
  });

  it('frees what it may still be granted when it leaves an attempt', () => {
    const it = newFulfillment().fire('slotOverdue');
    expect(asked(denied(it, 'W1', 1))).toEqual([
      'warehouse.free warehouse/W1',
      'warehouse.slot warehouse/W2',
    ]);
    expect(it.told('warehouse.free')[0]?.event).toMatchObject({ attempt: 1 });
    expect(it.told('warehouse.slot')[0]?.event).toMatchObject({ attempt: 2 });
    it.hear('warehouse.granted', { warehouse: 'W1', attempt: 1 });
    expect(stage(it)).toBe('slotting');
    expect(asked(denied(it, 'W2', 2))).toEqual(['warehouse.free warehouse/W2']);
    expect(stage(it)).toBe('unroutable');
  });

  it('is looked for again later, beginning where the goods are', () => {
    const it = reach('unroutable').fire('slotRetry');
    expect(it.told('warehouse.slot')).toMatchObject([{ to: 'warehouse/W1', event: { attempt: 3 } }]);
    it.hear('warehouse.granted', { warehouse: 'W1', attempt: 3 });
    expect(stage(it)).toBe('planned');
  });

  it.each([
    ['another attempt', { warehouse: 'W2', attempt: 1 }],
    ['another warehouse', { warehouse: 'W1', attempt: 2 }],
  ])('is not taken from an answer to %s', (_, answer) => {
    const it = denied(newFulfillment(), 'W1', 1);
    for (const type of ['warehouse.granted', 'warehouse.denied']) {
      it.hear(type, answer);
      expect(stage(it), type).toBe('slotting');
      expect(it.told(), type).toEqual([]);
    }
  });

  it('takes goods along when it is elsewhere: held there first, released here then', () => {
    const it = moving();
    expect(
      it.told('stockItem.hold').map(({ to, event }) => [to, event['reservation'], event['quantity']]),
    ).toEqual([
      ['stockItem/W2~A', 'o1~f1~m2:l1', 2],
      ['stockItem/W2~B', 'o1~f1~m2:l2', 1],
    ]);
    it.hear('stock.held', { reservation: 'o1~f1~m2:l1', stockItem: 'W2~A', quantity: 2 });
    expect(asked(it)).toEqual([]);
    expect(asked(it.fire('stockOverdue'))).toEqual(['stockItem.hold stockItem/W2~B']);
    it.hear('stock.held', { reservation: 'o1~f1~m2:l2', stockItem: 'W2~B', quantity: 1 });
    expect(stage(it)).toBe('planned');
    expect(asked(it)).toEqual(['stockItem.release stockItem/W1~A', 'stockItem.release stockItem/W1~B']);
    expect(lastAccount(it)).toMatchObject({ warehouse: 'W2', state: 'open' });
    expect(releasedAll(it).context()).toMatchObject({ warehouse: 'W2', releasing: [] });
  });

  it('is left when the goods are not all there, with all that was asked for', () => {
    const it = moving({ candidates: ['W1', 'W2', 'W3'] });
    it.hear('stock.held', { reservation: 'o1~f1~m2:l1', stockItem: 'W2~A', quantity: 2 });
    const no = { reservation: 'o1~f1~m2:l2', stockItem: 'W2~B', available: 0, pending: 0 };
    it.hear('stock.refused', no);
    expect(asked(it)).toEqual([
      'stockItem.release stockItem/W2~A',
      'stockItem.release stockItem/W2~B',
      'warehouse.free warehouse/W2',
      'warehouse.slot warehouse/W3',
    ]);
    it.hear('stock.held', { reservation: 'o1~f1~m2:l2', stockItem: 'W2~B', quantity: 1 });
    denied(it, 'W3', 3);
    expect(stage(it)).toBe('unroutable');
    expect(it.context().warehouse).toBe('W1');
  });

  it('is given up in the last warehouse, too', () => {
    const it = moving({ lines: start.lines.slice(0, 1) });
    it.hear('stock.refused', { reservation: 'o1~f1~m2:l1', stockItem: 'W2~A', available: 0, pending: 0 });
    expect(stage(it)).toBe('unroutable');
    expect(asked(it)).toEqual(['stockItem.release stockItem/W2~A', 'warehouse.free warehouse/W2']);
  });
});

describe('stop', () => {
  it.each(['slotting', 'planned', 'picking', 'picked', 'packing', 'unroutable'])(
    'gives goods and place back in %s, and waits for every release',
    (from) => {
      const it = reach(from).hear('fulfillment.stop');
      expect(stage(it)).toBe('stopping.releasing');
      expect(it.told('stockItem.release').map(({ event }) => event['keep'])).toEqual([0, 0]);
      expect(it.told('warehouse.free')).toHaveLength(1);
      expect(lastAccount(it)).toBeUndefined();
      it.hear('stock.released', { reservation: 'o1~r1', stockItem: 'W1~A', kept: 0 });
      expect(stage(it)).toBe('stopping.releasing');
      it.hear('stock.released', { reservation: 'o1~r2', stockItem: 'W1~B', kept: 0 });
      expect(stage(it)).toBe('stopped');
      expect(lastAccount(it)).toMatchObject({
        state: 'stopped',
        lines: { l1: { assigned: 0, cut: 2 }, l2: { assigned: 0, cut: 1 } },
      });
    },
  );

  it('gives back what is held and asked for in both warehouses while it moves', () => {
    const it = reach('movingWarehouse').hear('fulfillment.stop');
    expect(it.told('stockItem.release').map(({ to }) => to)).toEqual([
      'stockItem/W1~A',
      'stockItem/W1~B',
      'stockItem/W2~A',
      'stockItem/W2~B',
    ]);
    expect(it.told('warehouse.free')).toMatchObject([{ to: 'warehouse/W2', event: { attempt: 2 } }]);
    it.hear('stock.held', { reservation: 'o1~f1~m2:l1', stockItem: 'W2~A', quantity: 2 });
    expect(stage(releasedAll(it))).toBe('stopped');
  });

  it('does not take the answer to an earlier change for a release', () => {
    const it = reach('planned').hear('fulfillment.reduce', { change: 'o1~c1', lineId: 'l1', quantity: 1 });
    it.hear('fulfillment.stop').hear('stock.released', { reservation: 'o1~r2', stockItem: 'W1~B', kept: 0 });
    it.hear('stock.released', { reservation: 'o1~r1', stockItem: 'W1~A', kept: 1 });
    expect(stage(it)).toBe('stopping.releasing');
    it.hear('stock.released', { reservation: 'o1~r1', stockItem: 'W1~A', kept: 0 });
    expect(stage(it)).toBe('stopped');
  });

  it.each(['labelling', 'readyToShip'])('rule 7: asks the shipment first in %s', (from) => {
    const it = reach(from).hear('fulfillment.stop');
    expect(asked(it)).toEqual([`shipment.void shipment/${shipment.shipmentId}`]);
    it.hear('shipment.voidAccepted', shipment);
    expect(stage(it)).toBe('stopping.releasing');
    expect(it.told('stockItem.release')).toHaveLength(2);
    it.hear('shipment.moving', said('shipment.moving'));
    expect(stage(releasedAll(it))).toBe('stopped');
  });

  it.each([
    ['shipment.moving', 'completed.handedOver', 'handedOver'],
    ['shipment.delivered', 'completed.delivered', 'delivered'],
  ])('rule 7: %s in answer counts as the handover', (type, to, state) => {
    const it = reach('stopping.voiding').hear(type, said(type));
    expect(stage(it)).toBe(to);
    expect(it.told('stockItem.consume')).toHaveLength(2);
    expect(it.told('warehouse.free')).toHaveLength(1);
    expect(it.told('stockItem.release')).toEqual([]);
    expect(lastAccount(it)).toMatchObject({ state, lines: { l1: { shipped: 2, cut: 0 } } });
  });

  it.each(stages.filter((each) => /stop/.test(each)))('twice changes nothing: %s', (from) => {
    const it = reach(from);
    const { lines, releasing } = it.context();
    it.hear('fulfillment.stop');
    expect(stage(it)).toBe(from);
    expect(asked(it)).toEqual([]);
    expect(it.context()).toMatchObject({ lines, releasing });
  });

  it.each(stages.filter((each) => /completed/.test(each)))('comes too late, and is answered: %s', (from) => {
    const it = reach(from).hear('fulfillment.stop');
    expect(stage(it)).toBe(from);
    expect(asked(it)).toEqual([]);
    expect(lastAccount(it)?.state).toBe(from.slice('completed.'.length));
  });
});

describe('the label', () => {
  it('is asked for once the parcel is packed, and again (rule 16)', () => {
    const it = reach('labelling');
    const { lines, ...rest } = it.told('shipment.book')[0]?.event as unknown as Record<string, unknown>;
    expect(rest).toMatchObject({ orderId: 'o1', fulfillmentId: 'o1~f1', warehouse: 'W1', revision: 1 });
    expect(lines).toEqual([
      { lineId: 'l1', sku: 'A', quantity: 2 },
      { lineId: 'l2', sku: 'B', quantity: 1 },
    ]);
    expect(it.fire('labelOverdue').told('shipment.book')).toHaveLength(1);
  });

  it('leaves out what was cut or short', () => {
    const it = reach('picking').does('fulfillment.shortPick', { lineId: 'l1', quantity: 2 });
    it.does('fulfillment.finishPick', { lines: [{ lineId: 'l2', quantity: 1 }] });
    it.does('fulfillment.startPack').does('fulfillment.finishPack');
    expect(it.told('shipment.book')[0]?.event['lines']).toEqual([{ lineId: 'l2', sku: 'B', quantity: 1 }]);
  });
});

describe('the handover', () => {
  it('consumes what is left of each line, whatever became of the messages about the rest (rule 16)', () => {
    const it = reach('picking').hear('fulfillment.reduce', { change: 'o1~c1', lineId: 'l1', quantity: 1 });
    it.does('fulfillment.finishPick', { lines: ['l1', 'l2'].map((lineId) => ({ lineId, quantity: 1 })) });
    it.does('fulfillment.startPack')
      .does('fulfillment.finishPack')
      .hear('shipment.moving', said('shipment.moving'));
    expect(it.told('stockItem.consume').map(({ event }) => event)).toMatchObject([
      { reservation: 'o1~r1', quantity: 1, missing: 0 },
      { reservation: 'o1~r2', quantity: 1, missing: 0 },
    ]);
  });

  it('gives back again what a warehouse that it has left has not answered (rule 16)', () => {
    const it = moving();
    for (const { to, event } of it.told('stockItem.hold')) {
      const { reservation, quantity } = event;
      it.hear('stock.held', { reservation, quantity, stockItem: to.slice('stockItem/'.length) });
    }
    const left = ['stockItem.release stockItem/W1~A', 'stockItem.release stockItem/W1~B'];
    expect(asked(it)).toEqual(left);
    const lines = start.lines.map(({ lineId, quantity }) => ({ lineId, quantity }));
    it.does('fulfillment.startPick').does('fulfillment.finishPick', { lines });
    it.does('fulfillment.startPack').does('fulfillment.finishPack').hear('shipment.booked', booked);
    expect(asked(it.does('fulfillment.handOver'))).toEqual(expect.arrayContaining(left));
    expect(asked(it.fire('parcelAsk'))).toEqual(expect.arrayContaining(left));
    expect(asked(releasedAll(it).fire('parcelAsk'))).not.toContain(left[0]);
  });

  it('consumes the goods, frees the place and tells the shipment', () => {
    expect(asked(reach('completed.handedOver'))).toEqual([
      `shipment.handedOver shipment/${shipment.shipmentId}`,
      'stockItem.consume stockItem/W1~A',
      'stockItem.consume stockItem/W1~B',
      'warehouse.free warehouse/W1',
    ]);
  });

  it.each([
    ['labelling', 'shipment.moving', 'completed.handedOver'],
    ['labelling', 'shipment.delivered', 'completed.delivered'],
    ['readyToShip', 'shipment.moving', 'completed.handedOver'],
    ['readyToShip', 'shipment.delivered', 'completed.delivered'],
  ])('is a first scan, too, held or not: in %s %s', (from, type, to) => {
    const it = reach(from)
      .hear('fulfillment.orderHolds', { holds: [{ handle: 'h', reason: 'r' }], holdsRevision: 2 })
      .hear(type, said(type));
    expect(stage(it)).toBe(to);
    expect(it.told('stockItem.consume')).toHaveLength(2);
    expect(it.told('shipment.handedOver')).toEqual([]);
    it.hear(type, said(type));
    expect(it.told()).toEqual([]);
  });
});

describe('a parcel that left before its new label', () => {
  const wanted = { shipTo: { ...shipTo, city: 'Hamburg' }, revision: 2 };

  it('and was ticked off all the same: the order hears of it once it is known', () => {
    const it = reach('readyToShip').hear('fulfillment.changeAddress', wanted);
    it.hear('shipment.booked', { ...booked, revision: 2 }).does('fulfillment.handOver');
    expect(lastAccount(it)).toMatchObject({ state: 'handedOver', addressRevision: 2 });
    it.hear('shipment.moving', said('shipment.moving', 1));
    expect(lastAccount(it)).toMatchObject({ state: 'handedOver', addressRevision: 1 });
    expect(it.hear('shipment.moving', said('shipment.moving', 1)).told()).toEqual([]);
  });

  it.each([
    ['labelling', false],
    ['readyToShip', true],
  ])('went to the address on the old one, and the order hears that: at %s', (_, isBooked) => {
    const it = reach('readyToShip').hear('fulfillment.changeAddress', wanted);
    if (isBooked) it.hear('shipment.booked', { ...booked, revision: 2 });
    it.hear('shipment.moving', said('shipment.moving', 1));
    expect(it.told('fulfillment.account')[0]?.event).toMatchObject({
      state: 'handedOver',
      addressRevision: 1,
    });
  });
});

describe('a parcel that is under way', () => {
  const account = (it: Fulfillment): unknown => lastAccount(it)?.state;

  it('may be lost, turn up, and come back', () => {
    const it = reach('completed.handedOver').hear('shipment.lost', shipment);
    expect(account(it)).toBe('lost');
    expect(account(it.hear('shipment.delivered', shipment))).toBe('delivered');
    expect(account(reach('completed.lost').hear('shipment.returned', shipment))).toBe('returned');
  });

  it.each(['delivered', 'lost', 'returned'] as const)(
    'is asked after, and has been %s, though what told so was lost (rule 16)',
    (status) => {
      const parcel = parcels.booked();
      parcel.tell('shipment.handedOver');
      parcel.tell('shipment.scan', parcels.scan(status));
      const it = reach('completed.handedOver').fire('parcelAsk');
      const [question] = it.told('shipment.handedOver');
      expect(question?.to).toBe(parcels.key);
      expect(parcel.tell('shipment.handedOver')).toEqual([`fulfillment shipment.${status}`]);
      expect(account(it.hear(`shipment.${status}`, shipment))).toBe(status);
      expect(stage(it)).toBe(`completed.${status}`);
    },
  );

  it('is asked after for as long as it is under way, and the order hears that again', () => {
    const parcel = parcels.booked();
    parcel.tell('shipment.handedOver');
    const it = reach('completed.handedOver');
    for (const _ of [1, 2]) {
      expect(it.fire('parcelAsk').told('shipment.handedOver')).toHaveLength(1);
      expect(account(it)).toBe('handedOver');
      expect(parcel.tell('shipment.handedOver')).toEqual(['fulfillment shipment.moving 1']);
      expect(stage(it.hear('shipment.moving', said('shipment.moving')))).toBe('completed.handedOver');
    }
  });

  it.each(['completed.delivered', 'completed.returned'])('changes no more in %s', (from) => {
    const it = reach(from);
    for (const name of ['moving', 'delivered', 'lost', 'returned']) {
      it.hear(`shipment.${name}`, said(`shipment.${name}`));
      expect(stage(it)).toBe(from);
      expect(it.told()).toEqual([]);
    }
  });

  it('is an incident when it moves after its label was voided', () => {
    const it = reach('stopped').hear('shipment.incident', { ...shipment, what: 'movedAfterVoid' });
    expect(lastAccount(it)).toMatchObject({ state: 'stopped', incidents: 1 });
  });
});

describe('late answers', () => {
  const facts: [string, object][] = [
    ['stock.refused', { reservation: 'x1', stockItem: 'W1~A', available: 0, pending: 0 }],
    ['stock.released', { reservation: 'x1', stockItem: 'W1~A', kept: 0 }],
    ['warehouse.granted', { warehouse: 'W7', attempt: 1 }],
    ['warehouse.denied', { warehouse: 'W7', attempt: 1 }],
    ['shipment.booked', { ...shipment, revision: 9, carrier: 'dhl', trackingNumber: 'T9' }],
  ];

  it.each(stages)('change nothing in %s', (from) => {
    for (const [type, payload] of facts) {
      const it = reach(from);
      const before = it.context();
      it.hear(type, payload);
      expect(stage(it), type).toBe(from);
      expect(it.context(), type).toEqual(before);
      expect(it.told(), type).toEqual([]);
    }
  });

  it.each(stages)('give back in %s what is held for nothing (rule 16)', (from) => {
    const it = reach(from);
    const before = it.context();
    it.hear('stock.held', { reservation: 'x1', stockItem: 'W1~A', quantity: 1 });
    expect([stage(it), it.context()]).toEqual([from, before]);
    expect(it.told()).toMatchObject([
      { to: 'stockItem/W1~A', event: { type: 'stockItem.release', reservation: 'x1', keep: 0 } },
    ]);
  });
});
