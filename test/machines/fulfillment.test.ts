/** The way of a fulfillment through its warehouse, who may take it along, and its accounts. */
import { describe, expect, it } from 'vitest';
import {
  asked,
  booked,
  denied,
  isHeld,
  lastAccount,
  moving,
  newFulfillment,
  reach,
  releasedAll,
  shipment,
  stage,
  stages,
  start,
  type Fulfillment,
} from '../support/fulfillment-played.ts';
import { elsewhere, shipTo, type Who } from '../support/shop-messages.ts';

const picked = [
  { lineId: 'l1', quantity: 2 },
  { lineId: 'l2', quantity: 1 },
];
const commands: Record<string, object> = {
  'fulfillment.startPick': {},
  'fulfillment.finishPick': { lines: picked },
  'fulfillment.shortPick': { lineId: 'l1', quantity: 1 },
  'fulfillment.startPack': {},
  'fulfillment.finishPack': {},
  'fulfillment.handOver': {},
};
/** The only steps of people that there are. */
const steps: Record<string, Record<string, string>> = {
  planned: { 'fulfillment.startPick': 'picking' },
  picking: { 'fulfillment.finishPick': 'picked', 'fulfillment.shortPick': 'picking' },
  picked: { 'fulfillment.startPack': 'packing' },
  packing: { 'fulfillment.finishPack': 'labelling' },
  readyToShip: { 'fulfillment.handOver': 'completed.handedOver' },
};
const fraud = { handle: 'fraud', reason: 'looks odd' };
const held = { holds: [fraud], holdsRevision: 2 };
const lifted = { holds: [], holdsRevision: 3 };

describe('the steps of people', () => {
  it.each(stages)('are taken in their order, and no other: %s', (from) => {
    for (const [type, payload] of Object.entries(commands)) {
      const it = reach(from);
      const to = steps[from]?.[type];
      if (to === undefined) expect(it.refusal(type, payload), type).toBe('unhandled');
      else expect(stage(it.does(type, payload)), type).toBe(to);
    }
  });

  it.each(stages)('rule 9: are barred by a hold, which bars nothing else: %s', (from) => {
    const it = reach(from).hear('fulfillment.orderHolds', held);
    for (const [type, payload] of Object.entries(commands)) {
      const expected = steps[from]?.[type] === undefined ? 'unhandled' : 'guard';
      expect(it.refusal(type, payload), type).toBe(expected);
    }
    it.hear('fulfillment.start', start);
    expect(lastAccount(it)).toBeDefined();
    it.hear('fulfillment.stop');
    expect(stage(it)).toMatch(/stop|completed/);
  });

  it.each<[string, Who[]]>([
    ['fulfillment.startPick', ['admin', 'picker', 'manager']],
    ['fulfillment.finishPick', ['admin', 'picker', 'manager']],
    ['fulfillment.shortPick', ['admin', 'picker', 'manager']],
    ['fulfillment.startPack', ['admin', 'packer', 'manager']],
    ['fulfillment.finishPack', ['admin', 'packer', 'manager']],
    ['fulfillment.handOver', ['admin', 'packer', 'manager']],
    ['fulfillment.hold', ['cs', 'admin', 'manager']],
    ['fulfillment.release', ['cs', 'admin', 'manager']],
  ])('%s is for those of the warehouse', (type, allowed) => {
    const everybody: Who[] = [
      'customer',
      'stranger',
      'cs',
      'admin',
      'picker',
      'packer',
      'manager',
      'foreigner',
    ];
    const payload = { ...commands[type], ...(/hold|release/.test(type) ? fraud : {}) };
    const it = reach('planned');
    expect(everybody.filter((who) => it.refusal(type, payload, who) !== 'forbidden')).toEqual(allowed);
  });

  it('are for the warehouse that it moved to', () => {
    const it = moving({ lines: start.lines.slice(0, 1) });
    it.hear('stock.held', { reservation: 'o1~f1~m2:l1', stockItem: 'W2~A', quantity: 2 });
    expect(it.refusal('fulfillment.startPick', {}, 'picker')).toBe('forbidden');
  });
});

describe('picking', () => {
  it.each([
    [[{ lineId: 'l1', quantity: 2 }]],
    [[...picked, { lineId: 'l3', quantity: 1 }]],
    [
      [
        { lineId: 'l1', quantity: 1 },
        { lineId: 'l2', quantity: 1 },
      ],
    ],
    [
      [
        { lineId: 'l1', quantity: 2 },
        { lineId: 'l1', quantity: 2 },
      ],
    ],
    [
      [
        { lineId: 'l1', quantity: 2 },
        { lineId: 'constructor', quantity: 1 },
      ],
    ],
  ])('is finished with all that is assigned, not %j', (lines) => {
    expect(reach('picking').refusal('fulfillment.finishPick', { lines })).toBe('guard');
  });

  it('takes the lines in any order', () => {
    const it = reach('picking').does('fulfillment.finishPick', { lines: picked.toReversed() });
    expect(stage(it)).toBe('picked');
  });

  it('rule 10: a short pick takes effect at once, and the rest goes on', () => {
    const it = reach('picking').does('fulfillment.shortPick', { lineId: 'l1', quantity: 1 }, 'picker');
    expect(it.told('stockItem.short')).toEqual([
      { to: 'stockItem/W1~A', event: { type: 'stockItem.short', reservation: 'o1~r1', missing: 1 } },
    ]);
    expect(lastAccount(it)).toMatchObject({ state: 'open', lines: { l1: { assigned: 1, short: 1 } } });
    it.does('fulfillment.shortPick', { lineId: 'l1', quantity: 1 });
    expect(it.told('stockItem.short')[0]?.event).toMatchObject({ missing: 2 });
    it.does('fulfillment.finishPick', { lines: [{ lineId: 'l2', quantity: 1 }] });
    expect(stage(it)).toBe('picked');
  });

  it('cannot be more short than there is', () => {
    const it = reach('picking');
    expect(it.refusal('fulfillment.shortPick', { lineId: 'l1', quantity: 3 })).toBe('guard');
    expect(it.refusal('fulfillment.shortPick', { lineId: 'l9', quantity: 1 })).toBe('guard');
  });

  it('of nothing at all stops it, and frees its place and whatever was granted beyond', () => {
    const it = reach('picking').does('fulfillment.shortPick', { lineId: 'l1', quantity: 2 });
    it.does('fulfillment.shortPick', { lineId: 'l2', quantity: 1 });
    expect(asked(it)).toEqual([
      'stockItem.short stockItem/W1~B',
      'stockItem.release stockItem/W1~A',
      'stockItem.release stockItem/W1~B',
      'warehouse.free warehouse/W1',
    ]);
    const kept = it.told('stockItem.release').map(({ event: { keep, missing } }) => [keep, missing]);
    expect(kept).toEqual([
      [0, 2],
      [0, 1],
    ]);
    expect(stage(releasedAll(it))).toBe('stopped');
    expect(lastAccount(it)).toMatchObject({
      state: 'stopped',
      lines: { l1: { assigned: 0, short: 2, cut: 0 }, l2: { assigned: 0, short: 1, cut: 0 } },
    });
  });
});

describe('rule 2: the account', () => {
  it('is given whole on creation', () => {
    const untouched = { cut: 0, short: 0, shipped: 0, delivered: 0 };
    expect(newFulfillment().told('fulfillment.account')).toEqual([
      {
        to: 'order/o1',
        event: {
          type: 'fulfillment.account',
          ...{ fulfillmentId: 'o1~f1', version: 1, state: 'open', warehouse: 'W1' },
          ...{ shipmentId: null, change: null, incidents: 0, addressRevision: 1, holdsRevision: 1 },
          lines: { l1: { assigned: 2, ...untouched }, l2: { assigned: 1, ...untouched } },
        },
      },
    ]);
  });

  it('is not given on steps that change nothing for the order', () => {
    for (const each of ['planned', 'picking', 'picked', 'packing', 'labelling', 'readyToShip']) {
      expect(lastAccount(reach(each)), each).toBeUndefined();
    }
  });

  it('tells handover and delivery', () => {
    const it = reach('completed.handedOver');
    expect(lastAccount(it)).toMatchObject({
      ...{ state: 'handedOver', ...shipment },
      lines: { l1: { assigned: 2, shipped: 2, delivered: 0 } },
    });
    it.hear('shipment.delivered', shipment);
    expect(lastAccount(it)).toMatchObject({
      state: 'delivered',
      lines: { l1: { shipped: 2, delivered: 2 } },
    });
  });

  it.each(stages)('is given when the order asks again, with the next version (rule 16): %s', (from) => {
    const it = reach(from);
    const { accountCount } = it.context();
    it.hear('fulfillment.start', start);
    expect(lastAccount(it)?.version).toBe(accountCount + 1);
    expect(stage(it)).toBe(from);
  });
});

describe('a change of the order', () => {
  const reduce = (change: string, quantity: number, lineId = 'l1'): object => ({ change, lineId, quantity });

  it.each(['slotting', 'unroutable', 'planned', 'picking'])('takes effect in %s, once', (from) => {
    const it = reach(from).hear('fulfillment.reduce', reduce('o1~c1', 1));
    expect(it.told('stockItem.release')[0]?.event).toMatchObject({ reservation: 'o1~r1', keep: 1 });
    expect(lastAccount(it)).toMatchObject({ change: 'o1~c1', lines: { l1: { assigned: 1, cut: 1 } } });
    it.hear('fulfillment.reduce', reduce('o1~c1', 1));
    expect(asked(it)).toEqual([]);
    expect(lastAccount(it)).toMatchObject({ change: 'o1~c1', lines: { l1: { assigned: 1, cut: 1 } } });
  });

  it('cuts nothing when it comes again after a later one, as a redriven dead letter does', () => {
    const it = reach('planned').hear('fulfillment.reduce', reduce('o1~c9', 1));
    it.hear('fulfillment.reduce', reduce('o1~c8', 1));
    expect(asked(it)).toEqual([]);
    expect(lastAccount(it)).toMatchObject({ change: 'o1~c9', lines: { l1: { assigned: 1, cut: 1 } } });
  });

  it.each(stages.filter((each) => !/slotting|unroutable|planned|picking/.test(each)))(
    'is answered, and cuts nothing, in %s',
    (from) => {
      const it = reach(from);
      const { lines } = it.context();
      it.hear('fulfillment.reduce', reduce('o1~c1', 1));
      expect(asked(it)).toEqual([]);
      expect(lastAccount(it)).toMatchObject({ change: 'o1~c1' });
      expect(it.context().lines).toEqual(lines);
    },
  );

  it('cuts no more than there is, and stops it when nothing is left', () => {
    const it = reach('picking').hear('fulfillment.reduce', reduce('o1~c1', 9));
    expect(lastAccount(it)).toMatchObject({ lines: { l1: { assigned: 0, cut: 2 } } });
    it.hear('fulfillment.reduce', reduce('o1~c2', 1, 'l2'));
    expect(stage(releasedAll(it))).toBe('stopped');
    expect(lastAccount(it)).toMatchObject({ state: 'stopped', change: 'o1~c2' });
  });
});

describe('holds of a fulfillment', () => {
  const hold = (it: Fulfillment, handle = 'fraud'): Fulfillment =>
    it.does('fulfillment.hold', { ...fraud, handle }, 'manager');

  it('starts held with the holds of its order (rule 9)', () => {
    const it = newFulfillment({ holds: [fraud] }).hear('warehouse.granted', { warehouse: 'W1', attempt: 1 });
    expect(stage(it)).toBe('planned');
    expect(it.refusal('fulfillment.startPick', {}, 'picker')).toBe('guard');
  });

  it('goes on only when every hold is lifted', () => {
    const it = hold(hold(reach('planned')), 'label');
    it.does('fulfillment.release', { handle: 'fraud' }, 'manager');
    expect(isHeld(it)).toBe(true);
    it.does('fulfillment.release', { handle: 'label' }, 'manager');
    expect(isHeld(it)).toBe(false);
  });

  it('leaves a hold of the order to the order, and one of its own to its people', () => {
    const it = hold(reach('planned')).hear('fulfillment.orderHolds', held);
    it.does('fulfillment.release', { handle: 'fraud' }, 'manager');
    expect(isHeld(it)).toBe(true);
    expect(it.refusal('fulfillment.release', { handle: 'fraud' }, 'manager')).toBe('guard');
    expect(isHeld(it.hear('fulfillment.orderHolds', lifted))).toBe(false);
    expect(isHeld(hold(it).hear('fulfillment.orderHolds', { ...lifted, holdsRevision: 4 }))).toBe(true);
  });

  it('takes the same handle again without a change', () => {
    const it = hold(reach('planned'));
    const before = it.context();
    expect(hold(it).context()).toEqual(before);
  });

  it('takes the holds of its order whole, the latest ones, and tells which it has', () => {
    const it = reach('planned').hear('fulfillment.orderHolds', held);
    expect(lastAccount(it)).toMatchObject({ holdsRevision: 2 });
    expect(isHeld(it.hear('fulfillment.orderHolds', lifted))).toBe(false);
    expect(isHeld(it.hear('fulfillment.orderHolds', held))).toBe(false);
    expect(lastAccount(it)).toMatchObject({ holdsRevision: 3 });
  });

  it('has a limit, and none after the end', () => {
    const it = reach('planned');
    for (let each = 1; each <= 20; each += 1) hold(it, `h${each}`);
    expect(it.refusal('fulfillment.hold', fraud)).toBe('guard');
    expect(reach('stopped').refusal('fulfillment.hold', fraud)).toBe('guard');
    expect(reach('completed.handedOver').refusal('fulfillment.hold', fraud)).toBe('guard');
  });
});

describe('rule 6: the address', () => {
  const change = (it: Fulfillment, revision: number): Fulfillment =>
    it.hear('fulfillment.changeAddress', { shipTo: elsewhere, revision });

  it.each(['slotting', 'unroutable', 'movingWarehouse', 'planned', 'picking', 'picked', 'packing'])(
    'is free to change in %s',
    (from) => {
      const it = change(reach(from), 2);
      expect(stage(it)).toBe(from);
      expect(asked(it)).toEqual([]);
      expect(it.context()).toMatchObject({ shipTo: elsewhere, addressRevision: 2 });
    },
  );

  it('needs another label once one is asked for; one for the older address does not count', () => {
    const it = change(reach('labelling'), 2);
    expect(it.told('shipment.readdress')[0]?.event).toMatchObject({ shipTo: elsewhere, revision: 2 });
    expect(stage(it.hear('shipment.booked', booked))).toBe('labelling');
    expect(stage(it.hear('shipment.booked', { ...booked, revision: 2 }))).toBe('readyToShip');
  });

  it('leads back from the label, the only way back that there is', () => {
    const it = change(reach('readyToShip'), 2);
    expect(stage(it)).toBe('labelling');
    expect(it.refusal('fulfillment.handOver')).toBe('unhandled');
  });

  it.each(stages.filter((each) => /completed|stop/.test(each)))('stays in %s', (from) => {
    const it = change(reach(from), 2);
    expect(it.context()).toMatchObject({ shipTo, addressRevision: 1 });
    expect(asked(it)).toEqual([]);
  });

  it.each(['planned', 'labelling', 'readyToShip'])('takes only a higher revision in %s', (from) => {
    const it = change(reach(from), 1);
    expect(it.context()).toMatchObject({ shipTo, addressRevision: 1 });
    expect(lastAccount(it)).toMatchObject({ addressRevision: 1 });
    expect(stage(it)).toBe(from);
  });
});

it('marks the ends that nothing of its own leads out of', () => {
  expect(
    stages.filter((each) => reach(each).timers().length === 0 && /stopped|completed/.test(each)),
  ).toEqual(['completed.delivered', 'stopped', 'completed.lost', 'completed.returned']);
});

it('asks again in every state in which it waits for another actor (rule 16)', () => {
  const waiting: Record<string, string> = {
    slotting: 'slotOverdue',
    movingWarehouse: 'stockOverdue',
    unroutable: 'slotRetry',
    labelling: 'labelOverdue',
    'completed.handedOver': 'parcelAsk',
    'stopping.voiding': 'stopOverdue',
    'stopping.releasing': 'stopOverdue',
  };
  for (const [from, timer] of Object.entries(waiting)) {
    const it = reach(from).fire(timer);
    const first = questions(it);
    expect(first.length, from).toBeGreaterThan(0);
    if (from === 'unroutable') continue;
    expect(stage(it)).toBe(from);
    expect(questions(it.fire(timer)), from).toEqual(first);
  }
});

function questions(it: Fulfillment): unknown[] {
  return it.told().filter(({ event }) => event.type !== 'fulfillment.account');
}

it('has no other timer running', () => {
  for (const each of ['planned', 'picking', 'picked', 'packing', 'readyToShip']) {
    expect(reach(each).timers(), each).toEqual([]);
  }
  expect(releasedAll(denied(newFulfillment(), 'W1', 1)).timers()).toHaveLength(1);
});
